"""Command lines as people type them: options between words, and a near miss is answered with what it may have meant."""

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

_INVALID_CHOICE = re.compile(r"invalid choice: '(?P<typed>[^']*)' \(choose from (?P<known>.*)\)", re.S)
_UNRECOGNISED = re.compile(r"unrecognized arguments: (?P<typed>--[\w-]+)")


class Parser(argparse.ArgumentParser):
    """argparse's parser; those of sub-commands are made of the same class.

    `gathers` names a list of words (nargs="*") that may stand anywhere among the options, which argparse alone refuses.
    """

    gathers = ""

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> tuple[Any, list[str]]:  # type: ignore[override]  # argparse has overloads
        """As argparse, then put into the list that `gathers` names the words that it left over."""
        found, left = super().parse_known_args(args, namespace)
        if self.gathers:
            getattr(found, self.gathers).extend(word for word in left if not word.startswith("-"))
            left = [word for word in left if word.startswith("-")]
        return found, left

    def error(self, message: str) -> NoReturn:
        """End with code 2 and one sentence, the nearest known word in it."""
        super().error(message + self._hint(message))

    def _hint(self, message: str) -> str:
        from hal.usage import did_you_mean

        if found := _INVALID_CHOICE.search(message):
            return did_you_mean(found["typed"], re.findall(r"'([^']*)'", found["known"]))
        if found := _UNRECOGNISED.search(message):
            return did_you_mean(found["typed"], [*self._option_string_actions])
        return ""
