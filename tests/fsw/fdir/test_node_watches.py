"""Watches of a whole node: a fault in telemetry starts a sequence, and no action storms, also through restarts."""

import pytest

from fsw.design import dictionary_of
from fsw.fdir.app import Fdir, WatchesMisfit
from fsw.mission import load_mission
from fsw.modes.table import Mode
from fsw.pus import test as ping_service
from fsw.store.records import Records
from ground.commands.tracker import RequestProgress
from kernels.usage import UsageError
from link.pus.services.verification import FailureCode, RefusedError
from tests.fsw.sequences.test_node_sequences import NUMBER, load, text
from tests.fsw.test_node import COASTWATCH, World
from tests.fsw.test_node_memory import Mortal
from tests.hal.recording_medium import RecordingMedium

WATCH = f"""
[[fdir]]
name = "old"
when = "NodeStatus.uptime_s >= 4"
hits = 2
of = 3
sequence = {NUMBER}
cooldown_s = 5
times_max = 2
"""


@pytest.fixture
def mission(tmp_path):
    """Write coastwatch with watches; returns the file."""

    def write(watches=WATCH):
        source = COASTWATCH.read_text().replace("../scenes", str(COASTWATCH.parents[1] / "scenes"))
        path = tmp_path / "mission.toml"
        path.write_text(source + watches)
        return path

    return write


@pytest.fixture
def pings(monkeypatch):
    executed, answer = [], ping_service.answer
    monkeypatch.setattr(ping_service, "answer", lambda *request: (executed.append(None), answer(*request))[1])
    return executed


def told(world, name):
    """The values of an event, each once, though it is sent several times."""
    seen = []
    for event in world.station.events:
        if event.name == name and event.values not in seen:
            seen.append(event.values)
    return seen


@pytest.mark.requirement("FSW-FDR-002")
def test_a_watch_starts_a_sequence_until_it_is_spent(tmp_path, mission, pings):
    world = World(tmp_path, mission=mission(), medium=RecordingMedium())
    world.run(1.5)
    load(world, text(""))
    assert world.run(10, lambda: len(pings) == 1)
    world.run(14)
    assert len(pings) == 2
    when = "NodeStatus.uptime_s >= 4"
    action = f"sequence {NUMBER} started"
    assert told(world, "WatchTripped") == [
        {"watch": "old", "times": times, "when": when, "action": action} for times in (1, 2)
    ]
    assert told(world, "WatchSpent") == [{"watch": "old", "times": 2}]
    assert world.station.named("FdirStatus")[-1] == {"watches": 1, "enabled": 1, "spent": 1, "trips": 2}
    tracked = world.station.command("fdir.enable_watch", watch="old")
    assert world.run(5, lambda: tracked.is_over)
    world.run(4)
    assert len(pings) == 3
    assert tracked.progress is RequestProgress.COMPLETED


@pytest.mark.requirement("FSW-FDR-005")
def test_a_watch_is_disabled_by_command_also_through_a_restart(tmp_path, mission, pings):
    world = World(tmp_path, mission=mission(), medium=RecordingMedium())
    world.run(1.5)
    load(world, text(""))
    for _ in range(2):
        tracked = world.station.command("fdir.disable_watch", watch="old")
        assert world.run(2, lambda tracked=tracked: tracked.is_over)
        assert tracked.progress is RequestProgress.COMPLETED
    wrong = world.station.command("fdir.disable_watch", watch="new")
    world.run(5)
    assert wrong.progress is RequestProgress.FAILED
    world.boot()
    world.run(8)
    assert pings == []


def test_what_is_refused_is_told(tmp_path, mission):
    world = World(tmp_path, mission=mission(), medium=RecordingMedium())
    world.run(8)
    (event,) = told(world, "WatchTripped")
    assert event["action"] == f"refused: sequence {NUMBER} is not loaded"


@pytest.mark.requirement("FSW-FDR-002")
def test_a_watch_may_only_tell(tmp_path, mission):
    world = World(tmp_path, mission=mission(WATCH.replace(f"sequence = {NUMBER}", "")), medium=RecordingMedium())
    world.run(8)
    assert told(world, "WatchTripped")[0]["action"] == "told only"


def test_watches_of_another_mission_are_left_out(tmp_path, mission):
    world = World(tmp_path, mission=mission(), medium=RecordingMedium())
    world.run(2)
    tracked = world.station.command("fdir.disable_watch", watch="old")
    assert world.run(5, lambda: tracked.is_over)
    world.mission = load_mission(mission(WATCH.replace('"old"', '"new"')))
    world.boot()
    misfits = world.node.bus.subscribe(WatchesMisfit, "test", capacity=9, policy="refuse")
    world.run(25)
    assert told(world, "WatchesMisfit") == [{"items": 1}]
    assert len(list(misfits.drain())) == 1


def test_a_watch_asks_for_a_mode(tmp_path, mission):
    """By the hook; no node has modes yet."""
    sections = load_mission(mission(WATCH.replace(f"sequence = {NUMBER}", 'mode = "safe"'))).fdir
    world, asked = World(tmp_path, medium=RecordingMedium()), []
    services = world.node.services
    app = Fdir(
        dictionary=services.dictionary,
        clock=world.clock,
        records=Records(tmp_path, RecordingMedium()),
        latest=services.latest,
        watches=sections,
        start_sequence=None,
        request_mode=lambda *said: asked.append(said),
    )
    world.run(9)
    list(app.step(world.clock.monotonic_ns()))
    assert asked == [("safe", "watch old")]


def test_a_mode_that_the_node_does_not_have(tmp_path, mission):
    path = mission(WATCH.replace(f"sequence = {NUMBER}", 'mode = "sleepy"'))
    with pytest.raises(UsageError, match=r"fdir\[0\]\.mode: 'sleepy', expected one of safe, nominal, payload"):
        dictionary_of(load_mission(path))
    world = World(tmp_path, medium=RecordingMedium())
    fdir = next(task.app for task in world.node.executive._tasks if isinstance(task.app, Fdir))
    with pytest.raises(RefusedError, match="no mode sleepy") as caught:
        fdir.request_mode("sleepy", "watch old")
    assert caught.value.code is FailureCode.BAD_ARGUMENTS


@pytest.mark.requirement("FSW-FDR-002")
def test_a_watch_changes_the_mode(tmp_path, mission):
    path = mission(WATCH.replace(f"sequence = {NUMBER}", 'mode = "safe"'))
    world = World(tmp_path, medium=RecordingMedium(), mission=path)
    assert world.node.modes.machine.mode is not Mode.SAFE
    assert world.run(60, lambda: world.node.modes.machine.mode is Mode.SAFE)
    assert world.node.modes.machine.cause == "watch old"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("hits = 2", "hits = 4", r"fdir\[0\]\.hits = 4, expected 3 \(its key of\) at most"),
        ("of = 3", "of = 3\nheld_s = 2", r"fdir\[0\]\.held_s: expected either held_s, or hits and of"),
        ("hits = 2", "hits = 2\nmode = 'safe'", r"fdir\[0\]\.mode: expected either a sequence or a mode"),
        ("[[fdir]]", WATCH + "[[fdir]]", r"fdir\[1\]\.name: 'old' occurs twice, expected one name a watch"),
        ("hits = 2", "hit = 2", r"fdir\[0\]\.hit: unknown key"),
        ("times_max = 2", "times_max = 0", r"fdir\[0\]\.times_max: expected int >= 1"),
    ],
)
@pytest.mark.requirement("FSW-FDR-004")
def test_a_mistake_in_a_watch_is_one_sentence(mission, old, new, sentence):
    with pytest.raises(UsageError, match=sentence):
        load_mission(mission(WATCH.replace(old, new)))


@pytest.mark.requirement("FSW-FDR-004")
def test_a_watch_of_what_the_node_does_not_have(mission):
    with pytest.raises(UsageError, match=r"fdir\[0\]\.when: .*nothing is called NodeStatus\.uptim"):
        dictionary_of(load_mission(mission(WATCH.replace("uptime_s", "uptim_s"))))


@pytest.mark.requirement("FSW-FDR-003")
def test_the_power_fails_at_every_call_of_an_action(tmp_path, mission, pings):
    """No watch acts more often than its mission says, whatever the moment."""
    path, counts = mission(WATCH.replace("times_max = 2", "times_max = 1")), set()
    for call in range(1, 60):
        medium = RecordingMedium()
        world = Mortal.__new__(Mortal)
        world.is_dead, world.left = False, []
        World.__init__(world, tmp_path, mission=path, medium=medium)
        world.run(1)
        load(world, text(""))
        before = len(pings)
        world.die_at(call)
        world.run(6)
        if not world.is_dead:
            break
        world.revive(world.left[0])
        world.run(12)
        times = len(pings) - before
        assert times <= 1
        counts.add(times)
    assert call > 6
    assert counts == {0, 1}


def test_the_state_of_watches_and_sequences_goes_down_every_ten_seconds(tmp_path, mission):
    world = World(tmp_path, mission=mission(), medium=RecordingMedium())
    world.run(1.5)
    load(world, text(""))  # which the watch starts: what has steps to take tells no more often
    world.run(60.5)
    counted = {name: len(world.station.named(name)) for name in ("FdirStatus", "SequencesStatus")}
    assert counted == {"FdirStatus": 7, "SequencesStatus": 7}
