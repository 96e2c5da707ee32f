"""What a world holds against a node over its starts: a mode that becomes less careful by itself, and floods."""

from contextlib import suppress

import pytest

from fsw.executive.throttle import Gate
from fsw.modes.table import Mode
from rig.world.pair import NodePair
from rig.world.power import PowerCut
from rig.world.timeline import BrokenError


@pytest.fixture
def world():
    world = NodePair(1, is_manned=False)
    world.run(2)
    return world


def forced(world, mode):
    world.node.node.modes.enter(mode, "a test")
    world.run(2)


def restarted(world):
    world.cut_power()
    world.start_node()
    return world.node.node.modes.machine.mode


def test_a_mode_that_a_start_forgets_is_noticed(world):
    forced(world, Mode.SAFE)
    assert restarted(world) is Mode.SAFE
    record = world.node.node.services.records.opened["memory of mode"]
    record.store(type(record.value)(Mode.PAYLOAD))
    record.value = type(record.value)(Mode.SAFE)
    with pytest.raises(BrokenError, match="a start made mode PAYLOAD of SAFE"):
        restarted(world)


def test_a_mode_may_be_forgotten_with_the_disk(world):
    forced(world, Mode.NOMINAL)
    world.node.disk.is_read_only = True
    forced(world, Mode.SAFE)
    assert restarted(world) is Mode.NOMINAL


def test_a_change_that_a_failing_power_cut_short_may_be_undone_or_not(world):
    for calls in range(1, 4):
        forced(world, Mode.SAFE)
        world.cut_power(after_calls=calls)
        with suppress(PowerCut):
            world.node.node.modes.enter(Mode.PAYLOAD, "a test")
        assert restarted(world) in (Mode.SAFE, Mode.PAYLOAD)


def test_a_mode_that_goes_to_and_fro_is_noticed(world):
    for _ in range(8):
        forced(world, Mode.SAFE)
        forced(world, Mode.NOMINAL)
    with pytest.raises(BrokenError, match="the mode changed more than 16 times in a minute"):
        forced(world, Mode.SAFE)


def test_a_flood_of_events_is_noticed(world, monkeypatch):
    world.node.payload.mutiny = "shouts"
    world.run(30)
    monkeypatch.setattr("fsw.executive.throttle.Throttle.admit", lambda *_: Gate.OPEN)
    with pytest.raises(BrokenError, match="more than 40 events Shout at once"):
        world.run(10)
