"""The mode of a node as a state machine: which changes are allowed, which are refused and why, and what is kept."""

from collections.abc import Callable
from contextlib import suppress

import msgspec

from fsw.executive.app import CommandError
from fsw.modes.table import Mode
from fsw.store.durable import Durable
from link.pus.services.verification import FailureCode

_CAUSE_CHARACTERS_MAX = 60
MODE_OCTETS_MAX = 32 + 4 * _CAUSE_CHARACTERS_MAX
_NEXT = {
    Mode.SAFE: (Mode.NOMINAL,),
    Mode.NOMINAL: (Mode.SAFE, Mode.PAYLOAD),
    Mode.PAYLOAD: (Mode.SAFE, Mode.NOMINAL),
}
"""The modes that a command may choose: the payload's only after the node was found well in nominal mode."""


class KeptMode(msgspec.Struct, frozen=True, array_like=True):
    """The mode, why it was chosen, and how often the mode has changed in the node's life."""

    mode: Mode = Mode.PAYLOAD
    cause: str = "first start"
    changes: int = 0


class ModeMachine:
    """The mode in force. It is on the medium before it is in force, and before a change is reported.

    `hold` gives the reason for which safe mode may not be left now, or "". Where the medium fails, the record's fault
    says so, and the mode changes all the same.
    """

    def __init__(self, record: Durable[KeptMode], hold: Callable[[], str] = lambda: "") -> None:
        self._record, self._hold = record, hold

    @property
    def mode(self) -> Mode:
        """The mode in force."""
        return self._record.value.mode

    @property
    def cause(self) -> str:
        """Why it was chosen."""
        return self._record.value.cause

    @property
    def changes(self) -> int:
        """How often the mode has changed in the node's life."""
        return self._record.value.changes

    def command(self, mode: Mode) -> Mode | None:
        """Change to `mode` as the ground asks; returns the mode before, None where it is in force already.

        Raises CommandError, with the reason, for a change that is not allowed.
        """
        if mode is not self.mode and mode not in _NEXT[self.mode]:
            through = " or ".join(one.name.lower() for one in _NEXT[self.mode])
            raise _refusal(f"from {self.mode.name.lower()} mode only to {through}")
        if self.mode is Mode.SAFE and mode is not Mode.SAFE and (reason := self._hold()):
            raise _refusal(reason)
        return self.force(mode, "command")

    def force(self, mode: Mode, cause: str) -> Mode | None:
        """Change to `mode` without being asked; returns the mode before, None where it is in force already."""
        before, kept = self.mode, self._record.value
        if mode is before:
            return None
        with suppress(OSError):  # the record counts it
            self._record.store(KeptMode(mode, cause[:_CAUSE_CHARACTERS_MAX], (kept.changes + 1) % (1 << 32)))
        return before


def _refusal(reason: str) -> CommandError:
    return CommandError(FailureCode.NOT_NOW, reason)
