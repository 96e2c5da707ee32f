"""The faults of a world: each changes what it is named for, until it ends; which ones there are is drawn."""

from random import Random

import pytest

from fsw.bridge.topics import Bridged
from fsw.own.loading import module_in
from hal.camera import CameraError
from rig.world import faults
from rig.world.ends import WITNESS
from rig.world.faults import KINDS, Fault, drawn
from rig.world.pair import NodePair
from rig.world.schedule import FaultSchedule
from rig.world.timeline import NEVER, SECOND, BrokenError, Timeline
from rig.world.world import World

OF_BOTH_WIRES = {
    **{
        kind: lambda wire, kind=kind: getattr(wire.weather, kind) == 0.25
        for kind in ("loss", "burst", "flips", "twice", "detour")
    },
    "cut": lambda wire: wire.is_cut,
    "stall": lambda wire: wire.takes == 0,
    "crosstalk": lambda wire: wire.is_overheard,
}
OF_ENDS = {
    "disk full": lambda pair: pair.node.disk.octets_max == pair.node.disk.octets,
    "disk failing": lambda pair: pair.node.disk.failing == 0.25,
    "disk tears": lambda pair: pair.node.disk.tearing == 0.25,
    "disk strays": lambda pair: pair.node.disk.misdirecting == 0.25,
    "disk lies": lambda pair: pair.node.disk.is_lying,
    "disk read-only": lambda pair: pair.node.disk.is_read_only,
    "node off": lambda pair: not pair.node.power.is_on,
    "boot cut": lambda pair: not pair.node.power.is_on,
    "mark cut": lambda pair: pair.node.cut_at_mark == 0,
    "command cut": lambda pair: pair.node.cut_at_octets == 1,
    "receiver upset": lambda pair: pair.node.forgets_frames,
    "brown-out": lambda pair: pair.supply.drain_percent == 0.25,
    "thermal trip": lambda pair: pair.supply.sun_degc == 0.25,
    "clock step": lambda pair: pair.node.clock.ahead_ns == SECOND // 4,
    "clock drift": lambda pair: pair.node.clock.drift_ppb == 250,
    "camera blind": lambda pair: pair.node.payload.is_blind,
    "camera stuck": lambda pair: pair.node.payload.is_stuck,
    "port stuck": lambda pair: pair.node.has_stuck_port,
    "jobs die": lambda pair: pair.node.payload.trouble == "the worker died",
    "jobs bloat": lambda pair: pair.node.payload.trouble == "MemoryError",
    "jobs hang": lambda pair: pair.node.payload.lasts_ns == 20 * SECOND,
    **{
        f"tenant {what}": lambda pair, what=what: pair.node.payload.mutiny == what
        for what in ("shouts", "babbles", "fails", "exits", "lies")
    },
    "ground off": lambda pair: not pair.ground_is_on,
    "archive lost": lambda pair: not pair.ground_is_on,
    "archive refuses": lambda pair: pair.ground.archive.refuses,
    "inbox full": lambda pair: pair.ground.inbox.is_full,
    "ground clock": lambda pair: pair.ground.clock.ahead_ns == SECOND // 4,
    "updates": lambda pair: pair.updater.due_ns < NEVER,
}
MOMENTARY = {"echo", "babble", "kill", "disk rots", "second ground", "bridge"}
"""Tried one by one below: over as soon as they happened."""
AMOUNTS = {"node off": 0, "command cut": 1, "boot cut": 1, "ground off": 1, "clock drift": 250}


def fault(kind, **options):
    return Fault(at_ns=0, until_ns=SECOND, kind=kind, amount=AMOUNTS.get(kind, 0.25), **options)


@pytest.fixture
def world():
    world = NodePair(1, is_manned=False)
    world.run(2)
    return world


def test_each_kind_is_tried_here():
    assert {*OF_BOTH_WIRES, *OF_ENDS} | MOMENTARY == set(KINDS)
    assert len(KINDS) >= 25


@pytest.mark.parametrize("way", ["up", "down", "both"])
@pytest.mark.parametrize("kind", OF_BOTH_WIRES)
def test_a_fault_of_the_link_has_its_way(world, kind, way):
    holds = OF_BOTH_WIRES[kind]
    faults.begin(fault(kind, way=way), world)
    assert (holds(world.up), holds(world.down)) == (way != "down", way != "up")
    faults.end(fault(kind, way=way), world)
    assert not holds(world.up)
    assert not holds(world.down)


@pytest.mark.parametrize("kind", OF_ENDS)
def test_a_fault_of_an_end_begins_and_ends(world, kind):
    faults.begin(fault(kind), world)
    assert OF_ENDS[kind](world)
    faults.end(fault(kind), world)
    assert not OF_ENDS[kind](world)


def test_calm_ends_all_faults(world):
    for kind in KINDS:
        faults.begin(fault(kind), world)
    faults.calm(world)
    assert not [kind for kind, holds in OF_ENDS.items() if holds(world)]
    assert not [kind for kind, holds in OF_BOTH_WIRES.items() if holds(world.up) or holds(world.down)]


@pytest.mark.parametrize("kind", ["mark cut", "command cut"])
@pytest.mark.parametrize("call", [0, 1, 3])
def test_a_cut_at_a_command_is_short_and_comes_with_each_one(world, kind, call):
    """Never between commands."""
    amount = call if kind == "mark cut" else call + 1
    faults.begin(Fault(at_ns=0, until_ns=SECOND, kind=kind, amount=amount), world)
    for number in range(2):
        assert not world.run(2, lambda: not world.node.power.is_on) or kind == "command cut"
        world.order("witness.mark", number=901 + number)
        assert world.run(2, lambda: not world.node.power.is_on)
        assert world.run(6, lambda: world.node.power.is_on)
        assert world.run(30, lambda: world.ground.station.status(world.ground.now).link.uplink == "active")
    faults.end(fault(kind), world)
    world.calm()
    world.settle()
    assert max(world.judge.marks.values()) == 1


def test_a_receiver_that_forgets_frames_takes_them_again_and_executes_none_twice(world):
    faults.begin(fault("receiver upset"), world)
    world.down.is_cut = True
    world.order("witness.mark", number=901)
    assert world.run(5, lambda: world.node.node.dispatcher.memory.repeated > 0)
    world.down.is_cut = False
    faults.end(fault("receiver upset"), world)
    world.calm()
    world.settle()
    assert max(world.judge.marks.values()) == 1


def test_old_units_come_again_and_are_discarded(world):
    world.order("witness.mark", number=7)
    world.run(2)
    faults.begin(Fault(at_ns=0, until_ns=0, kind="echo", way="up", amount=64), world)
    world.run(2)
    assert world.judge.marks[7] == 1
    assert world.node.node.telecom.uplink.discarded >= 1


def test_a_second_ground_takes_the_receiver_over_and_nothing_is_executed_twice(world):
    for number in range(7, 12):
        world.order("witness.mark", number=number)
        world.run(1)
    memory = world.node.node.dispatcher.memory
    for _ in range(20):  # what it repeats is drawn
        faults.begin(Fault(at_ns=0, until_ns=0, kind="second ground", amount=5), world)
        world.run(2)
    assert memory.repeated > 0
    assert [world.judge.marks[number] for number in range(7, 12)] == [1] * 5
    world.order("witness.mark", number=12)
    world.calm()
    world.settle()
    assert world.judge.marks[12] == 1


def test_octets_that_nobody_sent_are_skipped(world):
    faults.begin(Fault(at_ns=0, until_ns=0, kind="babble", way="up", amount=500), world)
    world.run(2)
    assert world.node.node.telecom.uplink.octets_skipped >= 400


def test_a_neighbour_hears_what_is_not_for_it():
    timeline = Timeline()
    one, other = (NodePair(1, timeline=timeline, number=number, is_manned=False) for number in (0, 1))
    one.neighbours = [other]
    timeline.run(2)
    faults.begin(fault("crosstalk"), one)
    one.order("witness.mark", number=7)
    timeline.run(3)
    assert (one.judge.marks[7], other.judge.marks[7]) == (1, 0)
    assert other.node.node.telecom.uplink.rejected >= 1
    other.check()


def test_bridges_are_harmed_in_both_directions_and_marks_come_once_or_not_at_all():
    plan = Fault(at_ns=0, until_ns=20 * SECOND, kind="bridge", amount=0.5)
    flight = World(FaultSchedule(seed=1, nodes=2, seconds=20, faults=(plan,)), is_manned=False)
    one, other = flight.pairs
    flight.timeline.run(1)
    wires = [end.outgoing for end in (*one.bridges, *other.bridges)]
    assert [wire.weather.twice for wire in wires] == [0.5, 0.5]
    for number in range(901, 907):
        one.order("witness.mark", number=number)
        flight.timeline.run(2)
    flight.fly()
    assert [wire.weather.twice for wire in wires] == [0.0, 0.0]
    assert 1 < len(other.bridges[0].seen) < 8


@pytest.mark.parametrize(
    ("number", "sentence"), [(7, "mark 7 came twice over the bridge to 0"), (8, "8 .*was never made")]
)
def test_a_mark_that_comes_twice_over_a_bridge_or_was_never_made_is_told(number, sentence):
    plan = Fault(at_ns=0, until_ns=SECOND, kind="bridge", amount=0.1)
    flight = World(FaultSchedule(seed=1, nodes=2, seconds=2, faults=(plan,)), is_manned=False)
    one, other = flight.pairs
    one.judge.marks[7] = 1
    (end,) = other.bridges
    for _ in range(2):
        other.node.node.bus.publish(Bridged("to 0", module_in(WITNESS).Marked(number=number)))
    with pytest.raises(BrokenError, match=sentence):
        end.check()


def test_a_killed_process_is_followed_by_another_and_loses_nothing_that_was_written(world):
    world.order("witness.mark", number=7)
    world.run(2)
    faults.begin(Fault(at_ns=0, until_ns=0, kind="kill"), world)
    assert not world.node.power.is_on
    world.run(1)
    assert (world.node.power.is_on, world.node.boots, world.node.kills) == (True, 2, 1)
    world.calm()
    world.settle()


@pytest.mark.parametrize("kind", ["camera stuck", "port stuck"])
def test_a_device_that_does_not_answer_is_answered_by_the_supervisor(world, kind):
    faults.begin(fault(kind), world)
    world.order("imaging.capture", target="coast")
    world.run(9)
    assert not world.node.power.is_on
    faults.end(fault(kind), world)
    world.run(4)
    assert (world.node.power.is_on, world.node.kills) == (True, 1)
    world.calm()
    world.settle()


def test_a_rotten_product_is_set_aside_and_never_sent(world):
    world.order("files.hold")
    world.order("imaging.capture", target="coast")
    world.run(3)
    world.node.disk.rot = lambda path, rot=world.node.disk.rot: rotten.append(path) or rot(path)
    rotten = []
    for amount in range(100):
        if not world.judge.forgiven:
            faults.begin(Fault(at_ns=0, until_ns=0, kind="disk rots", amount=amount / 100), world)
    assert rotten[-1].name == "00000001.product"
    assert world.judge.forgiven == {"coast"}
    world.order("files.release")
    world.calm()
    world.settle()
    assert not [name for name in world.ground.inbox.files if "coast" in name]


def test_heat_and_a_low_battery_cut_the_power_until_they_are_over(world):
    for kind, amount in (("brown-out", 20.0), ("thermal trip", 20.0)):
        faults.begin(Fault(at_ns=0, until_ns=0, kind=kind, amount=amount), world)
        assert world.run(60, lambda: not world.node.power.is_on)
        assert world.run(60, lambda: world.node.power.is_on)
        faults.end(Fault(at_ns=0, until_ns=0, kind=kind), world)
    world.calm()
    world.settle()


def test_the_power_fails_in_the_call_of_the_disk_that_is_named(world):
    faults.begin(Fault(at_ns=0, until_ns=0, kind="node off", amount=3), world)
    assert (world.node.power.is_on, world.node.disk.cut_after) == (True, 3)


def test_no_power_is_cut_that_would_lose_what_the_disk_did_not_take(world):
    """What a node could not write, no node can remember: that is the disk's fault, and told as such."""
    world.node.disk.failing = 1.0
    assert world.order("witness.mark", number=1) is not None
    assert world.run(5, lambda: world.node.forgets)
    for kind in ("node off", "boot cut"):
        faults.begin(fault(kind), world)
        assert world.node.power.is_on


@pytest.mark.parametrize(("amount", "in_order"), [(0, True), (1, False)])
def test_the_ground_is_ended_in_order_or_killed(world, monkeypatch, amount, in_order):
    seen = []
    monkeypatch.setattr(world, "stop_ground", lambda **options: seen.append(options))
    faults.begin(Fault(at_ns=0, until_ns=0, kind="ground off", amount=amount), world)
    assert seen == [{"in_order": in_order}]


def test_no_ground_is_stopped_whose_records_wait_for_the_archive(world):
    world.ground.archive.refuses = True
    assert world.order("test.ping") is not None
    world.run(2)
    faults.begin(fault("ground off"), world)
    assert world.ground_is_on


def test_which_kinds_there_are_is_drawn():
    plans = [drawn(Random(seed), 90) for seed in range(100)]
    of_plans = [{one.kind for one in plan} for plan in plans]
    assert set().union(*of_plans) == set(KINDS)
    assert all(2 <= sum(kind in kinds for kinds in of_plans) < 30 for kind in KINDS)
    for plan in plans:
        assert plan == sorted(plan)
        assert all(0 <= one.at_ns < one.until_ns <= 90 * SECOND for one in plan)


def test_payloads_and_stores_fail_as_they_are_told(world):
    payload, inbox = world.node.payload, world.ground.inbox
    payload.is_blind = inbox.is_full = True
    payload.trouble = "the worker died"
    with pytest.raises(RuntimeError, match="the worker died"):
        payload.work(None, {})
    with pytest.raises(CameraError):
        payload.capture("coast")
    assert payload.captured == []
    with pytest.raises(OSError, match="No space left"):
        inbox.create()
    inbox.is_full = payload.is_blind = False
    payload.capture("coast")
    assert payload.captured == ["coast"]
    writer, inbox.is_full = inbox.create(), True
    with pytest.raises(OSError, match="No space left"):
        writer.write(0, b"x")
