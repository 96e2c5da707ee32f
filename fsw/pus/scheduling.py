"""Service 11 on board (ECSS-E-ST-70-41C §6.11): requests are released at their times.

Each belongs to a sub-schedule, which can be enabled and disabled. A request whose time comes while its sub-schedule or
the whole schedule is disabled is dropped; a sub-schedule without requests is forgotten. A request that could not be
released in time, because the node was down or its clock was set, is dropped too, and its failure reported.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from fsw.pus.instructions import execute_each, not_mine, report_together
from fsw.pus.paging import ITEM_OCTETS_MAX, pages
from link.errors import DecodeError
from link.packets.space_packet import SpacePacket
from link.pus.message import Report, Request
from link.pus.packets import TcPacket
from link.pus.services.scheduling import (
    ActivitiesReport,
    ActivitySummary,
    DeleteActivities,
    DisableSchedule,
    DisableSubSchedules,
    EnableSchedule,
    EnableSubSchedules,
    InsertActivities,
    ReportActivities,
    ReportAll,
    ReportSubSchedules,
    RequestReference,
    ResetSchedule,
    ShiftActivities,
    ShiftAll,
    SubScheduleReport,
    SubScheduleStatus,
    SummariseActivities,
    SummariseAll,
    SummaryReport,
)
from link.pus.services.verification import FailureCode, RefusedError
from link.time.binary import Cuc

_TIME = Cuc()
_MS = 1_000_000
_SERVICE = InsertActivities.__service__


@dataclass(slots=True)
class Activity:
    """A request that waits for its time."""

    sub_schedule: int
    release_ns: int
    octets: bytes
    packet: TcPacket

    @property
    def reference(self) -> RequestReference:
        """How messages name the request."""
        return RequestReference(source=self.packet.source, apid=self.packet.apid, count=self.packet.count)


class KeptActivity(msgspec.Struct, frozen=True, array_like=True):
    """A request that waits for its time (UTC, ns); `form`: what its octets mean (fsw/store/forms.py)."""

    sub_schedule: int
    release_ns: int
    octets: bytes
    form: int = 0


class ScheduleTable(msgspec.Struct, frozen=True, array_like=True):
    """The whole schedule. `releasing`: packets that were taken out of it to be executed at once."""

    enabled: bool = False
    activities: tuple[KeptActivity, ...] = ()
    sub_schedules: dict[int, bool] = {}
    releasing: tuple[bytes, ...] = ()


class Due(NamedTuple):
    """Packets whose times have come, in order of their times: to be executed, or `late`, so that they must not be."""

    released: list[bytes]
    late: list[bytes]


class Schedule:
    """A schedule without a clock, of at most `capacity` activities, none sooner than `margin_ms` from now.

    What `drain` gives is `releasing` until `settle`: whoever stores `state` before executing it can tell, after a
    restart, what was perhaps executed. An activity is late when its time passed more than `late_ms` ago. `form` gives
    that of a request.
    """

    OCTETS_MAX = 262_144
    """Of all requests together."""
    STATE_OCTETS_MAX = 64 + OCTETS_MAX + 256 * 32

    def __init__(
        self,
        *,
        capacity: int = 256,
        margin_ms: int = 1000,
        late_ms: int = 10_000,
        form: Callable[[TcPacket], int] = lambda _: 0,
    ) -> None:
        self._form = form
        self._capacity, self._margin_ns, self._late_ns = capacity, margin_ms * _MS, late_ms * _MS
        self.enabled = False
        self.releasing: list[bytes] = []
        self._activities: list[Activity] = []
        self._sub_schedules: dict[int, bool] = {}

    @property
    def state(self) -> ScheduleTable:
        """The whole schedule."""
        activities = tuple(
            KeptActivity(one.sub_schedule, one.release_ns, one.octets, self._form(one.packet))
            for one in self._activities
        )
        return ScheduleTable(self.enabled, activities, dict(self._sub_schedules), tuple(self.releasing))

    def restore(self, state: ScheduleTable) -> int:
        """Begin with `state`; returns how many activities this software cannot read or place, or reads otherwise.

        `releasing` is what the restart cut short.
        """
        self.enabled, self.releasing = state.enabled, list(state.releasing)
        self._sub_schedules = dict(state.sub_schedules)
        self._activities = []
        for one in state.activities:
            with suppress(DecodeError):
                packet = TcPacket.decode(one.octets)
                if one.sub_schedule in self._sub_schedules and one.form in (0, self._form(packet)):
                    self._activities.append(Activity(one.sub_schedule, one.release_ns, one.octets, packet))
        return len(state.activities) - len(self._activities)

    @property
    def is_empty(self) -> bool:
        """Whether there is no activity."""
        return not self._activities

    @property
    def deadline_ns(self) -> int | None:
        """When the next activity is released; None while there is none."""
        return min([one.release_ns for one in self._activities], default=None)

    def drain(self, now_ns: int) -> Due:
        """Take out the activities whose times have come: the packets of the enabled ones.

        One that is a request to this service ends what is taken out: those after it are as it leaves the schedule.
        """
        ready = self._ready(now_ns)
        enabled = [one for one in ready if self._is_on(one)]
        taken = {id(one) for one in ready}
        self._keep(one for one in self._activities if id(one) not in taken)
        late = [one.octets for one in enabled if one.release_ns < now_ns - self._late_ns]
        released = [one.octets for one in enabled if one.release_ns >= now_ns - self._late_ns]
        self.releasing += [*late, *released]
        return Due(released, late)

    def _ready(self, now_ns: int) -> list[Activity]:
        """The activities whose times have come, in order, up to the first that may change what becomes of others."""
        ready = [one for one in self._in_order if one.release_ns <= now_ns]
        changes = (at for at, one in enumerate(ready) if self._is_on(one) and one.packet.service == _SERVICE)
        return ready[: next(changes, len(ready)) + 1]

    def _is_on(self, activity: Activity) -> bool:
        return self.enabled and self._sub_schedules[activity.sub_schedule]

    def settle(self) -> None:
        """Note that all that was released has been executed."""
        self.releasing = []

    def handle(self, request: Request, now_ns: int) -> Iterator[Report]:
        """Answer one request. Raises RefusedError."""
        match request:
            case EnableSchedule() | DisableSchedule():
                self.enabled = isinstance(request, EnableSchedule)
            case ResetSchedule():
                self.enabled, self._activities, self._sub_schedules = False, [], {}
            case InsertActivities():
                execute_each(_read(request), lambda one: self._insert(one, now_ns))
            case DeleteActivities(requests=requests):
                execute_each(requests, lambda one: self._delete(self._found(one)))
            case ShiftActivities(offset_ms=offset_ms, requests=requests):
                execute_each(requests, lambda one: self._shift([self._found(one)], offset_ms * _MS, now_ns))
            case ShiftAll(offset_ms=offset_ms):
                self._shift(self._activities, offset_ms * _MS, now_ns)
            case EnableSubSchedules() | DisableSubSchedules():
                self._switch(request.sub_schedules, isinstance(request, EnableSubSchedules))
            case _:
                yield from self._reports(request)

    def _reports(self, request: Request) -> Iterator[Report]:
        match request:
            case ReportActivities(requests=requests):
                yield from report_together(requests, lambda one: _written(self._found(one)), _report)
            case ReportAll():
                yield from pages(map(_written, self._in_order), _report)
            case SummariseActivities(requests=requests):
                yield from report_together(requests, lambda one: _summary(self._found(one)), _summaries)
            case SummariseAll():
                yield from pages(map(_summary, self._in_order), _summaries)
            case ReportSubSchedules():
                pairs = sorted(self._sub_schedules.items())
                statuses = [SubScheduleStatus(sub_schedule=number, enabled=enabled) for number, enabled in pairs]
                yield from pages(statuses, lambda page: SubScheduleReport(sub_schedules=page))
            case _:
                raise not_mine(request)

    def _insert(self, activity: Activity, now_ns: int) -> None:
        if activity in self._activities:  # its insertion came again, where the memory of requests was lost
            return
        if len(self._activities) >= self._capacity:
            raise RefusedError(FailureCode.NOT_NOW, f"{self._capacity} activities wait, no more fit")
        octets = sum(len(one.octets) for one in self._activities)
        if octets + len(activity.octets) > self.OCTETS_MAX:
            raise RefusedError(FailureCode.NOT_NOW, f"{octets} octets of requests wait, this one does not fit")
        self._check_time(activity.release_ns, now_ns)
        if len(_written(activity)) > ITEM_OCTETS_MAX:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"a request of {len(activity.octets)} octets is too long")
        self._activities.append(activity)
        self._sub_schedules.setdefault(activity.sub_schedule, True)

    def _check_time(self, release_ns: int, now_ns: int) -> None:
        if release_ns < now_ns + self._margin_ns:
            raise RefusedError(
                FailureCode.BAD_ARGUMENTS, f"its time is past, or less than {self._margin_ns // _MS} ms from now"
            )
        try:
            _TIME.encode(release_ns)
        except ValueError:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, "released later than a time can say") from None

    def _delete(self, activity: Activity) -> None:
        self._keep(one for one in self._activities if one is not activity)

    def _keep(self, kept: Iterable[Activity]) -> None:
        """Forget the other activities, and the sub-schedules that have none."""
        self._activities = list(kept)
        alive = {one.sub_schedule for one in self._activities}
        self._sub_schedules = {number: on for number, on in self._sub_schedules.items() if number in alive}

    def _shift(self, chosen: list[Activity], offset_ns: int, now_ns: int) -> None:
        for one in chosen:
            self._check_time(one.release_ns + offset_ns, now_ns)
        for one in chosen:
            one.release_ns += offset_ns

    def _switch(self, numbers: list[int], enabled: bool) -> None:
        def switch(number: int) -> None:
            if number not in self._sub_schedules:
                raise RefusedError(FailureCode.BAD_ARGUMENTS, f"no sub-schedule {number}")
            self._sub_schedules[number] = enabled

        execute_each(numbers or list(self._sub_schedules), switch)

    @property
    def _in_order(self) -> list[Activity]:
        return sorted(self._activities, key=lambda one: one.release_ns)

    def _found(self, reference: RequestReference) -> Activity:
        for one in self._activities:
            if one.reference == reference:
                return one
        name = f"{reference.apid}/{reference.count} of source {reference.source}"
        raise RefusedError(FailureCode.BAD_ARGUMENTS, f"request {name} is not scheduled")


def _read(request: InsertActivities) -> list[Activity]:
    """The activities in a request. Raises RefusedError if one cannot be decoded."""
    octets, at, found = request.activities, 0, []
    try:
        for _ in range(request.count):
            release_ns = _TIME.decode(octets[at : at + _TIME.size])
            at += _TIME.size
            size = SpacePacket.decode(octets[at:]).size
            packet = TcPacket.decode(octets[at : at + size])
            found.append(Activity(request.sub_schedule, release_ns, octets[at : at + size], packet))
            at += size
    except DecodeError as error:
        raise RefusedError(FailureCode.BAD_ARGUMENTS, f"activity {len(found) + 1}: {error}") from None
    if at != len(octets):
        raise RefusedError(FailureCode.BAD_ARGUMENTS, f"{len(octets) - at} octets after the activities")
    return found


def _written(one: Activity) -> bytes:
    return one.sub_schedule.to_bytes(2) + _TIME.encode(one.release_ns) + one.octets


def _report(activities: list[bytes]) -> ActivitiesReport:
    return ActivitiesReport(count=len(activities), activities=b"".join(activities))


def _summaries(summaries: list[ActivitySummary]) -> SummaryReport:
    return SummaryReport(summaries=summaries)


def _summary(one: Activity) -> ActivitySummary:
    return ActivitySummary(sub_schedule=one.sub_schedule, release=one.release_ns, request=one.reference)
