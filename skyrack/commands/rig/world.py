"""Fly nodes and operate them, in virtual time, while everything goes wrong that can: all drawn from one seed.

skyrack world --seed 1
skyrack world --seed 7 --trace
skyrack world --seed 1000 --seeds 500
skyrack world --schedule world-7.json
skyrack world --search 100

The real flight software and the real stations meet over simulated radios that lose, flip, repeat and reorder; disks
fill up and fail, clocks step, power fails in the middle of a write. Then all is calm, and every command has to end,
every product to arrive. Equal seeds give equal traces. Exit code 1 where something does not hold: what is printed then
replays it, and the smallest schedule of faults that still fails is saved as a file.
"""

import argparse
import json
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kernels.usage import UsageError
from skyrack.parser import within

if TYPE_CHECKING:
    from rig.world.schedule import FaultSchedule

_HOURS, _HOURS_MAX, _NODES, _NODES_MAX = 4 / 60, 1000.0, 3, 100
_SHRINKING = 60
_COUNT = within(int, 1, 1_000_000)
_ALONE = "campaign", "search", "schedule", "calm"  # each says by itself what is flown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options: seeds, duration, schedules, campaigns and output."""
    add = parser.add_argument
    add("--seed", type=int, default=1, metavar="N", help="the seed of all random choices (default 1)")
    add("--seeds", type=int, default=1, metavar="N", help="how many seeds, from --seed on (default 1)")
    add("--nodes", type=int, default=_NODES, metavar="N", help=f"nodes, each with its ground (default {_NODES})")
    add("--hours", type=float, default=_HOURS, metavar="H", help="virtual hours of faults (default 4 minutes)")
    add("--kind", action="append", default=[], metavar="KIND", help="faults of this kind only; may be repeated")
    add("--calm", action="store_true", help="no faults and no orders: the cost of idle links")
    add("--schedule", type=Path, metavar="FILE", help="the faults of a file instead of those of a seed")
    add(
        "--save",
        type=Path,
        metavar="FILE",
        help="where the schedule goes: the smallest that fails, or that of the seed",
    )
    add(
        "--shrink",
        type=int,
        default=_SHRINKING,
        metavar="N",
        help=f"flights to shrink a schedule (default {_SHRINKING})",
    )
    add("--search", type=_COUNT, metavar="N", help="N schedules that Hypothesis draws where margins are low")
    add("--campaign", type=_COUNT, metavar="N", help="N flights of each kind of fault, and what they showed")
    add("--to", choices=("markdown",), help="the form of a campaign's table")
    add("--trace", action="store_true", help="every event as a line on stderr")
    add("--json", action="store_true", help="one JSON object a seed on stdout")


def run(options: argparse.Namespace) -> int:
    """Fly what is asked for; 1 if a requirement is violated."""
    from skyrack.options.stop_signal import interrupted_at_once

    _check(options)
    with interrupted_at_once("world"):
        if options.campaign:
            return _campaign(options)
        if options.search:
            return _search(options)
        return 1 if sum(not _fly(schedule, options) for schedule in _schedules(options)) else 0


def _check(options: argparse.Namespace) -> None:
    for name in ("seeds", "nodes"):
        if getattr(options, name) < 1:
            raise UsageError(f"--{name} {getattr(options, name)}, expected 1 or more")
    if options.nodes > _NODES_MAX:
        raise UsageError(f"--nodes {options.nodes}, expected {_NODES_MAX} at most")
    if options.shrink < 0:
        raise UsageError(f"--shrink {options.shrink}, expected 0 or more")
    given = [f"--{name}" for name in _ALONE if getattr(options, name)]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} exclude each other")
    if options.kind and given not in ([], ["--campaign"]):
        raise UsageError(f"--kind does not go with {given[0]}")
    if options.to and not options.campaign:
        raise UsageError("--to is the form of a campaign's table: it goes with --campaign N")
    if options.save and not options.save.absolute().parent.is_dir():
        raise UsageError(f"--save {options.save}: {options.save.parent} is no folder")
    if not 0 < options.hours <= _HOURS_MAX:
        raise UsageError(f"--hours {options.hours:g}, expected more than 0 and up to {_HOURS_MAX:g}")
    from rig.world.faults import KINDS

    for kind in options.kind:
        if kind not in KINDS:
            raise UsageError(f"--kind {kind}, expected one of {', '.join(KINDS)}")


def _schedules(options: argparse.Namespace) -> "list[FaultSchedule]":
    from rig.world.schedule import load_schedule, schedule_of

    if options.schedule:
        return [load_schedule(options.schedule)]
    seeds, seconds = range(options.seed, options.seed + options.seeds), 3600 * options.hours
    return [schedule_of(seed, seconds, options.nodes, options.kind) for seed in seeds]


def _fly(schedule: "FaultSchedule", options: argparse.Namespace) -> bool:
    """Fly one world; return whether all requirements hold."""
    import msgspec

    from rig.world.schedule import save_schedule
    from rig.world.timeline import BrokenError
    from rig.world.world import fly, idle

    start_s = time.process_time()
    report = (lambda line: print(line, file=sys.stderr)) if options.trace else None
    try:
        summary = idle(schedule, report) if options.calm else fly(schedule, report)
    except BrokenError as error:
        _explain(schedule, str(error), options)
        if not isinstance(root := _root(error), BrokenError):
            traceback.print_exception(root)
        return False
    if options.save:
        save_schedule(schedule, options.save)
    took_s = time.process_time() - start_s
    found = msgspec.to_builtins(summary) | {"cpu_s": round(took_s, 3), "speed": round(summary.seconds / took_s)}
    print(json.dumps(found) if options.json else _line(found) if options.seeds > 1 else _page(found), flush=True)
    return True


def _explain(schedule: "FaultSchedule", failure: str, options: argparse.Namespace) -> None:
    """Say what failed and what replays it; then save the smallest schedule that fails alike, and say so."""
    from rig.world.campaign.shrinking import shrunk
    from rig.world.schedule import save_schedule

    _report(f"seed {schedule.seed}: {failure}")
    if options.search:  # only its file replays what was drawn
        pass
    elif options.schedule:
        print(f"skyrack world --schedule {options.schedule} --trace", flush=True)
    else:
        kinds = "".join(f" --kind '{kind}'" for kind in options.kind)
        print(f"skyrack world --seed {schedule.seed} --nodes {schedule.nodes} --hours {options.hours!r}{kinds} --trace")
        sys.stdout.flush()
    if options.calm or not (options.shrink or options.search):
        return
    _report(f"looking for fewer faults that fail alike, in up to {options.shrink} flights")
    small = shrunk(schedule, failure, flights_max=options.shrink)
    path = options.save or Path(f"world-{schedule.seed}.json")
    save_schedule(small, path)
    for fault in small.faults:
        print(f"  node {fault.node}, {fault.at_ns / 1e9:.3f} s: {fault}", file=sys.stderr)
    print(
        f"skyrack world --schedule {path} --trace  # {len(small.faults)} of {len(schedule.faults)} faults", flush=True
    )


def _root(error: BaseException) -> BaseException:
    return _root(error.__cause__) if error.__cause__ else error


def _search(options: argparse.Namespace) -> int:
    from rig.world.campaign.search import search

    seconds = 3600 * options.hours
    found = search(options.search, nodes=options.nodes, seconds=seconds, seed=options.seed, report=_report)
    if found is None:
        print(f"{options.search} schedules, all that must hold holds")
        return 0
    schedule, failure = found
    _explain(schedule, failure, options)
    return 1


def _campaign(options: argparse.Namespace) -> int:
    from rig.world.campaign.table import campaign, page

    rows = campaign(options.campaign, options.kind, seed=options.seed, report=_report)
    if options.json:
        import msgspec

        print(json.dumps(msgspec.to_builtins(rows)))
    else:
        print(page(rows, options.campaign), end="")
    return 1 if any(row.broken for row in rows) else 0


def _report(sentence: str) -> None:
    print(f"skyrack world: {sentence}", file=sys.stderr, flush=True)


def _line(found: dict[str, Any]) -> str:
    return f"seed {found['seed']:6}  {found['seconds']:9.1f} s at {found['speed']:6} x  {found['trace'][:16]}"


def _page(found: dict[str, Any]) -> str:
    return "\n".join(f"{name.replace('_', ' '):24}{_words(value)}" for name, value in found.items())


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count} {name}" for name, count in value.items()) or "none"
    return str(value)
