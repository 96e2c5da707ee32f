"""Position-based scheduling, service 22 (ECSS-E-ST-70-41C §6.22, §8.22): requests released at places of the orbit.

The same as time-based scheduling, with an orbit position in place of a time.
"""

from link.dictionary.declare import Record
from link.dictionary.kinds import Counted, Flag, Int8ub, Int16ub, Int32sb, Int32ub, Octets, Rest
from link.dictionary.wires import wire
from link.pus.message import Report, Request
from link.pus.services.scheduling import RequestReference


class Position(Record):
    """A place: the number of the orbit and the angle along it from the ascending node."""

    orbit: int = wire(Int32ub)
    angle: float = wire(Int32ub, unit="deg", scale=1e-6)


class EnablePositions(Request, service=22, subtype=1):
    """Release requests from now on."""


class DisablePositions(Request, service=22, subtype=2):
    """Release no requests."""


class ResetPositions(Request, service=22, subtype=3):
    """Disable the schedule and forget everything in it."""


class InsertAtPositions(Request, service=22, subtype=4):
    """`count` times a position and a request's packet, for one sub-schedule."""

    sub_schedule: int = wire(Int16ub)
    count: int = wire(Int8ub)
    activities: bytes = wire(Octets(Rest()))


class DeleteAtPositions(Request, service=22, subtype=5):
    """Forget these requests."""

    requests: list[RequestReference] = wire(count=Counted(8))


class ShiftAtPositions(Request, service=22, subtype=7):
    """Release these requests further along the orbit, or earlier."""

    offset_udeg: int = wire(Int32sb, unit="udeg")
    requests: list[RequestReference] = wire(count=Counted(8))


class ReportAtPositions(Request, service=22, subtype=9):
    """Report these requests in full."""

    requests: list[RequestReference] = wire(count=Counted(8))


class PositionsReport(Report, service=22, subtype=10):
    """`count` times a sub-schedule, a position and a request's packet."""

    count: int = wire(Int8ub)
    activities: bytes = wire(Octets(Rest()))


class SummariseAtPositions(Request, service=22, subtype=12):
    """Report where these requests are released."""

    requests: list[RequestReference] = wire(count=Counted(8))


class PositionSummary(Record):
    """Where a request is released."""

    sub_schedule: int = wire(Int16ub)
    position: Position = wire()
    request: RequestReference = wire()


class PositionSummaries(Report, service=22, subtype=13):
    """Where requests are released."""

    summaries: list[PositionSummary] = wire(count=Counted(8))


class ShiftAllPositions(Request, service=22, subtype=15):
    """Release everything further along the orbit, or earlier."""

    offset_udeg: int = wire(Int32sb, unit="udeg")


class ReportAllPositions(Request, service=22, subtype=16):
    """Report everything in full."""


class SummariseAllPositions(Request, service=22, subtype=17):
    """Report where everything is released."""


class ReportPositionSubSchedules(Request, service=22, subtype=18):
    """Which sub-schedules are enabled?"""


class PositionSubSchedule(Record):
    """Whether a sub-schedule is enabled."""

    sub_schedule: int = wire(Int16ub)
    enabled: bool = wire(Flag)


class PositionSubSchedules(Report, service=22, subtype=19):
    """Whether each sub-schedule is enabled."""

    sub_schedules: list[PositionSubSchedule] = wire(count=Counted(8))


class EnablePositionSubSchedules(Request, service=22, subtype=20):
    """Release the requests of these sub-schedules; of all, if none is named."""

    sub_schedules: list[int] = wire(Int16ub, count=Counted(8))


class DisablePositionSubSchedules(Request, service=22, subtype=21):
    """Drop the requests of these sub-schedules; of all, if none is named."""

    sub_schedules: list[int] = wire(Int16ub, count=Counted(8))


class SetOrbitNumber(Request, service=22, subtype=28):
    """Tell the node which orbit this is."""

    orbit: int = wire(Int32ub)
