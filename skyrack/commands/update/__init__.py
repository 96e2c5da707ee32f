"""Make what a node is updated with, and plan what it takes to send it, before anything is sent.

skyrack update make node.pyz --name coastwatch --software-version 1.4 --key team.key --out node-1.4.bundle
skyrack update plan node-1.4.bundle --base node-1.3.bundle --rate-bps 9600 --pass-s 480
skyrack update delta node-1.4.bundle --base node-1.3.bundle --key team.key --out node-1.4.delta

IMAGE is whatever the node's supervisor starts; a Python zip application starts as its bundle lies. Keys are those of
`skyrack model keygen`. A delta makes the new bundle of one that the node has; without --base it is only packed. It is
the smaller the more alike the two are: a zip file should be stored, not compressed. Models are bundles already: plan
and delta take them as they are.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from skyrack.commands.update.making import write_bundle, write_delta
from skyrack.commands.update.planning import print_plan
from skyrack.parser import subcommand, within


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands and their options."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    make = subcommand(commands, "make", "a signed bundle of software")
    make.add_argument("image", type=Path, metavar="IMAGE")
    make.add_argument("--name", required=True, help="of the slots that it is for")
    make.add_argument(
        "--software-version",
        required=True,
        metavar="VERSION",
        help="whole numbers with dots, as 1.4.2",
    )
    _add_output(make)
    delta = subcommand(commands, "delta", "a signed delta of a bundle of software or of a model")
    _add_bundles(delta)
    _add_output(delta)
    help_ = "key that signed the bundles, if it is not that of --key"
    delta.add_argument("--trust", type=Path, action="append", default=[], metavar="PUB", help=help_)
    plan = subcommand(commands, "plan", "kilobytes, passes and days that it takes to send a bundle")
    _add_bundles(plan)
    plan.add_argument("--target", default="software", help="name of the target on the node; default: software")
    plan.add_argument(
        "--rate-bps", type=within(int, 1, 10**10), default=9600, metavar="BIT/S", help="of the uplink; default: 9600"
    )
    plan.add_argument(
        "--pass-s", type=within(float, 0.1, 86_400), default=480, metavar="S", help="of one; default: 480"
    )
    plan.add_argument("--passes-a-day", type=within(float, 0.001, 1000), default=4, metavar="N", help="default: 4")
    plan.add_argument(
        "--frame-octets", type=within(int, 8, 1024), default=1024, metavar="N", help="longest TC frame; default: 1024"
    )
    plan.add_argument("--json", action="store_true", help="as one JSON object")


def _add_bundles(command: argparse.ArgumentParser) -> None:
    command.add_argument("bundle", type=Path, metavar="BUNDLE")
    command.add_argument("--base", type=Path, metavar="OLD", help="bundle that the node has; default: none")


def _add_output(command: argparse.ArgumentParser) -> None:
    command.add_argument("--key", type=Path, required=True, help="private key that signs")
    command.add_argument("--out", type=Path, required=True, metavar="FILE")


def run(options: argparse.Namespace) -> int:
    """Run the subcommand."""
    actions: dict[str, Callable[[argparse.Namespace], None]] = {
        "make": write_bundle,
        "delta": write_delta,
        "plan": print_plan,
    }
    actions[options.action](options)
    return 0
