"""The app of the node that the station is tried with: it remembers what it executed, and reports what tests set."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from fsw.executive.app import App, AppReport
from link.dictionary import Event, Int8ub, Limits, Telemetry, command, wire


class LookoutStatus(Telemetry, id=0xF0):
    """The lookout, 1 Hz."""

    load: int = wire(Int8ub, unit="%", limits=Limits(warning=(0, 80)))


class Done(Event, id=0xF1, severity="low"):
    """{what} was done."""

    what: str = wire()


@dataclass
class Lookout(App, period_ms=1000, budget_ms=50):
    load: int = 10
    executed: list = field(default_factory=list)

    def step(self, now_ns: int) -> Iterator[AppReport]:
        yield LookoutStatus(load=self.load)

    @command(opcode=0xF1)
    def look(self, target: str, count: int = 1) -> Iterator[AppReport]:
        """Look at `target`."""
        if target == "nowhere":
            raise ValueError("no such target")
        yield self._done("look", target=target, count=count)

    @command(opcode=0xF2, hazardous=True)
    def erase(self) -> Iterator[AppReport]:
        """Forget everything."""
        yield self._done("erase")

    @command(opcode=0xF3, constraint="LookoutStatus.load < 90 and NodeStatus.uptime_s >= 0")
    def compress(self) -> Iterator[AppReport]:
        """Make room."""
        yield self._done("compress")

    def _done(self, command, **arguments):
        self.executed.append((f"lookout.{command}", arguments))
        return Done(what=f"lookout.{command}")
