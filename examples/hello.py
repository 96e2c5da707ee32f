"""The smallest whole app: one command, one report, one event, one parameter."""

from collections.abc import Iterator
from dataclasses import dataclass

from fsw.executive.app import App, AppReport
from link.dictionary import Event, Int32ub, Telemetry, Text, command, parameter, wire


class HelloStatus(Telemetry, id=0x21):
    greetings: int = wire(Int32ub, limits=(0, 1000), text="how often hello was said")


class Greeted(Event, id=0x22):
    """Hello, {name}!"""

    name: str = wire(Text(16))


@dataclass
class Hello(App, period_ms=1000, budget_ms=5):
    greetings: int = 0
    weight: int = parameter(id=0x23, default=1, range=(1, 10), text="what a greeting counts")

    @command(opcode=0x24)
    def greet(self, name: str = "world") -> Iterator[AppReport]:
        """Say hello to `name`."""
        self.greetings += self.weight
        yield from (Greeted(name=name), HelloStatus(greetings=self.greetings))
