"""A pair: one real node, its real ground, and the simulated radio between them, on a timeline of true time."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from random import Random

import msgspec

from fsw.mission import Mission
from fsw.modes.table import Mode
from ground.archive.rows import PacketRow
from ground.errors import GroundError
from ground.records import CommandRecord, GroundRecord
from link.dictionary import Dictionary
from rig.world import faults
from rig.world.bridges.end import BridgeEnd, with_bridges
from rig.world.clocks import EndClock
from rig.world.devices import WorldArchive
from rig.world.ends import NODE_FOLDER, GroundEnd, NodeEnd, world_dictionary, world_mission
from rig.world.faults import Fault
from rig.world.judge import Judge
from rig.world.orders import Operator, Order
from rig.world.power import Supply
from rig.world.timeline import NEVER, SECOND, BrokenError, Timeline, Wait
from rig.world.updating.supervisor import WorldSupervisor
from rig.world.updating.updater import Updater
from rig.world.updating.versions import updated
from rig.world.wire import Wire

_SETTLES_S, _QUIET_S = 1_200, 5
_BELOW_ONE = 1 - 1e-9
_DRIZZLE = 0.2  # the share of units up that is lost while the last orders are sent: what is lost must be sent again
_CROSSINGS, _CROSSES_S = 20, 10
_TOLD_AGAIN_S = 30  # a report first sent at most so long ago will be sent again
BITS_PER_SECOND = 115_200
_NUMBERS_WRONG = {
    "twice", "detour", "echo", "babble", "stall", "crosstalk", "receiver upset", "port stuck", "camera stuck",
    "ground off", "archive lost", "disk failing", "disk full", "disk read-only", "disk tears", "disk strays",
    "disk lies", "disk rots", "second ground",
}  # fmt: skip
"""Faults that bring old or strange numbers of COP-1, or make an end of it forget its own."""
_PRODUCT = re.compile(r"0*([0-9]+)\.(product|sent)")


@lru_cache(maxsize=128)  # a world has up to a hundred nodes, each with one dictionary in all worlds
def _described(number: int) -> Dictionary:
    """The dictionary of node `number`: the rate of its radio is no part of it."""
    return world_dictionary(_mission(BITS_PER_SECOND, number))


@lru_cache(maxsize=512)  # a hundred nodes with each of a few rates
def _mission(bits_per_second: int, number: int) -> Mission:
    return world_mission(bits_per_second, number)


class NodePair:
    """Node number `number` and its ground on `timeline`; without one, on one of their own.

    `plan`: the faults; `is_manned`: whether orders are drawn, one in `pause_s` on average. `neighbours` hear what is
    overheard here. `report` gets each event of a timeline of its own as a line of text.
    """

    def __init__(
        self,
        seed: int,
        plan: Sequence[Fault] = (),
        *,
        timeline: Timeline | None = None,
        number: int = 0,
        is_manned: bool = True,
        pause_s: float = 6.0,
        bits_per_second: int = BITS_PER_SECOND,
        bridges: Sequence[BridgeEnd] = (),
        report: Callable[[str], None] | None = None,
    ) -> None:
        self.seed, self.number, self.name = seed, number, f"node {number}"
        self.timeline = timeline or Timeline(report)
        self.clock, self.trace, self.judge = self.timeline.clock, self.timeline.trace, Judge()
        self.up, self.down = (Wire(bits_per_second=bits_per_second, random=self._random(way)) for way in ("up", "down"))
        self.operator, self.neighbours = Operator(self._random("operator"), pause_s), list[NodePair]()
        self.refused = self.kept_off = self._octets_in = self._taken_before = self._calm_ns = 0
        mission = _mission(bits_per_second, number)
        self.supervisor = WorldSupervisor(NODE_FOLDER, is_flown=any(fault.kind == faults.UPDATES for fault in plan))
        self.updater = Updater(self._random("updates"), self.supervisor.judges)
        if self.supervisor.is_flown:
            mission = updated(mission, NODE_FOLDER)
        self.bridges = list(bridges)
        for one in self.bridges:
            one.pair = self
        self.node = NodeEnd(
            mission=with_bridges(mission, self.bridges),
            clock=EndClock(self.clock),
            outgoing=self.down,
            random=self._random("node"),
            marked=self._marked,
            off=self._node_is_off,
            supervisor=self.supervisor,
            bridges=self.bridges,
        )
        self.judge.is_plain = not any(fault.kind in _NUMBERS_WRONG for fault in plan)
        self.supply = Supply(self.node.battery, self.node.vitals)
        self.ground = GroundEnd(
            dictionary=_described(number), clock=EndClock(self.clock), outgoing=self.up, accept=self._accept
        )
        self.ground_is_on = True
        self._order_ns = self.now_ns + 3 * SECOND if is_manned else NEVER
        self._first = self.operator.first()
        self._begins = sorted(plan)
        self._ends = sorted(plan, key=lambda fault: (fault.until_ns, fault))
        self.timeline.members.append(self)

    @property
    def now_ns(self) -> int:
        """The true time in nanoseconds, from the start of the world."""
        return self.timeline.now_ns

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass, or less of it if `until` holds before; returns whether it holds. Raises BrokenError."""
        return self.timeline.run(seconds, until)

    def calm(self) -> None:
        """End all faults and orders."""
        self._begins, self._ends, self._order_ns = [], [], NEVER
        self._calm_ns = self.now_ns
        self._note("calm", "")
        faults.calm(self)
        self.wake()

    def wake(self) -> None:
        """Let both ends look at once whether something is due."""
        self.node.due_ns = self.ground.due_ns = 0

    def settle(self) -> None:
        """After `calm`: let open commands and transfers end, then order again. Raises BrokenError."""
        for wait in self.settling():
            self.run(wait.seconds, wait.until)

    def settling(self) -> Iterator[Wait]:
        """What to wait for while it settles, one after the other. Raises BrokenError.

        A node that could not read its disk is restarted first, one that defended itself is led back to its payload.
        """
        yield Wait(_SETTLES_S, lambda: self.node.power.is_on)
        if self.node.was_blind:
            yield Wait(_SETTLES_S, lambda: not self.node.forgets)
            self.cut_power()
            self.start_node()
        yield Wait(_QUIET_S)  # until what was sent before the node lost its state has ended
        yield Wait(_SETTLES_S, lambda: self.is_up)
        if not self.is_up:
            raise BrokenError("the link is not up again")
        known = self.judge.commands
        if not self.judge.is_plain and (first := self._order(Order("test.ping", {}))):
            # the first frame shows where the numbers of COP-1 stand, and may be lost by that
            yield Wait(_SETTLES_S, lambda: first.number in known and known[first.number].ended)
        yield Wait(_SETTLES_S, lambda: all(one.ended for one in known.values()))
        is_led_back = self.node.node.modes.machine.mode is not Mode.PAYLOAD
        modes = [Order("modes.change", {"mode": mode}) for mode in ("nominal", "payload") if is_led_back]
        yield from self._do([*modes, Order("files.release", {})])
        if self.supervisor.is_flown:
            yield from self.updater.settling(self)
        self.up.weather.loss = _DRIZZLE
        yield from self._do(self.operator.last(self.ground.clock.utc_ns()))
        self.up.weather.loss = 0.0
        if self.bridges:
            yield from self._crossed()
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
        self.node.cut(after_calls=after_calls)

    def start_node(self, *, cut_after: int | None = None) -> None:
        """Switch the node on, if it is off. `cut_after`: the power fails again in this call of its disk."""
        self.node.disk.cut_after = None
        if not self.node.power.is_on:
            self._note("node", "on")
            self.judge.boots_ns.append(self.now_ns)
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

    def lose_archive(self) -> None:
        """Kill the ground service, and lose all that it knew but the files that it received."""
        self.stop_ground(in_order=False)
        self._note("ground", "lost its archive")
        self.ground.archive = WorldArchive()
        self.judge.forget()

    def rot_disk(self, share: float) -> None:
        """Flip a bit of a file; what is lost with it is excused. `share`, 0 to 1, says in which folder and file."""
        paths = [path for path in self.node.disk.paths if self.node.disk.read_quietly(path)]
        if not paths:
            return
        folders = sorted({path.parent for path in paths})
        number, part = divmod(min(share, _BELOW_ONE) * len(folders), 1)
        there = [path for path in paths if path.parent == folders[int(number)]]
        path = there[int(part * len(there))]
        self._note("rot", str(path))
        self.node.disk.rot(path)
        self.node.was_blind = True
        if found := _PRODUCT.fullmatch(path.name):
            number = int(found[1])
            self.judge.forgiven |= {target for target, one in self.node.payload.products.items() if one == number}

    def feed(self, octets: bytes, *, is_up: bool) -> None:
        """Put octets into the port of one end and wake it: its own, or what was sent to or by a neighbour."""
        if is_up and self.node.power.is_on:
            self.node.port.unread += octets
            self.node.due_ns = self.now_ns
        elif not is_up and self.ground_is_on:
            self._octets_in += len(octets)
            self.ground.port.unread += octets
            self.ground.due_ns = self.now_ns

    @property
    def next_ns(self) -> int:
        """The true time at which something is due next."""
        node, ground = self.node, self.ground
        times = [self._order_ns, self.supply.due_ns, self.updater.due_ns]
        times.append(node.due_ns if node.power.is_on else node.restart_ns)
        if self.ground_is_on:
            times += (ground.due_ns, ground.drained_ns)
        if (up_ns := self.up.next_event_ns()) is not None:
            times.append(up_ns)
        if (down_ns := self.down.next_event_ns()) is not None:
            times.append(down_ns)
        times += [ns for one in self.bridges if (ns := one.outgoing.next_event_ns()) is not None]
        if self._begins:
            times.append(self._begins[0].at_ns)
        if self._ends:
            times.append(self._ends[0].until_ns)
        return min(times)

    def turn(self) -> None:
        """Execute everything that is due now, always in the same order."""
        now_ns = self.now_ns
        self._do_faults(now_ns)
        self._do_supply(now_ns)
        if not self.node.power.is_on and now_ns >= self.node.restart_ns:
            self.start_node()
        if now_ns >= self._order_ns:
            self._order_ns = now_ns + self.operator.pause_ns()
            self._order_next()
        if now_ns >= self.updater.due_ns:
            self.updater.step(self)
        self._deliver(now_ns)
        if self.node.power.is_on and now_ns >= self.node.due_ns:
            self.node.step()
        if not self.ground_is_on:
            return
        if now_ns >= self.ground.due_ns:
            self.ground.step()
        elif now_ns >= self.ground.drained_ns:
            self.ground.resume()

    @property
    def is_settled(self) -> bool:
        """Whether commands can be sent, and nothing is open any more."""
        return self.ground_is_on and self.node.power.is_on and self.is_up and not self._unsettled

    def _random(self, what: str) -> Random:
        return Random(f"{self.seed}/{self.number}/{what}" if self.number else f"{self.seed}/{what}")

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

    def _crossed(self) -> Iterator[Wait]:
        """Make marks until one has come over each bridge; others may be restarted meanwhile."""
        for _ in range(_CROSSINGS):
            order = self.operator.mark()
            number = order.arguments["number"]
            yield from self._do([order])
            yield Wait(_CROSSES_S, lambda number=number: all(number in one.other.seen for one in self.bridges))  # type: ignore[misc]
            if all(number in one.other.seen for one in self.bridges):
                return
        raise BrokenError("no mark comes over the bridges, though all is calm")

    @property
    def is_up(self) -> bool:
        """Whether commands can be sent: the node was received, and has reported its dictionary."""
        status = self.ground.station.status(self.ground.now)
        return status.linked and status.node_dictionary is not None and status.link.uplink == "active"

    @property
    def _unsettled(self) -> str:
        waiting = len(self.node.node.files.store.waiting())
        return self.judge.settled(self.ground.inbox, self.node.payload, self.ground.clock.utc_ns()) or (
            f"{waiting} products wait on board" if waiting else ""
        )

    def _do_faults(self, now_ns: int) -> None:
        while self._ends and self._ends[0].until_ns <= now_ns:
            fault = self._ends.pop(0)
            self._note("over", str(fault))
            faults.end(fault, self)
        while self._begins and self._begins[0].at_ns <= now_ns:
            fault = self._begins.pop(0)
            self._note("fault", str(fault))
            faults.begin(fault, self)

    def _do_supply(self, now_ns: int) -> None:
        if now_ns < self.supply.due_ns:
            return
        is_on = self.node.power.is_on
        is_loaded = is_on and self.node.node.modes.machine.mode is not Mode.SAFE
        may_be_on = self.supply.step(now_ns, is_on=is_on, is_loaded=is_loaded)
        if is_on and not may_be_on:
            self.kept_off += 1
            self.cut_power()
        elif may_be_on and self.node.restart_ns == NEVER:  # one that was killed is started by its supervisor
            self.start_node()

    def _deliver(self, now_ns: int) -> None:
        """Put what has arrived into the ports and wake their ends; it is lost where an end is off."""
        for bridge in self.bridges:
            bridge.carry(now_ns)
        for wire, way in ((self.up, "up"), (self.down, "down")):
            event_ns = wire.next_event_ns()
            if event_ns is None or event_ns > now_ns:
                continue
            for octets in wire.arrived(now_ns):
                self._note(way, octets)
                self.feed(octets, is_up=way == "up")
                for other in self.neighbours if wire.is_overheard else ():
                    other.feed(octets, is_up=way == "up")

    def _order_next(self) -> None:
        if self.ground_is_on:
            utc_ns = self.ground.clock.utc_ns()
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

    def _do(self, orders: Sequence[Order]) -> Iterator[Wait]:
        """Order what must be executed after all faults are over, until nothing is open any more."""
        records = [self._order(order) for order in orders]
        if None in records:
            raise BrokenError("the ground refuses a command though the link is up")
        numbers, known = [record.number for record in records if record], self.judge.commands
        yield Wait(_SETTLES_S, lambda: all(one in known for one in numbers) and not self._unsettled)
        if unsettled := self._unsettled:
            raise BrokenError(unsettled)
        for record in map(known.__getitem__, numbers):
            if record.state != "completed":
                raise BrokenError(f"{record.name}, ordered when all was calm, is {record.state}: {record.reason}")

    def _marked(self, number: int) -> None:
        self._note("mark", str(number))
        self.judge.marked(number, self.now_ns, is_forgetful=self.node.is_doubted)

    def _node_is_off(self) -> None:
        self._note("node", "off")
        if self.node.disk.has_lied:
            self.judge.forgive(self.ground.inbox)
        self.down.forget(self.now_ns)

    def _accept(self, record: GroundRecord) -> None:
        octets = msgspec.json.encode(record)
        self._note(type(record).__name__, octets)
        self.judge.accept(record, self.now_ns, self.ground.inbox)

    def _note(self, kind: str, what: bytes | str) -> None:
        self.trace.note(self.now_ns, f"{self.number} {kind}", what)

    def _packets(self) -> list[PacketRow]:
        """The archived telemetry packets, in the order of their arrival."""
        return [row for row in self.ground.archive.stored("packets") if isinstance(row, PacketRow)]
