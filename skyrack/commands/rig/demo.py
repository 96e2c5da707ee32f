"""Run a mission on this machine: a node, a cable between two pseudo-terminals, a ground station.

coastwatch, the main job: the ground commands a capture of each target; the node finds the water in it and sends down
where it is; the answer is held against an independent computation. `skyrack replay` flies OUT/flight.rec again.

cloudscreen: the node screens all frames for clouds, then comes a pass too short for them; masks, tiles and how much of
what came down is useful are held against what is published with the scenes (rig/missions/cloudscreen_scenes.py says
which files).

flood: the node finds the water on radar chips; an alert comes first, then polygons of 4 KB at most, which are held
against what people labelled.

A mission file of your own: every target is captured and its files are received; only water is judged, as coastwatch's.
With --scene, images of your own take the place of its scenes: a scene, or what `skyrack scene import` reads.

Exit code 0 only if everything is as it should be.

    skyrack demo
    skyrack demo --noise 1e-5 --cut 5
    skyrack demo --mission cloudscreen --scenes DIR
    skyrack demo --mission greenwatch.toml
    skyrack demo --scene lake.tif --bands blue,green,red,nir,swir1,swir2
    skyrack demo --json
"""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kernels.usage import UsageError, shown

if TYPE_CHECKING:
    from ground.console.view import View
    from hal.clock import Clock
    from rig.operator import CableOptions

_Ended = tuple[dict[str, Any], list[str], bool]
"""A report, its lines, and whether all is right."""


_PASS_S = 17.0
_BAUD, _FAST_BAUD = 19_200, 230_400


def mission_file(name: str) -> Path:
    """The file of an example mission: inside this package in a wheel, beside it in a source tree."""
    here = Path(__file__).parents[2]
    examples = next((place for place in (here / "examples", here.parent / "examples") if place.is_dir()), here)
    return examples / "missions" / name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options: the mission and its scenes, the faults of the link, and the output."""
    parser.add_argument("--mission", metavar="FILE", help="a mission file, cloudscreen or flood (default: coastwatch)")
    parser.add_argument("--scenes", type=Path, metavar="DIR", help="cloudscreen, flood: published scenes and the truth")
    parser.add_argument(
        "--scene", type=Path, action="append", metavar="FILE", help="an image instead of the mission's; may be repeated"
    )
    parser.add_argument("--bands", metavar="NAME,NAME", help="of each FILE, if it does not name them itself")
    parser.add_argument("--target", action="append", metavar="NAME", help="may be repeated (default: all)")
    parser.add_argument(
        "--baud", type=int, help=f"bits per second of the cable (default {_BAUD}; with scenes: {_FAST_BAUD})"
    )
    parser.add_argument("--noise", type=float, default=0.0, help="bit error rate (default %(default)s)")
    parser.add_argument(
        "--cut", type=float, default=0.0, metavar="SECONDS", help="link dead for so long in mid-transfer"
    )
    parser.add_argument(
        "--pass", type=float, metavar="SECONDS", dest="pass_s", help=f"cloudscreen: how long it is (default {_PASS_S})"
    )
    parser.add_argument("--seed", default="1", help="seed of the noise (default %(default)s)")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="new, empty or of an earlier demo: archive, products, logs (default out/demo, or out/ and the name)",
    )
    parser.add_argument("--json", action="store_true", help="the report as one JSON object on stdout")


def run(options: argparse.Namespace) -> int:
    """0: no answer is wrong, and all came; 1: one is wrong or did not come."""
    from ground.console.view import View
    from hal.camera import CameraError
    from hal.linux.clock import HostClock
    from rig.processes import DeskError

    judged_by = {"cloudscreen": _screening, "flood": _flood}
    if (options.mission in judged_by) != bool(options.scenes):
        raise UsageError("--mission cloudscreen or flood and --scenes DIR go together")
    if options.scenes and (options.target or options.cut):
        raise UsageError(f"--mission {options.mission} takes every scene, over a link that nobody cuts")
    if options.scene and options.scenes:
        raise UsageError("--scene is for a mission file, --scenes for cloudscreen and flood: expected one of them")
    if options.bands and not options.scene:
        raise UsageError("--bands goes with --scene")
    if options.pass_s is not None and options.mission != "cloudscreen":
        raise UsageError("--pass is for --mission cloudscreen")
    clock, run_mission = HostClock(), judged_by.get(options.mission, _main_job)
    options.out = options.out or Path("out", options.mission if options.scenes else "demo")
    try:
        with View(clock, sys.stderr) as view:
            report, lines, is_right = run_mission(options, clock, view)
    except (DeskError, CameraError) as error:
        print(f"skyrack demo: {error} (logs in {shown(options.out)})", file=sys.stderr)
        return 1
    print(json.dumps(report, indent=2) if options.json else "\n".join(lines))
    return 0 if is_right else 1


def _main_job(options: argparse.Namespace, clock: "Clock", view: "View") -> "_Ended":
    from rig.missions.coastwatch import Setup, perform
    from rig.report import report_lines

    setup = Setup(
        mission=Path(options.mission or mission_file("coastwatch.toml")),
        out=options.out,
        targets=tuple(options.target or ()),
        wire=_wire(options, _BAUD),
        cut_s=options.cut,
        images=tuple(options.scene or ()),
        bands=tuple(name.strip() for name in options.bands.split(",")) if options.bands else (),
    )
    report = perform(setup, clock, view.accept)
    return report, [] if options.json else report_lines(report), report["product_ok"] is not False


def _screening(options: argparse.Namespace, clock: "Clock", view: "View") -> "_Ended":
    from rig.missions.cloudscreen import Setup, perform
    from rig.missions.cloudscreen_judge import judgement_lines

    setup = Setup(
        mission=mission_file("cloudscreen/mission.toml"),
        scenes=options.scenes,
        out=options.out,
        wire=_wire(options, _FAST_BAUD),
        pass_s=_PASS_S if options.pass_s is None else options.pass_s,
    )
    report = perform(setup, clock, view.accept)
    return report, judgement_lines(report), report["ok"] is not False


def _flood(options: argparse.Namespace, clock: "Clock", view: "View") -> "_Ended":
    from rig.missions.flood import Setup, flood_lines, perform

    wire = _wire(options, _FAST_BAUD)
    setup = Setup(mission=mission_file("flood/radar.toml"), scenes=options.scenes, out=options.out, wire=wire)
    report = perform(setup, clock, view.accept)
    return report, flood_lines(report), report["ok"] is not False


def _wire(options: argparse.Namespace, baud: int) -> "CableOptions":
    from rig.operator import CableOptions

    return CableOptions(baud=baud if options.baud is None else options.baud, noise=options.noise, seed=options.seed)
