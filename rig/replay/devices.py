"""Devices that answer as recorded, and hold what they are told to what was recorded."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from random import Random
from typing import Any, cast

import numpy as np

from fsw.apps.processes import Processes
from fsw.executive.sentence import sentence_of
from fsw.flightlog.devices import PLACES_MAX, Twin, job_words
from fsw.flightlog.entries import Ask, DeviceCall, mark_of
from fsw.jobs.job import Job, Outcome
from fsw.scrub.areas import WatchedArea
from fsw.store.crash_log import CrashLog
from fsw.store.durable import Durable
from fsw.supervisor.messages import Start
from fsw.supervisor.resets import Resets
from fsw.update.record import SlotName
from fsw.update.software import RunningSoftware
from fsw.update.verification import TrialVerdict
from hal.board import PowerReading
from hal.camera import Frame
from hal.clock import Waitable
from hal.medium import MediumEntry
from hal.port import PortState
from hal.views import view_of
from hal.vitals import Throttling, Vitals
from kernels.imaging.georeference import Georeference
from rig.replay.tape import Tape


class TapeDevice(Twin):
    """A device on `tape`."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def fileno(self) -> int:
        """-1: there is nothing to wait for."""
        return -1

    def close(self) -> None:
        """Nothing is open."""


class TapeClock(TapeDevice):
    """`Clock` whose time is that of the recording."""

    def monotonic_ns(self) -> int:
        """The next recorded reading."""
        return self._tape.read_clock()

    def utc_ns(self) -> int:
        """The recorded UTC."""
        distance_ns: int = self._tape.answer(Ask.UTC)
        return self._tape.now_ns + distance_ns

    def wait(self, until_ns: int, ports: Sequence[Waitable] = ()) -> None:
        """Do not wait: the next reading has its time."""


class TapePort(TapeDevice):
    """`Port`."""

    def read(self, size_max: int) -> bytes:  # noqa: ARG002
        """The recorded octets."""
        octets: bytes = self._tape.answer(Ask.READ)
        return octets

    def write(self, octets: bytes) -> int:
        """How many octets were taken of these, which must be the recorded ones."""
        count: int = self._tape.call(DeviceCall.WRITE, mark_of(octets))
        return count

    @property
    def state(self) -> PortState:
        """The recorded state."""
        return PortState(*self._tape.answer(Ask.PORT_STATE))

    @property
    def next_wake_ns(self) -> int | None:
        """The recorded time."""
        due_ns: int | None = self._tape.answer(Ask.PORT_WAKE)
        return due_ns

    def line_fileno(self) -> int:
        """-1: there is no line."""
        return -1


class TapeCamera(TapeDevice):
    """`Camera`."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self._last: dict[str, bytes] = {}

    def capture(self, target: str) -> Frame:
        """The recorded frame."""
        told = self._tape.call(DeviceCall.CAPTURE, target)
        name, bands, place, utc_ns, is_packed, dtype, shape, mask, samples = told
        octets = self._last[name] if samples is None else self._tape.content(samples)
        self._last[name] = octets
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        epsg, easting_m, northing_m, pixel_m = place
        return Frame(
            target=name,
            samples=view_of(np.frombuffer(octets[:size], dtype).reshape(shape)),
            bands=tuple(bands),
            georeference=Georeference(epsg=epsg, easting_m=easting_m, northing_m=northing_m, pixel_m=pixel_m),
            captured_utc_ns=utc_ns,
            is_packed=is_packed,
            mask=None if mask is None else view_of(np.frombuffer(octets[size:], np.uint8).reshape(mask)),
        )


class TapeBoard(TapeDevice):
    """`Board`."""

    @property
    def name(self) -> str:
        """The recorded name."""
        name: str = self._tape.answer(Ask.BOARD_NAME)
        return name

    def power(self, busy_cores: float) -> PowerReading:
        """The recorded power."""
        return PowerReading(*self._tape.call(DeviceCall.POWER, busy_cores))


class TapeBattery(TapeDevice):
    """`Battery`."""

    def charge_percent(self) -> float | None:
        """The recorded charge."""
        charge: float | None = self._tape.answer(Ask.CHARGE)
        return charge


class TapeVitals(TapeDevice):
    """`VitalSigns`."""

    def read(self) -> Vitals:
        """The recorded reading."""
        names = [field.name for field in fields(Vitals)]
        said = dict(zip(names, self._tape.answer(Ask.VITALS), strict=True))
        flags = said.pop("throttling")
        return Vitals(**said, throttling=None if flags is None else Throttling(flags))


class TapeRunner(TapeDevice):
    """`Runner` that runs nothing: the outcomes are recorded."""

    @property
    def unfinished(self) -> int:
        """As recorded."""
        count: int = self._tape.answer(Ask.UNFINISHED)
        return count

    def submit(self, job: Job) -> None:
        """Hold the job to the recorded one."""
        self._tape.call(DeviceCall.SUBMIT, job_words(job))

    def poll(self) -> Iterator[Outcome]:
        """The recorded outcomes."""
        while (told := self._tape.answer(Ask.OUTCOME)) is not None:
            job, answer, failure, digest, attempts, start_ns, end_ns, wall_s, cpu_s = told
            yield Outcome(
                job_id=job,
                answer=None if answer is None else self._tape.content(answer),
                failure=failure,
                input_sha256=digest,
                attempts=attempts,
                start_utc_ns=start_ns,
                end_utc_ns=end_ns,
                wall_s=wall_s,
                cpu_s=cpu_s,
            )

    def hold(self, *, is_held: bool) -> None:
        """Hold this to what was recorded."""
        self._tape.call(DeviceCall.HOLD, is_held)

    def next_wake_ns(self) -> int | None:
        """As recorded."""
        due_ns: int | None = self._tape.answer(Ask.RUNNER_WAKE)
        return due_ns


class TapeMedium(TapeDevice):
    """`Medium`: no file is touched."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self._known: dict[Path, bytes] = {}

    def read(self, path: Path) -> bytes:
        """The recorded content, or what the node last wrote there."""
        told = self._call("read", path)
        octets = self._known[path] if told is None else self._tape.content(told)
        self._known[path] = octets
        return octets

    def entry(self, path: Path) -> MediumEntry:
        """As recorded."""
        return MediumEntry(*self._call("entry", path))

    def read_part(self, path: Path, offset: int, size: int) -> bytes:
        """The recorded octets."""
        return self._tape.content(self._call("read_part", path, offset, size))

    def names(self, folder: Path) -> list[str]:
        """The recorded names."""
        names: list[str] = self._call("names", folder)
        return names

    def write(self, path: Path, octets: bytes) -> None:
        """Hold this to what was recorded."""
        self._known.pop(path, None)
        self._call("write", path, mark_of(octets))
        self._known[path] = octets

    def overwrite(self, path: Path, octets: bytes) -> None:
        """Hold this to what was recorded."""
        self._known.pop(path, None)
        self._call("overwrite", path, mark_of(octets))

    def write_part(self, path: Path, offset: int, octets: bytes) -> None:
        """Hold this to what was recorded."""
        self._known.pop(path, None)
        self._call("write_part", path, offset, mark_of(octets))

    def append(self, path: Path, octets: bytes) -> None:
        """Hold this to what was recorded."""
        self._known.pop(path, None)
        self._call("append", path, mark_of(octets))

    def sync(self, path: Path) -> None:
        """Hold this to what was recorded."""
        self._call("sync", path)

    def replace(self, old: Path, new: Path) -> None:
        """Hold this to what was recorded."""
        octets, _ = self._known.pop(old, None), self._known.pop(new, None)
        self._call("replace", old, str(new))
        if octets is not None:
            self._known[new] = octets

    def remove(self, path: Path) -> None:
        """Hold this to what was recorded."""
        self._known.pop(path, None)
        self._call("remove", path)

    def make_folder(self, folder: Path) -> bool:
        """Whether the folder was made."""
        is_made: bool = self._call("make_folder", folder)
        return is_made

    def remove_folder(self, folder: Path) -> None:
        """Hold this to what was recorded."""
        self._call("remove_folder", folder)

    def _call(self, name: str, path: Path, *words: Any) -> Any:
        return self._tape.call(DeviceCall.MEDIUM, [name, str(path), *words])


class TapeDice(Twin, Random):
    """`Random` that draws as recorded."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        super().__init__(0)

    def getrandbits(self, k: int) -> int:  # noqa: ARG002
        """The recorded bits."""
        return int.from_bytes(self._tape.answer(Ask.DICE))

    def random(self) -> float:
        """The recorded number."""
        drawn: float = self._tape.answer(Ask.DICE)
        return drawn


class TapeMemory(TapeDevice):
    """`AddressedMemory`."""

    def __init__(self, number: int, tape: Tape) -> None:
        super().__init__(tape)
        self._number = number
        self._known: dict[tuple[int, int], bytes] = {}

    @property
    def size(self) -> int:
        """The recorded size."""
        size: int = self._tape.answer(Ask.AREA_SIZE)
        return size

    def read(self, address: int, size: int) -> bytes:
        """The recorded octets."""
        told = self._tape.call(DeviceCall.AREA, [self._number, "read", address, size])
        octets = self._known[address, size] if told is None else self._tape.content(told)
        if len(self._known) >= PLACES_MAX:
            self._known.clear()
        self._known[address, size] = octets
        return octets

    def write(self, address: int, octets: bytes) -> None:
        """Hold this to what was recorded."""
        self._tape.call(DeviceCall.AREA, [self._number, "write", address, mark_of(octets)])


def tape_areas(tape: Tape) -> list[WatchedArea]:
    """The areas of the recorded node."""
    return [_area(tape, *told) for told in tape.answer(Ask.AREAS)]


def _area(tape: Tape, number: int, name: str, expected: int | None, can_repair: bool) -> WatchedArea:
    def repair() -> None:
        tape.call(DeviceCall.AREA, [number, "repair"])

    return WatchedArea(number, name, TapeMemory(number, tape), repair if can_repair else None, expected)


class TapeResets(TapeDevice):
    """The recorded resets."""

    @property
    def value(self) -> Resets:
        """The recorded ones."""
        return Resets(*self._tape.answer(Ask.RESETS))


def tape_processes(tape: Tape) -> Processes | None:
    """The processes app of the recorded node; None for a node that had none."""
    told = tape.answer(Ask.START)
    if told is None:
        return None
    start, lacks, priority, is_locked = told
    return Processes(Start(*start), cast("Durable[Resets]", TapeResets(tape)), lacks, priority, is_locked)


class TapeRecovery(TapeDevice):
    """`Recovery` that holds each request to the recorded one, and restarts nothing."""

    def restart(self, cause: str) -> None:
        """Hold this to what was recorded."""
        self._tape.call(DeviceCall.RECOVER, ["restart", cause])

    def reset(self, cause: str) -> None:
        """Hold this to what was recorded."""
        self._tape.call(DeviceCall.RECOVER, ["reset", cause])

    def boot_golden(self, cause: str) -> None:
        """Hold this to what was recorded."""
        self._tape.call(DeviceCall.RECOVER, ["boot_golden", cause])


class TapeTrial(TapeDevice):
    """`TrialRun` that tries nothing: the verdicts are recorded."""

    def __call__(self, slot: SlotName, sha256: str) -> TrialVerdict | None:  # noqa: ARG002
        """The recorded verdict, if there was one yet."""
        told = self._tape.answer(Ask.TRIAL)
        return None if told is None else TrialVerdict(*told)


def tape_software(tape: Tape) -> RunningSoftware:
    """The software of the recorded node."""
    slot, has_shadow = tape.answer(Ask.SOFTWARE)
    return RunningSoftware(SlotName(slot), TapeTrial(tape), TapeTrial(tape) if has_shadow else None)


class TapeLog(Twin, CrashLog):
    """`CrashLog` in memory: `noted` has each failure, with its traceback in this process."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self.lost = 0
        self.noted: list[tuple[str, BaseException]] = []

    def note(self, name: str, error: BaseException, utc_ns: int) -> None:  # noqa: ARG002
        """Keep the failure, and hold it to the recorded one."""
        self.noted.append((name, error))
        self.lost = self._tape.call(DeviceCall.NOTE, [name, sentence_of(error, 200)])
