"""A mission on one desk: command captures, receive the answers over a simulated cable, judge them, sum up the figures.

Water products, the main job, are compared with an independent computation; products of other missions are received and
counted, and reported as not judged.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from fsw.mission import Mission, load_mission
from ground.products.overlay import false_colour, overlay_png
from ground.products.publisher import SUFFIX as PRODUCT_SUFFIX
from ground.records import FileRecord, SampleRecord
from hal.camera import Frame
from hal.clock import Clock
from hal.linux.own_folder import OwnFolder
from hal.sim.camera import SceneCamera
from kernels.errors import CorruptError
from kernels.usage import UsageError, did_you_mean
from link.errors import DecodeError
from link.products.product import Product
from rig.missions.coastwatch_truth import differences_from_truth, seen_in
from rig.missions.own_scenes import lay_out_images
from rig.operator import CableOptions, Operation, Show, check_option, desk_folder, operating
from rig.report import PRODUCT_REPORT, READY_EVENT, answer_of, run_report

ANSWER_S = 45.0  # patience for one target; the time of a cut is added
_CUT_S_MAX = 600
_JUDGED_STAGES = ("water", "clean", "outlines", "runs", "pack")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is run: `targets` of a mission, or all; the link is dead for `cut_s` in the middle of the first transfer.

    `images`, if any, replace the mission's scenes; `bands` names their bands where they do not.
    """

    mission: Path
    out: Path
    targets: tuple[str, ...]
    wire: CableOptions
    cut_s: float
    images: tuple[Path, ...] = ()
    bands: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_option("cut", self.cut_s, 0, _CUT_S_MAX)


def perform(setup: Setup, clock: Clock, show: Show) -> dict[str, Any]:
    """Run the mission; returns the report (rig/report.py).

    Raises UsageError for wrong options, DeskError for a failure, OSError for what cannot be written.
    """
    mission = None if setup.images else _mission(setup.mission, setup.targets)
    with desk_folder(setup.out) as out:
        path = setup.mission
        if mission is None:
            path = lay_out_images(setup.images, setup.bands, path, setup.out / "mission")
            mission = _mission(path, setup.targets)
        return _performed(setup, path, mission, out, clock, show)


def _mission(path: Path, targets: tuple[str, ...]) -> Mission:
    """Load the mission. Raises UsageError, also for one of `targets` that it does not have."""
    mission = load_mission(path)
    known = [scene.target for scene in mission.scene]
    for target in targets:
        if target not in known:
            raise UsageError(f"target {target!r}: the mission knows {', '.join(known)}{did_you_mean(target, known)}")
    return mission


def _performed(setup: Setup, path: Path, mission: Mission, out: OwnFolder, clock: Clock, show: Show) -> dict[str, Any]:
    judge, known = _Judge.of(mission, clock, setup.out), [scene.target for scene in mission.scene]
    with operating(path, mission, out, setup.wire, clock, show, is_recorded=True) as operation:
        answers = []
        for number, target in enumerate(setup.targets or known):
            for file, report in _captured(operation, target, cut_s=0.0 if number else setup.cut_s):
                answers.append(answer_of(target, file, report, _judged(judge, file, target), _seen(setup.out, file)))
        status = operation.client.status()
        return run_report(answers, operation.client.commands(since_ns=status.begun_ns), status)


def _captured(operation: Operation, target: str, *, cut_s: float) -> list[tuple[FileRecord, SampleRecord]]:
    """Command a capture of `target`; returns its files, each with the node's report of its delivery."""
    begun_ns = operation.clock.utc_ns()  # products of an earlier run may be delivered too, and are no answers
    number = operation.send("imaging.capture", {"target": target})
    pattern, patience_s = f"*-{target}*", ANSWER_S + 2 * cut_s
    if cut_s:
        operation.wait("the transfer to begin", patience_s, lambda: _is_half_done(operation, number, pattern))
        operation.desk.cable.cut(cut_s)
    answers = partial(answers_in, operation, pattern, begun_ns)

    def are_there() -> bool:
        operation.is_over(number)  # raises DeskError if the command failed; whether it is over does not matter
        made = files_made(operation, target, begun_ns)
        return made is not None and len(list(answers())) >= made

    operation.wait(f"the answer for {target}", patience_s, are_there)
    return list(answers())


def files_made(operation: Operation, target: str, since_ns: int) -> int | None:
    """How many files the node made of `target` since `since_ns`; None while it has not reported that."""
    ready = (event for event in operation.events if event.name == READY_EVENT and event.time_ns >= since_ns)
    return next((int(event.values["files"] or 0) for event in ready if event.values["target"] == target), None)


def answers_in(operation: Operation, pattern: str, since_ns: int) -> Iterator[tuple[FileRecord, SampleRecord]]:
    """The received files of captures since `since_ns`, each once, with the node's report of its delivery.

    Where many are delivered at a time the node does not report each: then it is the report of another file of that
    capture, with the time at which the ground began to receive this one.
    """
    reports = dict(_reported_in(operation, pattern, since_ns))
    of_capture = {_number(name): sample for name, sample in reports.items()}
    for file in {file.name: file for file in operation.files if fnmatchcase(file.name, pattern)}.values():
        other = of_capture.get(_number(file.name))
        if file.name in reports:
            yield file, reports[file.name]
        elif other:
            yield file, msgspec.structs.replace(other, values=other.values | {"first_pdu": file.begun_ns})


def _reported_in(operation: Operation, pattern: str, since_ns: int) -> Iterator[tuple[str, SampleRecord]]:
    """By file name, the node's reports of products captured since `since_ns` and delivered."""
    for sample in operation.samples:
        if sample.report == PRODUCT_REPORT and sample.values["state"] == "delivered":
            name, capture_ns = str(sample.values["name"]), int(sample.values["capture"] or 0)
            if fnmatchcase(name, pattern) and capture_ns >= since_ns:
                yield name, sample


def _number(name: str) -> str:
    """The number of the capture, with which the name of a file begins."""
    return name.partition("-")[0]


def _is_half_done(operation: Operation, number: int, pattern: str) -> bool:
    """Whether the command has ended, and a part of its product has been received."""
    transfers = operation.transfers.values()
    on_the_way = any(one.received_octets and fnmatchcase(one.name, pattern) for one in transfers)
    return operation.is_over(number) and on_the_way


def _judged(judge: "_Judge | None", file: FileRecord, target: str) -> list[str] | None:
    """What is wrong with the file, in words; None where there is no judge for it."""
    return judge(file, target) if judge and file.name.endswith(PRODUCT_SUFFIX) else None


def _seen(out: Path, file: FileRecord) -> float | None:
    """The share of valid pixels that a product states; None for a file that is no product."""
    if not file.name.endswith(PRODUCT_SUFFIX):
        return None
    try:
        return Product.decode((out / "ground" / "files" / file.name).read_bytes()).seen
    except DecodeError:
        return None


def _background(frame: Frame) -> NDArray[np.uint8] | None:
    """The frame as a picture, where the camera has the bands for one."""
    if not {"nir", "red", "green"} <= set(frame.bands):
        return None
    return false_colour(frame.band("nir"), frame.band("red"), frame.band("green"), seen_in(frame))


@dataclass(frozen=True, slots=True)
class _Judge:
    """Compares water products with the independent computation on the same scenes; writes pictures into `out`."""

    camera: SceneCamera
    out: Path
    threshold: float
    smallest_px: int

    @classmethod
    def of(cls, mission: Mission, clock: Clock, out: Path) -> Self | None:
        """The judge of a mission whose product is cleaned-up water; None for other missions, which nobody judges."""
        stages = {stage.name: stage.parameters for stage in mission.stages}
        if tuple(stages) != _JUDGED_STAGES:
            return None
        threshold, smallest_px = stages["water"]["threshold"], stages["clean"]["smallest_px"]
        return cls(SceneCamera(mission.scenes, clock), out, threshold, smallest_px)

    def __call__(self, file: FileRecord, target: str) -> list[str]:
        """The differences of the product in `file`, in words."""
        octets = (self.out / "ground" / "files" / file.name).read_bytes()
        frame = self.camera.capture(target)
        try:
            product = Product.decode(octets)
            (self.out / f"{target}.png").write_bytes(overlay_png(product, _background(frame)))
            return differences_from_truth(product, frame, threshold=self.threshold, smallest_px=self.smallest_px)
        except (DecodeError, CorruptError) as error:
            return [f"not a product: {error}"]
