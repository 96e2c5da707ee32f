"""The faults of a world, and their times: drawn from its seed, or given by a scenario.

Which kinds of fault a run has is drawn first: kinds that all occur in every run would hide faults of each other.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from rig.world.wire import Weather

if TYPE_CHECKING:
    from rig.world.world import World

SECOND = 1_000_000_000
OF_WIRES = {
    "loss": (0.02, 0.6),
    "burst": (0.05, 0.5),
    "flips": (1e-5, 2e-3),
    "twice": (0.05, 0.5),
    "detour": (0.05, 0.4),
}
"""The probabilities of `Weather`, and their greatest values."""
_LASTS_S = {
    "disk full": (5, 60),
    "disk failing": (5, 60),
    "cut": (1, 45),
    "stall": (1, 60),
    "node off": (1, 20),
    "boot cut": (1, 20),
    "mark cut": (5, 45),
    "blind": (5, 60),
    "broken": (5, 60),
    "ground off": (1, 20),
    "archive refuses": (5, 60),
    "inbox full": (5, 60),
}
_WEATHER_S = (5, 60)
KINDS = (*OF_WIRES, *_LASTS_S)
_WAYS = ("up", "down", "both")
_CALLS_MAX = 30  # calls of the disk, in the last of which the power fails
_TAKEN_MAX = 600  # octets that a stalled port still takes


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """`kind` from `at_ns` until `until_ns` of virtual time. `way`: the direction of the link; `amount`: by kind.

    "node off", "boot cut": the power fails after `amount` calls of the disk. "mark cut": it fails as soon as a mark is
    made. "ground off": in order where it is 0, else killed. "stall": the port takes `amount` octets more. "blind": the
    camera fails. "broken": jobs fail.
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
            way=random.choice(_WAYS) if kind in OF_WIRES or kind in ("cut", "stall") else "",
            amount=_amount(kind, random),
        )


def _amount(kind: str, random: Random) -> float:
    if kind in OF_WIRES:
        return random.uniform(*OF_WIRES[kind])
    if kind == "node off":
        return random.choice((0, random.randint(1, _CALLS_MAX)))
    drawn = {
        "disk failing": random.uniform(0.05, 1.0),
        "ground off": random.randrange(2),
        "boot cut": random.randint(1, _CALLS_MAX),
        "stall": random.choice((0, random.randint(1, _TAKEN_MAX))),
    }
    return drawn.get(kind, 0.0)


def begin(fault: Fault, world: "World") -> None:
    """Begin the fault."""
    _act(fault, world, fault.amount)


def end(fault: Fault, world: "World") -> None:
    """End the fault; what was off is started."""
    _act(fault, world, None)


def calm(world: "World") -> None:
    """End all faults; the disk's first, so that a starting node can read it."""
    for wire in (world.up, world.down):
        wire.weather = Weather()
    for kind in _LASTS_S:
        end(Fault(at_ns=0, until_ns=0, kind=kind), world)


def _act(fault: Fault, world: "World", amount: float | None) -> None:
    """Begin the fault with an amount, or end it with None."""
    if act := _ACTS.get(fault.kind):
        act(world, amount)
        return
    for wire in {"up": (world.up,), "down": (world.down,)}.get(fault.way, (world.up, world.down)):
        if fault.kind == "cut":
            wire.is_cut = amount is not None
        elif fault.kind == "stall":
            wire.takes = None if amount is None else int(amount)
        else:
            setattr(wire.weather, fault.kind, amount or 0.0)


def _node_off(world: "World", amount: float | None) -> None:
    """Switch the node off; with an amount, in the middle of a later call of the disk."""
    if amount is None:
        world.start_node()
    elif not world.node.forgets:
        world.cut_power(after_calls=int(amount))


def _boot_cut(world: "World", amount: float | None) -> None:
    if amount is None:
        world.start_node()
    elif not world.node.forgets:
        world.cut_power()
        world.start_node(cut_after=int(amount))


def _mark_cut(world: "World", amount: float | None) -> None:
    world.node.cuts_at_mark = amount is not None
    if amount is None:
        world.start_node()


def _ground_off(world: "World", amount: float | None) -> None:
    """Stop the ground service; a killed one may lose records that wait for the archive."""
    if amount is None:
        world.start_ground()
    elif not world.ground.station.status(world.ground.now).archive.waiting:
        world.stop_ground(in_order=not amount)


def _disk_full(world: "World", amount: float | None) -> None:
    world.node.disk.octets_max = None if amount is None else world.node.disk.octets


def _disk_failing(world: "World", amount: float | None) -> None:
    world.node.disk.failing = amount or 0.0


def _archive_refuses(world: "World", amount: float | None) -> None:
    world.ground.archive.refuses = amount is not None


def _inbox_full(world: "World", amount: float | None) -> None:
    world.ground.inbox.is_full = amount is not None


def _blind(world: "World", amount: float | None) -> None:
    world.node.payload.is_blind = amount is not None


def _broken(world: "World", amount: float | None) -> None:
    world.node.payload.is_broken = amount is not None


_ACTS: dict[str, Callable[["World", float | None], None]] = {
    "node off": _node_off,
    "boot cut": _boot_cut,
    "mark cut": _mark_cut,
    "ground off": _ground_off,
    "disk full": _disk_full,
    "disk failing": _disk_failing,
    "archive refuses": _archive_refuses,
    "inbox full": _inbox_full,
    "blind": _blind,
    "broken": _broken,
}
