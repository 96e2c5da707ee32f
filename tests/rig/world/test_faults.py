"""The faults of a world: each changes what it is named for, until it ends; which ones there are is drawn."""

from random import Random

import pytest

from hal.camera import CameraError
from rig.world import faults
from rig.world.faults import KINDS, SECOND, Fault, drawn
from rig.world.world import World

OF_BOTH_WIRES = {
    **{kind: lambda wire, kind=kind: getattr(wire.weather, kind) == 0.25 for kind in faults.OF_WIRES},
    "cut": lambda wire: wire.is_cut,
    "stall": lambda wire: wire.takes == 0,
}
OF_ENDS = {
    "disk full": lambda world: world.node.disk.octets_max == world.node.disk.octets,
    "disk failing": lambda world: world.node.disk.failing == 0.25,
    "node off": lambda world: not world.node.power.is_on,
    "boot cut": lambda world: not world.node.power.is_on,
    "mark cut": lambda world: world.node.cuts_at_mark,
    "blind": lambda world: world.node.payload.is_blind,
    "broken": lambda world: world.node.payload.is_broken,
    "ground off": lambda world: not world.ground_is_on,
    "archive refuses": lambda world: world.ground.archive.refuses,
    "inbox full": lambda world: world.ground.inbox.is_full,
}


def fault(kind, **options):
    amount = {"node off": 0, "boot cut": 1, "ground off": 1}.get(kind, 0.25)
    return Fault(at_ns=0, until_ns=SECOND, kind=kind, amount=amount, **options)


@pytest.fixture
def world():
    world = World(1, is_manned=False)
    world.run(2)
    return world


def test_each_kind_is_tried_here():
    assert {*OF_BOTH_WIRES, *OF_ENDS} == set(KINDS)


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
    assert all(20 < sum(kind in kinds for kinds in of_plans) < 60 for kind in KINDS)
    for plan in plans:
        assert plan == sorted(plan)
        assert all(0 <= one.at_ns < one.until_ns <= 90 * SECOND for one in plan)


def test_payloads_and_stores_fail_as_they_are_told(world):
    payload, inbox = world.node.payload, world.ground.inbox
    payload.is_blind = payload.is_broken = inbox.is_full = True
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
