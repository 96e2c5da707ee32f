"""The executive: numbered ticks, budgets, and no failure that ends more than the step that failed.

Tick n of an app is due at epoch + n x period. One that starts late never moves the ones after it; where a whole period
went by, the missed ticks are counted and told, with the name of who held the processor meanwhile.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fsw.app import App
from fsw.bus import Bus
from hal.clock import Clock
from hal.port import PortClosed
from link.dictionary import Event, Int16ub, Int32ub, wire

_NS_PER_MS = 1_000_000
_ERROR_CHARACTERS_MAX = 60
_HOST = "host"  # nobody of ours ran: the operating system gave the processor to others, or woke us late


class TickMissed(Event, id=0x01, severity="low"):
    """{app} missed {missed} ticks before tick {tick}; {culprit} held the processor."""

    app: str = wire()
    culprit: str = wire()
    tick: int = wire(Int32ub)
    missed: int = wire(Int32ub)


class BudgetOverrun(Event, id=0x02, severity="low"):
    """{name} took {took_ms} ms of its {budget_ms} ms."""

    name: str = wire()
    took_ms: int = wire(Int32ub, unit="ms")
    budget_ms: int = wire(Int16ub, unit="ms")


class StepFailed(Event, id=0x03, severity="medium"):
    """{name} failed: {error}."""

    name: str = wire()
    error: str = wire()


@dataclass(slots=True)
class _Task:
    """An app and where it stands on its grid of ticks."""

    app: App
    tick: int = 0

    @property
    def period_ns(self) -> int:
        return self.app.period_ms * _NS_PER_MS


@dataclass(frozen=True, slots=True)
class _Section:
    """Who ran from when to when."""

    name: str
    start_ns: int
    end_ns: int


class Executive:
    """Steps apps, in the order of `add` where several are due, and publishes what they yield.

    Counts `ticks` that ran, `missed` ones, `overruns`, `failures`, and `busy_ns` spent in sections.
    """

    def __init__(self, clock: Clock, bus: Bus) -> None:
        self._clock, self._bus = clock, bus
        self._epoch_ns = clock.monotonic_ns()
        self._tasks: list[_Task] = []
        self._depth = 0
        self._recent: deque[_Section] = deque(maxlen=64)
        self._troubled: dict[str, str] = {}  # who, and what was last told of it
        self.ticks = self.missed = self.overruns = self.failures = self.busy_ns = 0

    def add(self, app: App) -> None:
        """Step `app` from now on."""
        self._tasks.append(_Task(app))

    @property
    def next_due_ns(self) -> int:
        """When the next tick is due."""
        return min(self._due_ns(task) for task in self._tasks)

    def run_due(self) -> None:
        """Step every app whose tick is due."""
        for task in self._tasks:
            now_ns = self._clock.monotonic_ns()
            if now_ns >= self._due_ns(task):
                self._run(task, now_ns)

    def wake(self, app: App) -> None:
        """Step `app` now, between its ticks: what it waits for may have come."""
        self._step(app, self._clock.monotonic_ns())

    @contextmanager
    def section(self, name: str, budget_ms: int) -> Iterator[None]:
        """Account for what runs inside, and turn an exception into an event. Nothing of ours may run elsewhere.

        Sections may nest; time counts once. Only a port that went away ends more than the section.
        """
        start_ns, trouble = self._clock.monotonic_ns(), ""
        self._depth += 1
        try:
            yield
        except PortClosed:
            raise
        except Exception as error:  # the one place where everything is caught: flight goes on
            self.failures += 1
            trouble = f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS_MAX]
            self._tell_once(name, trouble, StepFailed(name=name, error=trouble))
        finally:
            self._depth -= 1
        end_ns = self._clock.monotonic_ns()
        self._recent.append(_Section(name, start_ns, end_ns))
        self.busy_ns += 0 if self._depth else end_ns - start_ns
        if end_ns - start_ns > budget_ms * _NS_PER_MS:
            self.overruns += 1
            took_ms = (end_ns - start_ns) // _NS_PER_MS
            trouble = trouble or "overrun"
            self._tell_once(name, trouble, BudgetOverrun(name=name, took_ms=took_ms, budget_ms=budget_ms))
        if not trouble:
            self._troubled.pop(name, None)

    def _run(self, task: _Task, now_ns: int) -> None:
        tick = (now_ns - self._epoch_ns) // task.period_ns
        if tick > task.tick:
            self._tell_missed(task, tick)
        task.tick = tick + 1
        self.ticks += 1
        self._step(task.app, now_ns)

    def _step(self, app: App, now_ns: int) -> None:
        with self.section(app.app_name, app.budget_ms):
            for report in app.step(now_ns):
                self._bus.publish(report)

    def _tell_missed(self, task: _Task, tick: int) -> None:
        late = [section for section in self._recent if section.end_ns > self._due_ns(task)]
        culprit = max(late, key=lambda section: section.end_ns - section.start_ns).name if late else _HOST
        missed = tick - task.tick
        self.missed += missed
        self._bus.publish(TickMissed(app=task.app.app_name, culprit=culprit, tick=tick, missed=missed))

    def _tell_once(self, name: str, trouble: str, event: Event) -> None:
        """Publish, unless this is the same trouble as the last time: the counters go on, the link is spared."""
        if self._troubled.get(name) != trouble:
            self._troubled[name] = trouble
            self._bus.publish(event)

    def _due_ns(self, task: _Task) -> int:
        return self._epoch_ns + task.tick * task.period_ns
