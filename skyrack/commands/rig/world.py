"""Fly a node and operate it, in virtual time, while everything goes wrong that can: all drawn from one seed.

skyrack world --seed 1 --hours 6
skyrack world --seed 7 --hours 0.05 --trace
skyrack world --seed 1000 --seeds 500 --hours 0.05

The real flight software and the real station meet over a simulated radio that loses, flips, repeats and reorders; disks
fill up and fail, power fails in the middle of a write. Then all is calm, and every command has to end, every product
to arrive. Equal seeds give equal traces. Exit code 1 where something does not hold; what is printed then replays it.
"""

import argparse
import json
import sys
import time
from typing import Any

from kernels.usage import UsageError

_HOURS_MAX = 1000.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options: seeds, duration and output."""
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the seed of all random choices (default 1)")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="how many seeds, from --seed on (default 1)")
    parser.add_argument("--hours", type=float, default=1.0, metavar="H", help="virtual hours of faults (default 1)")
    parser.add_argument("--calm", action="store_true", help="no faults and no orders: the cost of an idle link")
    parser.add_argument("--trace", action="store_true", help="every event as a line on stderr")
    parser.add_argument("--json", action="store_true", help="one JSON object a seed on stdout")


def run(options: argparse.Namespace) -> int:
    """Run the world of each seed; 1 if a requirement is violated in one of them."""
    if options.seeds < 1:
        raise UsageError(f"--seeds {options.seeds}, expected 1 or more")
    if not 0 < options.hours <= _HOURS_MAX:
        raise UsageError(f"--hours {options.hours:g}, expected more than 0 and up to {_HOURS_MAX:g}")
    seeds = range(options.seed, options.seed + options.seeds)
    return 1 if sum(not _fly(seed, options) for seed in seeds) else 0


def _fly(seed: int, options: argparse.Namespace) -> bool:
    """Run one world; return whether all requirements hold."""
    import msgspec

    from rig.world.judge import BrokenError
    from rig.world.world import fly, idle

    start_s, seconds = time.process_time(), 3600 * options.hours
    report = (lambda line: print(line, file=sys.stderr)) if options.trace else None
    try:
        summary = idle(seed, seconds, report) if options.calm else fly(seed, seconds, report)
    except BrokenError as error:
        print(f"skyrack world: seed {seed}: {error}", file=sys.stderr)
        print(f"skyrack world --seed {seed} --hours {options.hours!r} --trace", flush=True)
        return False
    took_s = time.process_time() - start_s
    found = msgspec.to_builtins(summary) | {"cpu_s": round(took_s, 3), "speed": round(summary.seconds / took_s)}
    print(json.dumps(found) if options.json else _line(found) if options.seeds > 1 else _page(found), flush=True)
    return True


def _line(found: dict[str, Any]) -> str:
    return f"seed {found['seed']:6}  {found['seconds']:9.1f} s at {found['speed']:6} x  {found['trace'][:16]}"


def _page(found: dict[str, Any]) -> str:
    return "\n".join(f"{name.replace('_', ' '):24}{_words(value)}" for name, value in found.items())


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count} {name}" for name, count in value.items()) or "none"
    return str(value)
