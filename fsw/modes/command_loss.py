"""The command-loss timer: a node that hears nothing of its ground for long takes ever stronger measures to be heard."""

from dataclasses import dataclass
from enum import Enum


class Remedy(Enum):
    """What the timer asks for."""

    SAFE = "safe mode"
    RESET = "a reset"
    GOLDEN = "the golden copy"


_ORDER = (Remedy.SAFE, Remedy.RESET, Remedy.GOLDEN)


@dataclass(slots=True)
class CommandLoss:
    """Safe mode after `safe_s` without a valid command frame, a reset `further_s` later, then the golden copy.

    From then on a reset again each `further_s`, as a receiver may be freed by one. Times are of the node's age, in
    seconds; `safe_s` 0: never. `heard_s` and `taken`, the measures since, survive a restart.
    """

    safe_s: float
    further_s: float
    heard_s: float = 0.0
    taken: int = 0

    def accept(self, age_s: float) -> None:
        """A valid command frame was accepted."""
        self.heard_s, self.taken = age_s, 0

    def step(self, age_s: float) -> Remedy | None:
        """The measure that is due now, at most one; it counts as taken."""
        if not self.safe_s or age_s < self.heard_s + self.safe_s + self.taken * self.further_s:
            return None
        self.taken += 1
        return _ORDER[self.taken - 1] if self.taken <= len(_ORDER) else Remedy.RESET
