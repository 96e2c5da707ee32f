"""Who may be commanded now: each mode allows its commands, and a hazardous one is armed first and then fired, once."""

from collections.abc import Iterable

from fsw.executive.app import CommandError
from fsw.modes.machine import ModeMachine
from fsw.modes.table import ModeTable
from hal.clock import Clock
from link.dictionary.model import CommandEntry
from link.pus.services.verification import FailureCode

_NS = 1_000_000_000


class Arming:
    """The hazardous functions that are armed, each to be fired once within a time, in monotonic nanoseconds."""

    def __init__(self) -> None:
        self._armed = dict[int, tuple[int, float]]()

    def arm(self, function: int, now_ns: int, within_s: float) -> None:
        """Let `function` be fired once, within a time from now; armed again, its time begins anew."""
        self._armed[function] = now_ns, within_s

    def fire(self, function: int, now_ns: int) -> str:
        """Use up the arming of `function`; returns why it may not be fired, or ""."""
        armed = self._armed.pop(function, None)
        if armed is None:
            return "hazardous and not armed"
        waited_s, within_s = (now_ns - armed[0]) / _NS, armed[1]
        return f"armed {waited_s:.1f} s ago, more than {within_s:g} s" if waited_s > within_s else ""

    def disarm(self) -> None:
        """Disarm every function."""
        self._armed.clear()

    def armed(self, now_ns: int) -> int:
        """How many functions may be fired now."""
        return sum(now_ns - since_ns <= within_s * _NS for since_ns, within_s in self._armed.values())


class Authority:
    """Decides about functions, known by their number in `commands`."""

    def __init__(self, table: ModeTable, machine: ModeMachine, commands: Iterable[CommandEntry], clock: Clock) -> None:
        self._table, self._machine, self._clock = table, machine, clock
        self._entries = {entry.id: entry for entry in commands}
        self._arming = Arming()

    @property
    def armed(self) -> int:
        """How many functions may be fired now."""
        return self._arming.armed(self._clock.monotonic_ns())

    def arm(self, function: int, within_s: float) -> None:
        """Let a hazardous function be fired once, within a time from now. Raises ValueError for one that is not."""
        entry = self._entries.get(function)
        if entry is None or not entry.hazardous:
            raise ValueError(f"function {function} is no hazardous command")
        self._arming.arm(function, self._clock.monotonic_ns(), within_s)

    def disarm(self) -> None:
        """Disarm every function."""
        self._arming.disarm()

    def authorise(self, function: int) -> None:
        """Let a function be executed, which uses up its arming. Raises CommandError with the reason not to."""
        entry, mode = self._entries[function], self._machine.mode
        if not self._table.allows(mode, entry.name):
            allowed = ", ".join(one.name.lower() for one in self._table.allowing(entry.name)) or "no mode"
            raise CommandError(FailureCode.NOT_NOW, f"not in mode {mode.name.lower()}: allowed in {allowed}")
        if entry.hazardous and (reason := self._arming.fire(function, self._clock.monotonic_ns())):
            raise CommandError(FailureCode.NOT_NOW, reason)
