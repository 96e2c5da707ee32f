"""The whole node through restarts: nothing is executed twice, nothing is forgotten, no number comes again."""

import errno

import pytest

from fsw.pus import test
from ground.commands.tracker import RequestProgress
from link.pus.services.test import Ping
from tests.fsw.test_node import SECOND, World
from tests.hal.recording_medium import RecordingMedium


class Killed(BaseException):
    """The power has failed."""


@pytest.fixture
def pings(monkeypatch):
    """When a ping was executed."""
    executed, answer = [], test.answer
    monkeypatch.setattr(test, "answer", lambda *request: (executed.append(None), answer(*request))[1])
    return executed


class Mortal(World):
    """The node's process may be gone at any moment: nothing it does then reaches the medium or the ground."""

    def __init__(self, folder, medium=None):
        self.is_dead, self.left = False, []
        super().__init__(folder, medium=medium or RecordingMedium())

    def kill(self):
        """Raises, again and again: the executive catches exceptions, and a process that is gone catches nothing."""
        if not self.is_dead:
            self.is_dead, self.left = True, list(self.after_cut())
            self.down.cut(1 << 62)
        raise Killed

    def after_cut(self):
        """What a power cut now may leave of the medium; of what is recorded, all or nothing."""
        return self.medium.after_cut(self.folder / "memory")

    def die_at(self, call):
        """Be killed in a later call of the medium, which the node makes all the while for what is recorded."""
        left = call

        def count(medium):
            nonlocal left
            left -= "recorder" not in medium.calls[-1][1].parts
            if left <= 0:
                self.kill()

        self.medium.on_call = count

    def revive(self, medium):
        self.is_dead, self.medium = False, medium
        self.down.arrived(1 << 61)  # what the cut makes nothing of
        self.down.cut(0)
        self.boot()

    def run(self, seconds, until=lambda: False):
        return super().run(seconds, lambda: self.is_dead or until())


def told(world):
    """Events, by name and values."""
    return [(event.name, event.values) for event in world.station.events]


@pytest.mark.requirement("FSW-RES-008")
def test_all_state_lies_on_the_medium(tmp_path):
    """Products, too: of what is simulated nothing reaches the disk."""
    medium = RecordingMedium()
    world = World(tmp_path, medium=medium)
    world.run(1)
    assert any("products" in path.parts for _, path in medium.calls)
    assert not list(tmp_path.rglob("products"))


@pytest.mark.requirement("FSW-CMD-005")
def test_a_command_that_restarts_the_node_is_executed_once_and_reported(tmp_path, monkeypatch):
    """Its process is gone right after it took the command, before a word of it went down."""
    executed = []

    def restart(*_):
        executed.append(None)
        world.kill()

    world = Mortal(tmp_path)
    world.run(2)
    monkeypatch.setattr(test, "answer", restart)
    tracked = world.station.request(Ping(), "ping")
    world.run(60)
    world.revive(world.left[0])
    world.run(60)
    assert len(executed) == 1
    assert tracked.progress is RequestProgress.FAILED
    assert tracked.reason.startswith("interrupted: the node restarted before it ended")
    assert tracked.stages == ["failed"]
    monkeypatch.undo()
    after = world.station.request(Ping(), "ping")
    assert world.run(10, lambda: after.is_over)
    assert after.progress is RequestProgress.COMPLETED
    last = world.station.named("NodeStatus")[-1]
    assert (last["boots"], last["requests_repeated"]) == (2, 0)


@pytest.mark.requirement("FSW-CMD-006")
def test_an_outcome_outlives_several_restarts_out_of_contact(tmp_path, monkeypatch):
    world = Mortal(tmp_path)
    world.run(2)
    monkeypatch.setattr(test, "answer", lambda *_: world.kill())
    tracked = world.station.request(Ping(), "ping")
    world.run(5)
    for _ in range(3):
        world.revive(world.left[-1])
        world.down.cut(world.clock.monotonic_ns() + 8 * SECOND)
        world.run(8)
        world.left.append(list(world.after_cut())[-1])
    assert not tracked.is_over
    world.revive(world.left[-1])
    assert world.run(5, lambda: tracked.is_over)
    assert tracked.reason.startswith("interrupted: the node restarted before it ended")


def test_the_power_fails_at_every_call_of_a_ping(tmp_path, pings):
    """Whatever the moment, the ground is told how the ping ended, and it was executed once at most."""
    ends = set()
    for call in range(1, 100):
        medium = RecordingMedium()
        world = Mortal(tmp_path, medium)
        world.run(1.5)
        before = len(pings)
        world.die_at(call)
        tracked = world.station.request(Ping(), "ping")
        world.run(3)
        if not world.is_dead:
            break
        world.revive(world.left[0])
        assert world.run(40, lambda tracked=tracked: tracked.is_over)
        ends.add(tracked.progress)
        assert len(pings) - before <= 1
    assert call > 4
    assert ends == {RequestProgress.COMPLETED, RequestProgress.FAILED}


@pytest.mark.requirement("FSW-RES-007")
def test_no_packet_has_the_number_of_an_earlier_one(tmp_path):
    world = World(tmp_path, medium=RecordingMedium())
    for _ in range(3):
        world.station.request(Ping(), "ping")
        world.run(3)
        world.boot()
    seen = {(one.count, one.time_ns, (one.service, one.subtype, one.counter)) for one in world.station.packets}
    once = {(count, kind) for count, _, kind in seen}
    assert len({count for count, _ in once}) == len(once) == len({kind for _, kind in once})
    assert len(once) > 15


OF_SERVICES = ("structures", "event switches", "schedule", "checks", "event actions", "parameters")
SET_BY_COMMAND = (*OF_SERVICES, "forwarding", "time reports", "sequences", "sequence progress", "watches")
OF_NODE = ("event quotas", "file marks", "transfers", "requests", "numbers", "floods", "time", "mode", "defences")
RECORDS = [f"memory of {name}" for name in (*OF_NODE, *SET_BY_COMMAND)]


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EROFS, errno.EIO])
@pytest.mark.requirement("FSW-RES-004")
def test_on_a_failing_disk_it_starts_and_flies_and_says_so(tmp_path, pings, reason):
    def fail(call, path):
        if call not in ("read", "names"):
            raise OSError(reason, "the disk has gone")

    world = World(tmp_path, medium=RecordingMedium(fail))
    tracked = world.station.request(Ping(), "ping")
    assert world.run(10, lambda: tracked.is_over)
    assert tracked.progress is RequestProgress.COMPLETED
    assert len(pings) == 1
    failing = [event.values for event in world.station.events if event.name == "MemoryFailing"]
    assert {one["reason"] for one in failing} == {"the disk has gone"}
    assert {one["record"] for one in failing} == set(RECORDS)
    assert world.station.named("NodeStatus")[-1]["memory_failed"] >= 4
    world.medium.fail = lambda call, path: None
    assert world.run(25, lambda: sum(event.name == "MemoryRestored" for event in world.station.events) >= 2)


@pytest.mark.requirement("FSW-RES-002")
def test_a_damaged_copy_is_counted_and_reported(tmp_path):
    medium = RecordingMedium()
    world = World(tmp_path, medium=medium)
    world.run(1)
    medium.overwrite(tmp_path / "memory" / "requests.a", b"rotten")
    world.boot()
    damaged = {"record": "memory of requests", "slots": 1}
    assert world.run(5, lambda: ("MemoryDamaged", damaged) in told(world))
    assert world.run(5, lambda: world.station.named("NodeStatus")[-1]["memory_damaged"] == 1)


MANY = pytest.param(9_600, 250, marks=pytest.mark.slow)


@pytest.mark.parametrize(("bits_per_second", "count"), [(115_200, 100), (9_600, 50), MANY])
@pytest.mark.requirement("FSW-LNK-004")
def test_what_is_executed_is_answered_however_many_come_at_once(tmp_path, pings, bits_per_second, count):
    world = World(tmp_path, bits_per_second=bits_per_second, medium=RecordingMedium())
    world.run(2)
    tracked = [world.station.request(Ping(), "ping") for _ in range(count)]
    assert world.run(300, lambda: all(one.is_over for one in tracked))
    assert {one.progress for one in tracked} == {RequestProgress.COMPLETED}
    assert len(pings) == count
    world.run(2)
    last = world.station.named("NodeStatus")[-1]
    assert (last["reports_dropped"], last["reports_forgotten"]) == (0, 0)
    assert last["commands_accepted"] >= count  # and the acknowledgements of what was received
