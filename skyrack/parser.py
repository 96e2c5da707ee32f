"""Parsing of command lines: options may stand between words, and a misspelt word gets a suggestion."""

import argparse
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

_INVALID_CHOICE = re.compile(r"invalid choice: '(?P<typed>[^']*)' \(choose from (?P<known>.*)\)", re.S)
_UNRECOGNISED = re.compile(r"unrecognized arguments: (?P<typed>--[\w-]+)")


def within(kind: type[int] | type[float], low: float, high: float) -> Callable[[str], float]:
    """For `type=` of an option: a number from `low` to `high`; anything else, nan too, is refused in one sentence."""

    def read(text: str) -> float:
        value = kind(text)  # argparse reports a ValueError itself, with the name set below
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text}: expected {low:.12g}..{high:.12g}")
        return value

    read.__name__ = "whole number" if kind is int else "number"
    return read


def subcommand(commands: "argparse._SubParsersAction[Any]", name: str, what: str) -> Any:
    """A subcommand's parser; its `--help` shows `what` as well, and where examples are."""
    parser = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    parser.epilog = f"`{parser.prog.rpartition(' ')[0]} --help` has examples."
    return parser


class Parser(argparse.ArgumentParser):
    """argparse's parser with suggestions; subcommands get parsers of the same class.

    `gathers` names a list of words (nargs="*") that may stand anywhere among the options, which argparse alone refuses.
    """

    gathers = ""

    def convert_arg_line_to_args(self, arg_line: str) -> list[str]:
        """The arguments in a line of an options file: none after a leading #, an option's value on the same line."""
        line = arg_line.strip()
        return [] if line.startswith("#") else line.split(maxsplit=1) if line.startswith("-") else [line] * bool(line)

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> tuple[Any, list[str]]:  # type: ignore[override]  # argparse has overloads
        """Parse as argparse does, then append the words that it left over to the list named by `gathers`."""
        found, left = super().parse_known_args(args, namespace)
        if self.gathers:
            words = [*getattr(found, self.gathers), *(word for word in left if not word.startswith("-"))]
            setattr(found, self.gathers, words)
            left = [word for word in left if word.startswith("-")]
        return found, left

    def error(self, message: str) -> NoReturn:
        """Exit with code 2 and one sentence that suggests the nearest known word."""
        super().error(message + self._hint(message))

    def _hint(self, message: str) -> str:
        from kernels.usage import did_you_mean

        if found := _INVALID_CHOICE.search(message):
            return did_you_mean(found["typed"], re.findall(r"'([^']*)'", found["known"]))
        if found := _UNRECOGNISED.search(message):
            return did_you_mean(found["typed"], [*self._option_string_actions])
        return ""
