"""A topic of two nodes, and an app that tells it and hears that of the other node."""

from dataclasses import dataclass, field

from fsw.bridge.topics import Bridged
from fsw.executive.app import App
from fsw.executive.bus import Queue
from fsw.own.fields import subscribe
from link.dictionary import Int16sb, Telemetry, wire


class Heat(Telemetry):
    """Heat of this node."""

    heat_degc: int = wire(Int16sb, unit="degC")


@dataclass
class Warmer(App, period_ms=1000, budget_ms=5):
    """Tells its own heat, and keeps what it hears."""

    others: Queue[Bridged] = subscribe(capacity=50, policy="drop_old")
    own_degc: int = 0
    heard: list[tuple[str, int]] = field(default_factory=list)

    def step(self, now_ns):
        for received in self.others.drain():
            self.heard.append((received.bridge, received.record.heat_degc))
        yield Heat(heat_degc=self.own_degc)


def other_heat():
    """The same topic, declared with another unit."""

    class Heat(Telemetry):
        """Heat of this node."""

        heat_degc: int = wire(Int16sb, unit="K")

    return Heat
