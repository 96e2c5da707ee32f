"""What goes wrong in a world, and when: drawn from its seed, or given by a scenario.

Which kinds of fault exist in a run is drawn first: faults that never meet hide less than faults that always do.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from rig.world.wire import Weather, Wire

if TYPE_CHECKING:
    from rig.world.world import World

SECOND = 1_000_000_000
_OF_WIRES = {
    "loss": (0.02, 0.6),
    "burst": (0.05, 0.5),
    "flips": (1e-5, 2e-3),
    "twice": (0.05, 0.5),
    "detour": (0.05, 0.4),
}
"""Fields of `Weather`, and how bad it gets."""
_LASTS_S = {
    "cut": (1, 45),
    "stall": (1, 60),
    "node off": (1, 20),
    "ground off": (1, 20),
    "disk full": (5, 60),
    "disk failing": (5, 60),
    "archive refuses": (5, 60),
    "inbox full": (5, 60),
}
_WEATHER_S = (5, 60)
KINDS = (*_OF_WIRES, *_LASTS_S)
_WAYS = ("up", "down", "both")
_CALLS_MAX = 30  # of the disk, before the power fails in the middle of one


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """`kind` from `at_ns` until `until_ns` of virtual time. `way`: of the link; `amount`: how much.

    Of "node off" and "disk ..." see `begin`. "ground off" in order where `amount` is 0, else as by kill -9.
    """

    at_ns: int
    until_ns: int
    kind: str
    way: str = "both"
    amount: float = 0.0

    def __str__(self) -> str:
        return f"{self.kind} {self.way} {self.amount:.3g} for {(self.until_ns - self.at_ns) / SECOND:.1f} s"


def drawn(random: Random, seconds: float) -> list[Fault]:
    """The faults of `seconds` of virtual time."""
    kinds = [kind for kind in KINDS if random.random() < 0.35]
    return sorted(fault for kind in kinds for fault in _of_kind(kind, random, seconds))


def _of_kind(kind: str, random: Random, seconds: float) -> Iterator[Fault]:
    for _ in range(random.randint(1, 1 + int(seconds / 60))):
        at_s = random.uniform(0, seconds)
        lasts_s = random.uniform(*_LASTS_S.get(kind, _WEATHER_S))
        until_s = min(seconds, at_s + lasts_s)
        yield Fault(
            at_ns=int(at_s * SECOND),
            until_ns=int(until_s * SECOND),
            kind=kind,
            way=random.choice(_WAYS) if kind in _OF_WIRES or kind in ("cut", "stall") else "",
            amount=_amount(kind, random),
        )


def _amount(kind: str, random: Random) -> float:
    if kind in _OF_WIRES:
        return random.uniform(*_OF_WIRES[kind])
    if kind == "node off":
        return random.choice((0, random.randint(1, _CALLS_MAX)))
    return {"disk failing": random.uniform(0.05, 1.0), "ground off": random.randrange(2)}.get(kind, 0.0)


def begin(fault: Fault, world: "World") -> None:
    """Let it happen. The node goes off after `amount` more calls of its disk, in the middle of the last one.

    Nobody promises that what a disk or an archive refused survives a restart: so none is begun then.
    """
    match fault.kind:
        case "node off" if not world.node.forgets:
            world.cut_power(after_calls=int(fault.amount))
        case "ground off" if not world.ground.station.status(world.ground.now).archive.waiting:
            world.stop_ground(in_order=not fault.amount)
        case "disk full":
            world.node.disk.octets_max = world.node.disk.octets
        case "disk failing":
            world.node.disk.failing = fault.amount
        case "archive refuses":
            world.ground.archive.refuses = True
        case "inbox full":
            world.ground.inbox.is_full = True
        case _:
            for wire in _wires(fault, world):
                _set(wire, fault.kind, fault.amount)


def end(fault: Fault, world: "World") -> None:
    """Let it be over; what was off is started."""
    match fault.kind:
        case "node off":
            world.start_node()
        case "ground off":
            world.start_ground()
        case "disk full":
            world.node.disk.octets_max = None
        case "disk failing":
            world.node.disk.failing = 0.0
        case "archive refuses":
            world.ground.archive.refuses = False
        case "inbox full":
            world.ground.inbox.is_full = False
        case _:
            for wire in _wires(fault, world):
                _set(wire, fault.kind, 0)


def calm(world: "World") -> None:
    """Everything works from now on."""
    for wire in (world.up, world.down):
        wire.weather, wire.is_cut, wire.is_stalled = Weather(), False, False
    disk = world.node.disk
    disk.octets_max, disk.failing, disk.cut_after = None, 0.0, None
    world.ground.archive.refuses = world.ground.inbox.is_full = False
    world.start_node()
    world.start_ground()


def _set(wire: Wire, kind: str, amount: float) -> None:
    if kind == "cut":
        wire.is_cut = not wire.is_cut
    elif kind == "stall":
        wire.is_stalled = not wire.is_stalled
    elif kind in _OF_WIRES:
        setattr(wire.weather, kind, amount)


def _wires(fault: Fault, world: "World") -> Iterable[Wire]:
    return {"up": (world.up,), "down": (world.down,)}.get(fault.way, (world.up, world.down))
