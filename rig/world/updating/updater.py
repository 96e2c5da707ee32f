"""Orders of updates in any order, with resets between them; and an update, when all is calm, that must succeed."""

from collections.abc import Generator, Iterator
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Any

from fsw.update.machine import Updates
from fsw.update.record import SlotName, SlotPhase
from fsw.update.software import GoldenFallback
from ground.records import CommandRecord
from rig.world.orders import Order
from rig.world.timeline import NEVER, SECOND, BrokenError, Wait
from rig.world.updating.supervisor import StartJudge
from rig.world.updating.versions import CONFIRM_S, DRAWN, FURTHER, MODEL, SETTLE_S, TARGETS, bundle_of

if TYPE_CHECKING:
    from rig.world.pair import NodePair

_CHUNK_OCTETS = 200
_RESET, _STRAY = 0.04, 0.2  # probabilities: of a reset, and of an order that nothing asks for
_CALLS_MAX, _CAPTURES = 30, 2
_SETTLES_S, _TRIES = 1_200, 3
_LOOKS_S, _RESTARTS_S = 3, 2
_SLOTS = ("A", "B")


class Updater:
    """Draws orders, `rate` a second while it is at work; `due_ns` is when the next one is sent."""

    def __init__(self, random: Random, judges: dict[str, StartJudge]) -> None:
        self._random, self._judges = random, judges
        self._plans: dict[str, list[Order]] = {target: [] for target in TARGETS}
        self._rate, self._captures = 0.0, 0
        self.due_ns = NEVER

    def begin(self, now_ns: int, rate: float) -> None:
        """Send orders from now on."""
        self._rate, self.due_ns = rate, now_ns

    def end(self) -> None:
        """Send no more."""
        self.due_ns = NEVER

    def step(self, pair: "NodePair") -> None:
        """Send the next order, or reset the node between two of them."""
        self.due_ns = pair.now_ns + int(self._random.expovariate(self._rate) * SECOND)
        if self._random.random() < _RESET:
            if not pair.node.forgets:
                pair.node.kill(after_calls=self._random.choice((0, self._random.randint(1, _CALLS_MAX))))
        elif pair.ground_is_on:
            self._send(pair, self._next())

    def settling(self, pair: "NodePair") -> Iterator[Wait]:
        """What to wait for until the ground has brought a further version of each target. Raises BrokenError."""
        for target in TARGETS:
            for _ in range(_TRIES):  # what the disk lost is done again
                if (yield from self._brought(pair, target)):
                    break
            else:
                raise BrokenError(f"no version {FURTHER} of {target} can be promoted, though all is calm")

    def _send(self, pair: "NodePair", order: Order) -> CommandRecord | None:
        if order.name == "update.confirm":
            self._judges[order.arguments["target"]].confirms += 1
        elif order.name == "update.verify_rollback":
            self._judges[order.arguments["target"]].asked.add(order.arguments["slot"])
        return pair.order(order.name, **order.arguments)

    def _next(self) -> Order:
        target = self._random.choice(TARGETS)
        version, slot = self._random.choice(DRAWN), self._random.choice(_SLOTS)
        if self._random.random() < _STRAY:
            return self._random.choice(_plan(target, version, slot))
        plan = self._plans[target]
        if not plan:
            plan += _plan(target, version, slot)
        order = plan.pop(0)
        if target == MODEL and order.name.startswith("update.verify"):
            plan[:0] = [self._capture() for _ in range(_CAPTURES)]
        return order

    def _capture(self) -> Order:
        """A frame on which a shadow run can go on."""
        self._captures += 1
        return Order("imaging.capture", {"target": f"compared-{self._captures}"})

    def _brought(self, pair: "NodePair", target: str) -> Generator[Wait, None, bool]:
        """Abort what is under way, then bring FURTHER to its promotion; returns whether it is promoted."""
        for _ in range(4):
            if (yield from self._asked(pair, Order("update.abort", {"target": target}))).state == "failed":
                break
            yield from self._up(pair)
        updates = _updates_of(pair, target)
        free = next(one for one in (SlotName.A, SlotName.B) if one not in (updates.running, updates.state.promoted))
        for order in _plan(target, FURTHER, free.name):
            record = yield from self._asked(pair, order)
            if order.name == "update.verify":
                yield from self._verified(pair, target)
                if _updates_of(pair, target).state.of(free).phase is not SlotPhase.VERIFIED:
                    return False
            elif order.name == "update.boot":
                yield from self._up(pair)
                yield Wait(SETTLE_S + 1)
            elif order.name == "update.confirm" and record.state == "completed":
                return _updates_of(pair, target).state.promoted is free
            elif order.name == "update.confirm":
                yield Wait(CONFIRM_S / 8)
        return False

    def _verified(self, pair: "NodePair", target: str) -> Iterator[Wait]:
        """Wait for the verdict, with frames for a model's shadow run."""
        for _ in range(CONFIRM_S // _LOOKS_S + 2):
            yield Wait(_LOOKS_S, lambda: not _updates_of(pair, target).stage)
            if not _updates_of(pair, target).stage:
                return
            if target == MODEL:
                yield from self._asked(pair, self._capture())

    def _up(self, pair: "NodePair") -> Iterator[Wait]:
        yield Wait(_RESTARTS_S)
        yield Wait(_SETTLES_S, lambda: pair.is_up)

    def _asked(self, pair: "NodePair", order: Order) -> Generator[Wait, None, CommandRecord]:
        record = self._send(pair, order)
        if record is None:
            raise BrokenError(f"the ground refuses {order.name} though the link is up")
        known = pair.judge.commands
        yield Wait(_SETTLES_S, lambda: record.number in known and known[record.number].ended)
        return known[record.number]


def _plan(target: str, version: str, slot: str) -> list[Order]:
    """The orders that bring a version to its promotion, in their order, with some that may be needed."""
    octets, where = bundle_of(target, version), {"target": target, "slot": slot}
    chunks = [
        Order("update.write", {**where, "offset": at, "octets": octets[at : at + _CHUNK_OCTETS].hex()})
        for at in range(0, len(octets), _CHUNK_OCTETS)
    ]
    prepare: dict[str, Any] = {**where, "octets": len(octets), "sha256": sha256(octets).hexdigest()}
    verify = "update.verify_rollback" if version < "1" else "update.verify"
    confirms = [Order("update.confirm", {"target": target})] * 4
    return [
        Order("update.prepare", prepare),
        *chunks,
        Order(verify, where),
        Order("update.arm", {**where, "tries": 2}),
        Order("update.boot", {"target": target}),
        *confirms,
        *[Order("update.abort", {"target": target})] * (version != FURTHER),
    ]


def _updates_of(pair: "NodePair", target: str) -> Updates:
    node = pair.node.node
    if target == MODEL:
        return node.imaging.stages.models[0].updates
    assert isinstance(node.modes.recovery, GoldenFallback)
    assert node.modes.recovery.updates
    return node.modes.recovery.updates
