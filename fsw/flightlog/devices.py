"""Recording twins of a node's devices: each asks the device, notes question and answer, and passes the answer on.

What a device raises is noted and raised on. Descriptors to wait for are not noted: they change nothing in the node.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import msgspec

from fsw.executive.sentence import sentence_of
from fsw.flightlog.entries import Ask, DeviceCall, DeviceFailure, mark_of
from fsw.flightlog.journal import Journal
from fsw.jobs.job import Job, Outcome, Runner, dtype_of
from fsw.modes.recovery import Recovery
from fsw.scrub.areas import WatchedArea
from fsw.store.crash_log import CrashLog
from fsw.store.durable import Durable
from fsw.supervisor.resets import Resets
from fsw.update.record import SlotName
from fsw.update.software import RunningSoftware
from fsw.update.verification import TrialRun, TrialVerdict
from hal.addressed_memory import AddressedMemory
from hal.board import Battery, Board, PowerReading
from hal.camera import Camera, Frame
from hal.clock import Clock, Waitable
from hal.medium import Medium, MediumEntry
from hal.port import Port, PortState
from hal.views import shape_of
from hal.vitals import Vitals, VitalSigns
from kernels.coding.crc import crc32c

_Answer = TypeVar("_Answer")
PLACES_MAX = 4096
"""Places of a memory whose content is remembered; beyond it all are forgotten, and recorded once more."""


class Twin:
    """A device's place in a recorded or replayed node; it is no part of the node's state."""


def job_words(job: Job) -> list[Any]:
    """What a recording says of a job that was submitted."""
    samples = job.samples
    order = mark_of(msgspec.msgpack.encode(dict(job.parameters)))
    return [job.id, job.pipeline, order, dtype_of(samples), list(samples.shape or ()), mark_of(samples.tobytes())]


class RecordingClock(Twin):
    """`Clock`: each reading is noted; of UTC, its distance to the last reading of the monotonic clock."""

    monotonic_ns: Callable[[], int]
    """The clock's reading; where it is time, the journal is flushed."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self._clock, self._journal = clock, journal
        read, note, reach = clock.monotonic_ns, journal.readings.append, journal.reach

        def monotonic_ns() -> int:  # no method: a node asks some ninety times in each of its seconds
            now_ns = read()
            note(now_ns)
            if now_ns >= journal.due_ns:
                reach(now_ns)
            return now_ns

        self.monotonic_ns = monotonic_ns

    def utc_ns(self) -> int:
        """The clock's UTC."""
        utc_ns = self._clock.utc_ns()
        self._journal.answered(Ask.UTC, utc_ns - self._journal.now_ns)
        return utc_ns

    def wait(self, until_ns: int, ports: Sequence[Waitable] = ()) -> None:
        """Wait as the clock does."""
        self._clock.wait(until_ns, ports)


class _Noting(Twin):
    """Notes answers, failures among them, in `journal`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def _ask(self, ask: Ask, question: Callable[[], _Answer], noted: Callable[[_Answer], Any] = lambda one: one) -> Any:
        try:
            answer = question()
        except BaseException as error:
            self._journal.answered(ask, DeviceFailure.of(error))
            raise
        self._journal.answered(ask, noted(answer))
        return answer

    def _call(
        self,
        call: DeviceCall,
        words: Any,
        action: Callable[[], _Answer],
        noted: Callable[[_Answer], Any] = lambda one: one,
    ) -> _Answer:
        try:
            answer = action()
        except BaseException as error:
            self._journal.called(call, words, DeviceFailure.of(error))
            raise
        self._journal.called(call, words, noted(answer))
        return answer


class RecordingPort(_Noting):
    """`Port`."""

    def __init__(self, port: Port, journal: Journal) -> None:
        super().__init__(journal)
        self._port = port

    def read(self, size_max: int) -> bytes:
        """The octets that arrived, which are noted."""
        octets: bytes = self._ask(Ask.READ, lambda: self._port.read(size_max))
        return octets

    def write(self, octets: bytes) -> int:
        """The number of octets taken, which is noted with what was written."""
        return self._call(DeviceCall.WRITE, mark_of(octets), lambda: self._port.write(octets))

    @property
    def state(self) -> PortState:
        """The state of the port."""
        state: PortState = self._ask(Ask.PORT_STATE, lambda: self._port.state, list)
        return state

    @property
    def next_wake_ns(self) -> int | None:
        """When the port wants to be read."""
        due_ns: int | None = self._ask(Ask.PORT_WAKE, lambda: self._port.next_wake_ns)
        return due_ns

    def fileno(self) -> int:
        """The port's descriptor."""
        return self._port.fileno()

    def line_fileno(self) -> int:
        """The line's descriptor."""
        return self._port.line_fileno()

    def close(self) -> None:
        """Close the port."""
        self._port.close()


class RecordingCamera(_Noting):
    """`Camera`; the samples of a frame are noted, unless they equal those of the target's frame before."""

    def __init__(self, camera: Camera, journal: Journal) -> None:
        super().__init__(journal)
        self._camera = camera
        self._last: dict[str, bytes] = {}

    def capture(self, target: str) -> Frame:
        """A frame."""
        return self._call(DeviceCall.CAPTURE, target, lambda: self._camera.capture(target), self._noted)

    def _noted(self, frame: Frame) -> list[Any]:
        samples, mask, place = frame.samples, frame.mask, frame.georeference
        octets = samples.tobytes() + (b"" if mask is None else mask.tobytes())
        digest = sha256(octets).digest()
        is_same, self._last[frame.target] = self._last.get(frame.target) == digest, digest
        return [
            frame.target,
            list(frame.bands),
            [place.epsg, place.easting_m, place.northing_m, place.pixel_m],
            frame.captured_utc_ns,
            frame.is_packed,
            dtype_of(samples),
            list(shape_of(samples)),
            None if mask is None else list(shape_of(mask)),
            None if is_same else self._journal.put(octets),
        ]


class RecordingBoard(_Noting):
    """`Board`."""

    def __init__(self, board: Board, journal: Journal) -> None:
        super().__init__(journal)
        self._board = board

    @property
    def name(self) -> str:
        """The board's name."""
        name: str = self._ask(Ask.BOARD_NAME, lambda: self._board.name)
        return name

    def power(self, busy_cores: float) -> PowerReading:
        """The board's power."""
        return self._call(
            DeviceCall.POWER, busy_cores, lambda: self._board.power(busy_cores), lambda one: [one.watts, one.source]
        )


class RecordingBattery(_Noting):
    """`Battery`."""

    def __init__(self, battery: Battery, journal: Journal) -> None:
        super().__init__(journal)
        self._battery = battery

    def charge_percent(self) -> float | None:
        """The battery's charge."""
        charge: float | None = self._ask(Ask.CHARGE, self._battery.charge_percent)
        return charge


class RecordingVitals(_Noting):
    """`VitalSigns`."""

    def __init__(self, vitals: VitalSigns, journal: Journal) -> None:
        super().__init__(journal)
        self._vitals = vitals

    def read(self) -> Vitals:
        """A reading."""
        reading: Vitals = self._ask(Ask.VITALS, self._vitals.read, astuple)
        return reading


class RecordingRunner(_Noting):
    """`Runner`; outcomes are noted one by one, as the node takes them."""

    def __init__(self, runner: Runner, journal: Journal) -> None:
        super().__init__(journal)
        self._runner = runner

    @property
    def unfinished(self) -> int:
        """Jobs that run or wait."""
        count: int = self._ask(Ask.UNFINISHED, lambda: self._runner.unfinished)
        return count

    def submit(self, job: Job) -> None:
        """Submit a job."""
        self._call(DeviceCall.SUBMIT, job_words(job), lambda: self._runner.submit(job))

    def poll(self) -> Iterator[Outcome]:
        """The outcomes."""
        outcomes = iter(self._runner.poll())
        while (outcome := self._ask(Ask.OUTCOME, lambda: next(outcomes, None), self._noted)) is not None:
            yield outcome

    def hold(self, *, is_held: bool) -> None:
        """Hold the jobs back, or no longer."""
        self._call(DeviceCall.HOLD, is_held, lambda: self._runner.hold(is_held=is_held))

    def next_wake_ns(self) -> int | None:
        """When the runner wants to be polled."""
        due_ns: int | None = self._ask(Ask.RUNNER_WAKE, self._runner.next_wake_ns)
        return due_ns

    def fileno(self) -> int:
        """The runner's descriptor."""
        return self._runner.fileno()

    def close(self) -> None:
        """Close the runner."""
        self._runner.close()

    def _noted(self, outcome: Outcome | None) -> list[Any] | None:
        if outcome is None:
            return None
        return [
            outcome.job_id,
            None if outcome.answer is None else self._journal.put(outcome.answer),
            outcome.failure,
            outcome.input_sha256,
            outcome.attempts,
            outcome.start_utc_ns,
            outcome.end_utc_ns,
            outcome.wall_s,
            outcome.cpu_s,
        ]


class RecordingMedium(_Noting):
    """`Medium`; what is read is noted, unless it is what the node itself wrote or read there before."""

    def __init__(self, medium: Medium, journal: Journal) -> None:
        super().__init__(journal)
        self._medium = medium
        self._known: dict[Path, bytes] = {}

    def read(self, path: Path) -> bytes:
        """The content of a file."""

        def noted(octets: bytes) -> bytes | int | None:
            digest = sha256(octets).digest()
            is_known, self._known[path] = self._known.get(path) == digest, digest
            return None if is_known else self._journal.put(octets)

        return self._call(DeviceCall.MEDIUM, ["read", str(path)], lambda: self._medium.read(path), noted)

    def entry(self, path: Path) -> MediumEntry:
        """What a name stands for."""
        return self._call(DeviceCall.MEDIUM, ["entry", str(path)], lambda: self._medium.entry(path), list)

    def read_part(self, path: Path, offset: int, size: int) -> bytes:
        """Some octets of a file."""
        words = ["read_part", str(path), offset, size]
        return self._call(
            DeviceCall.MEDIUM, words, lambda: self._medium.read_part(path, offset, size), self._journal.put
        )

    def names(self, folder: Path) -> list[str]:
        """The names in a folder."""
        return self._call(DeviceCall.MEDIUM, ["names", str(folder)], lambda: self._medium.names(folder))

    def write(self, path: Path, octets: bytes) -> None:
        """Replace the content of a file."""
        self._known.pop(path, None)
        self._call(DeviceCall.MEDIUM, ["write", str(path), mark_of(octets)], lambda: self._medium.write(path, octets))
        self._known[path] = sha256(octets).digest()

    def overwrite(self, path: Path, octets: bytes) -> None:
        """Write over the first octets of a file."""
        self._known.pop(path, None)
        self._call(
            DeviceCall.MEDIUM, ["overwrite", str(path), mark_of(octets)], lambda: self._medium.overwrite(path, octets)
        )

    def write_part(self, path: Path, offset: int, octets: bytes) -> None:
        """Write over the octets of a file from `offset` on."""
        self._known.pop(path, None)
        words = ["write_part", str(path), offset, mark_of(octets)]
        self._call(DeviceCall.MEDIUM, words, lambda: self._medium.write_part(path, offset, octets))

    def append(self, path: Path, octets: bytes) -> None:
        """Write behind the last octet of a file."""
        self._known.pop(path, None)
        self._call(DeviceCall.MEDIUM, ["append", str(path), mark_of(octets)], lambda: self._medium.append(path, octets))

    def sync(self, path: Path) -> None:
        """Make a file or a folder safe."""
        self._call(DeviceCall.MEDIUM, ["sync", str(path)], lambda: self._medium.sync(path))

    def replace(self, old: Path, new: Path) -> None:
        """Rename a file or folder."""
        digest, _ = self._known.pop(old, None), self._known.pop(new, None)
        self._call(DeviceCall.MEDIUM, ["replace", str(old), str(new)], lambda: self._medium.replace(old, new))
        if digest is not None:
            self._known[new] = digest

    def remove(self, path: Path) -> None:
        """Remove a file."""
        self._known.pop(path, None)
        self._call(DeviceCall.MEDIUM, ["remove", str(path)], lambda: self._medium.remove(path))

    def make_folder(self, folder: Path) -> bool:
        """Make a folder."""
        return self._call(DeviceCall.MEDIUM, ["make_folder", str(folder)], lambda: self._medium.make_folder(folder))

    def remove_folder(self, folder: Path) -> None:
        """Remove a folder."""
        self._call(DeviceCall.MEDIUM, ["remove_folder", str(folder)], lambda: self._medium.remove_folder(folder))


class RecordingDice(Twin, Random):
    """`Random`: all that a node draws comes from these two."""

    def __init__(self, random: Random, journal: Journal) -> None:
        self._random, self._journal = random, journal
        super().__init__(0)

    def getrandbits(self, k: int) -> int:
        """`k` random bits."""
        bits = self._random.getrandbits(k)
        self._journal.answered(Ask.DICE, bits.to_bytes(-(-k // 8)))
        return bits

    def random(self) -> float:
        """A number in [0, 1)."""
        drawn = self._random.random()
        self._journal.answered(Ask.DICE, drawn)
        return drawn


class RecordingMemory(_Noting):
    """`AddressedMemory`; what is read is noted, unless it is the same as the last time at this place."""

    def __init__(self, number: int, memory: AddressedMemory, journal: Journal) -> None:
        super().__init__(journal)
        self._number, self._memory = number, memory
        self._known: dict[tuple[int, int], int] = {}

    @property
    def size(self) -> int:
        """The size of the memory."""
        size: int = self._ask(Ask.AREA_SIZE, lambda: self._memory.size)
        return size

    def read(self, address: int, size: int) -> bytes:
        """Octets of the memory."""

        def noted(octets: bytes) -> bytes | int | None:
            crc = crc32c(octets)
            is_known = self._known.get((address, size)) == crc
            if len(self._known) >= PLACES_MAX:
                self._known.clear()
            self._known[address, size] = crc
            return None if is_known else self._journal.put(octets)

        words = [self._number, "read", address, size]
        return self._call(DeviceCall.AREA, words, lambda: self._memory.read(address, size), noted)

    def write(self, address: int, octets: bytes) -> None:
        """Write to the memory."""
        words = [self._number, "write", address, mark_of(octets)]
        self._call(DeviceCall.AREA, words, lambda: self._memory.write(address, octets))


def recording_area(area: WatchedArea, journal: Journal) -> WatchedArea:
    """The area, whose memory and repair are noted."""
    repair = area.repair

    def repaired() -> None:
        assert repair
        journal.called(DeviceCall.AREA, [area.number, "repair"])
        repair()

    memory = RecordingMemory(area.number, area.memory, journal)
    return area._replace(memory=memory, repair=repaired if repair else None)


class RecordingResets(Twin):
    """The record of resets, as the processes app reads it: what others write there is an input."""

    def __init__(self, resets: Durable[Resets], journal: Journal) -> None:
        self._resets, self._journal = resets, journal

    @property
    def value(self) -> Resets:
        """The resets, now."""
        value = self._resets.value
        self._journal.answered(Ask.RESETS, [value.counts, value.boot, value.unstable, value.board_resets])
        return value


class RecordingRecovery(_Noting):
    """`Recovery`: each request is an output."""

    def __init__(self, recovery: Recovery, journal: Journal) -> None:
        super().__init__(journal)
        self._recovery = recovery

    def restart(self, cause: str) -> None:
        """Ask for a restart."""
        self._call(DeviceCall.RECOVER, ["restart", cause], lambda: self._recovery.restart(cause))

    def reset(self, cause: str) -> None:
        """Ask for a reset."""
        self._call(DeviceCall.RECOVER, ["reset", cause], lambda: self._recovery.reset(cause))

    def boot_golden(self, cause: str) -> None:
        """Ask for the golden copy."""
        self._call(DeviceCall.RECOVER, ["boot_golden", cause], lambda: self._recovery.boot_golden(cause))


class RecordingTrial(_Noting):
    """`TrialRun`: each verdict, or that there is none yet, is an input."""

    def __init__(self, run: TrialRun, journal: Journal) -> None:
        super().__init__(journal)
        self._run = run

    def __call__(self, slot: SlotName, sha256: str) -> TrialVerdict | None:
        """Try the bundle."""
        verdict: TrialVerdict | None = self._ask(
            Ask.TRIAL, lambda: self._run(slot, sha256), lambda one: None if one is None else list(one)
        )
        return verdict


def recording_software(software: RunningSoftware, journal: Journal) -> RunningSoftware:
    """The software that runs, whose trials of another one are noted."""
    journal.answered(Ask.SOFTWARE, [int(software.slot), software.shadow is not None])
    shadow = None if software.shadow is None else RecordingTrial(software.shadow, journal)
    return RunningSoftware(software.slot, RecordingTrial(software.run_vectors, journal), shadow)


class RecordingLog(Twin, CrashLog):
    """`CrashLog`: what is noted there is an output; whether the disk took it, an input."""

    def __init__(self, log: CrashLog, journal: Journal) -> None:
        self._log, self._journal = log, journal
        self.lost = log.lost

    def note(self, name: str, error: BaseException, utc_ns: int) -> None:
        """Note a failure."""
        self._log.note(name, error, utc_ns)
        self.lost = self._log.lost
        self._journal.called(DeviceCall.NOTE, [name, sentence_of(error, 200)], self.lost)
