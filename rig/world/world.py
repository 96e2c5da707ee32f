"""One world: the real node and station on one virtual clock; everything between them is simulated, from a seed.

Nothing in it reads the host's clock or its random numbers, so that the seed reproduces a fault. Time jumps to the next
event: a wire's unit, an order, a fault, or the next time at which the node or the station has something to do.
"""

from collections.abc import Callable, Sequence
from functools import cache
from random import Random

import msgspec

from fsw.assembly import dictionary_of
from fsw.mission import Mission
from ground.archive.rows import PacketRow
from ground.errors import GroundError
from ground.records import CommandRecord, GroundRecord
from hal.sim.clock import VirtualClock
from link.dictionary import Dictionary
from rig.world import faults
from rig.world.ends import NEVER, GroundEnd, NodeEnd, world_mission
from rig.world.faults import Fault
from rig.world.judge import BrokenError, Judge
from rig.world.orders import Operator, Order
from rig.world.trace import Trace
from rig.world.wire import Wire

SECOND = 1_000_000_000
_TURNS_MAX = 2_000  # of the loop at one virtual time: more is an endless loop
_SETTLES_S, _QUIET_S = 1_200, 5
_TOLD_AGAIN_S = 30  # a report first sent at most so long ago will be sent again
BITS_PER_SECOND = 115_200
_RATES = (9_600, 19_200, 115_200, 115_200, 1_000_000)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The results of a world in numbers. Equal seeds give equal summaries."""

    seed: int
    seconds: float
    faults: int
    node_starts: int
    ground_starts: int
    orders_refused: int
    commands: dict[str, int]
    marks: int
    files: int
    units_up: int
    units_down: int
    units_lost: int
    node_wakes: int
    node_wakes_per_s: float
    """Wakes a second of the time that the node had power."""
    node_wakes_idle: int
    """Wakes after which nothing was done."""
    ground_wakes: int
    ground_wakes_idle: int
    events: int
    trace: str


@cache
def _described(bits_per_second: int) -> tuple[Mission, Dictionary]:
    mission = world_mission(bits_per_second)
    return mission, Dictionary.from_json(dictionary_of(mission).to_json())


class World:
    """Node and station on one clock. `plan`: the faults; `is_manned`: whether orders are drawn.

    `report` gets each event as a line of text.
    """

    def __init__(
        self,
        seed: int,
        plan: Sequence[Fault] = (),
        *,
        is_manned: bool = True,
        bits_per_second: int = BITS_PER_SECOND,
        report: Callable[[str], None] | None = None,
    ) -> None:
        self.seed, self._plan = seed, plan
        self.clock, self.trace, self.judge = VirtualClock(), Trace(report), Judge()
        self.up, self.down = (
            Wire(bits_per_second=bits_per_second, random=Random(f"{seed}/{way}")) for way in ("up", "down")
        )
        self.operator = Operator(Random(f"{seed}/operator"))
        self.refused = self._octets_in = self._taken_before = self._turns = self._calm_ns = 0
        mission, dictionary = _described(bits_per_second)
        self.node = NodeEnd(
            mission=mission,
            clock=self.clock,
            outgoing=self.down,
            random=Random(f"{seed}/node"),
            marked=self._marked,
            off=self._node_is_off,
        )
        self.ground = GroundEnd(dictionary=dictionary, clock=self.clock, outgoing=self.up, accept=self._accept)
        self.ground_is_on = True
        self._order_ns = self.now_ns + 3 * SECOND if is_manned else NEVER
        self._first = self.operator.first()
        self._begins = sorted(plan)
        self._ends = sorted(plan, key=lambda fault: (fault.until_ns, fault))

    @property
    def now_ns(self) -> int:
        """Virtual nanoseconds since the start."""
        return self.clock.monotonic_ns()

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass, or less of it if `until` holds before; returns whether it holds. Raises BrokenError."""
        end_ns = self.now_ns + int(seconds * SECOND)
        while not until():
            due_ns = min(self._next_ns(), end_ns)
            if due_ns > self.now_ns:
                self._turns = 0
                self.clock.advance(due_ns - self.now_ns)
            elif self.now_ns >= end_ns:
                return until()
            self._turns += 1
            if self._turns > _TURNS_MAX:
                raise BrokenError(f"nothing lets time go on: {self._who()}")
            self._turn()
        return True

    def calm(self) -> None:
        """End all faults and orders."""
        self._begins, self._ends, self._order_ns = [], [], NEVER
        self._calm_ns = self.now_ns
        self._note("calm", "")
        faults.calm(self)
        self.node.due_ns = self.ground.due_ns = 0

    def settle(self) -> None:
        """After `calm`: let open commands and transfers end, then order again. Raises BrokenError.

        A node that could not read its disk is restarted first.
        """
        if self.node.was_blind and self.run(_SETTLES_S, lambda: not self.node.forgets):
            self.cut_power()
            self.start_node()
        self.run(_QUIET_S)  # until what was sent before the node lost its state has ended
        self.run(_SETTLES_S, lambda: self._is_up)
        if not self._is_up:
            raise BrokenError("the link is not up again")
        self._do([Order("files.release", {})])
        self._do(self.operator.last(self.clock.utc_ns()))
        self._check_heard()
        self.check()

    def check(self) -> None:
        """Check what must hold at any time."""
        self.judge.captured(self.node.payload.captured)
        self.judge.node(self.node)
        if self.ground_is_on:
            octets_out = self.up.taken_octets - self._taken_before
            self.judge.ground(self.ground.station.status(self.ground.now), self._octets_in, octets_out)
        if not self.node.was_blind:
            self.judge.numbers(self._packets())
        if not self.ground.archive.refuses:
            self._check_kept()
        self.judge.done()
        self.judge.sleep(self.node)
        self.judge.sleep(self.ground)

    def order(self, name: str, /, **arguments: object) -> CommandRecord | None:
        """Have the ground send a command; None where it refuses that at present."""
        return self._order(Order(name, arguments))

    def cut_power(self, *, after_calls: int = 0) -> None:
        """Cut the node's power now, or in the middle of a later call of its disk."""
        if after_calls:
            self.node.disk.cut_after = after_calls
        else:
            self.node.power.cut()

    def start_node(self, *, cut_after: int | None = None) -> None:
        """Switch the node on, if it is off. `cut_after`: the power fails again in this call of its disk."""
        self.node.disk.cut_after = None
        if not self.node.power.is_on:
            self._note("node", "on")
            self.judge.boots_utc_ns.append(self.clock.utc_ns())
            self.node.boot(cut_after)

    def stop_ground(self, *, in_order: bool) -> None:
        """Stop the ground service: in order, or killed."""
        if self.ground_is_on:
            self._note("ground", "ends" if in_order else "is killed")
            if in_order:
                self.ground.end()
            else:
                self.up.forget(self.now_ns)
            self.check()
            self.ground_is_on = False

    def start_ground(self) -> None:
        """Start the ground service, if none runs."""
        if not self.ground_is_on:
            self._note("ground", "starts")
            self._octets_in, self._taken_before = 0, self.up.taken_octets
            self.ground_is_on = True
            self.ground.start()

    def summary(self) -> Summary:
        """The results so far."""
        return Summary(
            seed=self.seed,
            seconds=self.now_ns / SECOND,
            faults=len(self._plan),
            node_starts=self.node.boots,
            ground_starts=self.ground.starts,
            orders_refused=self.refused,
            commands=self.ground.station.status(self.ground.now).commands,
            marks=self.judge.marks.total(),
            files=len(self.ground.inbox.files),
            units_up=self.up.units,
            units_down=self.down.units,
            units_lost=self.up.lost + self.down.lost,
            node_wakes=self.node.wakes,
            node_wakes_per_s=round(self.node.wakes / (self.node.seconds or 1), 3),
            node_wakes_idle=self.node.idle_wakes,
            ground_wakes=self.ground.wakes,
            ground_wakes_idle=self.ground.idle_wakes,
            events=self.trace.events,
            trace=self.trace.digest,
        )

    def _check_heard(self) -> None:
        """Check that what the node executed of late was reported again; a start repeats what earlier lives reported."""
        again_ns, born_ns = _TOLD_AGAIN_S * SECOND, self.node.since_ns
        since_ns = max(born_ns, self._calm_ns - again_ns)
        if since_ns == born_ns and not self.node.was_blind:
            since_ns -= again_ns
        self.judge.received(since_ns, born_ns)

    def _check_kept(self) -> None:
        """Check what must be kept, once the station has archived all its records."""
        if self.ground_is_on and self.ground.station.status(self.ground.now).archive.waiting:
            self.ground.step()
        self.judge.kept(self.node, self.ground.inbox, self.ground.archive.commands(limit=1 << 20))

    @property
    def _is_up(self) -> bool:
        """Whether commands can be sent: the node was received, and has reported its dictionary."""
        status = self.ground.station.status(self.ground.now)
        return status.linked and status.node_dictionary is not None and status.link.uplink == "active"

    @property
    def _unsettled(self) -> str:
        waiting = len(self.node.node.files.store.waiting())
        return self.judge.settled(self.ground.inbox, self.node.payload) or (
            f"{waiting} products wait on board" if waiting else ""
        )

    def _next_ns(self) -> int:
        """The time at which something is due next."""
        due = [self._order_ns, self.up.next_event_ns(), self.down.next_event_ns()]
        due += [self._begins[0].at_ns] if self._begins else []
        due += [self._ends[0].until_ns] if self._ends else []
        due += [self.node.due_ns] if self.node.power.is_on else []
        due += [self.ground.due_ns, self.ground.drained_ns] if self.ground_is_on else []
        return min(ns for ns in due if ns is not None)

    def _turn(self) -> None:
        """Execute everything that is due now, always in the same order."""
        now_ns = self.now_ns
        self._do_faults(now_ns)
        if now_ns >= self._order_ns:
            self._order_ns = now_ns + self.operator.pause_ns()
            self._order_next()
        self._deliver()
        if self.node.power.is_on and now_ns >= self.node.due_ns:
            self.node.step()
        if not self.ground_is_on:
            return
        if now_ns >= self.ground.due_ns:
            self.ground.step()
        elif now_ns >= self.ground.drained_ns:
            self.ground.resume()

    def _do_faults(self, now_ns: int) -> None:
        while self._ends and self._ends[0].until_ns <= now_ns:
            fault = self._ends.pop(0)
            self._note("over", str(fault))
            faults.end(fault, self)
            self._wake(fault)
        while self._begins and self._begins[0].at_ns <= now_ns:
            fault = self._begins.pop(0)
            self._note("fault", str(fault))
            faults.begin(fault, self)

    def _wake(self, fault: Fault) -> None:
        """Wake both ends when a stall ends, as a real port becomes writable then."""
        if fault.kind == "stall":
            self.node.due_ns = self.ground.due_ns = 0

    def _deliver(self) -> None:
        """Put what has arrived into the ports and wake their ends; it is lost where an end is off."""
        now_ns = self.now_ns
        for octets in self.up.arrived(now_ns):
            self.trace.note(now_ns, "up", octets)
            if self.node.power.is_on:
                self.node.port.unread += octets
                self.node.due_ns = now_ns
        for octets in self.down.arrived(now_ns):
            self.trace.note(now_ns, "down", octets)
            if self.ground_is_on:
                self._octets_in += len(octets)
                self.ground.port.unread += octets
                self.ground.due_ns = now_ns

    def _order_next(self) -> None:
        if self.ground_is_on:
            utc_ns = self.clock.utc_ns()
            self._order(self._first[0] if self._first else self.operator.order(utc_ns))

    def _order(self, order: Order) -> CommandRecord | None:
        """Send one command, as a client's request does."""
        try:
            record = self.ground.station.command(order.name, order.arguments, self.ground.now, confirmed=True)
        except GroundError as error:
            self.refused += 1
            self._note("refused", f"{order.name} {dict(order.arguments)}: {error}")
            return None
        self._note("order", f"{record.number} {order.name} {dict(order.arguments)}")
        if self._first and order is self._first[0]:
            self._first.pop(0)
        self.ground.due_ns = self.now_ns
        return record

    def _do(self, orders: Sequence[Order]) -> None:
        """Order what must be executed after all faults are over, until nothing is open any more."""
        records = [self._order(order) for order in orders]
        if None in records:
            raise BrokenError("the ground refuses a command though the link is up")
        numbers, known = [record.number for record in records if record], self.judge.commands
        if not self.run(_SETTLES_S, lambda: all(one in known for one in numbers) and not self._unsettled):
            raise BrokenError(self._unsettled)
        for record in map(known.__getitem__, numbers):
            if record.state != "completed":
                raise BrokenError(f"{record.name}, ordered when all was calm, is {record.state}: {record.reason}")

    def _marked(self, number: int) -> None:
        self._note("mark", str(number))
        self.judge.marked(number, self.now_ns, is_forgetful=self.node.forgets)

    def _node_is_off(self) -> None:
        self._note("node", "off")
        self.down.forget(self.now_ns)

    def _accept(self, record: GroundRecord) -> None:
        octets = msgspec.json.encode(record)
        self.trace.note(self.now_ns, type(record).__name__, octets)
        self.judge.accept(record, self.now_ns, self.ground.inbox)

    def _note(self, kind: str, what: str) -> None:
        self.trace.note(self.now_ns, kind, what)

    def _packets(self) -> list[tuple[int, int]]:
        """The time at which each archived telemetry packet was made, and its number."""
        rows = self.ground.archive.stored("packets")
        return [(row.time_ns, row.sequence) for row in rows if isinstance(row, PacketRow)]

    def _who(self) -> str:
        return f"node due at {self.node.due_ns}, ground at {self.ground.due_ns}, now {self.now_ns}"


def fly(seed: int, seconds: float, report: Callable[[str], None] | None = None) -> Summary:
    """The world of `seed`: `seconds` with faults, then without until all is settled. Raises BrokenError."""
    plan = faults.drawn(Random(f"{seed}/faults"), seconds)
    world = World(seed, plan, bits_per_second=Random(f"{seed}/rate").choice(_RATES), report=report)
    try:
        world.run(seconds)
        world.check()
        world.calm()
        world.settle()
    except BrokenError as error:
        raise BrokenError(f"{error} (at {world.now_ns / SECOND:.3f} s)") from error
    return world.summary()


def idle(seed: int, seconds: float, report: Callable[[str], None] | None = None) -> Summary:
    """A world without faults and orders, which shows how often idle ends wake. Raises BrokenError."""
    world = World(seed, is_manned=False, report=report)
    world.run(seconds)
    world.check()
    return world.summary()
