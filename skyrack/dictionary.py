"""Print the dictionary of a mission's node: all that a ground station has to know of it, as JSON.

skyrack dictionary examples/missions/coastwatch.toml > coastwatch.json
"""

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which mission."""
    parser.add_argument("mission", type=Path, metavar="MISSION", help="the mission file (TOML)")


def run(options: argparse.Namespace) -> int:
    """The dictionary to stdout."""
    from fsw.mission import load_mission
    from fsw.node import dictionary_of

    sys.stdout.write(dictionary_of(load_mission(options.mission)).to_json().decode())
    return 0
