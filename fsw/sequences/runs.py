"""Sequences under execution: which step is due when, without a clock; what a restart cut short is told, never repeated.

A step is due at its time, or some time after the step before it. If it waits for a condition, this is looked at then,
and again when a sample of what it names arrives. A step `is_releasing` from `pop` until `settle`: who stores `state`
in between can tell, after a restart, what was perhaps executed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, NamedTuple

import msgspec

from fsw.sequences.library import Loaded
from hal.clock import Moment
from link.dictionary.conditions import Comparison, Condition, comparisons_of, parse_condition
from link.pus.services.automation.sequencing import SequenceEnd, SequenceState
from link.pus.services.verification import FailureCode, RefusedError
from link.sequences.form import SequenceStep

_MS = 1_000_000
_LATE_NS = 10_000 * _MS  # a step with a time of its own is not released so much later, nor after its timeout
_KEEPS_PACE_NS = 1_000 * _MS  # a step released no later than this does not move those after it
_LOOK_NS = 1_000 * _MS  # between two looks at a parameter, of whose changes nobody tells
_INTERRUPTED = "a restart cut it short; perhaps it was executed"
LookUp = Callable[[Comparison], Any]
"""The latest value of what a comparison names; None where there is none."""


class NewsKind(Enum):
    """What may happen to a sequence."""

    STARTED = auto()
    COMPLETED = auto()
    STOPPED = auto()
    TROUBLED = auto()
    SKIPPED = auto()


class SequenceNews(NamedTuple):
    """Something that happened to a sequence at a step."""

    kind: NewsKind
    sequence: int
    step: int
    reason: str = ""


class StepRelease(NamedTuple):
    """The packet of a step whose time has come."""

    sequence: int
    step: int
    packet: bytes


class KeptRun(msgspec.Struct, frozen=True, array_like=True):
    """How far a sequence is: the step that is next, or `is_releasing`, and when the one before it was released."""

    sequence: int
    checksum: int
    step: int
    base_utc_ns: int
    paused_utc_ns: int | None
    is_releasing: bool


class RunTable(msgspec.Struct, frozen=True, array_like=True):
    """All sequences under execution."""

    runs: tuple[KeptRun, ...] = ()


class _Verdict(Enum):
    RELEASE = auto()
    WAIT = auto()
    SKIP = auto()
    TROUBLE = auto()


@dataclass(slots=True)
class _Run:
    """`base`: from when the delay of the next step counts. `looked_ns`: when its condition was last looked at."""

    loaded: Loaded
    base: Moment
    step: int = 0
    paused: Moment | None = None
    is_releasing: bool = False
    is_ready: bool = False
    looked_ns: int | None = None
    released: Moment = field(default_factory=lambda: Moment(0, 0))
    until: Condition | None = None
    when: Condition | None = None
    names: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        self.enter(self.step, self.base)

    @property
    def current(self) -> SequenceStep:
        return self.loaded.sequence.steps[self.step]

    @property
    def is_at_end(self) -> bool:
        return self.step == len(self.loaded.sequence.steps)

    def enter(self, step: int, base: Moment) -> None:
        """Make `step` the next one."""
        self.step, self.base = step, base
        self.is_releasing = self.is_ready = False
        self.looked_ns = None
        if not self.is_at_end:
            self.until, self.when = _condition(self.current.until), _condition(self.current.when)
            self.names = frozenset(one.field for one in comparisons_of(self.until)) if self.until else frozenset()

    def due_ns(self, now: Moment) -> int:
        """When the current step is due, in monotonic time."""
        if self.current.at_ns is not None:
            return now.monotonic_ns + self.current.at_ns - now.utc_ns
        return self.base.monotonic_ns + self.current.after_ms * _MS


class SequenceRuns:
    """At most CAPACITY sequences under execution. `parameters`: of those names no sample tells."""

    CAPACITY = 8
    STATE_OCTETS_MAX = 64 + CAPACITY * 48

    def __init__(self, look_up: LookUp, parameters: Iterable[str] = ()) -> None:
        self._look_up, self._parameters = look_up, frozenset(parameters)
        self._runs: dict[int, _Run] = {}
        self._news: list[SequenceNews] = []
        self._ends: dict[int, SequenceEnd] = {}
        self.released = self.troubles = 0

    @property
    def state(self) -> RunTable:
        """How far all are."""
        return RunTable(
            tuple(
                KeptRun(
                    sequence=number,
                    checksum=run.loaded.checksum,
                    step=run.step,
                    base_utc_ns=run.base.utc_ns,
                    paused_utc_ns=run.paused.utc_ns if run.paused else None,
                    is_releasing=run.is_releasing,
                )
                for number, run in self._runs.items()
            )
        )

    def restore(self, state: RunTable, loaded: Mapping[int, Loaded], now: Moment) -> tuple[int, list[bytes]]:
        """Go on with `state`; returns how many runs are of no loaded sequence, and the packets that were cut short."""
        cut_short = []
        for kept in state.runs:
            one = loaded.get(kept.sequence)
            if one is None or one.checksum != kept.checksum:
                continue
            paused = None if kept.paused_utc_ns is None else _earlier(kept.paused_utc_ns, now)
            run = _Run(one, _earlier(kept.base_utc_ns, now), kept.step, paused)
            self._runs[kept.sequence] = run
            if kept.is_releasing:
                cut_short.append(run.current.packet)
        misfits = len(state.runs) - len(self._runs)
        for kept in state.runs:
            if kept.is_releasing and kept.sequence in self._runs:
                self._trouble(self._runs[kept.sequence], _INTERRUPTED, now)
        return misfits, cut_short

    @property
    def active(self) -> list[int]:
        """The numbers of the sequences under execution."""
        return list(self._runs)

    def standing(self, number: int) -> tuple[SequenceState, int, SequenceEnd]:
        """The state of a sequence, the step that is next, and how it last ended."""
        run, end = self._runs.get(number), self._ends.get(number, SequenceEnd.NONE)
        if run is None:
            return SequenceState.INACTIVE, 0, end
        return SequenceState.PAUSED if run.paused else SequenceState.RUNNING, run.step, end

    def start(self, loaded: Loaded, now: Moment) -> None:
        """Run a sequence from its first step. Raises RefusedError."""
        number = loaded.sequence.number
        self.check_inactive(number)
        if len(self._runs) >= self.CAPACITY:
            raise RefusedError(FailureCode.NOT_NOW, f"{self.CAPACITY} sequences are under execution, no more can be")
        self._runs[number] = _Run(loaded, now)
        self._ends.pop(number, None)
        self._news.append(SequenceNews(NewsKind.STARTED, number, 0))

    def check_inactive(self, number: int) -> None:
        """Raises RefusedError for a sequence under execution."""
        if number in self._runs:
            raise RefusedError(FailureCode.NOT_NOW, f"sequence {number} is under execution")

    def abort(self, number: int) -> None:
        """End the execution of a sequence. Raises RefusedError if it is not under execution."""
        self._end(self._found(number), SequenceEnd.ABORTED)

    def pause(self, number: int, now: Moment) -> None:
        """Release no step of a sequence from now on. Raises RefusedError."""
        run = self._found(number)
        if run.paused:
            raise RefusedError(FailureCode.NOT_NOW, f"sequence {number} is paused")
        run.paused = now

    def resume(self, number: int, now: Moment) -> None:
        """Go on with a paused sequence: what was left of the delay is left again. Raises RefusedError."""
        run = self._found(number)
        if not run.paused:
            raise RefusedError(FailureCode.NOT_NOW, f"sequence {number} is not paused")
        rest_ns = max(now.monotonic_ns - run.paused.monotonic_ns, 0)
        run.base = Moment(run.base.monotonic_ns + rest_ns, run.base.utc_ns + rest_ns)
        run.paused = None

    def forget(self, number: int) -> None:
        """Forget how a sequence ended, as it is no longer loaded."""
        self._ends.pop(number, None)

    def accept(self, report: str) -> None:
        """Look at the conditions that wait for a sample of `report`, which has arrived."""
        for run in self._runs.values():
            if run.until and run.looked_ns is not None and any(one.startswith(f"{report}.") for one in run.names):
                run.is_ready = run.until.holds(self._look_up)

    @property
    def is_busy(self) -> bool:
        """Whether a sequence runs, or something is to be told."""
        return bool(self._runs or self._news)

    def due_ns(self, now: Moment) -> int | None:
        """When a step is due, or waited for long enough, in monotonic time; None while nothing is."""
        if self._news:
            return now.monotonic_ns
        times = (self._wake_ns(run, now) for run in self._runs.values() if not (run.paused or run.is_releasing))
        return min(times, default=None)

    def pop(self, now: Moment) -> list[StepRelease]:
        """The packets of the steps whose time has come, one of a sequence at most; `settle` follows for each."""
        return [found for run in list(self._runs.values()) if (found := self._advance(run, now))]

    def settle(self, number: int, now: Moment, trouble: str = "") -> None:
        """Note that the step that `pop` gave of a sequence was executed; or was not, as `trouble` says."""
        run = self._runs[number]
        assert run.is_releasing, number
        if trouble:
            self._trouble(run, trouble, now)
        else:
            self._enter(run, run.released)

    def drain_news(self) -> list[SequenceNews]:
        """What happened since the last call."""
        news, self._news = self._news, []
        return news

    def _found(self, number: int) -> _Run:
        if number not in self._runs:
            raise RefusedError(FailureCode.NOT_NOW, f"sequence {number} is not under execution")
        return self._runs[number]

    def _wake_ns(self, run: _Run, now: Moment) -> int:
        due_ns = run.due_ns(now)
        if now.monotonic_ns < due_ns or run.until is None or run.is_ready or run.looked_ns is None:
            return due_ns
        deadline_ns = due_ns + run.current.timeout_ms * _MS
        return min(deadline_ns, run.looked_ns + _LOOK_NS) if run.names & self._parameters else deadline_ns

    def _advance(self, run: _Run, now: Moment) -> StepRelease | None:
        """The next release of a sequence, past steps that are skipped; None while none is due."""
        number = run.loaded.sequence.number
        while self._runs.get(number) is run and not run.paused and now.monotonic_ns >= run.due_ns(now):
            verdict, reason = self._judge(run, now)
            if verdict is _Verdict.WAIT:
                return None
            if verdict is _Verdict.RELEASE:
                run.released, run.is_releasing = _pace(run, now), True
                self.released += 1
                return StepRelease(number, run.step, run.current.packet)
            if verdict is _Verdict.SKIP:
                self._news.append(SequenceNews(NewsKind.SKIPPED, number, run.step, reason))
                self._enter(run, _pace(run, now))
            else:
                self._trouble(run, reason, now)
        return None

    def _judge(self, run: _Run, now: Moment) -> tuple[_Verdict, str]:
        """What to do with a step that is due, and why."""
        step, waited_ns = run.current, now.monotonic_ns - run.due_ns(now)
        timeout_ns = step.timeout_ms * _MS
        if step.at_ns is not None and waited_ns > timeout_ns + _LATE_NS:
            return _Verdict.TROUBLE, "its time has passed"
        if run.until and not run.until.holds(self._look_up):
            if waited_ns >= timeout_ns:
                return _Verdict.TROUBLE, f"after {step.timeout_ms} ms not {step.until}"
            run.looked_ns, run.is_ready = now.monotonic_ns, False
            return _Verdict.WAIT, ""
        if run.when and not run.when.holds(self._look_up):
            return _Verdict.SKIP, f"not {step.when}"
        return _Verdict.RELEASE, ""

    def _trouble(self, run: _Run, reason: str, now: Moment) -> None:
        """Tell what happened to the current step, and stop or go on as the sequence says."""
        sequence = run.loaded.sequence
        self.troubles += 1
        stops = sequence.on_trouble == "stop"
        self._news.append(
            SequenceNews(NewsKind.STOPPED if stops else NewsKind.TROUBLED, sequence.number, run.step, reason)
        )
        if stops:
            self._end(run, SequenceEnd.STOPPED)
        else:
            self._enter(run, now)

    def _enter(self, run: _Run, base: Moment) -> None:
        """Go to the next step, or end."""
        run.enter(run.step + 1, base)
        if run.is_at_end:
            number = run.loaded.sequence.number
            self._news.append(SequenceNews(NewsKind.COMPLETED, number, run.step))
            self._end(run, SequenceEnd.COMPLETED)

    def _end(self, run: _Run, end: SequenceEnd) -> None:
        number = run.loaded.sequence.number
        del self._runs[number]
        self._ends[number] = end


def _condition(text: str) -> Condition | None:
    return parse_condition(text) if text else None


def _pace(run: _Run, now: Moment) -> Moment:
    """From when the next delay counts: the due time of a step that waited for no condition and is nearly in time."""
    late_ns = now.monotonic_ns - run.due_ns(now)
    if run.until or late_ns > _KEEPS_PACE_NS:
        return now
    return Moment(now.monotonic_ns - late_ns, now.utc_ns - late_ns)


def _earlier(utc_ns: int, now: Moment) -> Moment:
    """A time before the restart on the clock of after it; now, if the clock says that it is yet to come."""
    return Moment(now.monotonic_ns - max(now.utc_ns - utc_ns, 0), min(utc_ns, now.utc_ns))
