"""The cloud screening mission on one desk: all frames are taken before a pass that is too short for them.

Files are held on board until every frame is screened; then the pass begins, and the link goes dead when it is over.
Node and ground start without the state of an earlier run, which would take its share of the pass.
The files received are judged by the published numbers and masks (cloudscreen_judge.py).
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fsw.mission import load_mission
from ground.records import EventRecord
from hal.clock import Clock
from rig.missions.cloudscreen_judge import Received, judge
from rig.missions.cloudscreen_scenes import Scenes, lay_out_scenes, read_scenes
from rig.operator import CableOptions, Operation, Show, check_option, desk_folder, operating

SCREENED_S = 60.0
_DEAD_S, _SETTLE_S = 600.0, 1.0
_PASS_S = (1, 600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is run: `mission` is copied into `out`, with the files made of the published `scenes` beside it."""

    mission: Path
    scenes: Path
    out: Path
    wire: CableOptions
    pass_s: float

    def __post_init__(self) -> None:
        check_option("pass", self.pass_s, *_PASS_S)


def perform(setup: Setup, clock: Clock, show: Show) -> dict[str, Any]:
    """Run the mission and judge it. Raises ValueError for wrong options, DeskError for a failure, OSError."""
    scenes = read_scenes(setup.scenes)
    with desk_folder(setup.out) as out:
        path = lay_out_scenes(scenes, setup.scenes, setup.mission, setup.out / "mission")
        mission = load_mission(path)
        with operating(path, mission, out, setup.wire, clock, show, afresh=True) as operation:
            screened = _screened(operation, scenes)
            _pass(operation, setup.pass_s)
            received = _received(operation, setup)
    said = {stage.name: stage.parameters for stage in mission.stages}
    reach_px = said["cloud_mask"]["average_px"] + said["cloud_mask"]["margin_px"]
    share_max = said["tiles"]["cloud_share_max"]
    return judge(scenes, received, screened, cloud_share_max=share_max, reach_px=reach_px)


def _received(operation: Operation, setup: Setup) -> Received:
    """The files that the pass brought, and their octets."""
    folder = setup.out / "ground" / "files"
    whole = {file.name: (folder / file.name).read_bytes() for file in operation.files}
    parts = sum(one.received_octets for one in operation.transfers.values() if one.name not in whole)
    line_octets = round(setup.pass_s * setup.wire.baud / 10)
    return Received(files=whole, partial_octets=parts, line_octets=line_octets, pass_s=setup.pass_s)


def _screened(operation: Operation, scenes: Scenes) -> dict[str, EventRecord]:
    """Have every scene taken and screened; returns the node's event about each, by target."""
    held = operation.send("files.hold")
    operation.wait("the files to be held", SCREENED_S, lambda: operation.is_over(held))
    for target in scenes.targets:
        number = operation.send("imaging.capture", {"target": target})
        operation.wait(f"{target} to be screened", SCREENED_S, partial(operation.is_over, number))

    def reported() -> dict[str, EventRecord]:
        ready = [event for event in operation.events if event.name == "ProductReady"]
        return {str(event.values["target"]): event for event in ready}

    operation.wait("the node's report of each scene", SCREENED_S, lambda: set(scenes.targets) <= reported().keys())
    return reported()


def _pass(operation: Operation, seconds: float) -> None:
    """Release files for `seconds`, then cut the link."""
    released = operation.send("files.release")
    operation.wait("the pass to begin", SCREENED_S, lambda: operation.is_over(released))
    operation.watch(seconds)
    operation.desk.cable.cut(_DEAD_S)
    operation.watch(_SETTLE_S)
