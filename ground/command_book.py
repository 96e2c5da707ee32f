"""Every command's life: queued, released, delivered by COP-1, then what the node reports of it, or a timeout.

Pure: times go in, changed records come out. What the node reports is matched by `link.pus.tracker`; here that meets
what only the ground knows, in one record a command, ready for the archive and for clients.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from ground.moment import Moment
from ground.records import CommandRecord, CommandState, Stage, plain
from link.pus.message import Report
from link.pus.packets import RequestId
from link.pus.tracker import CommandTracker, Progress, Tracked

_STAGES = {
    "AcceptanceSuccess": "accepted",
    "AcceptanceFailure": "refused",
    "RoutingFailure": "refused",
    "StartSuccess": "started",
    "StartFailure": "not started",
    "ProgressSuccess": "step",
    "ProgressFailure": "step failed:",
    "CompletionSuccess": "completed",
    "CompletionFailure": "failed",
}
_STATES: dict[Progress, CommandState] = {
    Progress.SENT: "released",
    Progress.ACCEPTED: "accepted",
    Progress.STARTED: "started",
    Progress.COMPLETED: "completed",
    Progress.FAILED: "failed",
}
_ON_THE_GROUND: tuple[CommandState, ...] = ("queued", "released")
ENTRIES_MAX = 1000


@dataclass(slots=True)
class _Entry:
    record: CommandRecord
    deadline_ns: int


class CommandBook:
    """The last commands; `timeout_ns` after its last change one that has not ended times out, which a later report
    takes back.

    `earlier` are the archive's commands, oldest first: what had not ended when the last service did goes on here.
    """

    def __init__(self, earlier: Iterable[CommandRecord], timeout_ns: int, now: Moment) -> None:
        self.timeout_ns = timeout_ns
        self._tracker = CommandTracker(ENTRIES_MAX)
        self._entries: OrderedDict[RequestId, _Entry] = OrderedDict()
        self._last: CommandRecord | None = None
        for record in earlier:
            self._enter(record, now)

    @property
    def next_count(self) -> int:
        """The packet sequence count after the last command's."""
        return _request(self._last).count + 1 if self._last else 0

    def knows(self, request: RequestId) -> bool:
        """Whether it is one of the last commands."""
        return request in self._entries

    @property
    def unmatched(self) -> int:
        """Reports about requests that nobody here sent."""
        return self._tracker.unmatched

    @property
    def by_state(self) -> dict[str, int]:
        """How many of the last commands are in which state."""
        return dict(Counter(entry.record.state for entry in self._entries.values()))

    @property
    def deadline_ns(self) -> int | None:
        """Monotonic time at which the next command times out."""
        return min((entry.deadline_ns for entry in self._entries.values() if not entry.record.ended), default=None)

    def enter(self, request: RequestId, name: str, arguments: Mapping[str, Any], now: Moment) -> CommandRecord:
        """Write down a new command, queued for the link."""
        record = CommandRecord(
            number=self._last.number + 1 if self._last else 1,
            name=name,
            arguments={key: plain(value) for key, value in arguments.items()},
            request=str(request),
            sent_ns=now.utc_ns,
            state="queued",
            stages=(Stage(name="queued", received_ns=now.utc_ns),),
        )
        self._enter(record, now)
        return record

    def released(self, request: RequestId, now: Moment) -> list[CommandRecord]:
        """Its frame was handed to the port; once more, if COP-1 repeats it, is no news."""
        return self._on_ground(request, "released", now)

    def delivered(self, request: RequestId, now: Moment) -> list[CommandRecord]:
        """The node's FARM has its frame."""
        return self._on_ground(request, "delivered", now)

    def undelivered(self, request: RequestId, reason: str, now: Moment) -> list[CommandRecord]:
        """COP-1 has given it up."""
        entry = self._entries.get(request)
        if entry is None or entry.record.state not in _ON_THE_GROUND:
            return []
        stage = Stage(name="not delivered", received_ns=now.utc_ns, detail=reason)
        return [self._change(entry, "failed", (stage,), now, reason)]

    def reported(self, report: Report, time_ns: int, now: Moment) -> list[CommandRecord]:
        """A verification report came, made on board at `time_ns` (UTC). Twice or late is no news."""
        tracked = self._tracker.on_report(report, time_ns)
        entry = self._entries.get(tracked.request) if tracked else None
        if tracked is None or entry is None:
            return []
        known = {stage.name for stage in entry.record.stages}
        stages = tuple(stage for stage in _stages(tracked, now.utc_ns) if stage.name not in known)
        return [self._change(entry, _STATES[tracked.progress], stages, now, tracked.reason)] if stages else []

    def step(self, now: Moment) -> list[CommandRecord]:
        """The commands that time out now."""
        due = [entry for entry in self._entries.values() if entry.deadline_ns <= now.monotonic_ns]
        return [self._time_out(entry, now) for entry in due if not entry.record.ended]

    def _enter(self, record: CommandRecord, now: Moment) -> None:
        request = _request(record)
        if self._last is None or record.number > self._last.number:
            self._last = record
        self._entries.pop(request, None)
        self._entries[request] = _Entry(record, now.monotonic_ns + self.timeout_ns)
        self._tracker.sent(request, record.name, record.sent_ns)
        if len(self._entries) > ENTRIES_MAX:
            self._entries.popitem(last=False)

    def _on_ground(self, request: RequestId, state: CommandState, now: Moment) -> list[CommandRecord]:
        entry = self._entries.get(request)
        if entry is None or any(stage.name == state for stage in entry.record.stages):
            return []
        reached = state if entry.record.state in _ON_THE_GROUND else entry.record.state
        return [self._change(entry, reached, (Stage(name=state, received_ns=now.utc_ns),), now, entry.record.reason)]

    def _time_out(self, entry: _Entry, now: Moment) -> CommandRecord:
        reason = f"nothing heard for {self.timeout_ns / 1e9:g} s after it was {entry.record.stages[-1].name}"
        return self._change(entry, "timeout", (Stage(name="timeout", received_ns=now.utc_ns),), now, reason)

    def _change(
        self, entry: _Entry, state: CommandState, stages: tuple[Stage, ...], now: Moment, reason: str
    ) -> CommandRecord:
        entry.record = replace(entry.record, state=state, stages=entry.record.stages + stages, reason=reason)
        entry.deadline_ns = now.monotonic_ns + self.timeout_ns
        return entry.record


def _stages(tracked: Tracked, received_ns: int) -> Iterator[Stage]:
    for label, time_ns in tracked.stages:
        kind, _, step = label.partition(" ")
        name = f"{_STAGES[kind]} {step}".rstrip()
        detail = tracked.reason if kind.endswith("Failure") else ""
        yield Stage(name=name, received_ns=received_ns, time_ns=time_ns, detail=detail)


def _request(record: CommandRecord) -> RequestId:
    apid, _, count = record.request.partition("/")
    return RequestId(int(apid), int(count))
