"""Sequences of a whole node: loaded by telecommands, run, taken up after a restart, never a step twice."""

import errno

import pytest

from fsw.pus import test as ping_service
from fsw.sequences.app import SequencesMisfit
from ground.commands.sequences import compile_sequence
from ground.commands.tracker import RequestProgress
from link.pus.services.automation import sequencing
from tests.fsw.test_node import SECOND, World
from tests.fsw.test_node_memory import Mortal
from tests.hal.recording_medium import RecordingMedium

NUMBER = 3


@pytest.fixture
def pings(monkeypatch):
    """When a ping was executed, in ms of virtual time."""
    executed, answer = [], ping_service.answer
    monkeypatch.setattr(ping_service, "answer", lambda *request: (executed.append(None), answer(*request))[1])
    return executed


def text(*steps, policy="stop"):
    tables = "".join(f"\n[[step]]\ncommand = 'test.ping'\n{one}\n" for one in steps)
    return f"number = {NUMBER}\nname = 'pings'\non_trouble = '{policy}'\n{tables}"


def settled(world, request, seconds=20):
    tracked = world.station.request(request, type(request).__name__)
    assert world.run(seconds, lambda: tracked.is_over), type(request).__name__
    return tracked


def load(world, source):
    """Load a sequence in parts, as the ground does."""
    octets = compile_sequence(source, world.station.dictionary).encode()
    parts = [octets[at : at + 60] for at in range(0, len(octets), 60)]
    for part, content in enumerate(parts):
        request = sequencing.LoadPart(sequence=NUMBER, part=part, parts=len(parts), content=content)
        tracked = settled(world, request)
        assert tracked.progress is RequestProgress.COMPLETED, tracked.reason


def activate(world):
    tracked = settled(world, sequencing.ActivateSequence(sequence=NUMBER))
    assert tracked.progress is RequestProgress.COMPLETED, tracked.reason


def told(world):
    """What events say of sequences; each is sent several times."""
    seen = []
    for one in world.station.events:
        if one.name.startswith("Sequence") and (one.name, one.values) not in seen:
            seen.append((one.name, one.values))
    return seen


def names_told(world):
    return [name for name, _ in told(world)]


def test_a_sequence_runs_by_itself(tmp_path, pings):
    world = World(tmp_path, medium=RecordingMedium())
    world.run(2)
    load(world, text("", "after_s = 1.25", "if = 'NodeStatus.uptime_s < 1'", "after_s = 0.001"))
    activate(world)
    world.run(3)
    assert len(pings) == 3
    world.run(12)
    assert names_told(world) == ["SequenceStarted", "SequenceStepSkipped", "SequenceCompleted"]
    status = world.station.named("SequencesStatus")[-1]
    assert status == {"loaded": 1, "running": 0, "released": 3, "troubles": 0}


@pytest.mark.requirement("FSW-SEQ-003")
def test_a_sequence_waits_for_telemetry(tmp_path, pings):
    world = World(tmp_path, medium=RecordingMedium())
    world.run(2)
    load(
        world,
        text("until = 'NodeStatus.uptime_s >= 12'\ntimeout_s = 60", "until = 'reporter.repeats == 1'\ntimeout_s = 2"),
    )
    activate(world)
    world.run(4)
    assert pings == []
    assert world.run(10, lambda: pings)
    assert world.node.executive.ticks >= 12
    world.run(6)
    assert len(pings) == 1
    assert told(world)[-1] == (
        "SequenceStopped", {"sequence": NUMBER, "step": 1, "reason": "after 2000 ms not reporter.repeats == 1"},
    )  # fmt: skip


@pytest.mark.requirement("FSW-SEQ-005")
def test_a_refused_step_stops_the_sequence(tmp_path, monkeypatch):
    world = World(tmp_path, medium=RecordingMedium())
    world.run(2)
    load(world, text("").replace("test.ping", "imaging.capture target=nowhere"))
    activate(world)
    world.run(3)
    stopped = {"sequence": NUMBER, "step": 0, "reason": "the request was refused or failed"}
    assert told(world)[-1] == ("SequenceStopped", stopped)


def test_a_step_that_cannot_even_be_tried_is_trouble(tmp_path, pings):
    """Whatever is raised, the sequence is not left between release and end."""
    world = World(tmp_path, medium=RecordingMedium())
    world.run(2)
    load(world, text("", policy="go on"))
    activate_at = world.node.executive.failures

    def fail(packet):
        raise RuntimeError(packet)

    sequences = sequences_of(world)
    sequences.release = fail
    activate(world)
    world.run(3)
    assert world.node.executive.failures > activate_at
    assert sequences.runs.active == []
    assert "SequenceTroubled" in names_told(world)


def sequences_of(world):
    return world.node.dispatcher._services[21].__self__


@pytest.mark.requirement("FSW-SEQ-006")
def test_a_restart_goes_on_with_the_next_step(tmp_path, pings):
    world = World(tmp_path, medium=RecordingMedium())
    world.run(2)
    load(world, text("", "after_s = 5"))
    activate(world)
    world.run(1)
    assert len(pings) == 1
    world.boot()
    world.run(2)
    assert len(pings) == 1
    world.run(5)
    assert len(pings) == 2
    assert "SequenceCompleted" in names_told(world)


def test_a_sequence_of_another_software_is_left_out(tmp_path):
    world = World(tmp_path, medium=RecordingMedium())
    world.run(2)
    load(world, text("after_s = 100"))
    activate(world)
    record = world.node.services.records.opened["memory of sequences"]
    record.store(type(record.value)({NUMBER: b"?"}))
    world.boot()
    misfits = world.node.bus.subscribe(SequencesMisfit, "test", capacity=9, policy="refuse")
    world.run(25)
    assert ("SequencesMisfit", {"items": 2}) in told(world)
    assert len(list(misfits.drain())) == 1
    assert sequences_of(world).runs.active == []


def test_a_disk_that_fails_stops_no_sequence(tmp_path, pings):
    medium = RecordingMedium()
    world = World(tmp_path, medium=medium)
    world.run(2)
    load(world, text("", "after_s = 1"))

    def fail(call, path):
        if "sequence progress" in path.name:
            raise OSError(errno.EIO, "Input/output error")

    medium.fail = fail
    activate(world)
    world.run(3)
    assert len(pings) == 2
    world.run(10)
    assert "MemoryFailing" in [event.name for event in world.station.events]


@pytest.mark.parametrize("policy", ["stop", "go on"])
@pytest.mark.requirement("FSW-SEQ-006")
def test_the_power_fails_at_every_call_of_a_step(tmp_path, pings, policy):
    """A step is executed once or told as cut short, never twice; the one after it follows the sequence's policy."""
    ends = set()
    for call in range(1, 60):
        medium = RecordingMedium()
        world = Mortal(tmp_path, medium)
        world.run(1.5)
        load(world, text("after_s = 3", "after_s = 4", policy=policy))
        activate(world)
        started_ns = world.clock.monotonic_ns()
        world.run(2)
        before = len(pings)
        world.die_at(call)
        world.run(2)
        if not world.is_dead:
            break
        world.revive(world.left[0])
        world.run(20 - (world.clock.monotonic_ns() - started_ns) / SECOND)
        times, names = len(pings) - before, names_told(world)
        cut_short = [values for name, values in told(world) if "restart" in values.get("reason", "")]
        failures = [one for one in world.station.reports if type(one).__name__ == "CompletionFailure"]
        assert times + len(cut_short) >= 2 or (policy == "stop" and cut_short), (call, times, names)
        assert times <= 2
        assert bool(cut_short) <= bool(failures)
        assert ("SequenceCompleted" in names) == (policy == "go on" or not cut_short)
        ends.add((times, bool(cut_short)))
    assert call > 4
    assert {cut for _, cut in ends} == {True, False}, ends


@pytest.mark.requirement("FSW-SEQ-009")
def test_the_power_fails_at_every_call_of_a_load(tmp_path):
    """What the ground was told is loaded, whatever the moment; what it was not told is loaded or not, never damaged."""
    found = set()
    for call in range(1, 60):
        medium = RecordingMedium()
        world = Mortal(tmp_path, medium)
        world.run(1.5)
        octets = compile_sequence(text(""), world.station.dictionary).encode()
        world.die_at(call)
        request = sequencing.LoadPart(sequence=NUMBER, part=0, parts=1, content=octets)
        tracked = world.station.request(request, "load")
        world.run(4)
        if not world.is_dead:
            break
        assert tracked.progress is not RequestProgress.COMPLETED
        for left in (world.left[0], world.left[-1]):  # nothing that was not synced, and all of it
            world.revive(left)
            found.add(tuple(sequences_of(world).loaded))
            world.is_dead = True
    assert call > 5
    assert found == {(), (NUMBER,)}
    assert tracked.progress is RequestProgress.COMPLETED
