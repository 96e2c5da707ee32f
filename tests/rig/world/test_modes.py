"""Modes and the last lines of defence as stories in a world: real node, real ground, power that fails."""

import pytest
from msgspec.structs import replace

from fsw.modes.table import Mode
from tests.rig.world.test_scenarios import Story
from tests.rig.world.variants import every


def mode(story):
    return story.node.node.modes.machine.mode


def settled(story, record):
    """How a command ended: its state and, where it failed, why."""
    story.run(5)
    told = story.judge.commands[record.number]
    return told.state, told.reason


@pytest.fixture
def story():
    return Story()


def test_a_restart_keeps_the_mode_and_what_it_refuses(story):
    assert settled(story, story.order("modes.change", mode="safe"))[0] == "completed"
    story.cut_power()
    story.restart_node()
    assert mode(story) is Mode.SAFE
    story.run(5)
    state, reason = settled(story, story.order("imaging.capture", target="coast"))
    assert (state, reason) == ("failed", "not_now: not in mode safe: allowed in payload")
    assert story.node.payload.captured == []
    for name in ("nominal", "payload"):
        assert settled(story, story.order("modes.change", mode=name))[0] == "completed"
    story.end()


@pytest.mark.parametrize("call", every(3, range(10)))
@pytest.mark.requirement("FSW-MOD-001")
def test_the_power_fails_while_a_mode_is_changed(story, call):
    """At whatever call of the disk: the mode is the one before or the one asked for, and a completed change is kept."""
    story.cut_power(after_calls=call + 1)
    changed = story.order("modes.change", mode="nominal")
    story.run(5)
    story.restart_node()
    story.run(5)
    state = story.judge.commands[changed.number].state
    assert mode(story) is Mode.NOMINAL or (mode(story) is Mode.PAYLOAD and state != "completed")
    settled(story, story.order("modes.change", mode="nominal"))
    settled(story, story.order("modes.change", mode="payload"))
    story.end()


@pytest.mark.parametrize("call", every(5, range(16)))
def test_the_power_fails_between_arming_and_firing(story, call):
    """The ground arms by itself; what was armed before a restart is not fired after it."""
    story.cut_power(after_calls=call + 1)
    fired = story.order("witness.engrave", number=901)
    story.run(5)
    story.restart_node()
    story.run(5)
    made, state = story.judge.marks[901], story.judge.commands[fired.number].state
    assert made <= 1
    assert made or state != "completed"
    again = story.order("witness.engrave", number=902)
    assert settled(story, again)[0] == "completed"
    story.end()
    assert (story.judge.marks[901], story.judge.marks[902]) == (made, 1)


@pytest.mark.requirement("FSW-CMD-010")
def test_a_restart_disarms(story):
    function = story.ground.station._dictionary.command("witness.engrave").id
    assert settled(story, story.order("modes.arm", function=function))[0] == "completed"
    story.cut_power()
    story.restart_node()
    story.run(5)
    assert story.node.node.modes.authority.armed == 0
    story.end()


@pytest.mark.slow  # tests/fsw/test_node_modes.py has it of the node alone
@pytest.mark.requirement("FSW-DEF-004")
def test_a_low_battery_restarts_no_storm(story):
    """It falls under load and cuts the power, and recovers without: each time safe mode is left later."""
    left, was, lives = [], mode(story), 0
    for _ in range(900):
        loaded = mode(story) is not Mode.SAFE
        charge = story.node.battery.percent + (-5 if loaded else 1)
        story.node.battery.percent = min(100.0, max(5.0, charge))
        story.run(1)
        if was is Mode.SAFE and mode(story) is not Mode.SAFE:
            left.append(story.node.battery.percent)
        if was is not Mode.SAFE and mode(story) is Mode.SAFE:
            lives += 1
            story.cut_power()
            story.start_node()
            assert mode(story) is Mode.SAFE
        was = mode(story)
    assert left[:4] == [40, 50, 60, 70]
    assert left == sorted(left)
    assert lives <= 15  # with one threshold of 20 % it would be more than a hundred
    story.node.battery.percent = 100.0
    story.run(5)
    settled(story, story.order("modes.change", mode="payload"))
    story.end()


@pytest.mark.requirement("FSW-DEF-001")
def test_a_ground_that_falls_silent_is_answered_in_steps(story):
    """Safe mode, a reset and the golden copy, through a restart; a command ends it."""
    limits = replace(story.node.mission.defences, silence_h=0.05, further_h=0.05)
    story.node.mission = replace(story.node.mission, defences=limits)
    story.cut_power()
    story.restart_node()
    story.run(5)
    assert settled(story, story.order("witness.mark", number=901))[0] == "completed"
    story.stop_ground(in_order=True)
    story.run(160)
    assert mode(story) is Mode.PAYLOAD
    story.run(30)
    assert (mode(story), story.node.restarts_asked) == (Mode.SAFE, [])
    assert story.run(200, lambda: story.node.restarts_asked == ["reset: no command was heard for long"])
    story.cut_power()
    story.start_node()
    story.run(100)
    assert len(story.node.restarts_asked) == 1
    assert story.run(100, lambda: len(story.node.restarts_asked) == 2)
    assert story.node.restarts_asked[1] == "golden copy: no command was heard for long"
    story.start_ground()
    story.run(30)
    for name in ("nominal", "payload"):
        assert settled(story, story.order("modes.change", mode=name))[0] == "completed"
    story.end()
