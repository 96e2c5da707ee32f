"""The state of every command: queued, released, delivered by COP-1, then as the node reports it, or timed out.

Pure: times go in, changed records come out. `ground.commands.tracker` matches the node's reports to requests; here they
are joined with what only the ground knows, in one record per command, for the archive and for clients. A state that
the node has reported is never taken back: a command that it reported ended stays so, also across a restart.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from ground.commands.tracker import CommandTracker, RequestProgress, Tracked
from ground.records import CommandRecord, CommandStage, CommandState, plain
from hal.clock import Moment
from link.packets.space_packet import COUNT_MODULUS, IDLE_APID
from link.pus.message import Report
from link.pus.packets import RequestId
from link.pus.services.verification import FailureCode

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
_STATES: dict[RequestProgress, CommandState] = {
    RequestProgress.SENT: "released",
    RequestProgress.ACCEPTED: "accepted",
    RequestProgress.STARTED: "started",
    RequestProgress.COMPLETED: "completed",
    RequestProgress.FAILED: "failed",
}
_REACHED = {
    "accepted": RequestProgress.ACCEPTED,
    "started": RequestProgress.STARTED,
    "step": RequestProgress.STARTED,
    "completed": RequestProgress.COMPLETED,
    "refused": RequestProgress.FAILED,
    "not started": RequestProgress.FAILED,
    "step failed:": RequestProgress.FAILED,
    "failed": RequestProgress.FAILED,
}
"""The progress of a request by the name of the stage that reported it; stages of steps without their number."""
_ON_THE_GROUND: tuple[CommandState, ...] = ("queued", "released")
_GIVEN_UP = "not delivered"
ENTRIES_MAX = 1000


@dataclass(slots=True)
class _Entry:
    """`begins_ns`: monotonic time before which no report is expected; `carrier`: the request that contains this one."""

    record: CommandRecord
    begins_ns: int
    deadline_ns: int
    carrier: RequestId | None = None


class CommandBook:
    """The last commands. One that has not ended `timeout_ns` after its last change times out, which a later report
    takes back. A queued command does not time out while earlier ones are being delivered.

    `forgotten` counts commands that newer ones displaced before they had ended.

    `earlier`: archived commands, oldest first; those that had not ended when the last service stopped continue here.
    """

    def __init__(self, earlier: Iterable[CommandRecord], timeout_ns: int, now: Moment) -> None:
        self.timeout_ns = timeout_ns
        self.forgotten = 0
        self._tracker = CommandTracker(ENTRIES_MAX)
        self._entries: dict[RequestId, _Entry] = {}
        self._open: dict[RequestId, _Entry] = {}  # the entries that have not ended; only these can time out
        self._last: CommandRecord | None = None
        for record in earlier:
            with suppress(ValueError):  # skip a record whose request id was damaged in the archive
                self._enter(record, now)

    @property
    def next_count(self) -> int:
        """The packet sequence count after the last command's."""
        return request_of(self._last).count + 1 if self._last else 0

    @property
    def is_empty(self) -> bool:
        """Whether no command was ever sent from here."""
        return self._last is None

    def knows(self, request: RequestId) -> bool:
        """Whether `request` is one of the last commands."""
        return request in self._entries

    @property
    def unmatched(self) -> int:
        """How many reports were about requests that this station did not send."""
        return self._tracker.unmatched

    @property
    def by_state(self) -> dict[str, int]:
        """The number of the last commands in each state."""
        return dict(Counter(entry.record.state for entry in self._entries.values()))

    @property
    def deadline_ns(self) -> int | None:
        """Monotonic time at which the next command times out."""
        return min((entry.deadline_ns for entry in self._open.values()), default=None)

    def enter(
        self,
        request: RequestId,
        name: str,
        arguments: Mapping[str, Any],
        now: Moment,
        *,
        carrier: RequestId | None = None,
    ) -> CommandRecord:
        """Add a new command, queued for the link; one that another request, its `carrier`, contains fails with that."""
        record = CommandRecord(
            number=self._last.number + 1 if self._last else 1,
            name=name,
            arguments={key: plain(value) for key, value in arguments.items()},
            request=str(request),
            sent_ns=now.utc_ns,
            state="queued",
            stages=(CommandStage(name="queued", received_ns=now.utc_ns),),
        )
        self._enter(record, now)
        self._entries[request].carrier = carrier
        return record

    def released(self, request: RequestId, now: Moment) -> list[CommandRecord]:
        """Note that the frame of `request` has left; a repetition by COP-1 changes nothing."""
        return self._on_ground(request, "released", now)

    def delivered(self, request: RequestId, now: Moment) -> list[CommandRecord]:
        """Note that the FARM accepted the frame of `request`; as the link works, timeouts of queued ones begin anew."""
        for entry in self._open.values():
            if entry.record.state == "queued":
                self._postpone(entry, now)
        return self._on_ground(request, "delivered", now)

    def undelivered(self, request: RequestId, reason: str, now: Moment, *, sent: bool = False) -> list[CommandRecord]:
        """Note that COP-1 gave `request` up; if it was `sent`, it may have arrived: only the node's report can tell."""
        entry = self._entries.get(request)
        if entry is None or entry.record.state not in _ON_THE_GROUND:
            return []
        known = any(stage.name == _GIVEN_UP for stage in entry.record.stages)
        stages = () if known else (CommandStage(name=_GIVEN_UP, received_ns=now.utc_ns, detail=reason),)
        self._change(entry, entry.record.state if sent else "failed", stages, now, reason)
        return self._with_carried(entry, now)

    def reported(self, report: Report, time_ns: int, now: Moment) -> list[CommandRecord]:
        """Note a verification report, made on board at `time_ns` (UTC). A repeated or late one changes nothing."""
        tracked = self._tracker.accept(report, time_ns)
        entry = self._entries.get(tracked.request) if tracked else None
        if tracked is None or entry is None:
            return []
        known = {stage.name for stage in entry.record.stages}
        stages = tuple(stage for stage in _stages(tracked, now.utc_ns) if stage.name not in known)
        if not stages:
            return []
        self._change(entry, _STATES[tracked.progress], stages, now, tracked.reason)
        if getattr(report, "code", FailureCode.INTERRUPTED) is FailureCode.INTERRUPTED:
            return [entry.record]  # no failure; or a restart's: what it contains may be on board all the same
        return self._with_carried(entry, now)

    def step(self, now: Moment) -> list[CommandRecord]:
        """Time out what is due; return the changed records."""
        due = [entry for entry in self._open.values() if entry.deadline_ns <= now.monotonic_ns]
        return [self._time_out(entry, now) for entry in due]

    def _enter(self, record: CommandRecord, now: Moment) -> None:
        request = request_of(record)
        if self._last is None or record.number > self._last.number:
            self._last = record
        self._entries.pop(request, None)
        begins_ns = now.monotonic_ns + max(0, record.sent_ns - now.utc_ns)
        self._entries[request] = entry = _Entry(record, begins_ns, begins_ns + self.timeout_ns)
        self._keep_open(entry)
        tracked = self._tracker.sent(request, record.name, record.sent_ns)
        tracked.progress, tracked.reason = _progress(record), record.reason
        if len(self._entries) > ENTRIES_MAX:
            oldest = next(iter(self._entries))
            del self._entries[oldest]
            self.forgotten += self._open.pop(oldest, None) is not None

    def _keep_open(self, entry: _Entry) -> None:
        """Watch the entry while it has not ended; a report reopens one that timed out."""
        request = request_of(entry.record)
        if entry.record.ended:
            self._open.pop(request, None)
        else:
            self._open[request] = entry

    def _postpone(self, entry: _Entry, now: Moment) -> None:
        entry.deadline_ns = max(now.monotonic_ns, entry.begins_ns) + self.timeout_ns

    def _on_ground(self, request: RequestId, state: CommandState, now: Moment) -> list[CommandRecord]:
        entry = self._entries.get(request)
        if entry is None or any(stage.name == state for stage in entry.record.stages):
            return []
        reached = state if entry.record.state in _ON_THE_GROUND else entry.record.state
        return [
            self._change(entry, reached, (CommandStage(name=state, received_ns=now.utc_ns),), now, entry.record.reason)
        ]

    def _with_carried(self, entry: _Entry, now: Moment) -> list[CommandRecord]:
        """The changed record, and those of the requests that it contains, which fail with it."""
        records, request = [entry.record], request_of(entry.record)
        if entry.record.state == "failed":
            why = f"{entry.record.name}, which contains it, failed"
            stage = CommandStage(name=_GIVEN_UP, received_ns=now.utc_ns, detail=why)
            carried = [one for one in self._open.values() if one.carrier == request]
            records += [self._change(one, "failed", (stage,), now, why) for one in carried]
        return records

    def _time_out(self, entry: _Entry, now: Moment) -> CommandRecord:
        silence, last = f"nothing heard for {self.timeout_ns / 1e9:g} s", entry.record.stages[-1]
        reason = f"{last.detail}; {silence} since" if last.name == _GIVEN_UP else f"{silence} after it was {last.name}"
        return self._change(entry, "timeout", (CommandStage(name="timeout", received_ns=now.utc_ns),), now, reason)

    def _change(
        self, entry: _Entry, state: CommandState, stages: tuple[CommandStage, ...], now: Moment, reason: str
    ) -> CommandRecord:
        entry.record = replace(entry.record, state=state, stages=entry.record.stages + stages, reason=reason)
        self._keep_open(entry)
        self._postpone(entry, now)
        return entry.record


def _stages(tracked: Tracked, received_ns: int) -> Iterator[CommandStage]:
    for label, time_ns in tracked.stages:
        kind, _, step = label.partition(" ")
        name = f"{_STAGES[kind]} {step}".rstrip()
        detail = tracked.reason if kind.endswith("Failure") else ""
        yield CommandStage(name=name, received_ns=received_ns, time_ns=time_ns, detail=detail)


def _progress(record: CommandRecord) -> RequestProgress:
    """The command's progress by the last of its stages that the node reported."""
    names = (stage.name.rstrip("0123456789").rstrip() for stage in record.stages)
    reached = [_REACHED[name] for name in names if name in _REACHED]
    if ends := [one for one in reached if one in (RequestProgress.COMPLETED, RequestProgress.FAILED)]:
        return ends[0]
    return RequestProgress.STARTED if RequestProgress.STARTED in reached else next(iter(reached), RequestProgress.SENT)


def request_of(record: CommandRecord) -> RequestId:
    """The request id by which the node's reports name the command. Raises ValueError where the record has none."""
    apid, _, count = record.request.partition("/")
    request = RequestId(int(apid), int(count))
    if not (0 <= request.apid <= IDLE_APID and 0 <= request.count < COUNT_MODULUS):
        raise ValueError(f"no request is called {record.request}")
    return request
