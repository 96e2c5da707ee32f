"""The search for schedules that fail: the smallest is saved, and the command that flies it printed."""

import pytest

from rig.world.campaign.search import margins, search
from rig.world.schedule import load_schedule, schedule_of
from rig.world.timeline import BrokenError
from rig.world.world import World
from skyrack.cli import main


class Glass:
    """A world that does not hold where a clock drifts, and comes the nearer to it the more faults there are."""

    flights = 0

    def __init__(self, schedule):
        self.schedule = schedule

    def fly(self):
        Glass.flights += 1
        if any(fault.kind == "clock drift" for fault in self.schedule.faults):
            raise BrokenError("node 0: it drifts")


@pytest.fixture
def glass(monkeypatch):
    monkeypatch.setattr("rig.world.campaign.search.World", Glass)
    monkeypatch.setattr("rig.world.campaign.shrinking.World", Glass)
    monkeypatch.setattr(
        "rig.world.campaign.search.margins", lambda world: {"faults": float(len(world.schedule.faults))}
    )
    monkeypatch.setattr(Glass, "flights", 0)
    return Glass


def test_what_is_found_is_shrunk_saved_and_flown_again(glass, capsys, tmp_path):
    path = tmp_path / "found.json"
    assert main(["world", "--search", "200", "--nodes", "1", "--hours", "0.01", "--save", str(path)]) == 1
    shown = capsys.readouterr()
    assert "node 0: it drifts\n" in shown.err
    (replayed,) = shown.out.splitlines()
    assert replayed.startswith(f"skyrack world --schedule {path} --trace  # 1 of ")
    assert [fault.kind for fault in load_schedule(path).faults] == ["clock drift"]


def test_nothing_is_found_where_all_holds(glass, capsys, monkeypatch):
    monkeypatch.setattr(glass, "fly", lambda self: setattr(glass, "flights", glass.flights + 1))
    assert main(["world", "--search", "10", "--nodes", "1"]) == 0
    assert "10 schedules, all that must hold holds" in capsys.readouterr().out
    assert 10 <= glass.flights <= 20


def test_a_search_is_that_of_its_seed(glass):
    one, again = (search(2000, nodes=1, seconds=20, seed=7) for _ in range(2))
    assert one is not None
    assert one == again


def test_real_worlds_have_margins():
    assert search(1, nodes=1, seconds=2, seed=1) is None
    world = World(schedule_of(1, 2, 1, ["loss"]))
    world.fly()
    assert margins(world)["starts of nodes"] == 1


def test_an_exception_that_leaves_the_node_is_told_with_its_traceback(monkeypatch, capsys):
    monkeypatch.setattr("rig.world.ends.NodeEnd.step", lambda self: 1 / 0)
    assert main(["world", "--nodes", "1", "--hours", "0.001", "--shrink", "0"]) == 1
    shown = capsys.readouterr()
    assert "node 0: ZeroDivisionError('division by zero')" in shown.err
    assert "Traceback" in shown.err
    assert shown.out == "skyrack world --seed 1 --nodes 1 --hours 0.001 --trace\n"
