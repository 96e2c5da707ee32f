"""Replay a recorded flight: the same software over devices that answer as they did, in virtual time.

skyrack node coastwatch.toml --port tcp-listen://127.0.0.1:5100 --record flight.rec
skyrack replay flight.rec
skyrack replay flight.rec --until 12.5
skyrack replay flight.rec --until tick:240
skyrack replay flight.rec --break CaptureFailed

All that the node writes, orders and stores is held to what is recorded, octet for octet; the first difference is told
with its place. Where the replay stops, the state of the node is printed. Exit code 1 where something differs.
"""

import argparse
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from kernels.usage import UsageError, did_you_mean, shown

if TYPE_CHECKING:
    from rig.replay.replay import Until

_TICK = "tick:"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options: the recording, where to stop, and the output."""
    parser.add_argument("recording", type=Path, metavar="FILE", help="what `skyrack node --record` wrote")
    parser.add_argument(
        "--until", metavar="S|tick:N", help="stop so many seconds after the start, or after N steps of apps"
    )
    parser.add_argument("--break", dest="event", metavar="EVENT", help="stop after this event")
    parser.add_argument(
        "--mission", type=Path, metavar="MISSION", help="the mission whose files of apps flew; not needed without such"
    )
    parser.add_argument("--json", action="store_true", help="the state as one JSON object on stdout")


def run(options: argparse.Namespace) -> int:
    """0: all was as recorded, as far as it was replayed; 1: it was not."""
    until = _until(options.until)
    from fsw.design import dictionary_of
    from fsw.mission import load_mission
    from rig.replay.account import account_lines, account_of
    from rig.replay.replay import Replay, Until
    from skyrack.options.stop_signal import interrupted_at_once

    replay = Replay(options.recording, load_mission(options.mission).apps if options.mission else ())
    dictionary = dictionary_of(replay.mission)
    names = [entry.name for entry in dictionary.events]
    if options.event and options.event not in names:
        raise UsageError(f"--break {options.event}: no event of this node{did_you_mean(options.event, names)}")
    for note in replay.notes:
        _report(note)
    with interrupted_at_once("replay"):
        replay.run(Until(seconds=until.seconds, ticks=until.ticks, event=options.event or ""), _report)
    if replay.node is None and replay.difference is None:
        raise UsageError(f"{shown(options.recording)}: cut off or damaged before the node was built; nothing to replay")
    account = account_of(replay, dictionary)
    print(json.dumps(account, indent=2) if options.json else "\n".join(account_lines(account)))
    return 0 if replay.is_right else 1


def _report(sentence: str) -> None:
    print(f"skyrack replay: {sentence}", file=sys.stderr, flush=True)


def _until(text: str | None) -> "Until":
    from rig.replay.replay import Until

    if text is None:
        return Until()
    with suppress(ValueError):
        if text.startswith(_TICK) and (ticks := int(text.removeprefix(_TICK))) >= 0:
            return Until(ticks=ticks)
        if (seconds := float(text)) >= 0:  # not so for NaN
            return Until(seconds=seconds)
    raise UsageError(f"--until {text}, expected seconds, or a number of steps of apps as tick:240")
