"""The smallest whole app: one command, one report, one event, one parameter."""

from collections.abc import Iterator
from dataclasses import dataclass

from link.dictionary import Event, Int32ub, Telemetry, Text, command, parameter, wire


class HelloStatus(Telemetry, id=0x21):
    """How often hello was said."""

    greetings: int = wire(Int32ub, limits=(0, 1000))


class Greeted(Event, id=0x22):
    """Hello, {name}!"""

    name: str = wire(Text(16))


@dataclass
class Hello:
    greetings: int = 0
    period_s: float = parameter(id=0x23, default=1.0, unit="s", range=(0.1, 60))

    @command(opcode=0x24)
    def greet(self, name: str = "world") -> Iterator[Event | Telemetry]:
        """Say hello to `name`."""
        self.greetings += 1
        yield from (Greeted(name=name), HelloStatus(greetings=self.greetings))
