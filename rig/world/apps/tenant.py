"""An app of somebody else, which can mutiny: everything else on the node must go on."""

from collections.abc import Iterator
from dataclasses import dataclass

from fsw.executive.app import App, AppReport
from hal.camera import Camera
from link.dictionary import Event, Int8ub, Int32ub, Octets, Telemetry, wire

_FLOOD = 100  # reports a step


class Shout(Event, id=0xF1):
    """Look at me, for the time {number}."""

    number: int = wire(Int32ub)


class Babble(Telemetry, id=0xF1):
    """Nothing of interest."""

    octets: bytes = wire(Octets(64))
    count: int = wire(Int8ub)


@dataclass
class Tenant(App, period_ms=5_000, budget_ms=5):
    """Does nothing, or what the camera of a world says that a mutinous tenant does."""

    camera: Camera
    _shouts: int = 0

    def step(self, now_ns: int) -> Iterator[AppReport]:  # noqa: ARG002
        """Mutiny, if it is time to."""
        match getattr(self.camera, "mutiny", ""):
            case "fails":
                raise MemoryError("all is mine")
            case "exits":
                raise SystemExit(0)
            case "shouts":
                yield from (Shout(number=self._shouts + number) for number in range(_FLOOD))
                self._shouts += _FLOOD
            case "babbles":
                yield from (Babble(octets=bytes(64), count=number) for number in range(_FLOOD))
            case "lies":
                yield Babble(octets=bytes(64), count=256)
