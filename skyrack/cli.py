"""`skyrack COMMAND ...`: finds the command and imports it alone, so that `--help` stays instant on a slow board.

Each command is a module with `add_arguments(parser)` and `run(options) -> int`. Data goes to stdout, words to stderr;
exit codes: 0 done, 1 failed, 2 misused.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

COMMANDS = {
    "kernels": "list the C kernels: self-tests and speed on this board",
    "cable": "lay a simulated serial cable between two pseudo-terminals",
    "demo": "run the main job on this machine and check the answer",
    "pipeline": "list the stages of pipelines, and check those of a mission",
    "dictionary": "look up, export, import and compare what the ground has to know of a node",
    "decode": "decode a recording: summary, packets, values as CSV, npz or Parquet",
    "tap": "show a live link decoded, frames, packets and values, without sending",
    "doctor": "say what this machine has, and what is missing for which command",
    "model": "turn a trained model into a signed bundle for a node; check and show bundles",
    "node": "run the flight software of a node",
    "ground": "operate a node: serve its link, send commands, watch what it says",
    "completion": "print a script that completes all of this in bash, zsh or tcsh",
}


def parser_for(name: str) -> argparse.ArgumentParser:
    """The full parser of one command; imports that command's module."""
    module = import_module(f"skyrack.{name}")
    parser = argparse.ArgumentParser(
        prog=f"skyrack {name}", description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    module.add_arguments(parser)
    parser.set_defaults(run=module.run)
    return parser


def overview() -> argparse.ArgumentParser:
    """The parser that knows commands by name and summary only."""
    lines = "\n".join(f"  {name:12}{summary}" for name, summary in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="skyrack",
        description="Flight software for orbital data centres, tested on the boards on your desk.",
        epilog=f"commands:\n{lines}\n\n`skyrack COMMAND --help` tells more, with examples.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; what went wrong is one sentence on stderr, never a traceback."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = overview().parse_args(arguments[:1])
    options = parser_for(options.command).parse_args(arguments[1:])
    try:
        return int(options.run(options))
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ModuleNotFoundError as error:
        return _say(arguments[0], f"{error.name} is not installed; `skyrack doctor` says what brings it", 1)
    except ValueError as error:  # what a person typed
        return _say(arguments[0], error, 2)
    except OSError as error:
        return _say(arguments[0], _without_number(error), 1)
    except KeyboardInterrupt:
        return _say(arguments[0], "stopped", 130)


def _without_number(error: OSError) -> str:
    """What went wrong, in words; `[Errno 2]` tells a person nothing."""
    if not error.strerror:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror


def _say(command: str, error: object, code: int) -> int:
    print(f"skyrack {command}: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
