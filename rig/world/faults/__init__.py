"""What goes wrong in a world, by kind; which faults there are in a run is drawn, or stands in a schedule."""

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

from rig.world.faults import commanding, computer, ground, payload, radio, storage
from rig.world.faults.commanding import UPDATES
from rig.world.faults.fault import WAYS, Act, Fault, FaultKind
from rig.world.timeline import SECOND

if TYPE_CHECKING:
    from rig.world.pair import NodePair

__all__ = ["KINDS", "UPDATES", "WAYS", "Act", "Fault", "FaultKind", "begin", "calm", "drawn", "end"]

KINDS = {kind.name: kind for room in (radio, computer, storage, payload, ground, commanding) for kind in room.KINDS}
_KINDS_MEAN = 5.0  # of a node: kinds that all occur in every run would hide faults of each other
_EVERY_S = 120  # how many of a kind there are grows with the time


def drawn(random: Random, seconds: float, node: int = 0, kinds: Sequence[str] = ()) -> list[Fault]:
    """The faults of one node within `seconds` of virtual time; of these `kinds` only, if any are given."""
    chosen = kinds or [name for name in KINDS if random.random() < _KINDS_MEAN / len(KINDS)]
    found = [fault for name in chosen for fault in _of_kind(KINDS[name], random, seconds, node)]
    return sorted(found)


def _of_kind(kind: FaultKind, random: Random, seconds: float, node: int) -> list[Fault]:
    return [_one(kind, random, seconds, node) for _ in range(random.randint(1, 1 + int(seconds / _EVERY_S)))]


def _one(kind: FaultKind, random: Random, seconds: float, node: int) -> Fault:
    at_s = random.uniform(0, seconds)
    until_s = min(seconds, at_s + random.uniform(*kind.lasts_s))
    return Fault(
        at_ns=int(at_s * SECOND),
        until_ns=int(until_s * SECOND),
        kind=kind.name,
        node=node,
        way=random.choice(WAYS) if kind.has_way else "",
        amount=kind.amount(random),
    )


def begin(fault: Fault, pair: "NodePair") -> None:
    """Begin the fault."""
    KINDS[fault.kind].act(pair, fault, fault.amount)


def end(fault: Fault, pair: "NodePair") -> None:
    """End the fault; what was off is started."""
    KINDS[fault.kind].act(pair, fault, None)


def calm(pair: "NodePair") -> None:
    """End all faults; the disk's first, so that a starting node can read it."""
    rooms = (storage, radio, payload, ground, commanding, computer)
    for kind in (kind for room in rooms for kind in room.KINDS):
        end(Fault(at_ns=0, until_ns=0, kind=kind.name), pair)
