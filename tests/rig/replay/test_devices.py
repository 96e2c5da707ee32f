"""Each device's recording twin passes everything on, and its replaying twin answers the same."""

from random import Random

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.flightlog import devices as recording
from fsw.flightlog.chunks import ChunkFile, ChunkKind
from fsw.flightlog.devices import (
    RecordingBattery,
    RecordingBoard,
    RecordingCamera,
    RecordingClock,
    RecordingDice,
    RecordingMedium,
    RecordingMemory,
    RecordingPort,
    RecordingRunner,
    RecordingVitals,
)
from fsw.flightlog.entries import INLINE_OCTETS_MAX, mark_of
from fsw.flightlog.journal import Journal
from fsw.jobs.inline import InlineRunner
from fsw.jobs.job import Job, JobsFullError
from hal.camera import Frame
from hal.linux.memories import FileMemory
from hal.medium import HOST
from hal.sim.battery import ModelBattery
from hal.sim.board import ModelBoard
from hal.sim.cable import CableDirection, cable
from hal.sim.clock import VirtualClock
from hal.vitals import Throttling, Vitals
from kernels.imaging.georeference import Georeference
from rig.replay import devices as replaying
from rig.replay.devices import (
    TapeBattery,
    TapeBoard,
    TapeCamera,
    TapeClock,
    TapeDice,
    TapeMedium,
    TapeMemory,
    TapePort,
    TapeRunner,
    TapeVitals,
)
from rig.replay.tape import Divergence, Tape
from tests.rig.replay.test_tape import HEADER


class Twins:
    """A recording in `folder`; `replayed` opens it."""

    def __init__(self, folder):
        self.path = folder / "flight.rec"
        self.file = ChunkFile(self.path)
        self.file.append(ChunkKind.HEADER, msgspec.msgpack.encode(HEADER))
        self.journal = Journal(self.file, pytest.fail)

    def replayed(self):
        self.journal.flush()
        self.file.close()
        return Tape(self.path)


def test_a_clock(tmp_path):
    twins, clock = Twins(tmp_path), VirtualClock()
    clock.advance(70)

    def readings(device):
        device.wait(clock.monotonic_ns() + 1_500_000_000)
        return device.monotonic_ns(), device.utc_ns(), device.monotonic_ns(), device.utc_ns()

    recorded = [readings(RecordingClock(clock, twins.journal)) for _ in range(3)]
    tape = TapeClock(twins.replayed())
    assert [readings(tape) for _ in range(3)] == recorded


def test_a_port(tmp_path):
    clock, twins = VirtualClock(), Twins(tmp_path)
    there, back = (CableDirection(bits_per_second=9600) for _ in range(2))
    far, near = cable(clock, there, back)
    far.write(b"hello")
    clock.advance(1_000_000_000)

    def used(port):
        state = port.state, port.next_wake_ns, port.fileno(), port.line_fileno()
        said = port.read(2), port.read(9), port.read(9), port.write(b"x"), port.write(bytes(9000)), port.next_wake_ns
        port.close()
        return state, said

    recorded = used(RecordingPort(near, twins.journal))
    with pytest.raises(OSError, match="unplugged"):
        near.read(1)
    assert used(TapePort(twins.replayed())) == recorded


def frame(octet, valid=True):
    return Frame(
        target="coast",
        samples=np.full((2, 3, 4), octet, np.uint16).transpose(0, 2, 1),
        bands=("red", "nir"),
        georeference=Georeference(epsg=1, easting_m=2.0, northing_m=3.0, pixel_m=4.0),
        captured_utc_ns=octet,
        mask=np.ones((4, 3), np.uint8) if valid else None,
    )


def test_a_camera_whose_frames_are_the_same_or_others(tmp_path):
    class Camera:
        frames = iter([frame(1), frame(1), frame(2), frame(2, valid=False)])

        def capture(self, target):
            return next(self.frames)

    twins = Twins(tmp_path)
    camera = RecordingCamera(Camera(), twins.journal)
    recorded = [camera.capture("coast") for _ in range(4)]
    camera = TapeCamera(twins.replayed())
    for one in recorded:
        other = camera.capture("coast")
        assert np.array_equal(one.dn, other.dn)
        assert one.dn.dtype == other.dn.dtype
        assert [one.valid is None, other.valid is None] in ([True, True], [False, False])
        assert one.valid is None or np.array_equal(one.valid, other.valid)
        assert (one.target, one.bands, one.georeference, one.captured_utc_ns, one.is_packed) == (
            other.target, other.bands, other.georeference, other.captured_utc_ns, other.is_packed
        )  # fmt: skip


def test_a_board(tmp_path):
    twins, board = Twins(tmp_path), ModelBoard(name="desk", idle_watts=2.0, core_watts=1.0)

    def told(device):
        return device.name, device.power(0.5), device.power(1.0), device.name

    recorded = told(RecordingBoard(board, twins.journal))
    assert recorded == told(board) == told(TapeBoard(twins.replayed()))


@pytest.mark.parametrize("throttling", [None, Throttling(0), Throttling.SLOWED | Throttling.CAPPED])
def test_vital_signs_and_a_battery(tmp_path, throttling):
    twins, reading = Twins(tmp_path), Vitals(cpu_s=1.5, heat_degc=60.5, throttling=throttling)

    class Signs:
        def read(self):
            return reading

    recorded = RecordingVitals(Signs(), twins.journal), RecordingBattery(ModelBattery(55.5), twins.journal)
    assert (recorded[0].read(), recorded[1].charge_percent()) == (reading, 55.5)
    tape = twins.replayed()
    replayed = TapeVitals(tape).read()
    assert (replayed, TapeBattery(tape).charge_percent()) == (reading, 55.5)
    assert type(replayed.throttling) is type(throttling)


def test_a_runner_with_short_and_long_answers(tmp_path):
    twins, clock = Twins(tmp_path), VirtualClock()
    long = INLINE_OCTETS_MAX + 1
    runner = InlineRunner(clock, {"long": lambda samples, _: bytes(long)}, duration_ns=5, waiting_max=0)
    job = Job(id=1, pipeline="long", samples=np.arange(5), parameters={"a": [1]})

    def used(device):
        found = [device.fileno(), device.unfinished, device.next_wake_ns(), device.submit(job), device.unfinished]
        with pytest.raises(JobsFullError, match="1 jobs wait"):
            device.submit(job)
        clock.advance(5)
        found += [*device.poll(), *device.poll(), device.next_wake_ns()]
        device.hold(is_held=True)
        device.close()
        return found

    recorded = used(RecordingRunner(runner, twins.journal))
    assert len(recorded[5].answer) == long
    tape = twins.replayed()
    assert used(TapeRunner(tape)) == recorded


def test_another_job_is_a_difference(tmp_path):
    twins = Twins(tmp_path)
    runner = InlineRunner(VirtualClock(), {"one": lambda *_: b""}, duration_ns=5, waiting_max=0)
    job = Job(id=1, pipeline="one", samples=np.arange(5), parameters={})
    RecordingRunner(runner, twins.journal).submit(job)
    other = Job(id=1, pipeline="one", samples=np.arange(5) + 1, parameters={})
    with pytest.raises(Divergence):
        TapeRunner(twins.replayed()).submit(other)


PATHS = st.sampled_from(["a", "b", "none/c"])
DEEDS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["read", "sync", "remove", "entry"]), PATHS),
        st.tuples(st.just("read_part"), PATHS, st.integers(0, 3), st.integers(0, 3000)),
        st.tuples(st.just("write_part"), PATHS, st.integers(0, 3), st.sampled_from([b"", b"12", bytes(5000)])),
        st.tuples(st.sampled_from(["write", "overwrite", "append"]), PATHS, st.sampled_from([b"", b"12", bytes(5000)])),
        st.tuples(st.just("replace"), PATHS, PATHS),
        st.tuples(st.sampled_from(["names", "make_folder", "remove_folder"]), st.sampled_from(["", "folder"])),
    ),
    max_size=15,
)


@given(DEEDS)
def test_a_medium(tmp_path_factory, deeds):
    folder = tmp_path_factory.mktemp("medium")
    (folder / "on").mkdir()
    twins = Twins(folder)

    def used(medium):
        for name, *words in deeds:
            given = [folder / "on" / word if isinstance(word, str) else word for word in words]
            try:
                yield getattr(medium, name)(*given)
            except OSError as error:
                yield type(error), str(error)

    recorded = [*used(RecordingMedium(HOST, twins.journal))]
    after = {path: path.read_bytes() for path in (folder / "on").rglob("*") if path.is_file()}
    assert [*used(TapeMedium(twins.replayed()))] == recorded
    assert {path: path.read_bytes() for path in (folder / "on").rglob("*") if path.is_file()} == after


def test_a_memory_whose_places_are_forgotten_now_and_then(tmp_path, monkeypatch):
    for module in (recording, replaying):
        monkeypatch.setattr(module, "PLACES_MAX", 3)
    twins, file = Twins(tmp_path), tmp_path / "memory"
    file.write_bytes(bytes(range(100)))

    def used(memory):
        found = [memory.size, *(memory.read(at, 10) for at in (0, 10, 0, 20, 30, 0, 10))]
        with pytest.raises(PermissionError, match="read only"):
            memory.write(0, b"x")
        return found

    recorded = used(RecordingMemory(5, FileMemory(file), twins.journal))
    assert recorded == used(FileMemory(file)) == used(TapeMemory(5, twins.replayed()))


def test_dice(tmp_path):
    twins = Twins(tmp_path)

    def drawn(dice):
        return dice.getrandbits(32), dice.random(), dice.randrange(1000), dice.choice("abc"), dice.getrandbits(200)

    recorded = drawn(RecordingDice(Random(7), twins.journal))
    assert recorded == drawn(Random(7)) == drawn(TapeDice(twins.replayed()))


def test_what_stands_for_an_output_is_itself_where_it_is_short():
    assert [len(mark_of(bytes(size))) for size in (0, 32, 33, 1 << 20)] == [0, 32, 40, 40]
    assert mark_of(b"abc") == b"abc"
    assert mark_of(bytes(33)) != mark_of(bytes(34))
