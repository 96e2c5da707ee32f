"""The whole node and its modes, in virtual time: what is stepped, refused, kept, armed and defended."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from fsw.design import dictionary_of
from fsw.mission import DefencesSection, ModeSection, ModesSection, load_mission
from fsw.modes.table import Mode
from ground.commands.tracker import RequestProgress
from kernels.usage import UsageError
from link.pus.services.test import Ping
from tests.fsw.test_node import COASTWATCH, MISSION, SECOND, World
from tests.hal.recording_medium import RecordingMedium

TANK = """
from dataclasses import dataclass, field

from fsw.executive.app import App
from link.dictionary import command


@dataclass
class Tank(App, period_ms=500, budget_ms=5):
    steps: list[int] = field(default_factory=list)
    vented: int = 0

    @command(opcode=0xE0, hazardous=True)
    def vent(self) -> None:
        self.vented += 1

    @command(opcode=0xE1)
    def fill(self) -> None:
        pass

    def step(self, now_ns):
        self.steps.append(now_ns)
        yield from ()
"""


@dataclass
class Gauge:
    """A battery that shows what a test says."""

    charge: float | None = 80.0

    def charge_percent(self):
        return self.charge


@dataclass
class Supervising:
    """Notes what the node asks for."""

    asked: list[str] = field(default_factory=list)

    def restart(self, cause):
        self.asked.append(f"restart: {cause}")

    def reset(self, cause):
        self.asked.append(f"reset: {cause}")

    def boot_golden(self, cause):
        self.asked.append(f"golden: {cause}")


class Spacecraft(World):
    """A world whose node has an app `tank`, a battery and somebody who could restart it."""

    def __init__(self, folder, modes=None, *, safe=False, **defences):
        file, medium = folder / "tank.py", RecordingMedium()
        file.write_text(TANK)
        mission = folder / "mission.toml"
        text = COASTWATCH.read_text().replace("../scenes", str(COASTWATCH.parents[1] / "scenes"))
        mission.write_text(f'apps = ["{file}"]\n{text}')
        self.said = {"modes": modes or ModesSection(), "defences": DefencesSection(**defences)}
        self.gauge, self.supervising, self.safe = Gauge(), Supervising(), safe
        super().__init__(folder, mission=mission, medium=medium)

    def boot(self):
        self.mission = msgspec.structs.replace(self.mission, **self.said)
        super().boot(safe=self.safe, battery=self.gauge, recovery=self.supervising)

    def ask(self, name, **arguments):
        """How a command ends: "" for well, or the reason."""
        tracked = self.station.command(name, **arguments)
        assert self.run(20, lambda: tracked.is_over)
        return "" if tracked.progress is RequestProgress.COMPLETED else tracked.reason

    def change(self, mode):
        return self.ask("modes.change", mode=mode)

    @property
    def mode(self):
        return self.node.modes.machine.mode

    @property
    def tank(self):
        return next(task.app for task in self.node.executive._tasks if task.app.app_name == "tank")

    def changes(self):
        """The mode changes that the ground was told of, each once: mode and cause. Events are sent several times."""
        changed = [tuple(one.values.values()) for one in self.station.events if one.name == "ModeChanged"]
        return [(mode, cause) for mode, _, cause in dict.fromkeys(changed)]


@pytest.mark.requirement("FSW-MOD-004")
def test_a_change_is_told_with_its_cause_and_kept_by_a_restart(tmp_path):
    world = Spacecraft(tmp_path)
    world.run(1)
    assert world.change("nominal") == ""
    assert world.change("safe") == ""
    world.run(2)
    assert world.change("safe") == ""
    world.run(2)
    assert world.changes() == [("nominal", "command"), ("safe", "command")]
    world.boot()
    assert world.mode is Mode.SAFE
    before = len(world.station.named("ModeStatus"))
    assert world.run(15, lambda: len(world.station.named("ModeStatus")) > before)
    status = world.station.named("ModeStatus")[-1]
    assert (status["mode"], status["changes"], status["charge"]) == ("safe", 2, 80)
    assert world.change("payload").endswith("from safe mode only to nominal")


@pytest.mark.requirement("FSW-MOD-002")
def test_safe_mode_steps_and_allows_only_what_the_node_needs(tmp_path):
    world = Spacecraft(tmp_path)
    world.run(2)
    assert world.tank.steps
    assert world.change("safe") == ""
    before, missed = len(world.tank.steps), world.node.executive.missed
    world.run(10)
    assert len(world.tank.steps) == before
    assert world.ask("tank.fill").endswith("not in mode safe: allowed in nominal, payload")
    assert world.ask("imaging.capture", target="coast").endswith("not in mode safe: allowed in payload")
    assert world.ask("files.list_products", first=0) == ""
    pinged = world.station.request(Ping(), "ping")
    assert world.run(5, lambda: pinged.is_over)
    assert pinged.progress is RequestProgress.COMPLETED
    assert len(world.station.named("NodeStatus")) > 8
    assert world.change("nominal") == ""
    world.run(3)
    assert len(world.tank.steps) > before
    assert world.node.executive.missed == missed == 0
    assert all(ns % (SECOND // 2) == 0 for ns in world.tank.steps)
    assert world.ask("tank.fill") == ""


@pytest.mark.requirement("FSW-MOD-006")
def test_a_capture_that_began_before_safe_mode_ends(tmp_path):
    world = Spacecraft(tmp_path)
    world.run(1)
    capture = world.station.command("imaging.capture", target="coast")
    changed = world.station.command("modes.change", mode="safe")
    assert world.run(20, lambda: capture.is_over and changed.is_over)
    assert (capture.progress, changed.progress) == (RequestProgress.COMPLETED, RequestProgress.COMPLETED)


def test_a_supervisor_may_ask_for_safe_mode(tmp_path):
    world = Spacecraft(tmp_path, safe=True)
    assert world.run(5, lambda: bool(world.changes()))
    assert world.changes() == [("safe", "the supervisor asks for it")]
    world.safe = False
    world.boot()
    assert world.mode is Mode.SAFE


def test_a_mission_may_begin_in_another_mode_with_rules_of_its_own(tmp_path):
    modes = ModesSection(first="safe", safe=ModeSection(apps=("tank",), commands=("tank.fill",)))
    world = Spacecraft(tmp_path, modes)
    world.run(2)
    assert world.tank.steps
    assert world.ask("tank.fill") == ""
    assert "not in mode safe" in world.ask("tank.vent")
    assert not world.changes()


@pytest.mark.requirement("FSW-MOD-005")
def test_a_mode_that_names_no_app_is_told_before_the_flight():
    mission = msgspec.structs.replace(MISSION, modes=ModesSection(safe=ModeSection(apps=("imagin",))))
    with pytest.raises(UsageError, match=r"modes\.safe\.apps: 'imagin'.*did you mean imaging"):
        dictionary_of(mission)


def arm(world, name="tank.vent"):
    return world.ask("modes.arm", function=world.station.dictionary.command(name).id)


@pytest.mark.requirement("FSW-CMD-009")
def test_a_hazardous_command_is_armed_and_fired_once(tmp_path):
    world = Spacecraft(tmp_path)
    world.run(1)
    assert world.station.dictionary.command("tank.vent").armed_by == "modes.arm"
    assert world.ask("tank.vent").endswith("hazardous and not armed")
    assert arm(world) == ""
    assert world.ask("tank.vent") == ""
    assert world.ask("tank.vent").endswith("hazardous and not armed")
    assert world.tank.vented == 1
    assert arm(world, "tank.fill").endswith("function 225 is no hazardous command")


@pytest.mark.requirement("FSW-CMD-010")
def test_a_restart_a_change_of_mode_and_time_disarm(tmp_path):
    world = Spacecraft(tmp_path)
    world.run(1)
    assert arm(world) == ""
    world.boot()
    assert world.ask("tank.vent").endswith("hazardous and not armed")
    assert arm(world) == ""
    assert world.change("nominal") == ""
    assert world.ask("tank.vent").endswith("hazardous and not armed")
    assert arm(world) == ""
    world.run(31)
    assert "s ago, more than 30 s" in world.ask("tank.vent")
    assert world.tank.vented == 0


@pytest.mark.requirement("FSW-DEF-004")
def test_a_low_battery_makes_no_storm(tmp_path):
    """Loads return with the mode, and the battery falls again: each time it must be charged to more."""
    world = Spacecraft(tmp_path, battery_low_percent=20, battery_step_percent=20)
    world.run(1)
    for _ in range(600):
        loaded = world.mode is not Mode.SAFE
        world.gauge.charge = min(100.0, max(0.0, world.gauge.charge + (-4 if loaded else 1)))
        world.run(1)
    assert set(world.changes()) == {("safe", "the battery is low"), ("nominal", "the battery is good again")}
    assert 5 < world.node.modes.machine.changes <= 16  # with one threshold of 20 % there would be more than a hundred


@pytest.mark.requirement("FSW-DEF-003")
def test_safe_mode_is_not_left_with_a_low_battery_though_the_node_restarts(tmp_path):
    world = Spacecraft(tmp_path, battery_low_percent=20)
    world.gauge.charge = 10.0
    assert world.run(5, lambda: world.mode is Mode.SAFE)
    for _ in range(3):
        world.boot()
        assert world.mode is Mode.SAFE
        world.run(2)
        assert world.change("nominal").endswith("battery at 10 %: safe mode is left from 40 % on")
    world.gauge.charge = 40.0
    assert world.run(5, lambda: world.mode is Mode.NOMINAL)


def test_a_ground_that_chose_safe_mode_leaves_it_itself(tmp_path):
    world = Spacecraft(tmp_path, battery_low_percent=20)
    world.run(1)
    assert world.change("safe") == ""
    for charge in (10.0, 90.0):
        world.gauge.charge = charge
        world.run(3)
    assert world.mode is Mode.SAFE


@pytest.mark.requirement("FSW-DEF-001")
def test_a_silent_ground_is_answered_by_safe_mode_a_reset_and_the_golden_copy(tmp_path):
    world = Spacecraft(tmp_path, silence_h=0.02, further_h=0.01)
    world.run(2)
    assert world.change("nominal") == ""
    world.up.cut(1 << 62)  # a station acknowledges what it receives, and so is not silent
    world.run(62)
    assert world.mode is Mode.NOMINAL
    world.run(20)
    assert world.changes()[-1] == ("safe", "no command was heard for long")
    assert world.supervising.asked == []
    world.run(36)
    assert world.supervising.asked == ["reset: no command was heard for long"]
    world.boot()
    world.run(36)
    assert world.supervising.asked[1:] == ["golden: no command was heard for long"]
    asked = [one.values["what"] for one in world.station.events if one.name == "RecoveryAsked"]
    assert list(dict.fromkeys(asked)) == ["reset", "golden"]
    world.up.cut(0)
    assert world.change("nominal") == ""
    world.run(12)
    assert world.station.named("ModeStatus")[-1]["measures"] == 0


@pytest.mark.requirement("FSW-DEF-005")
def test_too_many_starts_end_in_safe_mode(tmp_path):
    world = Spacecraft(tmp_path, starts_max=3)
    for _ in range(2):
        world.run(1)
        world.boot()
    assert world.mode is Mode.PAYLOAD
    world.boot()
    assert world.mode is Mode.SAFE
    assert world.run(5, lambda: bool(world.changes()))
    assert world.changes() == [("safe", "too many starts")]


@pytest.mark.requirement("FSW-DEF-006")
def test_a_node_transmits_nothing_in_its_quiet_time(tmp_path):
    world = Spacecraft(tmp_path, quiet_s=120)
    world.run(60)
    world.boot()
    world.run(10)
    assert (world.node.telecom.downlink.units, world.station.reports) == (0, [])
    world.run(120)
    assert world.station.named("NodeStatus")
    world.boot()
    world.run(2)
    assert world.node.telecom.downlink.units


def test_a_mission_whose_battery_never_gets_good_is_refused(tmp_path):
    text = COASTWATCH.read_text().replace("../scenes", str(COASTWATCH.parents[1] / "scenes"))
    file = tmp_path / "mission.toml"
    file.write_text(f"{text}\n[defences]\nbattery_low_percent = 50\n")
    with pytest.raises(UsageError, match=r"defences\.battery_leave_percent = 40, expected more than 50"):
        load_mission(file)


def test_modes_and_defences_are_read_from_the_file(tmp_path):
    text = COASTWATCH.read_text().replace("../scenes", str(COASTWATCH.parents[1] / "scenes"))
    file = tmp_path / "mission.toml"
    file.write_text(f'{text}\n[modes]\nfirst = "safe"\n[modes.safe]\napps = ["imaging"]\n[defences]\nsilence_h = 5\n')
    mission = load_mission(Path(file))
    assert (mission.modes.first, mission.modes.safe.apps, mission.defences.silence_h) == ("safe", ("imaging",), 5)
