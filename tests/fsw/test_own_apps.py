"""A node with apps of the user's own, flown in virtual time: two instances, log, folder, subscription and jobs."""

import pytest

from fsw.design import dictionary_of
from fsw.mission import load_mission
from kernels.usage import UsageError
from link.dictionary.identifiers import RANGES
from tests.fsw.test_node import COASTWATCH, World

APP = '''
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fsw.own.fields import Folder, Jobs, Log, folder, subscribe
from fsw.apps.imaging import ProductReady
from fsw.executive.app import App, AppReport
from fsw.executive.bus import Queue
from hal.clock import Clock
from link.dictionary import Event, Float32b, Int32ub, Telemetry, command, parameter, wire


class HeaterStatus(Telemetry):
    """The heater."""

    starts: int = wire(Int32ub)
    products: int = wire(Int32ub)
    gain: float = wire(Float32b)


class Warmed(Event):
    """Warmed to {mean}."""

    mean: float = wire(Float32b)


@dataclass
class Heater(App, period_ms=500, budget_ms=50):
    clock: Clock
    log: Log
    jobs: Jobs
    kept: Folder = folder(octets_max=100)
    ready: Queue[ProductReady] = subscribe(capacity=2)
    gain: float = parameter(Float32b, default=1.0, range=(0, 5))
    starts: int = 0
    products: int = 0

    def step(self, now_ns: int) -> Iterator[AppReport]:
        if not self.starts:
            self.starts = 1 + len(self.kept.read("starts") if self.kept.names() else b"")
            self.kept.write("starts", bytes(self.starts))
            self.log.low(f"start {self.starts}")
        self.products += len(list(self.ready.drain()))
        for answer in self.jobs.answers():
            yield Warmed(mean=float(answer.array.max()))
        yield HeaterStatus(starts=self.starts, products=self.products, gain=self.gain)

    @command()
    def warm(self) -> None:
        """Warm it."""
        samples = np.full((2, 2, 2), self.gain, np.float32)
        samples[1] = 1
        self.jobs.submit([{"stage": "index", "a": "a", "b": "b"}], samples, bands="ab", answer="values")
'''


@pytest.fixture
def write(tmp_path):
    def write(apps, **files):
        folder = tmp_path / "mission"
        folder.mkdir(exist_ok=True)
        for name, content in ({"heater": APP} | files).items():
            (folder / f"{name}.py").write_text(content)
        text = COASTWATCH.read_text().replace("../scenes/", f"{COASTWATCH.parents[1]}/scenes/")
        path = folder / "mission.toml"
        path.write_text(text.replace('# apps = ["../hello.py"]', f"apps = {apps}"))
        return path

    return write


BOTH = '["heater.py", {file = "heater.py", name = "heater_b", gain = 2}]'


@pytest.mark.requirement("FSW-APP-001")
def test_two_instances_fly_side_by_side_with_all_that_they_asked_for(write, tmp_path):
    world = World(tmp_path / "state", mission=write(BOTH))
    station = world.station
    tracked = [station.command("heater_b.warm"), station.command("imaging.capture", target="desert")]
    assert world.run(60, lambda: all(one.is_over for one in tracked) and "heater_b.Warmed" in names(station.events))
    assert world.run(10, lambda: station.named("HeaterStatus")[-1]["products"] == 1)
    first, second = station.named("HeaterStatus")[-1], station.named("heater_b.HeaterStatus")[-1]
    assert first == {"starts": 1, "products": 1, "gain": 1.0}
    assert second == {"starts": 1, "products": 1, "gain": 2.0}
    logged = [one.values for one in station.events if one.name == "LogLow"]
    assert sorted(one["app"] for one in logged) == ["heater", "heater_b"]
    assert {one["text"] for one in logged} == {"start 1"}
    assert "Warmed" not in names(station.events)
    world.boot()
    assert world.run(30, lambda: station.named("heater_b.HeaterStatus")[-1]["starts"] == 2)
    assert sorted((tmp_path / "state" / "apps").iterdir()) == [
        tmp_path / "state" / "apps" / name for name in ("heater", "heater_b")
    ]


def names(events):
    return {event.name for event in events}


@pytest.mark.requirement("FSW-APP-002")
def test_the_dictionary_has_both_under_their_names_and_keeps_what_was_there(write):
    alone, both = (dictionary_of(load_mission(write(apps))) for apps in ('["heater.py"]', BOTH))
    for kind in ("reports", "events", "commands", "parameters"):
        before, after = getattr(alone, kind), getattr(both, kind)
        assert [entry for entry in after if entry in before] == list(before)
        added = [entry for entry in after if entry not in before]
        assert added
        assert all(entry.name.startswith("heater_b.") for entry in added)
        assert all(entry.id in RANGES[kind[:-1]] for entry in added)
    defaults = {entry.name: entry.field.default for entry in both.parameters}
    assert (defaults["heater.gain"], defaults["heater_b.gain"]) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("apps", "files", "sentence"),
    [
        (BOTH.replace("gain = 2", "gain = 9"), {}, r"heater\.py: gain = 9\.0, expected 0\.\.5"),
        ('["heater.py", {file = "other.py", name = "heater"}]', {"other": APP}, r"other\.py: its app is called heater"),
        (
            '["heater.py", "other.py"]',
            {"other": APP.replace("class Heater(", "class Other(")},
            r"report HeaterStatus and report HeaterStatus have the same name: .*other\.py: HeaterStatus and "
            r".*heater\.py: HeaterStatus; rename",
        ),
        ('["heater.py"]', {"heater": APP.replace("clock: Clock", "clock: int")}, r"heater\.py: Heater\.clock: a int"),
    ],
)
@pytest.mark.requirement("FSW-APP-005")
def test_what_cannot_fly_is_refused_with_the_file(write, apps, files, sentence):
    mission = load_mission(write(apps, **files))
    with pytest.raises(ValueError, match=sentence):
        dictionary_of(mission)


@pytest.mark.parametrize(
    ("apps", "sentence"),
    [
        ("[1]", r"apps\[0\]: expected str or a table with the key file, got int"),
        ('[{name = "a"}]', r"apps\[0\]: file: expected the path"),
        ('[{file = "heater.py", name = "A"}]', r"apps\[0\]: name: expected up to 40"),
        ('["nothing.py"]', r"apps\[0\]: no such file .*nothing\.py, expected a Python file with an app, or a folder"),
        ('["heater.py", "heater.py"]', r"apps\[1\]: .*heater\.py is listed twice, expected \{file"),
        ('["heater.py", {file = "heater.py", gain = 2.0}]', r"apps\[1\]: .*heater\.py is listed twice"),
    ],
)
def test_a_list_of_apps_that_is_none_is_refused(write, apps, sentence):
    with pytest.raises(UsageError, match=sentence):
        load_mission(write(apps))
