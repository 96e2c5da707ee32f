"""The health of a whole node: heat holds jobs back and, where the mission watches it, changes the mode."""

import pytest

from fsw.modes.table import Mode
from hal.sim.vitals import ModelVitals
from link.dictionary.conditions import Comparison
from tests.fsw.test_node import COASTWATCH, World
from tests.hal.recording_medium import RecordingMedium

WATCH = """
[[fdir]]
name = "hot"
when = "HealthStatus.heat_alarm == 1"
mode = "safe"
"""


NUMBERS = ("cpu", "load", "resident_octets", "descriptors", "free_octets", "heat_degc", "throttling")


class HotWorld(World):
    """A world whose board can be heated."""

    def boot(self, **options):
        self.vitals = ModelVitals(self.clock)
        super().boot(vitals=self.vitals, **options)


def told(world, name):
    return [event.values for event in world.station.events if event.name == name]


@pytest.mark.requirement("FSW-HLT-003")
def test_jobs_wait_while_the_board_is_hot_and_go_on_after_it(tmp_path):
    world = HotWorld(tmp_path, medium=RecordingMedium())
    world.run(2)
    world.vitals.trip()
    assert world.run(60, lambda: told(world, "JobsHeld"))
    capture = world.station.command("imaging.capture", target="coast")
    world.run(20)
    assert (capture.is_over, world.node.imaging.runner.unfinished) == (False, 1)
    assert world.station.named("HealthStatus")[-1]["heat_degc"] == 95.0
    world.vitals.cool()
    assert world.run(20, lambda: capture.is_over)
    assert capture.reason == ""
    assert world.station.named("HealthStatus")[-1]["jobs_held"] is False


def test_a_watch_changes_the_mode(tmp_path):
    source = COASTWATCH.read_text().replace("../scenes", str(COASTWATCH.parents[1] / "scenes"))
    mission = tmp_path / "mission.toml"
    mission.write_text(source + WATCH)
    world = HotWorld(tmp_path, mission=mission, medium=RecordingMedium())
    world.run(2)
    world.vitals.trip()
    assert world.run(60, lambda: world.node.modes.machine.mode is Mode.SAFE)
    assert world.node.modes.machine.cause == "watch hot"


@pytest.mark.requirement("FSW-HLT-001")
def test_a_board_that_measures_nothing_is_reported_as_such(tmp_path):
    world = World(tmp_path, medium=RecordingMedium())
    assert world.run(15, lambda: world.station.named("HealthStatus"))
    (status,) = world.station.named("HealthStatus")
    assert (status["has_heat"], status["has_cpu"], status["has_free"]) == (False, False, False)
    assert {status[name] for name in NUMBERS} == {None}
    assert status["apps"] > 10
    assert not world.node.services.latest.look_up(Comparison("HealthStatus.heat_degc", 0, "<="))


@pytest.mark.requirement("FSW-HLT-005")
def test_health_costs_no_wake(tmp_path):
    """Between two seconds nothing wakes the node for it."""
    world = HotWorld(tmp_path, medium=RecordingMedium())
    world.run(12)
    health = next(task for task in world.node.executive._tasks if task.app.app_name == "health")
    assert not health.is_prompt
    assert (health.app.offset_ms % 1000, health.app.period_ms % 1000) == (0, 0)
