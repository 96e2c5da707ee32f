"""A node that records its own flight: built as any node is, on twins of its devices."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Self, cast

import msgspec

from fsw.apps.processes import Processes
from fsw.assembly import build_node
from fsw.design import dictionary_of
from fsw.devices import Devices
from fsw.flightlog.chunks import ChunkFile, ChunkKind
from fsw.flightlog.devices import (
    RecordingBattery,
    RecordingBoard,
    RecordingCamera,
    RecordingClock,
    RecordingDice,
    RecordingLog,
    RecordingMedium,
    RecordingPort,
    RecordingRecovery,
    RecordingResets,
    RecordingRunner,
    RecordingVitals,
    recording_area,
    recording_software,
)
from fsw.flightlog.entries import Ask, DeviceCall, FlightHeader
from fsw.flightlog.journal import Journal
from fsw.flightlog.missions import app_digests, mission_words
from fsw.flightlog.state import state_digest
from fsw.mission import Mission
from fsw.node import Node
from fsw.store.crash_log import CrashLog
from fsw.store.durable import Durable
from fsw.supervisor.resets import Resets
from hal.pulse import NoPulse


@dataclass(kw_only=True)
class RecordedNode(Node):
    """A node whose steps are noted in `journal`."""

    journal: Journal

    def step(self) -> None:
        """Execute what is due, as a recorded step."""
        self.journal.called(DeviceCall.STEP)
        super().step()

    @property
    def next_wake_ns(self) -> int:
        """When something is due next; what is recorded so far is flushed before a long wait."""
        due_ns = super().next_wake_ns
        self.journal.called(DeviceCall.WAKE, due_ns)
        self.journal.sleep(due_ns)
        return due_ns


class FlightRecorder:
    """Records the flight of the node that it builds in a new file at `path` or beside it; with None, in none.

    The flight does not depend on it: where the file cannot be written, `report` gets one sentence, and the node flies
    on.
    """

    def __init__(self, path: Path | None, report: Callable[[str], None]) -> None:
        self._path, self._report = path, report
        self._file: ChunkFile | None = None
        self._node: RecordedNode | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def file(self) -> Path | None:
        """The file that it writes; None where it writes none."""
        return self._file.path if self._file else None

    def build_node(
        self, mission: Mission, devices: Devices, state: Path, log: CrashLog | None = None, *, safe: bool = False
    ) -> Node:
        """The node of `mission`, as fsw.assembly builds it."""
        if self._path is not None and not isinstance(devices.pulse, NoPulse):
            self._fail("a node with a pulse input cannot be recorded yet")
        elif self._path is not None:
            try:
                self._file = ChunkFile(self._path)
                self._file.append(ChunkKind.HEADER, msgspec.msgpack.encode(_header(mission, devices, state, safe=safe)))
            except OSError as error:
                self._fail(error.strerror or str(error))
                self._drop()
        if self._file is None:
            return build_node(mission, devices, state, log, safe=safe)
        journal = Journal(self._file, self._fail)
        noting = RecordingLog(log or CrashLog(state), journal)
        node = build_node(mission, _twins(devices, journal), state, noting, safe=safe)
        parts = {field.name: getattr(node, field.name) for field in fields(node)}
        self._node = RecordedNode(**parts, journal=journal)
        return self._node

    def close(self) -> None:
        """End the recording with the digest of the node's state."""
        if self._node is not None:
            journal = self._node.journal
            journal.called(DeviceCall.END, None, state_digest(unrecorded(self._node)))
            journal.flush()
        self._node = None
        self._drop()

    def _drop(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None

    def _fail(self, reason: str) -> None:
        with suppress(OSError):
            self._report(f"{self._path}: {reason}; nothing more is recorded")


def unrecorded(node: Node) -> Node:
    """The node itself, without what records it."""
    return Node(**{field.name: getattr(node, field.name) for field in fields(Node)})


def software() -> str:
    """The version of this software."""
    from importlib.metadata import PackageNotFoundError, version  # brings much, and few flights are recorded

    try:
        return version("skyrack")
    except PackageNotFoundError:  # flown from a folder, without being installed
        return "unknown"


def _header(mission: Mission, devices: Devices, state: Path, *, safe: bool) -> FlightHeader:
    return FlightHeader(
        software=software(),
        dictionary=dictionary_of(mission).version,
        mission=mission_words(mission),
        apps=app_digests(mission.apps),
        bits_per_second=devices.bits_per_second,
        state=str(state),
        is_safe=safe,
        keeps_time=devices.keeps_time,
        boot=devices.boot,
        has_battery=devices.battery is not None,
        bridges=list(devices.bridges),
    )


def _rights(processes: Processes) -> tuple[str, int, bool]:
    return processes.lacks, processes.priority, processes.is_locked


def _twins(devices: Devices, journal: Journal) -> Devices:
    def self_test() -> tuple[str, ...]:
        failed = devices.self_test()
        journal.answered(Ask.SELF_TEST, list(failed))
        return failed

    processes = devices.processes
    start = None if processes is None else [list(processes.start), *_rights(processes)]
    journal.answered(Ask.START, start)
    if processes is not None:
        resets = cast("Durable[Resets]", RecordingResets(processes.resets, journal))
        processes = replace(processes, resets=resets)
    areas = devices.areas
    journal.answered(Ask.AREAS, [[one.number, one.name, one.expected, one.repair is not None] for one in areas])
    return replace(
        devices,
        processes=processes,
        areas=[recording_area(area, journal) for area in areas],
        clock=RecordingClock(devices.clock, journal),
        port=RecordingPort(devices.port, journal),
        camera=RecordingCamera(devices.camera, journal),
        board=RecordingBoard(devices.board, journal),
        battery=devices.battery and RecordingBattery(devices.battery, journal),
        vitals=RecordingVitals(devices.vitals, journal),
        bridges={name: RecordingPort(port, journal) for name, port in devices.bridges.items()},
        runner=RecordingRunner(devices.runner, journal),
        medium=RecordingMedium(devices.medium, journal),
        random=RecordingDice(devices.random, journal),
        self_test=self_test,
        recovery=RecordingRecovery(devices.recovery, journal),
        software=recording_software(devices.software, journal),
    )
