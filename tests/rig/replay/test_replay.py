"""What was recorded is replayed: the same outputs and the same state; a difference is told where it begins."""

from dataclasses import fields
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from random import Random

import msgspec
import pytest

from fsw.apps.housekeeping import Housekeeping
from fsw.apps.imaging import Imaging
from fsw.apps.processes import Processes
from fsw.devices import Devices
from fsw.flightlog import recorder as recorders
from fsw.flightlog.chunks import ChunkFile, ChunkKind, read_chunks
from fsw.flightlog.devices import RecordingMedium, Twin
from fsw.flightlog.entries import FlightHeader
from fsw.flightlog.recorder import FlightRecorder
from fsw.mission import DefencesSection
from fsw.node import Node
from fsw.own.loading import AppSpec
from fsw.scrub.areas import watched
from fsw.store.durable import Durable
from fsw.supervisor.messages import Start
from fsw.supervisor.resets import Resets
from hal.addressed_memory import ReadOnlyMemory
from hal.camera import CameraError
from hal.port import PortClosed
from hal.sim.battery import ModelBattery
from hal.sim.clock import VirtualClock
from hal.sim.pulse import SimPulse
from hal.sim.vitals import ModelVitals
from kernels.usage import UsageError
from rig.replay import replay as replays
from rig.replay.account import account_lines, account_of
from rig.replay.replay import EVENTS_KEPT, Replay, Until
from rig.world.disk import Disk
from rig.world.power import Power
from tests.fsw.test_isolation import mission_with
from tests.fsw.test_node import SECOND, World

RAISES = '        raise RuntimeError("no sensor")\n        yield\n'
FLOOD = "        yield from [CaseHappened(n=n) for n in range(30)]\n"


class RecordedWorld(World):
    """A world whose node records its flight in `folder`, where its state is as well, if on no other `medium`."""

    def __init__(self, folder: Path, name="flight", **options) -> None:
        self.path, self.said = folder / f"{name}.rec", []
        self.recorder = FlightRecorder(self.path, self.said.append)
        super().__init__(folder / "state" if "medium" not in options else Path("/state"), **options)

    def build(self, devices, **_):
        if self.folder.parent == self.path.parent:
            self.folder.mkdir(exist_ok=True)
        return self.recorder.build_node(self.mission, devices, self.folder)

    def replayed(self, until=None, apps=()):
        self.recorder.close()
        replay = Replay(self.path, apps)
        replay.run(until or Until())
        return replay


def disk_of(world_seed):
    disk = Disk(Random(world_seed), Power())
    disk.make_folder(Path("/state"))
    return disk


def check_replays(world, apps=()):
    replay = world.replayed(apps=apps)
    assert replay.difference is None, replay.difference.sentence
    assert replay.stopped == "end"
    assert replay.is_right
    assert replay.digest == replay.recorded_digest
    assert replay.tape.peek() is not None
    return replay


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.requirement("FSW-LOG-001")
def test_a_flight_over_a_bad_line_with_a_capture_comes_to_the_same_state(tmp_path, seed):
    world = RecordedWorld(tmp_path, noise=1e-4, seed=seed)
    for target in ("coast", "moon", "coast"):
        world.station.command("imaging.capture", target=target)
    assert world.run(30, lambda: len(world.station.files.files) == 2)
    replay = check_replays(world)
    assert [type(event).__name__ for _, event in replay.events].count("ProductReady") == 2
    assert replay.node.executive.ticks == world.node.executive.ticks
    assert replay.node.files.store.products() == world.node.files.store.products()


def test_the_state_that_a_node_finds_at_its_start_is_recorded(tmp_path):
    first = World(tmp_path / "state")
    first.station.command("imaging.capture", target="coast")
    assert first.run(10, lambda: first.node.files.store.waiting())
    world = RecordedWorld(tmp_path)
    assert world.run(20, lambda: world.station.files.files)
    replay = check_replays(world)
    assert replay.status["NodeStatus"].boots == 2


@pytest.mark.requirement("FSW-LOG-001")
def test_a_disk_that_fails_fails_again(tmp_path):
    disk = disk_of(1)
    world = RecordedWorld(tmp_path, medium=disk)
    world.run(2)
    disk.failing = 0.5
    for _ in range(4):
        world.station.command("imaging.capture", target="coast")
    world.run(30)
    assert disk.refused > 5
    replay = check_replays(world)
    assert replay.node.dispatcher.failed == world.node.dispatcher.failed


@pytest.mark.requirement("FSW-LOG-001")
def test_a_power_cut_in_the_middle_of_a_write_comes_again(tmp_path):
    disk = disk_of(2)
    world = RecordedWorld(tmp_path, medium=disk)
    world.run(2)
    disk.cut_after = 3
    world.station.command("imaging.capture", target="coast")
    world.run(2)
    replay = check_replays(world)
    assert "PowerCut" in {type(error).__name__ for _, error in replay.log.noted}


def test_an_app_that_fails_again_and_again_fails_again(tmp_path):
    mission = mission_with(tmp_path, RAISES)
    world = RecordedWorld(tmp_path, mission=mission)
    world.run(5)
    replay = check_replays(world, [AppSpec(tmp_path / "case.py")])
    assert replay.node.executive.failures == world.node.executive.failures > 8
    account = account_of(replay, world.node.services.dictionary)
    assert 'raise RuntimeError("no sensor")' in account["failures"][0]
    assert "RuntimeError: no sensor" in "\n".join(account_lines(account))


def test_a_camera_that_fails_and_a_line_that_ends_come_again(tmp_path):
    class Blind:
        def capture(self, target):
            raise CameraError("no frame comes") if target == "coast" else RuntimeError("what is this")

    class BlindWorld(RecordedWorld):
        def build(self, devices, **_):
            return super().build(_with(devices, camera=Blind()))

    world = BlindWorld(tmp_path)
    tracked = [world.station.command("imaging.capture", target=target) for target in ("coast", "desert")]
    assert world.run(10, lambda: all(one.is_over for one in tracked))
    world.node_end.close()
    with pytest.raises(PortClosed):
        world.run(1)
    replay = check_replays(world)
    assert isinstance(replay.raised, PortClosed)
    assert (replay.node.dispatcher.accepted, replay.node.dispatcher.failed) == (3, 2)  # one acknowledges packets
    failures = "\n".join(account_lines(account_of(replay, world.node.services.dictionary)))
    assert "RuntimeError: what is this" in failures
    assert failures.endswith("PortClosed: simulated cable: unplugged")


def _with(devices, **others):
    return Devices(**{one.name: others.get(one.name, getattr(devices, one.name)) for one in fields(Devices)})


def test_no_device_is_forgotten(tmp_path):
    """Whatever a node stands on has a twin when it is recorded; the rate of the line stands in the header."""
    found = []

    class Looking(RecordedWorld):
        def build(self, devices, **_):
            recorders_build = recorders.build_node
            recorders.build_node = lambda mission, devices, *others, **more: (
                found.append(devices) or recorders_build(mission, devices, *others, **more)
            )
            try:
                return super().build(devices)
            finally:
                recorders.build_node = recorders_build

    Looking(tmp_path).recorder.close()
    (devices,) = found
    names = {one.name for one in fields(Devices)}
    others = {"bits_per_second", "self_test", "processes", "areas", "keeps_time", "software", "pulse"}
    others |= {"battery", "boot", "bridges"}  # a node that has a pulse is not recorded; this one has none of the others
    assert {name for name in names if isinstance(getattr(devices, name), Twin)} == names - others
    assert devices.self_test.__module__ == recorders.__name__


def test_what_has_no_twin_is_flown_and_not_recorded(tmp_path):
    world = RecordedWorld(tmp_path, pulse=SimPulse(VirtualClock()))
    world.run(2)
    reason = "a node with a pulse input cannot be recorded yet; nothing more is recorded"
    assert world.said == [f"{world.path}: {reason}"]
    assert (world.node.executive.ticks > 0, world.path.exists()) == (True, False)


def test_a_hot_board_with_an_empty_battery_is_replayed(tmp_path):
    """Its readings are inputs; that jobs were held back is an output."""
    clock = VirtualClock()
    vitals, battery = ModelVitals(clock), ModelBattery(50.0)
    world = RecordedWorld(tmp_path, battery=battery, vitals=vitals)
    world.run(5)
    vitals.trip()
    battery.percent = None
    world.run(40)
    assert world.node.imaging.runner.unfinished == 0
    assert world.station.named("HealthStatus")[-1]["jobs_held"] is True
    replay = world.replayed()
    assert (replay.stopped, replay.is_right) == ("end", True)
    assert replay.status["HealthStatus"].heat_degc == vitals.heat_degc
    assert replay.status["ModeStatus"].charge == 255


class Changing(ReadOnlyMemory):
    """A memory of 100,000 octets, of which one has changed after some reads, until it is repaired."""

    size, reads, is_repaired = 100_000, 0, False

    def read(self, address, size):
        self.reads += 1
        return bytes(size - 1) + bytes([self.reads in (7, 8) and not self.is_repaired])

    def repair(self):
        self.is_repaired = True


def test_processes_and_memory_that_changes_are_inputs(tmp_path):
    memory, resets = Changing(), Durable(tmp_path, "resets", Resets(), 100)
    areas = [watched(20, "model", memory, memory.repair), watched(21, "code", Changing())]

    class Watching(RecordedWorld):
        def build(self, devices, **_):
            start = Start(incarnation=2, cause="SIGSEGV", counts={"SIGSEGV": 1}, is_safe=False)
            return super().build(_with(devices, areas=areas, processes=Processes(start, resets, "no watchdog")))

    world = Watching(tmp_path)
    world.run(5)
    resets.store(Resets({"SIGSEGV": 3}, "boot", 2, 1))
    world.run(40)
    replay = check_replays(world)
    assert {"ExecutiveStarted", "Degraded", "AreaChanged"} <= {type(event).__name__ for _, event in replay.events}
    assert replay.status["ProcessStatus"].crashes == 3


def test_what_the_node_asks_of_its_supervisor_is_an_output(tmp_path):
    asked = []

    class Asking:
        def reset(self, cause):
            asked.append(("reset", cause))

        def boot_golden(self, cause):
            asked.append(("golden", cause))

    class Silent(RecordedWorld):
        def build(self, devices, **_):
            self.mission = msgspec.structs.replace(
                self.mission, defences=DefencesSection(silence_h=0.01, further_h=0.01)
            )
            return super().build(_with(devices, recovery=Asking()))

    world = Silent(tmp_path)
    world.up.cut(1 << 62)  # a station acknowledges what it receives, and so is not silent
    world.run(120)
    assert [what for what, _ in asked] == ["reset", "golden"]
    replay = check_replays(world)
    assert len(asked) == 2
    assert "RecoveryAsked" in [type(event).__name__ for _, event in replay.events]


def test_kernels_that_failed_on_the_board_fail_in_the_replay(tmp_path):
    class Faulty(RecordedWorld):
        def build(self, devices, **_):
            return super().build(_with(devices, self_test=lambda: ("crc", "lee")))

    world = Faulty(tmp_path)
    world.run(2)
    replay = check_replays(world)
    assert "KernelsFailed" in [type(event).__name__ for _, event in replay.events]


@pytest.mark.requirement("FSW-LOG-002")
def test_it_stops_where_it_is_asked_to(tmp_path):
    world = RecordedWorld(tmp_path)
    world.station.command("imaging.capture", target="coast")
    world.run(10)
    later = world.replayed(Until(seconds=3.5))
    assert (later.stopped, later.is_right) == ("until", True)
    assert 3.0 <= later.tape.seconds <= 3.5
    ticks = world.replayed(Until(ticks=20))
    assert (ticks.stopped, ticks.node.executive.ticks >= 20) == ("until", True)
    assert ticks.node.executive.ticks < 30
    event = world.replayed(Until(event="ProductReady"))
    assert (event.stopped, type(event.events[-1][1]).__name__) == ("event", "ProductReady")
    assert event.tape.seconds < 3
    start = world.replayed(Until(ticks=0))
    assert "last NodeStatus" not in account_lines(account_of(start, world.node.services.dictionary))
    none = world.replayed(Until(seconds=99, ticks=10_000, event="KernelsFailed"))
    assert (none.stopped, none.is_right) == ("end", True)


@pytest.mark.requirement("FSW-LOG-003")
def test_another_software_differs_where_it_first_says_something_else(tmp_path, monkeypatch):
    world = RecordedWorld(tmp_path)
    world.run(3)
    monkeypatch.setattr(Housekeeping, "_loop_load", lambda self, elapsed_s: 0.5)
    replay = world.replayed()
    assert (replay.stopped, replay.is_right) == ("difference", False)
    assert replay.difference.step == 1
    assert "recorder/segments" in replay.difference.sentence  # what is reported is recorded before it is sent
    account = account_of(replay, world.node.services.dictionary)
    assert account["difference"] == replay.difference.sentence
    assert account_lines(account)[1] == f"the first difference: {replay.difference.sentence}"


@pytest.mark.requirement("FSW-LOG-003")
def test_another_state_in_the_end_is_a_difference_too(tmp_path, monkeypatch):
    world = RecordedWorld(tmp_path)
    world.run(3)
    made = Imaging.__init__
    monkeypatch.setattr(
        Imaging, "__init__", lambda self, *given: (made(self, *given), setattr(self, "endings_seen", 1))[0]
    )
    replay = world.replayed()
    assert (replay.stopped, replay.is_right) == ("end", False)
    lines = account_lines(account_of(replay, world.node.services.dictionary))
    assert f"recorded is {replay.recorded_digest}" in lines[1]


@pytest.mark.requirement("FSW-LOG-004")
def test_a_recording_that_was_cut_off_is_replayed_up_to_its_last_whole_step(tmp_path):
    world = RecordedWorld(tmp_path)
    world.station.command("imaging.capture", target="coast")
    world.run(6)
    world.recorder.close()
    whole = world.path.read_bytes()
    seconds = set()
    for cut in range(len(whole) - 1, len(whole) - 2500, -97):
        world.path.write_bytes(whole[:cut])
        replay = Replay(world.path)
        replay.run(Until())
        assert (replay.stopped, replay.difference) == ("cut", None)
        seconds.add(round(replay.tape.seconds, 3))
    assert len(seconds) > 3, seconds


def test_a_recording_that_ends_while_the_node_is_built_has_no_node(tmp_path):
    world = RecordedWorld(tmp_path)
    world.recorder.close()
    header = next(read_chunks(world.path))
    file = ChunkFile(tmp_path / "short.rec")
    file.append(*header)
    file.close()
    replay = Replay(tmp_path / "short.rec")
    replay.run(Until())
    assert (replay.stopped, replay.digest, replay.node) == ("cut", "", None)
    assert "events" not in account_of(replay, world.node.services.dictionary)
    assert len(account_lines(account_of(replay, world.node.services.dictionary))) == 2


def test_only_the_apps_that_flew_are_flown(tmp_path):
    mission = mission_with(tmp_path, FLOOD)
    world = RecordedWorld(tmp_path, mission=mission)
    world.run(2)
    replay = check_replays(world, [AppSpec(tmp_path / "case.py")])
    assert len(replay.events) == EVENTS_KEPT < replay.events_seen
    with pytest.raises(UsageError, match=r"its apps are case\.py; give the mission that lists these: --mission"):
        Replay(world.path)
    (tmp_path / "case.py").write_text((tmp_path / "case.py").read_text() + "\n")
    with pytest.raises(UsageError, match="its apps are case"):
        Replay(world.path, [AppSpec(tmp_path / "case.py")])


def test_software_that_is_not_installed_has_no_version(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", lambda name: f"{name} 1.2")
    assert recorders.software() == "skyrack 1.2"
    monkeypatch.setattr("importlib.metadata.version", missing)
    assert recorders.software() == "unknown"


def test_another_version_is_noted(tmp_path, monkeypatch):
    world = RecordedWorld(tmp_path)
    world.run(1)
    monkeypatch.setattr(replays, "software", lambda: "99.0")
    header = msgspec.msgpack.decode(next(read_chunks(world.path))[1], type=FlightHeader)
    assert world.replayed().notes == [f"recorded by version {header.software}, replayed by 99.0"]


@pytest.mark.parametrize(
    "mission",
    [{}, {"node": 3}, {"node": {"name": "x", "apid": 99999}}, {"link": {}}, {"pipeline": {"stages": [3]}}],
    ids=str,
)
def test_a_mission_that_nobody_can_fly_is_refused_in_one_sentence(tmp_path, mission):
    world = RecordedWorld(tmp_path)
    world.recorder.close()
    header = msgspec.msgpack.decode(next(read_chunks(world.path))[1], type=FlightHeader)
    header.mission = header.mission | mission if mission else {}
    file = ChunkFile(tmp_path / "hostile.rec")
    file.append(ChunkKind.HEADER, msgspec.msgpack.encode(header))
    file.close()
    with pytest.raises(UsageError, match="its mission cannot be flown"):
        Replay(tmp_path / "hostile.rec")


def test_a_dictionary_of_another_version_is_noted(tmp_path):
    world = RecordedWorld(tmp_path)
    world.recorder.close()
    header = msgspec.msgpack.decode(next(read_chunks(world.path))[1], type=FlightHeader)
    header.dictionary = "0123"
    file = ChunkFile(tmp_path / "other.rec")
    file.append(ChunkKind.HEADER, msgspec.msgpack.encode(header))
    file.close()
    assert Replay(tmp_path / "other.rec").notes[0].startswith("recorded with dictionary 0123, replayed with ")


def test_a_node_flies_as_well_without_a_recorder_and_without_its_file(tmp_path):
    """Where the file cannot be made, that is told once; both nodes behave as one that is not recorded."""
    quiet, told = World(tmp_path / "quiet"), RecordedWorld(tmp_path / "nowhere", medium=disk_of(1))
    none = FlightRecorder(None, pytest.fail)
    assert told.said == [f"{told.path}: No such file or directory; nothing more is recorded"]
    assert type(told.node) is Node
    assert told.recorder.file is None
    with none:
        assert type(none.build_node(quiet.mission, _devices(quiet), tmp_path / "none")) is Node
    told.recorder.close()


def _devices(world):
    return Devices(
        clock=world.clock,
        port=world.node_end,
        bits_per_second=9600,
        camera=world.node.imaging.camera,
        board=world.board,
        runner=world.node.imaging.runner,
    )


@pytest.mark.requirement("FSW-LOG-005")
def test_a_full_disk_ends_the_recording_and_not_the_flight(tmp_path, monkeypatch):
    world = RecordedWorld(tmp_path)
    world.run(2)

    def full(self, kind, body):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ChunkFile, "append", full)
    world.run(3)
    monkeypatch.undo()
    assert world.said == [f"{world.path}: No space left on device; nothing more is recorded"]
    assert len(world.station.named("NodeStatus")) >= 5
    assert world.replayed().stopped == "cut"


@pytest.mark.requirement("FSW-LOG-005")
def test_recording_changes_nothing_in_the_node(tmp_path):
    def history(world):
        world.station.command("imaging.capture", target="coast")
        world.run(15)
        return world.down.carried, world.station.samples, world.station.files.files, world.node.executive.ticks

    (tmp_path / "one").mkdir()
    assert history(RecordedWorld(tmp_path / "one", noise=1e-4)) == history(World(tmp_path / "two", noise=1e-4))


def test_a_quiet_hour_is_small(tmp_path):
    """Less than 1200 octets a second, most of them about the writes of what is recorded."""
    world = RecordedWorld(tmp_path)
    world.run(100)
    world.recorder.close()
    assert world.path.stat().st_size < 100 * 1200 + 4000
    assert world.clock.monotonic_ns() >= 100 * SECOND
    assert issubclass(RecordingMedium, Twin)
