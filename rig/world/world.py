"""One world: real nodes and their real grounds on one virtual clock; everything between them is simulated, from a seed.

Nothing in it reads the host's clock or its random numbers, so that the schedule reproduces a fault. Time jumps to the
next event: a wire's unit, an order, a fault, or the next time at which a node or a station has something to do.
"""

from collections import Counter
from collections.abc import Callable
from random import Random

import msgspec
from msgspec.structs import replace

from rig.world.bridges.end import bridge_ends
from rig.world.faults.radio import BRIDGE
from rig.world.pair import NodePair
from rig.world.schedule import FaultSchedule
from rig.world.timeline import SECOND, BrokenError, Timeline

__all__ = ["SECOND", "Summary", "World", "fly", "idle"]

_RATES = (9_600, 19_200, 115_200, 115_200, 1_000_000)
_PAUSE_S = 6.0  # mean time between two orders, whatever node they are for


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The results of a world in numbers, of all nodes together. Equal schedules give equal summaries."""

    seed: int
    nodes: int
    seconds: float
    settled_s: float
    """How long it took after the faults until nothing was open any more."""
    faults: int
    node_starts: int
    node_kills: int
    cut_off: int
    """How often a low battery or heat cut the power."""
    ground_starts: int
    orders_refused: int
    commands: dict[str, int]
    marks: int
    files: int
    products_excused: int
    """Products that may be lost, as a disk lost what it had confirmed."""
    units_up: int
    units_down: int
    units_lost: int
    node_wakes: int
    node_wakes_per_s: float
    """Wakes of a node in a second of the time that it lived."""
    node_wakes_idle: int
    """Wakes after which nothing was done."""
    ground_wakes: int
    ground_wakes_idle: int
    events: int
    trace: str


class World:
    """The pairs of a schedule. `is_manned`: whether orders are drawn. `report` gets each event as a line of text."""

    def __init__(
        self, schedule: FaultSchedule, *, is_manned: bool = True, report: Callable[[str], None] | None = None
    ) -> None:
        self.schedule, self.timeline = schedule, Timeline(report)
        rates = Random(f"{schedule.seed}/rates")
        is_bridged = any(fault.kind == BRIDGE for fault in schedule.faults)
        bridges = bridge_ends(schedule.seed, schedule.nodes) if is_bridged else {}
        self.pairs = [
            NodePair(
                schedule.seed,
                schedule.of_node(number),
                timeline=self.timeline,
                number=number,
                is_manned=is_manned,
                pause_s=_PAUSE_S * schedule.nodes,
                bits_per_second=rates.choice(_RATES),
                bridges=bridges.get(number, ()),
            )
            for number in range(schedule.nodes)
        ]
        for number, pair in enumerate(self.pairs):
            pair.neighbours = [
                other for other in self.pairs[number - 1 : number] or self.pairs[-1:] if other is not pair
            ]
        self.settled_ns = 0

    @property
    def now_ns(self) -> int:
        """The true time in nanoseconds, from the start."""
        return self.timeline.now_ns

    def fly(self) -> Summary:
        """The schedule, and then calm until all is settled. Raises BrokenError, which says at what time."""
        try:
            self.timeline.run(self.schedule.seconds)
            self._each(NodePair.check)
            self._each(NodePair.calm)
            self.settled_ns = self.now_ns
            self.timeline.run_all({pair.name: pair.settling() for pair in self.pairs})
        except BrokenError as error:
            raise BrokenError(f"{error} (at {self.now_ns / SECOND:.3f} s)") from error
        return self.summary()

    def idle(self) -> Summary:
        """The time of the schedule without faults and orders. Raises BrokenError."""
        self.timeline.run(self.schedule.seconds)
        self._each(NodePair.check)
        return self.summary()

    def summary(self) -> Summary:
        """The results so far."""
        nodes, grounds = [pair.node for pair in self.pairs], [pair.ground for pair in self.pairs]
        commands = sum((Counter(one.station.status(one.now).commands) for one in grounds), Counter[str]())
        wires = [wire for pair in self.pairs for wire in (pair.up, pair.down)]
        return Summary(
            seed=self.schedule.seed,
            nodes=len(self.pairs),
            seconds=self.now_ns / SECOND,
            settled_s=(self.now_ns - self.settled_ns) / SECOND if self.settled_ns else 0.0,
            faults=len(self.schedule.faults),
            node_starts=sum(node.boots for node in nodes),
            node_kills=sum(node.kills for node in nodes),
            cut_off=sum(pair.kept_off for pair in self.pairs),
            ground_starts=sum(ground.starts for ground in grounds),
            orders_refused=sum(pair.refused for pair in self.pairs),
            commands=dict(sorted(commands.items())),
            marks=sum(pair.judge.marks.total() for pair in self.pairs),
            files=sum(len(ground.inbox.files) for ground in grounds),
            products_excused=sum(len(pair.judge.forgiven) for pair in self.pairs),
            units_up=sum(pair.up.units for pair in self.pairs),
            units_down=sum(pair.down.units for pair in self.pairs),
            units_lost=sum(wire.lost for wire in wires),
            node_wakes=sum(node.wakes for node in nodes),
            node_wakes_per_s=round(sum(node.wakes for node in nodes) / (sum(node.seconds for node in nodes) or 1), 3),
            node_wakes_idle=sum(node.idle_wakes for node in nodes),
            ground_wakes=sum(ground.wakes for ground in grounds),
            ground_wakes_idle=sum(ground.idle_wakes for ground in grounds),
            events=self.timeline.trace.events,
            trace=self.timeline.trace.digest,
        )

    def _each(self, do: Callable[[NodePair], None]) -> None:
        for pair in self.pairs:
            try:
                do(pair)
            except BrokenError as error:
                raise BrokenError(f"{pair.name}: {error}") from error


def fly(schedule: FaultSchedule, report: Callable[[str], None] | None = None) -> Summary:
    """The world of a schedule, with its faults, then without until all is settled. Raises BrokenError."""
    return World(schedule, report=report).fly()


def idle(schedule: FaultSchedule, report: Callable[[str], None] | None = None) -> Summary:
    """A world without faults and orders, which shows how often idle ends wake. Raises BrokenError."""
    return World(replace(schedule, faults=()), is_manned=False, report=report).idle()
