"""Lay a simulated serial cable between two pseudo-terminals of this machine.

The first line on stdout names the two ports. Then stdin takes orders: `cut 5`, `noise 1e-5`, `stats`, `unplug`.

    skyrack cable --baud 9600 --noise 1e-5
"""

import argparse

from skyrack.parser import within


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options: rate, noise and seed."""
    parser.add_argument(
        "--baud",
        type=within(int, 1, 1_000_000_000),
        default=9600,
        help="bits per second, enforced (default %(default)s)",
    )
    parser.add_argument("--noise", type=float, default=0.0, help="bit error rate (default %(default)s)")
    parser.add_argument("--seed", default="1", help="seed of the noise (default %(default)s)")


def run(options: argparse.Namespace) -> int:
    """Serve the cable until stdin ends."""
    from hal.linux.clock import HostClock
    from rig.cable import run as serve

    serve(HostClock(), baud=options.baud, noise=options.noise, seed=options.seed)
    return 0
