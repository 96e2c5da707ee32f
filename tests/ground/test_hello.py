"""The hello app, named in a mission and not touched: decoded, plotted, limit-checked, documented and exported."""

from pathlib import Path

import pytest

import tests.fsw.test_node as flown
from fsw.design import dictionary_of
from fsw.mission import load_mission
from ground.archive.history import history
from ground.console.plot import plot
from ground.records import CommandRecord, EventRecord, SampleRecord
from link.dictionary.xtce.reader import read_xtce
from skyrack.cli import main
from tests.ground.test_services import Ground

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def mission(tmp_path_factory):
    """The example mission with one more line."""
    path = tmp_path_factory.mktemp("mission") / "hello.toml"
    text = flown.COASTWATCH.read_text(encoding="utf-8").replace("../scenes", str(ROOT / "examples" / "scenes"))
    path.write_text(f'apps = ["{ROOT / "examples" / "hello.py"}"]\n{text}')
    return path


@pytest.fixture
def world(tmp_path, mission, monkeypatch):
    monkeypatch.setattr(flown, "MISSION", load_mission(mission))
    monkeypatch.setattr(flown, "COASTWATCH", mission)
    made = flown.World(tmp_path)
    made.station = Ground(made.clock, made.station.port, mission=mission)
    made.run(3)
    return made


def greet(world, times):
    for _ in range(times):
        world.station.station.command("hello.greet", {"name": "Ada"}, world.station.now)
        world.run(1)


def test_it_is_decoded(world):
    greet(world, 1)
    world.run(1)
    assert world.station.of(CommandRecord)[-1].state == "completed"
    assert [one.message for one in world.station.of(EventRecord) if one.name == "Greeted"] == ["Hello, Ada!"]
    (sample,) = [one for one in world.station.of(SampleRecord) if one.report == "HelloStatus"]
    assert sample.values == {"greetings": 1}


def test_it_is_plotted(world, mission):
    greet(world, 3)
    found = history(world.station.archive, dictionary_of(load_mission(mission)), "HelloStatus.greetings")
    assert found.values == (1, 2, 3)
    assert plot(found, columns=3, rows=2)[1:3] == ["3  ▁█", "1 ▁██"]


def test_it_is_limit_checked(world):
    world.station.station.command("parameters.set_values", {"hello.weight": "10"}, world.station.now)
    greet(world, 101)
    world.run(1)
    crossed = [one.message for one in world.station.of(EventRecord) if one.name == "LimitCrossed"]
    assert crossed == ["HelloStatus.greetings = 1010 is out of limits (warning: 0..1000)."]


def test_it_is_documented(mission, capsys):
    assert main(["dictionary", "export", str(mission), "--to", "markdown"]) == 0
    page = capsys.readouterr().out
    for piece in ("### HelloStatus (0x21)", "### Greeted (0x22), info", "### hello.greet (0x24)", "hello.weight"):
        assert piece in page


def test_it_is_exported(mission, capsys):
    assert main(["dictionary", "export", str(mission), "--to", "xtce"]) == 0
    definition = read_xtce(capsys.readouterr().out.encode())
    assert {"HelloStatus", "Greeted"} <= {one.name for one in definition.packets}
    assert "hello_greet" in {one.name for one in definition.requests}


def test_a_file_that_is_not_there_is_refused(tmp_path, mission):
    path = tmp_path / "none.toml"
    path.write_text('apps = ["none.py"]\n' + mission.read_text(encoding="utf-8").partition("\n")[2])
    with pytest.raises(ValueError, match=r"apps\[0\]: no such file .*none.py, expected a Python file with an app"):
        load_mission(path)
