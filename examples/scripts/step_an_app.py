"""An app in virtual time: an hour of a battery's life, in milliseconds."""

from collections.abc import Iterator
from dataclasses import dataclass

from fsw.executive.app import App, AppReport
from fsw.executive.bus import Bus
from fsw.executive.executive import Executive
from hal.sim.clock import VirtualClock
from link.dictionary import Int8ub, Telemetry, wire


class Charge(Telemetry, id=0x71):
    percent: int = wire(Int8ub, unit="%")


@dataclass
class Battery(App, period_ms=60_000, budget_ms=5):
    percent: int = 100

    def step(self, now_ns: int) -> Iterator[AppReport]:
        self.percent -= 1
        yield Charge(percent=self.percent)


clock, bus = VirtualClock(), Bus()
told = bus.subscribe(Telemetry, "told", capacity=100, policy="drop_new")
executive = Executive(clock, bus)
executive.add(Battery())
while executive.next_due_ns < 3_600_000_000_000:
    clock.wait(executive.next_due_ns)
    executive.run_due()
print([report.percent for report in told.drain()][::10])
