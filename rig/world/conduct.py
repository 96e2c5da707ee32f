"""How a node behaves over its starts, seen on its bus: its mode, and how much its apps tell.

By itself its mode becomes only more careful, at a start too, and it does not change to and fro; no event floods the
link, whoever sends it.
"""

from dataclasses import dataclass, field

from fsw.executive.bus import Queue
from fsw.modes.table import Mode
from fsw.node import Node
from link.dictionary import Event
from rig.world.clocks import EndClock
from rig.world.timeline import SECOND, BrokenError

_RECORD = "memory of mode"
_EVENTS_AT_ONCE, _EVENTS_PER_S = 40, 5.0  # of one kind; an app's share is smaller
_CHANGES_MAX, _WITHIN_NS = 16, 60 * SECOND


@dataclass
class Conduct:
    """Watches the node of each start. Raises BrokenError."""

    clock: EndClock
    _node: Node | None = None
    _mode: Mode = Mode.PAYLOAD
    _changes_ns: list[int] = field(default_factory=list)
    _told: dict[str, tuple[float, int]] = field(default_factory=dict)

    def begin(self, node: Node, *, is_doubted: bool) -> None:
        """The node starts; `is_doubted`: it may have forgotten its mode."""
        before, mode = self._node, node.modes.machine.mode
        # the power may have failed in the middle of a change
        least = max(self._mode, before.modes.machine.mode) if before else mode
        is_doubted |= bool(before and before.services.records.opened[_RECORD].fault)
        if mode > least and not is_doubted:
            raise BrokenError(f"a start made mode {mode.name} of {least.name}")
        self._node, self._mode, self._told = node, mode, {}
        self._events: Queue[Event] = node.bus.subscribe(Event, "world", capacity=1_000, policy="drop_old")

    def step(self) -> None:
        """The node has done what was due."""
        assert self._node
        now_ns, mode = self.clock.true_ns, self._node.modes.machine.mode
        if mode is not self._mode:
            self._mode = mode
            self._changes_ns = [one for one in self._changes_ns if one > now_ns - _WITHIN_NS] + [now_ns]
            if len(self._changes_ns) > _CHANGES_MAX:
                raise BrokenError(f"the mode changed more than {_CHANGES_MAX} times in a minute: now {mode.name}")
        for event in self._events.drain():
            self._accept(type(event).__name__, now_ns)

    def _accept(self, name: str, now_ns: int) -> None:
        level, since_ns = self._told.get(name, (0.0, now_ns))
        level = max(0.0, level - _EVENTS_PER_S * (now_ns - since_ns) / SECOND) + 1
        self._told[name] = level, now_ns
        if level > _EVENTS_AT_ONCE:
            raise BrokenError(f"more than {_EVENTS_AT_ONCE} events {name} at once")
