"""Bridges from each node to the next: marks go over them, and what comes is held to what was made.

Nothing is sent again over a bridge, so marks may be missing; none comes twice in one life of a node, and none that was
not made.
"""

from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING

import msgspec

from fsw.bridge.topics import Bridged
from fsw.executive.bus import Queue
from fsw.mission import BridgeSection, Mission
from fsw.node import Node
from rig.world.clocks import EndClock
from rig.world.power import Power
from rig.world.timeline import BrokenError
from rig.world.wire import Wire, WirePort

if TYPE_CHECKING:
    from rig.world.pair import NodePair

_BITS_PER_SECOND, _QUEUE_MAX = 115_200, 1000
_TOPIC = "Marked"


class BridgeEnd:
    """The end of a bridge at one node, which sends over `outgoing`; `seen`: the marks that came since its start."""

    other: "BridgeEnd"
    pair: "NodePair"

    def __init__(self, name: str, outgoing: Wire) -> None:
        self.name, self.outgoing = name, outgoing
        self.seen: set[int] = set()
        self._port: WirePort | None = None
        self._queue: Queue[Bridged] | None = None

    def plug(self, clock: EndClock, power: Power) -> WirePort:
        """The port for a start of the node."""
        self._port = WirePort(clock, self.outgoing, power)
        return self._port

    def begin(self, node: Node) -> None:
        """Watch what comes to a node that has just started."""
        self.seen = set()
        self._queue = node.bus.subscribe(Bridged, f"world {self.name}", capacity=_QUEUE_MAX, policy="refuse")

    def carry(self, now_ns: int) -> None:
        """Hand over to the other end what has arrived there; it is lost where that node is off."""
        other = self.other.pair.node
        for octets in self.outgoing.arrived(now_ns):
            if other.power.is_on and self.other._port:
                self.other._port.unread += octets
                other.due_ns = now_ns

    def check(self) -> None:
        """Check what came. Raises BrokenError."""
        for one in self._queue.drain() if self._queue else ():
            if one.bridge != self.name:
                continue
            number = int(getattr(one.record, "number", -1))
            if number in self.seen:
                raise BrokenError(f"mark {number} came twice over the bridge {self.name}")
            if number not in self.other.pair.judge.marks:
                raise BrokenError(f"mark {number} came over the bridge {self.name}, and was never made")
            self.seen.add(number)


def bridge_ends(seed: int, nodes: int) -> Mapping[int, list[BridgeEnd]]:
    """The ends at each node of the bridges from each to the next."""
    ends: dict[int, list[BridgeEnd]] = {number: [] for number in range(nodes)}
    for number in range(nodes - 1):
        wires = (
            Wire(bits_per_second=_BITS_PER_SECOND, random=Random(f"{seed}/bridge/{number}/{way}")) for way in (0, 1)
        )
        one, other = BridgeEnd(f"to {number + 1}", next(wires)), BridgeEnd(f"to {number}", next(wires))
        one.other, other.other = other, one
        ends[number].append(one)
        ends[number + 1].append(other)
    return ends


def with_bridges(mission: Mission, ends: list[BridgeEnd]) -> Mission:
    """The same mission with these bridges."""
    said = (BridgeSection(name=one.name, port="world", topics_out=(_TOPIC,), topics_in=(_TOPIC,)) for one in ends)
    return msgspec.structs.replace(mission, bridge=tuple(said))
