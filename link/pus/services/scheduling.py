"""Time-based scheduling, service 11 (ECSS-E-ST-70-41C §6.11, §8.11): requests that are released at their time.

Each belongs to a sub-schedule, which can be switched. An activity whose time comes while its sub-schedule or the whole
schedule is disabled is dropped; a sub-schedule without activities is forgotten.
"""

from collections.abc import Iterable

from link.dictionary.declare import Record
from link.dictionary.kinds import Counted, Flag, Int8ub, Int16ub, Int32sb, Int32ub, Octets, Rest, Time
from link.dictionary.wires import wire
from link.pus.message import Report, Request
from link.time.binary import Cuc

_TIME = Cuc()


class RequestReference(Record):
    """A request by who sent it, to whom, and its number."""

    source: int = wire(Int16ub)
    apid: int = wire(Int16ub)
    count: int = wire(Int16ub)


class _References(Request):
    requests: list[RequestReference] = wire(count=Counted(8))


class EnableSchedule(Request, service=11, subtype=1):
    """Release requests from now on."""


class DisableSchedule(Request, service=11, subtype=2):
    """Release no requests."""


class ResetSchedule(Request, service=11, subtype=3):
    """Disable the schedule and forget everything in it."""


class InsertActivities(Request, service=11, subtype=4):
    """Release requests at their times: `count` times a time and a packet, for one sub-schedule."""

    sub_schedule: int = wire(Int16ub)
    count: int = wire(Int8ub)
    activities: bytes = wire(Octets(Rest()))


class DeleteActivities(_References, service=11, subtype=5):
    """Forget these requests."""


class ShiftActivities(Request, service=11, subtype=7):
    """Release these requests later, or earlier."""

    offset_ms: int = wire(Int32sb, unit="ms")
    requests: list[RequestReference] = wire(count=Counted(8))


class ReportActivities(_References, service=11, subtype=9):
    """Report these requests in full."""


class ActivitiesReport(Report, service=11, subtype=10):
    """`count` times a sub-schedule, a release time and a request's packet."""

    count: int = wire(Int8ub)
    activities: bytes = wire(Octets(Rest()))


class SummariseActivities(_References, service=11, subtype=12):
    """Report when these requests are released."""


class ActivitySummary(Record):
    """When a request is released."""

    sub_schedule: int = wire(Int16ub)
    release: int = wire(Time())
    request: RequestReference = wire()


class SummaryReport(Report, service=11, subtype=13):
    """When requests are released."""

    summaries: list[ActivitySummary] = wire(count=Counted(8))


class ShiftAll(Request, service=11, subtype=15):
    """Release everything later, or earlier."""

    offset_ms: int = wire(Int32sb, unit="ms")


class ReportAll(Request, service=11, subtype=16):
    """Report everything in full."""


class SummariseAll(Request, service=11, subtype=17):
    """Report when everything is released."""


class ReportSubSchedules(Request, service=11, subtype=18):
    """Which sub-schedules are enabled?"""


class SubScheduleStatus(Record):
    """Whether a sub-schedule is enabled."""

    sub_schedule: int = wire(Int16ub)
    enabled: bool = wire(Flag)


class SubScheduleReport(Report, service=11, subtype=19):
    """Whether each sub-schedule is enabled."""

    sub_schedules: list[SubScheduleStatus] = wire(count=Counted(8))


class _SubSchedules(Request):
    sub_schedules: list[int] = wire(Int16ub, count=Counted(8))


class EnableSubSchedules(_SubSchedules, service=11, subtype=20):
    """Release the requests of these sub-schedules; of all, if none is named."""


class DisableSubSchedules(_SubSchedules, service=11, subtype=21):
    """Drop the requests of these sub-schedules at their time; of all, if none is named."""


def insert_of(sub_schedule: int, activities: Iterable[tuple[int, bytes]]) -> InsertActivities:
    """The request that schedules packets at times in UTC ns."""
    pieces = [_TIME.encode(release_ns) + octets for release_ns, octets in activities]
    return InsertActivities(sub_schedule=sub_schedule, count=len(pieces), activities=b"".join(pieces))


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
