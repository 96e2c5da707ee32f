"""Worlds of many seeds, and what a world is worth: it repeats, sleeps when nothing is due, notices faults."""

import json
import os
import signal
import subprocess
import sys
from functools import partial

import pytest

from hal.sim.clock import VirtualClock
from rig.world.judge import BrokenError
from rig.world.pair import NodePair
from rig.world.schedule import load_schedule, save_schedule, schedule_of
from rig.world.timeline import SECOND
from rig.world.world import World, fly
from skyrack.cli import main
from tests.rig.world.variants import every


@pytest.fixture
def world():
    return NodePair(1, is_manned=False)


@pytest.mark.parametrize("seed", every(8, range(32)))
@pytest.mark.requirement("RIG-WLD-001")
def test_any_weather(seed):
    """`skyrack world --seed SEED --hours 0.0125 --trace` shows what happened; longer ones are flown by `make soak`."""
    summary = fly(schedule_of(seed, 45))
    assert summary.nodes == 3
    assert summary.commands.get("completed", 0) >= 12
    assert set(summary.commands) <= {"completed", "failed", "timeout"}


@pytest.mark.requirement("RIG-WLD-002")
def test_equal_seeds_are_equal_in_two_processes():
    """Whatever the hashes of texts, which differ from process to process."""
    command = [
        sys.executable,
        "-m",
        "skyrack.cli",
        "world",
        "--seed",
        "5",
        "--hours",
        "0.004",
        "--nodes",
        "2",
        "--json",
    ]
    runs = [
        subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": number}, capture_output=True, check=True).stdout
        for number in ("1", "2")
    ]
    one, other = ({**json.loads(run), "cpu_s": 0, "speed": 0} for run in runs)
    assert one == other
    assert one["events"] > 100


def test_other_seeds_are_others():
    assert fly(schedule_of(1, 20, 1)).trace != fly(schedule_of(2, 20, 1)).trace


@pytest.mark.parametrize("first_ns", every(3, [1, 5 * SECOND, 10**18]))
def test_when_the_clock_began_changes_nothing(first_ns, monkeypatch):
    """A board's monotonic clock shows the time since its start, a new VirtualClock 0: nothing may depend on that."""
    runs = []
    for began_ns in (0, first_ns):
        monkeypatch.setattr("rig.world.timeline.VirtualClock", partial(VirtualClock, monotonic_ns=began_ns))
        world, seen = NodePair(2), []
        monkeypatch.setattr(
            world.trace, "note", lambda at_ns, *event, began=began_ns, to=seen: to.append((at_ns - began, *event))
        )
        world.run(60)
        runs.append(seen)
    assert len(runs[0]) > 300
    assert runs[0] == runs[1]


@pytest.mark.requirement("FSW-EXE-012")
def test_nothing_wakes_for_nothing(world):
    """Over an idle link node and station wake once a second: for the beacon, which the station hears.

    Twice a minute the station acknowledges what it received; what the node recorded before the first time, it plays.
    """
    world.run(300)
    world.check()
    up, down = world.up.units, world.down.units
    assert up <= 2 * 5 + 3
    assert down in range(300, 300 + up)
    assert world.node.wakes <= down + up
    assert world.ground.wakes <= down + 2 + up
    assert world.node.idle_wakes <= 1
    assert world.ground.idle_wakes <= 1


def test_waking_for_nothing_is_noticed(world):
    world.run(2)
    for _ in range(100):
        world.node.due_ns = 0
        world.run(0.001)
    with pytest.raises(BrokenError, match="wakes were for nothing"):
        world.check()


def test_a_second_execution_is_noticed(world):
    world.judge.marked(7, 0, is_forgetful=False)
    with pytest.raises(BrokenError, match="mark 7 was made 2 times"):
        world.judge.marked(7, 1, is_forgetful=False)


def test_an_execution_after_the_end_is_noticed(world):
    world.run(2)
    world.order("witness.mark", number=1)
    world.run(5)
    world.judge.marks.clear()
    with pytest.raises(BrokenError, match="ended as completed"):
        world.judge.marked(1, world.now_ns + 60 * SECOND, is_forgetful=False)


def test_a_delivered_command_that_is_not_executed_is_noticed(world, monkeypatch):
    world.run(2)
    monkeypatch.setattr(world.node.node.dispatcher, "handle", lambda packet: None)
    world.order("witness.mark", number=1)
    world.run(2)
    with pytest.raises(BrokenError, match="reported as delivered, but was not executed"):
        world.check()


def test_an_end_that_a_restart_forgets_is_noticed(world):
    world.run(2)
    world.node.cut_at_mark = 0
    world.order("witness.mark", number=901)
    world.run(2)
    world.node.cut_at_mark = None
    world.start_node()
    world.node.node.dispatcher._earlier.clear()
    world.calm()
    with pytest.raises(BrokenError, match="mark 901 was made, and its command is timeout"):
        world.settle()


def test_a_wrong_file_is_noticed(world):
    world.run(2)
    world.order("imaging.capture", target="coast")
    world.run(10)
    assert list(world.ground.inbox.files) == ["000001-coast.product"]
    world.check()
    world.ground.inbox.files["000001-coast.product"] += b"!"
    with pytest.raises(BrokenError, match=r"file 000001-coast\.product"):
        world.check()


def test_a_failure_in_the_node_is_noticed(world, monkeypatch):
    world.run(1)
    monkeypatch.setattr(type(world.node.node.files), "_counts", lambda *_: 1 / 0)
    world.run(5)
    with pytest.raises(BrokenError, match=r"'failures': [1-9]"):
        world.check()


def test_a_command_that_never_ends_is_noticed(world):
    world.run(2)
    world.order("test.ping")
    world.run(1)
    assert world.judge.settled(world.ground.inbox, world.node.payload, 0) == ""
    world.judge.commands[1] = type(world.judge.commands[1])(
        number=1, name="test.ping", arguments={}, request="65/0", sent_ns=0, state="queued"
    )
    assert world.judge.settled(world.ground.inbox, world.node.payload, 0).startswith("1 commands have not ended")


def test_spinning_is_noticed(world):
    world.run(1)
    world.node.step = lambda: None
    world.node.due_ns = 0
    with pytest.raises(BrokenError, match="nothing lets time go on"):
        world.run(1)


@pytest.mark.parametrize(
    "words",
    [
        ["--hours", "0"],
        ["--hours", "nan"],
        ["--seeds", "0"],
        ["--nodes", "0"],
        ["--nodes", "101"],
        ["--kind", "rain"],
        ["--shrink", "-1"],
    ],
)
def test_what_cannot_be_flown_is_refused(words, capsys):
    assert main(["world", *words]) == 2
    assert words[0] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--campaign", "1", "--calm"], "--campaign and --calm exclude each other"),
        (["--search", "1", "--schedule", "x.json"], "--search and --schedule exclude each other"),
        (["--search", "1", "--kind", "loss"], "--kind does not go with --search"),
        (["--calm", "--kind", "loss"], "--kind does not go with --calm"),
        (["--to", "markdown"], "--to is the form of a campaign's table: it goes with --campaign N"),
        (["--save", "/nowhere/x.json"], "--save /nowhere/x.json: /nowhere is no folder"),
    ],
)
def test_what_would_not_be_heeded_is_refused_before_anything_is_flown(words, sentence, capsys):
    assert main(["world", *words]) == 2
    assert capsys.readouterr().err == f"skyrack world: {sentence}\n"


@pytest.mark.parametrize("option", ["--campaign", "--search"])
def test_none_is_no_number_of_flights(option, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["world", option, "0"])
    assert f"argument {option}: 0: expected 1.." in capsys.readouterr().err


def test_control_c_ends_a_world_at_once(monkeypatch):
    """An executive would take KeyboardInterrupt for a failure of an app, and another flight would go on."""
    handlers = []
    monkeypatch.setattr("rig.world.world.fly", lambda *_: handlers.append(signal.getsignal(signal.SIGINT)) or _broken())
    main(["world", "--nodes", "1", "--shrink", "0"])
    assert handlers
    assert handlers[0] is not signal.default_int_handler


@pytest.mark.requirement("RIG-WLD-002")
def test_a_failing_seed_prints_the_command_that_replays_it(monkeypatch, capsys):
    monkeypatch.setattr("rig.world.pair.NodePair.settling", lambda self: _broken())
    assert main(["world", "--seed", "9", "--nodes", "1", "--hours", "0.001", "--shrink", "0"]) == 1
    shown = capsys.readouterr()
    assert shown.out == "skyrack world --seed 9 --nodes 1 --hours 0.001 --trace\n"
    assert shown.err.startswith("skyrack world: seed 9: node 0: something (at 3.6")


def test_a_failing_seed_saves_the_smallest_schedule_that_fails_alike(monkeypatch, capsys, tmp_path):
    """Here what is broken is that clocks drift: of all the faults of the seed, one of a clock is left."""
    settling = NodePair.settling
    monkeypatch.setattr(NodePair, "settling", lambda self: _broken() if self.node.clock.has_drifted else settling(self))
    monkeypatch.setattr("rig.world.clocks.EndClock.has_drifted", False, raising=False)
    monkeypatch.setattr(
        "rig.world.clocks.EndClock.drift", lambda self, ppb: setattr(self, "has_drifted", True) if ppb else None
    )
    path = tmp_path / "small.json"
    kinds = ["--kind", "clock drift", "--kind", "loss", "--kind", "cut"]
    assert main(["world", "--seed", "9", "--nodes", "1", "--hours", "0.01", *kinds, "--save", str(path)]) == 1
    shown = capsys.readouterr()
    assert shown.out.splitlines()[1] == f"skyrack world --schedule {path} --trace  # 1 of 3 faults"
    assert [fault.kind for fault in load_schedule(path).faults] == ["clock drift"]
    assert main(["world", "--schedule", str(path), "--shrink", "0"]) == 1
    assert capsys.readouterr().out == f"skyrack world --schedule {path} --trace\n"


def test_a_schedule_flies_again_as_it_was_saved(tmp_path):
    schedule = schedule_of(3, 20, 2)
    save_schedule(schedule, path := tmp_path / "schedule.json")
    assert load_schedule(path) == schedule
    assert fly(load_schedule(path)) == fly(schedule)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"nodes": 0}, "nodes = 0"),
        ({"seconds": 0}, "seconds = 0"),
        ({"faults": [{"kind": "rain", "at_ns": 0, "until_ns": 1}]}, "faults[0].kind = 'rain'"),
        ({"faults": [{"kind": "loss", "at_ns": 0, "until_ns": 1}]}, "faults[0].way = ''"),
        ({"faults": [{"kind": "kill", "at_ns": 0, "until_ns": 1, "way": "up"}]}, "faults[0].way = 'up'"),
        ({"faults": [{"kind": "kill", "at_ns": 2, "until_ns": 1}]}, "faults[0].until_ns = 1"),
        ({"faults": [{"kind": "kill", "at_ns": 0, "until_ns": 1, "node": 3}]}, "faults[0].node = 3"),
        ({"faults": [{"kind": "kill", "at_ns": 0, "until_ns": 1, "amount": 1e12}]}, "faults[0].amount"),
        ({"weather": 1}, "unknown field"),
    ],
)
def test_a_schedule_that_cannot_be_flown_is_refused_in_a_sentence(change, said, tmp_path, capsys):
    path = tmp_path / "schedule.json"
    path.write_text(json.dumps({"seed": 1, "nodes": 3, "seconds": 1, "faults": []} | change))
    assert main(["world", "--schedule", str(path)]) == 2
    assert said in capsys.readouterr().err


def test_of_three_nodes_each_has_its_faults_and_its_commands():
    schedule = schedule_of(1)
    assert {fault.node for fault in schedule.faults} == {0, 1, 2}
    world = World(schedule_of(1, 20, 3, ["loss"]))
    world.fly()
    assert all(pair.judge.marks.total() >= 1 and pair.ground.inbox.files for pair in world.pairs)


def _broken():
    raise BrokenError("something")
    yield


def test_a_page_and_lines(capsys):
    assert main(["world", "--seed", "9", "--nodes", "1", "--hours", "0.001"]) == 0
    page = capsys.readouterr().out
    assert "seed                    9\n" in page
    assert main(["world", "--seed", "9", "--seeds", "2", "--nodes", "1", "--hours", "0.001", "--shrink", "0"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_an_idle_link_event_by_event(capsys):
    assert main(["world", "--calm", "--nodes", "1", "--hours", "0.001", "--trace", "--json"]) == 0
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert (found["seconds"], found["faults"], found["commands"]) == (3.6, 0, {})
    assert shown.err.count("\n") == found["events"] > 0


def test_one_failing_seed_of_several_is_enough_and_stops_no_other(monkeypatch, capsys):
    settling = NodePair.settling
    monkeypatch.setattr(NodePair, "settling", lambda self: _broken() if self.seed == 9 else settling(self))
    assert main(["world", "--seed", "9", "--seeds", "2", "--nodes", "1", "--hours", "0.001", "--shrink", "0"]) == 1
    failed, fine = capsys.readouterr().out.splitlines()
    assert failed.startswith("skyrack world --seed 9 ")
    assert fine.startswith("seed     10 ")
