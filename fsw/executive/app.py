"""What an app is: devices handed in, commands, and one `step` a period that yields telemetry and events.

    @dataclass
    class Thermal(App, period_ms=1000, budget_ms=5):
        thermometer: Thermometer

        def step(self, now_ns: int) -> Iterator[AppReport]:
            yield ThermalStatus(payload=self.thermometer.degc())

A command that cannot be done raises CommandError, or ValueError for an argument. One with something to report yields
it, as `step` does; one that takes longer returns a `Pending`, and the app reports on that how it ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from link.dictionary import Event, Telemetry
from link.pus.services.verification import RefusedError

AppReport = Telemetry | Event


class CommandError(RefusedError):
    """The command was understood, but cannot be executed now."""


@dataclass(slots=True)
class Pending:
    """A command that goes on after its handler returned. `done` or `fail` ends it, once."""

    is_over: bool = False
    failure: CommandError | None = None

    def done(self) -> None:
        """The command was executed."""
        assert not self.is_over
        self.is_over = True

    def fail(self, failure: CommandError) -> None:
        """The command could not be executed after all."""
        assert not self.is_over
        self.is_over, self.failure = True, failure


class App:
    """Base of apps. `period_ms` between ticks; a step or a command over `budget_ms` is an event.

    Tick n is due `offset_ms` + n x `period_ms` after the start of the node. Of apps that are due together, those of a
    lower `order` go first, and else those that were added first.
    """

    app_name: ClassVar[str]  # names the app in events, and begins the names of its commands
    period_ms: ClassVar[int]
    budget_ms: ClassVar[int]
    offset_ms: ClassVar[int]
    order: ClassVar[int]

    def __init_subclass__(cls, *, period_ms: int, budget_ms: int, offset_ms: int = 0, order: int = 0) -> None:
        if not 0 < budget_ms <= period_ms:
            raise TypeError(f"{cls.__name__}: budget {budget_ms} ms, expected 1..{period_ms} (its period)")
        if not 0 <= offset_ms < period_ms:
            raise TypeError(f"{cls.__name__}: offset {offset_ms} ms, expected 0..{period_ms - 1} (within its period)")
        cls.app_name, cls.period_ms, cls.budget_ms = cls.__name__.lower(), period_ms, budget_ms
        cls.offset_ms, cls.order = offset_ms, order

    @property
    def due_ns(self) -> int | None:
        """The monotonic time at which `step` has work before the next tick; None: only ticks and inputs make work."""
        return None

    @property
    def is_busy(self) -> bool:
        """Whether to step at every turn of the loop, as an input that only this app waits for may have come."""
        return False

    def step(self, now_ns: int) -> Iterator[AppReport]:  # noqa: ARG002  # for those who override it
        """The work of one period at the monotonic time `now_ns`; an app that only takes commands need not define it."""
        yield from ()
