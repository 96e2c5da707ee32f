"""An app that is nothing but watched: the world knows by it which commands were really executed, and how often."""

from collections.abc import Iterator
from dataclasses import dataclass

from fsw.executive.app import App, AppReport
from hal.camera import Camera
from link.dictionary import Event, Int8ub, Int32ub, command, parameter, wire


class Marked(Event, id=0xF0):
    """Mark {number} was made."""

    number: int = wire(Int32ub)


@dataclass
class Witness(App, period_ms=3_600_000, budget_ms=5):
    """Makes marks, and lets a world know once each is published: its camera's `after_mark`."""

    camera: Camera
    ink: int = parameter(Int8ub, id=0xF0, default=1, range=(0, 255), text="of what colour marks are")

    @command(opcode=0xF0)
    def mark(self, number: int) -> Iterator[AppReport]:
        """Make a mark with a number that no other has."""
        yield Marked(number=number)
        getattr(self.camera, "after_mark", int)()

    @command(opcode=0xF1, hazardous=True)
    def engrave(self, number: int) -> Iterator[AppReport]:
        """Make a mark as `mark` does, where nobody can undo it: armed first."""
        yield from self.mark(number)
