"""The app of bridges: takes chosen topics from the bus to other nodes, and publishes what they sent for apps here.

Nothing waits for a port: what it does not take now stays, at most one frame, and the queues of topics drop the oldest.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fsw.bridge.link import BridgeLink
from fsw.bridge.topics import Bridged, BusTopic
from fsw.executive.app import App, AppReport
from fsw.executive.bus import Bus, Queue
from fsw.executive.sendable import capped
from hal.port import Port, PortClosed
from link.dictionary import Counted, Event, Int8ub, Int16ub, Int32ub, Telemetry, Text, wire

QUEUE_MAX = 64
_READ_OCTETS = 1 << 14
_STATUS_NS = 10_000_000_000
_NAME = Text(Counted(8, 40))


class BridgeStatus(Telemetry, id=0x39):
    """One bridge to another node, every ten seconds; records, counted since the start of the node."""

    bridge: str = wire(_NAME)
    is_away: int = wire(Int8ub, text="1: the port has no line now")
    sent: int = wire(Int32ub)
    dropped: int = wire(Int32ub, text="that found no room, as the port took too little")
    unsendable: int = wire(Int16ub, text="that fit into no frame")
    received: int = wire(Int32ub)
    lost: int = wire(Int32ub, text="that the other node sent and that did not come")
    repeated: int = wire(Int32ub)
    unknown: int = wire(Int32ub, text="of topics that are not wanted here, or are declared otherwise there")
    refused: int = wire(Int32ub, text="whose origin was not proven")
    misshapen: int = wire(Int32ub, text="frames that were damaged, and records that are none")
    port_losses: int = wire(Int16ub)


@dataclass
class Bridge:
    """One bridge at work: `port` leads to the other node, `topics` wait in queues for it."""

    name: str
    port: Port
    link: BridgeLink
    topics: Sequence[Queue[Telemetry] | Queue[Event]]
    unsendable: int = 0
    is_over: bool = False
    """Whether the port was closed."""
    _unsent: bytes = b""

    def receive(self) -> Iterator[Telemetry | Event]:
        """The records that arrived."""
        yield from self.link.feed(self.port.read(_READ_OCTETS))

    def transmit(self) -> None:
        """Write as much as the port takes now."""
        while self._unsent or self._next():
            self._unsent = self._unsent[self.port.write(self._unsent) :]
            if self._unsent:
                return

    @property
    def dropped(self) -> int:
        """Records that found no room."""
        return sum(queue.dropped for queue in self.topics)

    def _next(self) -> bool:
        """Make a frame of the next record; a topic after the other, and of each the oldest first."""
        for queue in sorted(self.topics, key=lambda one: one.delivered):
            while record := queue.pop():
                try:
                    self._unsent = self.link.encode(record)
                except ValueError:
                    self.unsendable += 1
                    continue
                return True
        return False


@dataclass
class Bridges(App, period_ms=1000, budget_ms=20, order=20):
    """Steps all bridges, after the apps whose topics they carry."""

    bus: Bus
    bridges: Sequence[Bridge]
    _status_ns: int = 0

    @property
    def is_busy(self) -> bool:
        """Always, where there is a bridge: whatever woke the loop may have come over it, or go over it."""
        return bool(self.bridges)

    @property
    def due_ns(self) -> int | None:
        """When a port is to be looked at though nothing arrives on it."""
        times = (one.port.next_wake_ns for one in self.bridges if not one.is_over)
        return min((ns for ns in times if ns is not None), default=None)

    @property
    def waits_for(self) -> list[Port]:
        """The ports on which something may arrive."""
        return [one.port for one in self.bridges if not one.is_over]

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """Carry in both directions what can be carried now; a bridge whose port was closed is over."""
        for bridge in self.bridges:
            try:
                for record in bridge.receive():
                    self.bus.publish(Bridged(bridge.name, record))
                bridge.transmit()
            except PortClosed:
                bridge.is_over = True
        if now_ns >= self._status_ns:
            self._status_ns = now_ns + _STATUS_NS
            yield from map(_status, self.bridges)


def bridged(
    name: str, port: Port, session: int, bus: Bus, outgoing: Sequence[BusTopic], incoming: Sequence[BusTopic]
) -> Bridge:
    """A bridge that takes the topics `outgoing` from the bus from now on."""
    subscribe: Callable[..., Queue[Telemetry]] = bus.subscribe
    queues = [
        subscribe(topic, f"bridge {name}: {topic.__name__}", capacity=QUEUE_MAX, policy="drop_old")
        for topic in outgoing
    ]
    return Bridge(name, port, BridgeLink(session, incoming), queues)


def _status(bridge: Bridge) -> BridgeStatus:
    link, state = bridge.link, bridge.port.state
    return BridgeStatus(
        bridge=bridge.name,
        is_away=int(bool(state.away)),
        sent=capped(link.sent, 32),
        dropped=capped(bridge.dropped, 32),
        unsendable=capped(bridge.unsendable, 16),
        received=capped(link.received, 32),
        lost=capped(link.lost, 32),
        repeated=capped(link.repeated, 32),
        unknown=capped(link.unknown, 32),
        refused=capped(link.refused, 32),
        misshapen=capped(link.misshapen, 32),
        port_losses=capped(state.losses, 16),
    )
