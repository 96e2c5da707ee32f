"""Run the main job on this machine: a node, a cable between two pseudo-terminals, a ground station.

The ground commands a capture of each target; the node finds the water in it and sends down where it is; the answer is
held against an independent computation. Exit code 0 only if they are equal.

    skyrack demo
    skyrack demo --noise 1e-5 --cut 5
    skyrack demo --json
"""

import argparse
import json
import sys
from pathlib import Path


def default_mission() -> Path:
    """Coastwatch of the examples, which a wheel has inside this package and a source tree beside it."""
    here = Path(__file__).parent
    examples = next((place for place in (here / "examples", here.parent / "examples") if place.is_dir()), here)
    return examples / "missions" / "coastwatch.toml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to look at, over how bad a link."""
    parser.add_argument("--mission", type=Path, default=default_mission(), metavar="FILE", help="default: coastwatch")
    parser.add_argument("--target", action="append", metavar="NAME", help="may be repeated (default: coast, desert)")
    parser.add_argument("--baud", type=int, default=19200, help="bits per second of the cable (default %(default)s)")
    parser.add_argument("--noise", type=float, default=0.0, help="bit error rate (default %(default)s)")
    parser.add_argument(
        "--cut", type=float, default=0.0, metavar="SECONDS", help="link dead for so long in mid-transfer"
    )
    parser.add_argument("--seed", default="1", help="replays the same noise (default %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/demo"), help="archive, products, logs (default %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="the report as one JSON object on stdout")


def run(options: argparse.Namespace) -> int:
    """0: every answer is right; 1: one is wrong, or none came."""
    from ground.report import report_lines
    from ground.rig.demo import Setup, perform
    from ground.rig.desk import DeskError
    from ground.view import View
    from hal.camera import CameraError
    from hal.linux.clock import HostClock

    clock = HostClock()
    setup = Setup(
        mission=options.mission,
        out=options.out,
        targets=tuple(options.target or ("coast", "desert")),
        baud=options.baud,
        noise=options.noise,
        cut_s=options.cut,
        seed=options.seed,
    )
    try:
        with View(clock, sys.stderr) as view:
            report = perform(setup, clock, view.take)
    except (DeskError, CameraError) as error:
        print(f"skyrack demo: {error} (logs in {options.out})", file=sys.stderr)
        return 1
    print(json.dumps(report, indent=2) if options.json else "\n".join(report_lines(report)))
    return 0 if report["product_ok"] else 1
