"""The main job on one desk: command captures, receive the answers over a simulated cable, judge them, add it all up."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

from fsw.mission import Mission, load_mission
from ground.products.overlay import false_colour, overlay_png
from ground.records import FileRecord, SampleRecord
from ground.report import PRODUCT_REPORT, answer_of, run_report
from ground.rig.answer import differences
from ground.rig.operation import Operation, Show, Wire, check_range, desk_folder, operating
from hal.clock import Clock
from hal.kernels.errors import CorruptError
from hal.sim.camera import SceneCamera
from hal.usage import UsageError, did_you_mean
from link.errors import DecodeError
from link.product import Product

ANSWER_S = 45.0  # for one target; a cut is added
_CUT_S_MAX = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is run: `targets` of a mission, the first of them with a link that is dead for `cut_s` in mid-transfer."""

    mission: Path
    out: Path
    targets: tuple[str, ...]
    wire: Wire
    cut_s: float

    def __post_init__(self) -> None:
        check_range("cut", self.cut_s, 0, _CUT_S_MAX)


def perform(setup: Setup, clock: Clock, show: Show) -> dict[str, Any]:
    """The report of one run (ground/report.py).

    Raises UsageError for what was asked wrongly, DeskError for what failed, OSError for what cannot be written.
    """
    mission = load_mission(setup.mission)
    rule = _rule(setup.mission, mission)
    known = [scene.target for scene in mission.scene]
    for target in setup.targets:
        if target not in known:
            raise UsageError(f"target {target!r}: the mission knows {', '.join(known)}{did_you_mean(target, known)}")
    with (
        desk_folder(setup.out) as out,
        operating(setup.mission, mission, out, setup.wire, clock, show) as operation,
    ):
        answers = []
        for number, target in enumerate(setup.targets):
            file, told = _captured(operation, target, cut_s=0.0 if number else setup.cut_s)
            camera = SceneCamera(mission.scenes, clock)
            answers.append(answer_of(target, file, told, _judged(file, target, camera, setup.out, rule)))
        status = operation.client.status()
        return run_report(answers, operation.client.commands(since_ns=status.begun_ns), status)


def _captured(operation: Operation, target: str, *, cut_s: float) -> tuple[FileRecord, SampleRecord]:
    """Command a capture of `target`: its product, and what the node said of it once it was delivered."""
    begun_ns = operation.clock.utc_ns()  # what an earlier run left behind comes down as well, and is no answer
    number = operation.send("imaging.capture", {"target": target})
    pattern, patience_s = f"*-{target}.product", ANSWER_S + 2 * cut_s
    if cut_s:
        operation.wait("the transfer to begin", patience_s, lambda: _is_half_done(operation, number, pattern))
        operation.desk.cable.cut(cut_s)
    answers = partial(answers_in, operation, pattern, begun_ns)

    def is_there() -> bool:
        operation.is_over(number)  # it need not be, but it must not have failed
        return bool(list(answers()))

    operation.wait(f"the answer for {target}", patience_s, is_there)
    return next(answers())


def answers_in(operation: Operation, pattern: str, since_ns: int) -> Iterator[tuple[FileRecord, SampleRecord]]:
    """Products captured since, and delivered."""
    for told in operation.samples:
        if told.report != PRODUCT_REPORT or told.values["state"] != "delivered":
            continue
        name, capture_ns = str(told.values["name"]), int(told.values["capture"] or 0)
        if fnmatchcase(name, pattern) and capture_ns >= since_ns:
            yield from ((file, told) for file in operation.files if file.name == name)


def _is_half_done(operation: Operation, number: int, pattern: str) -> bool:
    """Whether the command has ended, and a part of its product is here."""
    transfers = operation.transfers.values()
    on_the_way = any(one.received_octets and fnmatchcase(one.name, pattern) for one in transfers)
    return operation.is_over(number) and on_the_way


def _judged(file: FileRecord, target: str, camera: SceneCamera, out: Path, rule: dict[str, Any]) -> list[str]:
    """How a product differs from the independent computation on the same scene; leaves a picture of it on the scene."""
    octets = (out / "ground" / "files" / file.name).read_bytes()
    frame = camera.capture(target)
    try:
        product = Product.decode(octets)
        background = false_colour(frame.band("nir"), frame.band("red"), frame.band("green"))
        (out / f"{target}.png").write_bytes(overlay_png(product, background))
        return differences(product, frame, **rule)
    except (DecodeError, CorruptError) as error:
        return [f"not a product: {error}"]


def _rule(path: Path, mission: Mission) -> dict[str, Any]:
    """What the independent computation has to know: it judges water that was cleaned up, and nothing else."""
    said = {stage.name: stage.parameters for stage in mission.stages}
    try:
        return {"threshold": said["water"]["threshold"], "smallest_px": said["clean"]["smallest_px"]}
    except KeyError as error:
        raise UsageError(f"{path}: no stage {error}, and only water that was cleaned up is judged here") from None
