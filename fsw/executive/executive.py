"""The executive: numbered ticks, budgets, and failures contained in the step, command or duty that failed.

Tick n of an app is due at epoch + n x period. A late tick never moves the ones after it; where a whole period has
passed, the missed ticks are counted and reported, with the name of what held the processor meanwhile. What fails again
and again rests in between, and what reports too much is cut to a share of the link: both are counted and reported once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from fsw.executive.app import App
from fsw.executive.backoff import Backoff
from fsw.executive.bus import Bus
from fsw.executive.floods import Floods
from fsw.executive.sendable import UnsendableError, check_sendable
from fsw.executive.sentence import sentence_of
from fsw.executive.throttle import Gate, Throttle
from fsw.executive.timesheet import Timesheet
from hal.clock import Clock
from link.dictionary import Event, Int32ub, Int64ub, wire
from link.dictionary.declare import Record

_NS_PER_MS = 1_000_000
_NEVER_NS = 1 << 62
_AT_ONCE_NS = 1_000_000
_ENDING_NS = (
    300_000_000_000  # for what an app began before it was stopped: longer than the jobs of a mission usually take
)
_Result = TypeVar("_Result")
Check = Callable[[Record], None]
Note = Callable[[str, BaseException, int], None]
"""Accepts the name of what failed, the exception, and the time (UTC, ns)."""


class TickMissed(Event, id=0x01, severity="low"):
    """{app} missed {missed} ticks before tick {tick}; {culprit} held the processor."""

    app: str = wire()
    culprit: str = wire()
    tick: int = wire(Int64ub)
    missed: int = wire(Int64ub)


class BudgetOverrun(Event, id=0x02, severity="low"):
    """{name} took {took_ms} ms of its {budget_ms} ms."""

    name: str = wire()
    took_ms: int = wire(Int64ub, unit="ms")
    budget_ms: int = wire(Int32ub, unit="ms")


class StepFailed(Event, id=0x03, severity="medium"):
    """{name} failed: {error}; the file log/failures.log has the traceback."""

    name: str = wire()
    error: str = wire()


class SetAside(Event, id=0x04, severity="medium"):
    """{name} failed {failures} times; it is tried less and less often until it succeeds."""

    name: str = wire()
    failures: int = wire(Int32ub)


class Throttled(Event, id=0x05, severity="low"):
    """{name} sends more {what} than its share of the link; the rest is only counted until it sends less."""

    name: str = wire()
    what: str = wire()


class Heartbeat(NamedTuple):
    """When an app that has to step once in `period_ns` last did so without failing; at first, since when it has to."""

    app: str
    period_ns: int
    beat_ns: int


@dataclass(slots=True)
class _Task:
    """An app, the number of its next tick and when that is due; tick 0 is due at `first_ns`. `beat_ns`: see Heartbeat.

    `is_prompt`: the app may be due between ticks, at `prompt_ns` by its last answer, and `may_be_busy`: at any turn.
    One that is not `is_allowed` is stepped until it `ends_ns`, the latest time for what it began before.
    """

    app: App
    first_ns: int
    is_prompt: bool
    may_be_busy: bool
    beat_ns: int
    is_allowed: bool
    ends_ns: int = 0
    tick: int = 0
    prompt_ns: int = 0
    due_ns: int = field(init=False)
    period_ns: int = field(init=False)

    def __post_init__(self) -> None:
        self.period_ns, self.due_ns = self.app.period_ms * _NS_PER_MS, self.first_ns

    @property
    def is_stepped(self) -> bool:
        return self.is_allowed or self.ends_ns > 0

    def await_tick(self, tick: int) -> None:
        """Let `tick` be the next one."""
        self.tick, self.due_ns = tick, self.first_ns + tick * self.period_ns

    def tick_at(self, now_ns: int) -> int:
        """The number of the last tick that is due at `now_ns`."""
        return (now_ns - self.first_ns) // self.period_ns


class _Contained:
    """A section of `executive`, in which failures end except those of the classes `passes`."""

    __slots__ = ("budget_ms", "executive", "name", "outer", "passes", "start_ns")

    def __init__(
        self, executive: "Executive", name: str, budget_ms: int, passes: tuple[type[BaseException], ...]
    ) -> None:
        self.executive, self.name, self.budget_ms, self.passes = executive, name, budget_ms, passes

    def __enter__(self) -> Self:
        executive = self.executive
        sheet = executive._sheet
        self.start_ns, self.outer, sheet.open = executive._now_ns(), sheet.open, self.name
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        executive = self.executive
        if error is None and executive._now_ns() == self.start_ns and not executive._troubled:
            executive._sheet.open = self.outer  # nothing to account for, as in `attempt`
            return True
        return executive._leave(self.name, self.budget_ms, (self.start_ns, self.outer), error, self.passes)


class Executive:
    """Steps apps, in their declared order where several are due, and publishes what they yield.

    Counts `ticks` that ran, `missed` ones, those `skipped` while their app rested, `overruns`, `failures`, records that
    were `unsendable` or, beyond someone's share, `throttled`, and `busy_ns` spent in sections. `check` raises
    UnsendableError for a record that could not go down; `note` accepts failures that are reported; `floods` remembers
    what was throttled before the node restarted.
    """

    def __init__(
        self,
        clock: Clock,
        bus: Bus,
        *,
        check: Check = check_sendable,
        note: Note | None = None,
        floods: Floods | None = None,
    ) -> None:
        self.check, self._floods = check, floods
        self._clock, self._bus, self._note = clock, bus, note
        self._now_ns = clock.monotonic_ns
        self._epoch_ns = self._now_ns()
        self._tasks: list[_Task] = []
        self._prompt: list[_Task] = []  # those that may be due between ticks
        self._allows: Callable[[str], bool] = lambda _: True
        self._sheet, self._backoff = Timesheet(), Backoff()
        self._shares = {Event: Throttle(32, 4), Record: Throttle(128, 128)}
        for sender in floods.earlier if floods else ():
            for share in self._shares.values():
                share.use_up(sender, self._epoch_ns)
        self._troubles = Throttle(8, 0.2)
        self._are_asked = False  # whether each app was asked when it is due since anything happened
        self._tick_ns = _NEVER_NS  # the earliest tick of all apps that are stepped
        self._ends_some = False  # whether an app that was stopped ends what it began
        self._troubled: dict[str, str] = {}  # by name: the trouble last reported
        self.ticks = self.missed = self.skipped = self.overruns = self.failures = self.unsendable = self.busy_ns = 0

    def add(self, app: App) -> None:
        """Step `app` from now on."""
        may_be_busy = type(app).is_busy is not App.is_busy
        is_prompt = type(app).due_ns is not App.due_ns or may_be_busy
        first_ns = self._epoch_ns + app.offset_ms * _NS_PER_MS
        beat_ns = self._clock.monotonic_ns()
        self._tasks.append(_Task(app, first_ns, is_prompt, may_be_busy, beat_ns, self._allows(app.app_name)))
        self._tasks.sort(key=lambda task: task.app.order)
        self._prompt = [task for task in self._tasks if task.is_prompt]
        self._find_tick()

    def allow(self, allows: Callable[[str], bool]) -> None:
        """Step from now on only the apps whose names `allows` returns True for, and others until they are not busy.

        The ticks of an app that is stopped are not missed; where it goes on, its next tick is the next one due.
        """
        self._allows, now_ns = allows, self._now_ns()
        for task in self._tasks:
            was_stepped, task.is_allowed = task.is_stepped, allows(task.app.app_name)
            if task.is_allowed and not was_stepped:
                task.beat_ns = now_ns
                task.await_tick(max(task.tick, -((task.first_ns - now_ns) // task.period_ns)))
            if task.is_allowed or not (was_stepped and task.is_prompt):
                task.ends_ns = 0
            else:
                task.ends_ns = task.ends_ns or now_ns + _ENDING_NS
        self._find_tick()

    def steps(self, name: str) -> bool:
        """Whether an app is stepped now."""
        return any(task.is_stepped for task in self._tasks if task.app.app_name == name)

    @property
    def heartbeats(self) -> list[Heartbeat]:
        """Those of the apps that are stepped now."""
        stepped = (task for task in self._tasks if task.is_stepped)
        return [Heartbeat(task.app.app_name, task.period_ns, task.beat_ns) for task in stepped]

    @property
    def next_due_ns(self) -> int:
        """When an app is due next: at a tick, or before it."""
        start_ns = self._now_ns()
        asked, due_ns = [task for task in self._prompt if task.is_allowed or task.ends_ns], self._tick_ns
        for task in asked:
            try:  # without a section or a call for each: they are asked at each turn, and nearly always answer at once
                answer_ns = task.app.due_ns
            except BaseException:
                answer_ns = self._ask(task.app, _due_ns)
            if answer_ns is None and not self._backoff.streaks:
                task.prompt_ns = _NEVER_NS
            else:
                due_ns = min(due_ns, self._note_prompt(task, answer_ns))
        if self._now_ns() - start_ns > _AT_ONCE_NS:  # who thinks long is asked again, in a section of its own
            due_ns = min([self._tick_ns, *[self._note_prompt(task, self._ask(task.app, _due_ns)) for task in asked]])
        self._are_asked = True
        return due_ns

    @property
    def throttled(self) -> int:
        """How many records exceeded the share of their sender."""
        return self._troubles.refused + sum([share.refused for share in self._shares.values()])

    @property
    def set_aside(self) -> int:
        """How many apps and duties rest, or are tried again after a rest."""
        return self._backoff.resting

    def run_due(self) -> None:
        """Step every app that is due: at its tick, before it by its own word, or as an input may have come."""
        now_ns = self._now_ns()
        for task in self._tasks:
            if not task.is_allowed and not self._is_ending(task, now_ns):
                continue
            if now_ns >= task.due_ns:
                self._run(task, now_ns)
            elif task.is_prompt and now_ns >= self._prompt_ns_awake(task):
                self._step(task, now_ns)
            else:
                continue
            now_ns = self._now_ns()
        if now_ns >= self._tick_ns or self._ends_some:
            self._find_tick()
        if self._tick_ns < _NEVER_NS:
            self._sheet.forget(self._tick_ns)

    def attempt(
        self,
        name: str,
        budget_ms: int,
        work: Callable[[], _Result],
        passes: tuple[type[BaseException], ...] = (),
    ) -> _Result | None:
        """Execute one duty in a section of its own; returns its result, or None where it failed or rests."""
        start_ns, backoff, sheet = self._now_ns(), self._backoff, self._sheet
        if backoff.streaks and start_ns < backoff.rests_until(name):
            return None
        outer, sheet.open = sheet.open, name
        try:
            result = work()
        except BaseException as error:
            if not self._leave(name, budget_ms, (start_ns, outer), error, passes):
                raise
            self._set_aside(name)
            return None
        end_ns = self._now_ns()
        sheet.end(name, start_ns, end_ns, outer)
        if end_ns > start_ns or self._troubled:  # nothing to account for where no time passed: in virtual time
            self._account(name, budget_ms, end_ns - start_ns, outer)
        if backoff.streaks:
            backoff.succeeded(name, end_ns)
        return result

    def rested(self, name: str, due_ns: int | None) -> int | None:
        """The time at which a duty that is due at `due_ns` will be executed: later, while it rests."""
        if due_ns is None or not self._backoff.streaks:
            return due_ns
        return max(due_ns, self._backoff.rests_until(name))

    def section(self, name: str, budget_ms: int, passes: tuple[type[BaseException], ...] = ()) -> _Contained:
        """Account for the code inside, and turn its exceptions into events. Apps and duties run in sections only.

        Sections may nest; time counts once. Only what `passes` lists leaves the section: neither a library that calls
        exit nor an app whose own port is closed ends the flight. What is done inside may change when apps are due.
        """
        self._are_asked = False
        return _Contained(self, name, budget_ms, passes)

    def report(self, name: str, record: Record) -> None:
        """Publish a record of `name`, or count it: one beyond its share, or one that cannot go down (reported once)."""
        kind = type(record).__name__
        try:
            self.check(record)
        except UnsendableError as error:
            self.unsendable += 1
            self._report_once(f"{name} {kind}", str(error), StepFailed(name=name, error=sentence_of(error, 120)), error)
            return
        if self._troubled:
            self._troubled.pop(f"{name} {kind}", None)
        share = self._shares[Event if isinstance(record, Event) else Record]
        gate = share.admit((name, kind), self._now_ns())
        if gate is Gate.OPEN:
            self._bus.publish(record)
        elif gate is Gate.CLOSING:
            self._bus.publish(Throttled(name=name, what=kind))
            if self._floods:
                self._floods.note((name, kind))

    def _leave(
        self,
        name: str,
        budget_ms: int,
        begun: tuple[int, str],
        error: BaseException | None,
        passes: tuple[type[BaseException], ...],
    ) -> bool:
        """Close a section that ended, with an error if not None; whether that ends there.

        `begun`: when it began, and the section around it.
        """
        start_ns, outer = begun
        is_contained, trouble = not isinstance(error, passes), ""
        if error is not None and is_contained:  # the one place that catches everything, as flight must go on
            self.failures += 1
            trouble = sentence_of(error)
            self._report_failure(name, trouble, error)
        end_ns = self._now_ns()
        self._sheet.end(name, start_ns, end_ns, outer)
        if is_contained:
            self._account(name, budget_ms, end_ns - start_ns, outer, trouble)
        return is_contained

    def _account(self, name: str, budget_ms: int, took_ns: int, outer: str, trouble: str = "") -> None:
        """Count the time of a section that ended, and report an overrun; without trouble, the next one is new."""
        if not outer:
            self.busy_ns += took_ns
        if took_ns > budget_ms * _NS_PER_MS:
            self.overruns += 1
            trouble = trouble or "overrun"
            event = BudgetOverrun(name=name, took_ms=took_ns // _NS_PER_MS, budget_ms=budget_ms)
            self._report_once(name, trouble, event)
        if self._troubled and not trouble:
            self._troubled.pop(name, None)

    def _find_tick(self) -> None:
        self._ends_some = any(task.ends_ns for task in self._tasks)
        self._tick_ns = min([task.due_ns for task in self._tasks if task.is_allowed or task.ends_ns], default=_NEVER_NS)

    def _is_ending(self, task: _Task, now_ns: int) -> bool:
        """Whether an app that was stopped still ends what it began before."""
        if task.ends_ns:
            is_busy = self._ask(task.app, _is_busy)
            task.ends_ns = task.ends_ns if is_busy and now_ns < task.ends_ns else 0
        return task.ends_ns > 0

    def _run(self, task: _Task, now_ns: int) -> None:
        tick = task.tick
        if now_ns >= task.due_ns + task.period_ns:
            tick = task.tick_at(now_ns)
            self._report_missed(task, tick, now_ns)
        task.await_tick(tick + 1)
        if self._backoff.streaks and now_ns < self._backoff.rests_until(task.app.app_name):
            self.skipped += 1
            return
        self.ticks += 1
        self._step(task, now_ns)

    def _step(self, task: _Task, now_ns: int) -> None:
        self.attempt(task.app.app_name, task.app.budget_ms, partial(self._step_app, task, now_ns))

    def _step_app(self, task: _Task, now_ns: int) -> None:
        app = task.app
        for record in app.step(now_ns):
            self.report(app.app_name, record)
        task.beat_ns = now_ns

    def _report_missed(self, task: _Task, tick: int, now_ns: int) -> None:
        culprit, missed = self._sheet.culprit(task.due_ns, now_ns), tick - task.tick
        self.missed += missed
        self.report(task.app.app_name, TickMissed(app=task.app.app_name, culprit=culprit, tick=tick, missed=missed))

    def _set_aside(self, name: str) -> None:
        """Count a failure of a duty; one that fails again and again rests."""
        patient = not self._backoff.rests_until(name)  # one event, until all failures are forgiven
        if self._backoff.failed(name, self._now_ns()) and patient:
            self._bus.publish(SetAside(name=name, failures=self._backoff.failures(name)))

    def _report_once(self, name: str, trouble: str, event: Event, error: BaseException | None = None) -> None:
        """Publish `event`, unless `trouble` is the same as the last time: it is counted, but the link is spared."""
        if self._troubled.get(name) == trouble:
            return
        self._troubled[name] = trouble
        if self._troubles.admit(name, self._now_ns()) is Gate.OPEN:
            self._bus.publish(event)
            if error is not None and self._note:
                self._note(name, error, self._clock.utc_ns())

    def _report_failure(self, name: str, trouble: str, error: BaseException) -> None:
        self._report_once(name, trouble, StepFailed(name=name, error=trouble), error)

    def _note_prompt(self, task: _Task, answer_ns: int | None) -> int:
        """When the app is due by its own word, though not while it rests."""
        task.prompt_ns = _NEVER_NS if answer_ns is None else answer_ns
        if self._backoff.streaks:
            task.prompt_ns = max(task.prompt_ns, self._backoff.rests_until(task.app.app_name))
        return task.prompt_ns

    def _prompt_ns_awake(self, task: _Task) -> int:
        """When the app is due by its own word, at once if it is busy; the last answer holds until something happens."""
        if task.may_be_busy or not self._are_asked:
            try:  # without a section, as in `next_due_ns`
                answer_ns = _due_ns_awake(task.app)
            except BaseException:
                answer_ns = self._ask(task.app, _due_ns_awake)
            self._note_prompt(task, answer_ns)
        return task.prompt_ns

    def _ask(self, app: App, question: Callable[[App], _Result]) -> _Result | None:
        """The answer of an app, in a section: a duty of its own, so that no answer hides a step that fails again."""
        return self.attempt(f"due time of {app.app_name}", app.budget_ms, lambda: question(app))


def _due_ns(app: App) -> int | None:
    return app.due_ns


def _due_ns_awake(app: App) -> int | None:
    """When the app is due while the loop is awake: a busy one is at once."""
    return 0 if app.is_busy else app.due_ns


def _is_busy(app: App) -> bool:
    return app.is_busy
