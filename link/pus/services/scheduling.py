"""Requests that a node releases later: at their times, service 11, or at places of the orbit, service 22.

ECSS-E-ST-70-41C §6.11 and §8.11, §6.22 and §8.22: the two are alike, with an orbit position in place of a time. Each
request belongs to a sub-schedule, which can be enabled and disabled. A request whose time comes while its sub-schedule
or the whole schedule is disabled is dropped; a sub-schedule without requests is forgotten.
"""

from collections.abc import Iterable

from link.dictionary.declare import Record
from link.dictionary.kinds import Counted, Flag, Int8ub, Int16ub, Int32sb, Int32ub, Octets, Rest, Time
from link.dictionary.wires import wire
from link.pus.message import Report, Request
from link.time.binary import Cuc

_TIME = Cuc()


class RequestReference(Record):
    """A request by its source, the APID of its application process, and its sequence count."""

    source: int = wire(Int16ub)
    apid: int = wire(Int16ub)
    count: int = wire(Int16ub)


class _References(Request):
    requests: list[RequestReference] = wire(count=Counted(8))


class EnableSchedule(Request, service=11, subtype=1):
    """Release scheduled requests when their times come."""


class DisableSchedule(Request, service=11, subtype=2):
    """Release no scheduled request: those whose times come are dropped."""


class ResetSchedule(Request, service=11, subtype=3):
    """Disable the schedule and delete everything in it."""


class InsertActivities(Request, service=11, subtype=4):
    """Release requests at their times: `count` times a time and a packet, for one sub-schedule."""

    sub_schedule: int = wire(Int16ub)
    count: int = wire(Int8ub)
    activities: bytes = wire(Octets(Rest()))


class DeleteActivities(_References, service=11, subtype=5):
    """Delete these requests from the schedule."""


class ShiftActivities(Request, service=11, subtype=7):
    """Release these scheduled requests later, or earlier."""

    offset_ms: int = wire(Int32sb, unit="ms")
    requests: list[RequestReference] = wire(count=Counted(8))


class ReportActivities(_References, service=11, subtype=9):
    """Report these scheduled requests with their packets."""


class ActivitiesReport(Report, service=11, subtype=10):
    """Scheduled requests: `count` times a sub-schedule, a release time and the packet of the request."""

    count: int = wire(Int8ub)
    activities: bytes = wire(Octets(Rest()))


class SummariseActivities(_References, service=11, subtype=12):
    """Report the release times of these scheduled requests."""


class ActivitySummary(Record):
    """The sub-schedule and the release time of a scheduled request."""

    sub_schedule: int = wire(Int16ub)
    release: int = wire(Time())
    request: RequestReference = wire()


class SummaryReport(Report, service=11, subtype=13):
    """The release times of scheduled requests."""

    summaries: list[ActivitySummary] = wire(count=Counted(8))


class ShiftAll(Request, service=11, subtype=15):
    """Release all scheduled requests later, or earlier."""

    offset_ms: int = wire(Int32sb, unit="ms")


class ReportAll(Request, service=11, subtype=16):
    """Report all scheduled requests with their packets."""


class SummariseAll(Request, service=11, subtype=17):
    """Report the release times of all scheduled requests."""


class ReportSubSchedules(Request, service=11, subtype=18):
    """Report which sub-schedules are enabled."""


class SubScheduleStatus(Record):
    """Whether a sub-schedule is enabled."""

    sub_schedule: int = wire(Int16ub)
    enabled: bool = wire(Flag)


class SubScheduleReport(Report, service=11, subtype=19):
    """Whether each sub-schedule is enabled: the answer to ReportSubSchedules."""

    sub_schedules: list[SubScheduleStatus] = wire(count=Counted(8))


class _SubSchedules(Request):
    sub_schedules: list[int] = wire(Int16ub, count=Counted(8))


class EnableSubSchedules(_SubSchedules, service=11, subtype=20):
    """Release the requests of these sub-schedules at their times; of all sub-schedules, if none is named."""


class DisableSubSchedules(_SubSchedules, service=11, subtype=21):
    """Drop the requests of these sub-schedules at their times; of all sub-schedules, if none is named."""


def insert_of(sub_schedule: int, activities: Iterable[tuple[int, bytes]]) -> InsertActivities:
    """The request that schedules packets, each at its time in UTC nanoseconds since 1970."""
    pieces = [_TIME.encode(release_ns) + octets for release_ns, octets in activities]
    return InsertActivities(sub_schedule=sub_schedule, count=len(pieces), activities=b"".join(pieces))


class Position(Record):
    """A place on the orbit: the number of the orbit, and the angle along it from the ascending node."""

    orbit: int = wire(Int32ub)
    angle: float = wire(Int32ub, unit="deg", scale=1e-6)


class EnablePositions(Request, service=22, subtype=1):
    """Release scheduled requests when the node comes to their positions."""


class DisablePositions(Request, service=22, subtype=2):
    """Release no request at any position: those whose positions come are dropped."""


class ResetPositions(Request, service=22, subtype=3):
    """Disable the schedule of positions and delete everything in it."""


class InsertAtPositions(Request, service=22, subtype=4):
    """Release requests at positions: `count` times a position and a packet, for one sub-schedule."""

    sub_schedule: int = wire(Int16ub)
    count: int = wire(Int8ub)
    activities: bytes = wire(Octets(Rest()))


class DeleteAtPositions(Request, service=22, subtype=5):
    """Delete these requests from the schedule of positions."""

    requests: list[RequestReference] = wire(count=Counted(8))


class ShiftAtPositions(Request, service=22, subtype=7):
    """Release these requests further along the orbit, or earlier on it."""

    offset_udeg: int = wire(Int32sb, unit="udeg")
    requests: list[RequestReference] = wire(count=Counted(8))


class ReportAtPositions(Request, service=22, subtype=9):
    """Report these requests of the schedule of positions with their packets."""

    requests: list[RequestReference] = wire(count=Counted(8))


class PositionsReport(Report, service=22, subtype=10):
    """Requests to release at positions: `count` times a sub-schedule, a position and the packet of the request."""

    count: int = wire(Int8ub)
    activities: bytes = wire(Octets(Rest()))


class SummariseAtPositions(Request, service=22, subtype=12):
    """Report the release positions of these requests."""

    requests: list[RequestReference] = wire(count=Counted(8))


class PositionSummary(Record):
    """The sub-schedule and the release position of a scheduled request."""

    sub_schedule: int = wire(Int16ub)
    position: Position = wire()
    request: RequestReference = wire()


class PositionSummaries(Report, service=22, subtype=13):
    """The release positions of scheduled requests."""

    summaries: list[PositionSummary] = wire(count=Counted(8))


class ShiftAllPositions(Request, service=22, subtype=15):
    """Release all requests of the schedule of positions further along the orbit, or earlier on it."""

    offset_udeg: int = wire(Int32sb, unit="udeg")


class ReportAllPositions(Request, service=22, subtype=16):
    """Report all requests of the schedule of positions with their packets."""


class SummariseAllPositions(Request, service=22, subtype=17):
    """Report the release positions of all requests."""


class ReportPositionSubSchedules(Request, service=22, subtype=18):
    """Report which sub-schedules of positions are enabled."""


class PositionSubSchedule(Record):
    """Whether a sub-schedule of positions is enabled."""

    sub_schedule: int = wire(Int16ub)
    enabled: bool = wire(Flag)


class PositionSubSchedules(Report, service=22, subtype=19):
    """Whether each sub-schedule of positions is enabled: the answer to ReportPositionSubSchedules."""

    sub_schedules: list[PositionSubSchedule] = wire(count=Counted(8))


class EnablePositionSubSchedules(Request, service=22, subtype=20):
    """Release the requests of these sub-schedules at their positions; of all, if none is named."""

    sub_schedules: list[int] = wire(Int16ub, count=Counted(8))


class DisablePositionSubSchedules(Request, service=22, subtype=21):
    """Drop the requests of these sub-schedules at their positions; of all, if none is named."""

    sub_schedules: list[int] = wire(Int16ub, count=Counted(8))


class SetOrbitNumber(Request, service=22, subtype=28):
    """Set the number of the orbit on which the node is."""

    orbit: int = wire(Int32ub)
