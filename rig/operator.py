"""An operator at a desk: sends commands, gathers what happens, waits, and gives up when a process or the time ends."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fsw.design import dictionary_of
from fsw.mission import Mission
from ground.errors import ServiceError
from ground.records import CommandRecord, EventRecord, FileRecord, GroundRecord, SampleRecord, TransferRecord
from ground.service.client import Client
from hal.clock import Clock
from hal.linux.claim import claim_folder
from hal.linux.own_folder import OwnFolder
from kernels.usage import UsageError
from rig.processes import Desk, DeskError, laid_out

START_S = 120.0  # a process that ends is told at once: this is for one that hangs, and a machine that is busy is slow
_GLANCE_S = 0.1
_BAUDS = (4_800, 1_000_000)  # slower, and answers come too late; faster, and Python becomes the limit

Show = Callable[[GroundRecord | None], None]
"""Gets every record, and None after a short time without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CableOptions:
    """The cable: bits per second, bit error rate, and the seed that repeats the same noise."""

    baud: int
    noise: float
    seed: str

    def __post_init__(self) -> None:
        check_option("baud", self.baud, *_BAUDS)
        check_option("noise", self.noise, 0, 0.5)


def check_option(name: str, value: float, low: float, high: float) -> None:
    """Raises UsageError for an option outside its range."""
    if not low <= value <= high:
        raise UsageError(f"--{name} {value}: expected {low}..{high}")


@dataclass
class Operation:
    """What has happened so far on a desk."""

    desk: Desk
    client: Client
    clock: Clock
    show: Show
    samples: list[SampleRecord] = field(default_factory=list)
    events: list[EventRecord] = field(default_factory=list)
    files: list[FileRecord] = field(default_factory=list)
    commands: dict[int, CommandRecord] = field(default_factory=dict)
    transfers: dict[str, TransferRecord] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client.subscribe("sample", "event", "command", "transfer", "file", "status")

    def send(self, name: str, arguments: Mapping[str, str] | None = None) -> int:
        """Send a command; returns its number."""
        return self.client.command(name, arguments).number

    def is_over(self, number: int) -> bool:
        """Whether the command with this number was completed. Raises DeskError where it failed."""
        command = self.commands.get(number)
        if command and command.ended and command.state != "completed":
            raise DeskError(f"{command.name}: {command.state}: {command.reason}")
        return bool(command and command.ended)

    def wait(self, what: str, seconds: float, over: Callable[[], object]) -> None:
        """Gather records until `over` holds. Raises DeskError when a process ends, or `seconds` have passed."""
        deadline_ns = self.clock.monotonic_ns() + int(seconds * 1e9)
        while not over():
            if self.clock.monotonic_ns() > deadline_ns:
                raise DeskError(f"waited {seconds:g} s in vain for {what}")
            self._look()

    def watch(self, seconds: float) -> None:
        """Gather records for `seconds`. Raises DeskError when a process ends."""
        deadline_ns = self.clock.monotonic_ns() + int(seconds * 1e9)
        while self.clock.monotonic_ns() < deadline_ns:
            self._look()

    def _look(self) -> None:
        """Gather one record, or none after a short wait, so that the caller can check the time and its condition."""
        self.desk.check()
        record = next(self.client.news(_GLANCE_S), None)
        if record is not None:
            self._accept(record)
        self.show(record)

    def _accept(self, record: GroundRecord) -> None:
        match record:
            case SampleRecord():
                self.samples.append(record)
            case EventRecord():
                self.events.append(record)
            case FileRecord():
                self.files.append(record)
            case CommandRecord():
                self.commands[record.number] = record
            case TransferRecord():
                self.transfers[record.transaction] = record


@contextlib.contextmanager
def desk_folder(path: Path) -> Iterator[OwnFolder]:
    """The folder `path` for one demo alone, which may replace all files in it. Raises OSError where it is not ours."""
    with claim_folder(path, "a demo"):
        yield OwnFolder(path, "demo")


@contextlib.contextmanager
def operating(
    path: Path,
    mission: Mission,
    out: OwnFolder,
    wire: CableOptions,
    clock: Clock,
    show: Show,
    *,
    afresh: bool = False,
    is_recorded: bool = False,
) -> Iterator[Operation]:
    """A desk that flies the `mission` in the file `path`, once telemetry is received. Raises DeskError, OSError.

    `afresh`: the state of node and ground from an earlier run is removed first. `is_recorded`: the flight is recorded,
    in flight.rec of `out`, in the place of an earlier recording.
    """
    recording = out.path / "flight.rec" if is_recorded else None
    if recording:
        out.remove(recording)
    dictionary = dictionary_of(mission).to_json()
    for name in ("node", "ground") if afresh else ():
        out.remove(out.path / name)
    with (
        laid_out(
            path, dictionary, out.path, baud=wire.baud, noise=wire.noise, seed=wire.seed, recording=recording
        ) as desk,
        _connected(desk, clock) as client,
    ):
        operation = Operation(desk, client, clock, show)
        operation.wait("the node to be heard", START_S, lambda: operation.samples)
        yield operation


def _connected(desk: Desk, clock: Clock) -> Client:
    """A client of the ground service, once that answers."""
    deadline_ns = clock.monotonic_ns() + int(START_S * 1e9)
    while True:
        desk.check()
        try:
            return Client(desk.socket, clock)
        except ServiceError as error:
            if clock.monotonic_ns() > deadline_ns:
                raise DeskError(str(error)) from error
        clock.wait(clock.monotonic_ns() + int(_GLANCE_S * 1e9))
