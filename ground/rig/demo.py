"""The main job on one desk: command captures, receive the answers over a simulated cable, judge them, add it all up."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

from fsw.mission import Mission, load_mission
from fsw.node import dictionary_of
from ground.client import Client
from ground.errors import ServiceError
from ground.products.overlay import false_colour, overlay_png
from ground.records import CommandRecord, FileRecord, Record, SampleRecord, TransferRecord
from ground.report import PRODUCT_REPORT, answer_of, run_report
from ground.rig.answer import differences
from ground.rig.desk import Desk, DeskError, laid_out
from hal.clock import Clock
from hal.kernels.errors import CorruptError
from hal.linux.claim import claim_folder
from hal.sim.camera import SceneCamera
from link.errors import DecodeError
from link.product import Product

START_S = 20.0
ANSWER_S = 45.0  # for one target; a cut is added
_GLANCE_S = 0.1
_BAUDS = (4_800, 1_000_000)  # slower, and patience ends before an answer is there; faster, and Python is the cable
_CUT_S_MAX = 600

Show = Callable[[Record | None], None]
"""Sees every record, and None when nothing happened for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is run: `targets` of a mission, the first of them with a link that is dead for `cut_s` in mid-transfer."""

    mission: Path
    out: Path
    targets: tuple[str, ...]
    baud: int
    noise: float
    cut_s: float
    seed: str

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("baud", self.baud, *_BAUDS),
            ("noise", self.noise, 0, 0.5),
            ("cut", self.cut_s, 0, _CUT_S_MAX),
        ):
            if not low <= value <= high:
                raise ValueError(f"--{name} {value}: expected {low}..{high}")


def perform(setup: Setup, clock: Clock, show: Show) -> dict[str, Any]:
    """The report of one run (ground/report.py).

    Raises ValueError for what was asked wrongly, DeskError for what failed, OSError for what cannot be written.
    """
    mission = load_mission(setup.mission)
    known = [scene.target for scene in mission.scene]
    for target in setup.targets:
        if target not in known:
            raise ValueError(f"target {target!r}: the mission knows {', '.join(known)}")
    dictionary = dictionary_of(mission).to_json()
    with (
        claim_folder(setup.out, "a demo"),
        laid_out(setup.mission, dictionary, setup.out, baud=setup.baud, noise=setup.noise, seed=setup.seed) as desk,
        _connected(desk, clock) as client,
    ):
        run = _Run(desk, client, clock, show)
        run.wait("the node to be heard", START_S, lambda: bool(run.samples))
        answers = []
        for number, target in enumerate(setup.targets):
            file, told = run.capture(target, cut_s=0.0 if number else setup.cut_s)
            answers.append(answer_of(target, file, told, _judged(file, target, mission, setup, clock)))
        status = client.status()
        return run_report(answers, client.commands(since_ns=status.begun_ns), status)


def _connected(desk: Desk, clock: Clock) -> Client:
    """A client, once the service is there."""
    deadline_ns = clock.monotonic_ns() + int(START_S * 1e9)
    while True:
        desk.check()
        try:
            return Client(desk.socket, clock)
        except ServiceError as error:
            if clock.monotonic_ns() > deadline_ns:
                raise DeskError(str(error)) from error
        clock.wait(clock.monotonic_ns() + int(_GLANCE_S * 1e9))


@dataclass
class _Run:
    """What has happened so far."""

    desk: Desk
    client: Client
    clock: Clock
    show: Show
    samples: list[SampleRecord] = field(default_factory=list)
    files: list[FileRecord] = field(default_factory=list)
    commands: dict[int, CommandRecord] = field(default_factory=dict)
    transfers: dict[str, TransferRecord] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client.subscribe("sample", "event", "command", "transfer", "file", "status")

    def capture(self, target: str, *, cut_s: float) -> tuple[FileRecord, SampleRecord]:
        """Command a capture of `target`: its product, and what the node said of it once it was delivered."""
        begun_ns = self.clock.utc_ns()  # what an earlier run left behind comes down as well, and is no answer
        number = self.client.command("imaging.capture", {"target": target}).number
        pattern, patience_s = f"*-{target}.product", ANSWER_S + 2 * cut_s
        if cut_s:
            self.wait("the transfer to begin", patience_s, lambda: self._is_half_done(number, pattern))
            self.desk.cable.cut(cut_s)
        answers = partial(self._answers, pattern, begun_ns)
        self.wait(f"the answer for {target}", patience_s, lambda: self._failed(number) or list(answers()))
        return next(answers())

    def _answers(self, pattern: str, since_ns: int) -> Iterator[tuple[FileRecord, SampleRecord]]:
        """Products captured since, and delivered."""
        for told in self.samples:
            if told.report != PRODUCT_REPORT or told.values["state"] != "delivered":
                continue
            name, capture_ns = str(told.values["name"]), int(told.values["capture"] or 0)
            if fnmatchcase(name, pattern) and capture_ns >= since_ns:
                yield from ((file, told) for file in self.files if file.name == name)

    def wait(self, what: str, seconds: float, over: Callable[[], object]) -> None:
        """Take in what happens until `over`. Raises DeskError when a process ends or patience does."""
        deadline_ns = self.clock.monotonic_ns() + int(seconds * 1e9)
        while not over():
            self.desk.check()
            if self.clock.monotonic_ns() > deadline_ns:
                raise DeskError(f"waited {seconds:g} s in vain for {what}")
            for record in self._news():
                self._take(record)
                self.show(record)
            self.show(None)

    def _news(self) -> Iterator[Record]:
        for record in self.client.news(_GLANCE_S):
            yield record
            return  # look at the clock, and at what is waited for, after each

    def _take(self, record: Record) -> None:
        match record:
            case SampleRecord():
                self.samples.append(record)
            case FileRecord():
                self.files.append(record)
            case CommandRecord():
                self.commands[record.number] = record
            case TransferRecord():
                self.transfers[record.transaction] = record

    def _is_half_done(self, number: int, pattern: str) -> bool:
        """Whether the command has ended, and a part of its product is here."""
        command = self.commands.get(number)
        on_the_way = (one for one in self.transfers.values() if one.received_octets and fnmatchcase(one.name, pattern))
        return not self._failed(number) and bool(command and command.ended) and any(on_the_way)

    def _failed(self, number: int) -> bool:
        command = self.commands.get(number)
        if command and command.ended and command.state != "completed":
            raise DeskError(f"{command.name}: {command.state}: {command.reason}")
        return False


def _judged(file: FileRecord, target: str, mission: Mission, setup: Setup, clock: Clock) -> list[str]:
    """How a product differs from the independent computation on the same scene; leaves a picture of it on the scene."""
    octets = (setup.out / "ground" / "files" / file.name).read_bytes()
    frame, rule = SceneCamera(mission.scenes, clock).capture(target), _rule(mission)
    try:
        product = Product.decode(octets)
        background = false_colour(frame.band("nir"), frame.band("red"), frame.band("green"))
        (setup.out / f"{target}.png").write_bytes(overlay_png(product, background))
        return differences(product, frame, **rule)
    except (DecodeError, CorruptError) as error:
        return [f"not a product: {error}"]


def _rule(mission: Mission) -> dict[str, Any]:
    """What the mission's stages of these names say."""
    said = {stage.name: stage.parameters for stage in mission.stages}
    return {"threshold": said["water"]["threshold"], "smallest_px": said["clean"]["smallest_px"]}
