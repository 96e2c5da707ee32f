"""The mode table: which apps are stepped and which commands are allowed in each mode, as the mission says it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from kernels.usage import UsageError, did_you_mean

PAYLOAD_APPS = frozenset({"imaging"})
"""The apps of the node's own that work for the payload: a mode rules their commands. They are stepped in every mode, as
what they began has to end, and as others wait for the same workers.
"""


class Mode(IntEnum):
    """What a node is about: to survive, to keep itself in order, or to work for its payload."""

    SAFE = 0
    NOMINAL = 1
    PAYLOAD = 2


class SaidOfMode(Protocol):
    """What a mission says of one mode; None where it says nothing, which the table fills in."""

    @property
    def apps(self) -> tuple[str, ...] | None:
        """The apps that are stepped, beside those that always are."""
        ...

    @property
    def commands(self) -> tuple[str, ...] | None:
        """The commands that are allowed, by name or by that of their app, beside those that always are."""
        ...


@dataclass(frozen=True, slots=True)
class _Rule:
    """What one mode allows: names of apps, and names of commands or of apps for all of their commands."""

    apps: frozenset[str]
    commands: frozenset[str]


class ModeTable:
    """The rules of all modes. An app without a rule of its own, as commanding and memory, is never stopped.

    `said` is what the mission says, `ruled` the apps that a mode may stop, `commands` the names of all commands.
    Without a word of the mission: safe mode has none of them, nominal all but those of the payload, payload all; a mode
    allows the commands of the apps that it has. Raises UsageError for a name that is not known.
    """

    def __init__(self, said: Mapping[Mode, SaidOfMode], ruled: Iterable[str], commands: Collection[str]) -> None:
        self._ruled = frozenset(ruled)
        usual = {Mode.SAFE: frozenset[str](), Mode.NOMINAL: self._ruled - PAYLOAD_APPS, Mode.PAYLOAD: self._ruled}
        ours = {name for name in commands if _app_of(name) in self._ruled} | self._ruled
        self._rules = dict[Mode, _Rule]()
        for mode in Mode:
            key, one = f"modes.{mode.name.lower()}", said[mode]
            apps = usual[mode] if one.apps is None else _known(f"{key}.apps", one.apps, self._ruled)
            allowed = apps if one.commands is None else _known(f"{key}.commands", one.commands, ours)
            self._rules[mode] = _Rule(apps, allowed)

    def steps(self, mode: Mode, app: str) -> bool:
        """Whether an app is stepped."""
        return app not in self._ruled or app in PAYLOAD_APPS or app in self._rules[mode].apps

    def allows(self, mode: Mode, command: str) -> bool:
        """Whether a command, by its name in the dictionary, is allowed."""
        app, allowed = _app_of(command), self._rules[mode].commands
        return app not in self._ruled or app in allowed or command in allowed

    def allowing(self, command: str) -> list[Mode]:
        """The modes in which a command is allowed."""
        return [mode for mode in Mode if self.allows(mode, command)]


def _app_of(command: str) -> str:
    return command.partition(".")[0]


def _known(key: str, names: Iterable[str], known: Collection[str]) -> frozenset[str]:
    given = frozenset(names)
    if unknown := sorted(given - set(known)):
        listed = ", ".join(sorted(known)) or "none"
        raise UsageError(
            f"{key}: {unknown[0]!r} is none that a mode may stop; known: {listed}" + did_you_mean(unknown[0], known)
        )
    return given
