"""Make what a node is updated with, and plan what it takes to send it, before anything is sent.

skyrack update make node.pyz --name coastwatch --software-version 1.4 --key team.key --out node-1.4.bundle
skyrack update plan node-1.4.bundle --base node-1.3.bundle --rate-bps 9600 --pass-s 480
skyrack update delta node-1.4.bundle --base node-1.3.bundle --key team.key --out node-1.4.delta
skyrack update send node-1.4.delta
skyrack update start B
skyrack update send clouds-2.bundle
skyrack update start --target clouds A

IMAGE is a zip file of Python packages, as a wheel is one. Keys are those of `skyrack model keygen`. A delta makes the
new bundle of one that the node has; without --base it is only packed. It is the smaller the more alike both are: a zip
file should be stored, not compressed. Models are bundles already: plan and delta take them as they are.

send and start speak with the node through a ground service. send has a slot filled and verified, and goes on where an
earlier one was interrupted; start has the slot started, and confirms it once it is healthy.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from skyrack.commands.update.making import write_bundle, write_delta
from skyrack.commands.update.planning import print_plan
from skyrack.commands.update.sending import send_bundle, start_slot
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
    _add_passes(plan)
    plan.add_argument("--json", action="store_true", help="as one JSON object")
    send = subcommand(commands, "send", "send a bundle or a delta to a node, and have it verified")
    send.add_argument("bundle", type=Path, metavar="FILE")
    send.add_argument("--slot", choices=("A", "B"), help="default: the one that is not in use")
    send.add_argument("--rollback", action="store_true", help="it may be older than what is promoted")
    _add_passes(send)
    _add_service(send)
    start = subcommand(commands, "start", "start a verified slot on trial, and confirm it")
    start.add_argument("slot", choices=("A", "B"))
    start.add_argument("--target", default="software", help="of the node: software (default), or a model by its name")
    start.add_argument("--tries", type=within(int, 1, 9), default=2, metavar="N", help="starts at most; default: 2")
    _add_service(start)


def _add_service(command: argparse.ArgumentParser) -> None:
    command.add_argument("--socket", type=Path, metavar="PATH", help="the service's socket (default: one per user)")
    command.add_argument(
        "--timeout", type=within(float, 1, 1e6), default=600, metavar="S", help="limit of each step; default: 600"
    )


def _add_passes(command: argparse.ArgumentParser) -> None:
    command.add_argument("--target", help="of the node; default: the name of a model that is no delta, else software")
    command.add_argument(
        "--rate-bps", type=within(int, 1, 10**10), default=9600, metavar="BIT/S", help="of the uplink; default: 9600"
    )
    command.add_argument(
        "--pass-s", type=within(float, 0.1, 86_400), default=480, metavar="S", help="of one; default: 480"
    )
    command.add_argument("--passes-a-day", type=within(float, 0.001, 1000), default=4, metavar="N", help="default: 4")
    command.add_argument(
        "--frame-octets",
        type=within(int, 8, 1024),
        default=256,
        metavar="N",
        help="longest TC frame, tc_frame_octets_max of the mission; default: %(default)s",
    )


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
        "send": send_bundle,
        "start": start_slot,
    }
    actions[options.action](options)
    return 0
