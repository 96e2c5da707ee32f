"""`skyrack COMMAND ...`: imports the module of that command only, so that `--help` is fast on a slow board.

A command is a module with `add_arguments(parser)` and `run(options) -> int`. Data goes to stdout, messages to stderr;
exit codes: 0 done, 1 failed, 2 misused, 70 a bug in Skyrack, 130 stopped. SKYRACK_DEBUG=1 prints tracebacks.
"""

import argparse
import contextlib
import os
import select
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from kernels.usage import UsageError, shown
from skyrack.parser import Parser

BUG = 70  # EX_SOFTWARE of sysexits.h

COMMANDS = {
    "kernels": "list the C kernels: self-tests and speed on this board",
    "cable": "lay a simulated serial cable between two pseudo-terminals",
    "demo": "run the main job on this machine and check the answer",
    "scene": "make a scene for a node of a GeoTIFF, JPEG 2000, PNG or npy image",
    "pipeline": "list the stages of pipelines, and check those of a mission",
    "dictionary": "look up, export, import and compare what the ground has to know of a node",
    "sequence": "check and compile sequences of commands that a node runs by itself",
    "decode": "decode a recording: summary, packets, values as CSV, npz or Parquet",
    "tap": "show a live link decoded, frames, packets and values, without sending",
    "doctor": "say what this machine has, and what is missing for which command",
    "model": "turn a trained model into a signed bundle for a node; check and show bundles",
    "update": "make signed bundles of software and deltas, and plan what it takes to send them",
    "node": "run the flight software of a node",
    "ground": "operate a node: serve its link, send commands, watch what it says",
    "file": "send files to a node, get files of it, list what it has",
    "world": "fly a node through drawn faults in virtual time, and judge what it did",
    "replay": "replay a recorded flight of a node: the same state again, or the first difference",
    "completion": "print a script that completes all of this in bash, zsh or tcsh",
}
_ROOMS = {"cable": "rig", "demo": "rig", "replay": "rig", "sequence": "onboard", "world": "rig"}
"""The room in skyrack/commands that a command's module stands in, where it stands in one."""


def command_module(name: str) -> ModuleType:
    """The module of one command, imported now."""
    return import_module(".".join(filter(None, ("skyrack.commands", _ROOMS.get(name), name))))


def parser_for(name: str) -> argparse.ArgumentParser:
    """The full parser of one command; imports that command's module."""
    module = command_module(name)
    parser = Parser(
        prog=f"skyrack {name}", description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    module.add_arguments(parser)
    parser.set_defaults(run=module.run)
    return parser


def overview() -> argparse.ArgumentParser:
    """The parser that knows commands by name and summary only."""
    lines = "\n".join(f"  {name:12}{summary}" for name, summary in COMMANDS.items())
    parser = Parser(
        prog="skyrack",
        description="Flight software for orbital data centres, tested on the boards on your desk.",
        epilog=f"commands:\n{lines}\n\n`skyrack COMMAND --help` tells more, with examples.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    return parser


class _Version(argparse.Action):
    """Prints the version, which it looks up only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"skyrack {version('skyrack')}")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. An error is one sentence on stderr, with a traceback only if SKYRACK_DEBUG is set."""
    _open_standard_streams()
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = overview().parse_args(arguments[:1])
    if sys.flags.optimize > 1:
        return _report(arguments[0], "python -OO removes docstrings, which are a dictionary's texts: run it without", 2)
    try:
        options = parser_for(options.command).parse_args(arguments[1:])
        code = int(options.run(options))
        sys.stdout.flush()  # here a closed pipe is still handled below
    except KeyboardInterrupt:
        return _report(arguments[0], "stopped", 130)
    except Exception as error:  # every error is reported in one sentence
        return _failed(arguments[0], error)
    return code


def _failed(command: str, error: Exception) -> int:
    """Report an error and return its exit code: a user's mistake, a limit or lack of this machine, or a bug."""
    if isinstance(error, BrokenPipeError) and _nobody_reads():
        return 1
    if os.environ.get("SKYRACK_DEBUG", "0") not in ("", "0"):
        traceback.print_exception(error)
    match error:
        case UsageError():
            return _report(command, error, 2)
        case ModuleNotFoundError() if error.name and error.name.partition(".")[0] not in _OURS:
            return _report(command, f"{error.name} is not installed; `skyrack doctor` says what brings it", 1)
        case OSError():
            return _report(command, _without_number(error), 1)
        case MemoryError():
            return _report(command, "out of memory: this needs more than the machine, or a limit set here, has left", 1)
    said = " ".join(f"{type(error).__name__}: {error}".split())[:400]
    return _report(command, f"a bug in Skyrack ({said}); the same with SKYRACK_DEBUG=1 in front shows where", BUG)


def _open_standard_streams() -> None:
    """Open /dev/null for each standard stream that is closed: else the next opened file would get its number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115  # as Python does


_OURS = ("hal", "link", "fsw", "ground", "rig", "skyrack")


def _nobody_reads() -> bool:
    """Whether the broken pipe is stdout, and not another one; the rest of the output then goes to /dev/null."""
    try:
        output = sys.stdout.fileno()
    except OSError:  # replaced by an object that is not a file
        return False
    poll = select.poll()
    poll.register(output, 0)  # event mask 0: errors only
    is_broken = bool(poll.poll(0))
    if is_broken:
        os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    return is_broken


def _without_number(error: OSError) -> str:
    """The message of an OSError without the `[Errno 2]` that str() puts before it."""
    if not error.strerror:
        return str(error)
    if not error.filename:
        return error.strerror
    name = Path(error.filename) if isinstance(error.filename, str) else error.filename
    return f"{shown(name)}: {error.strerror}"


def _report(command: str, error: object, code: int) -> int:
    with contextlib.suppress(BrokenPipeError):
        print(f"skyrack {command}: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
