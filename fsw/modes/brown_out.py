"""Low battery with hysteresis: each fall in a window raises the charge from which safe mode may be left.

With one threshold, a battery at the edge would be loaded, fall, be unloaded, recover, and be loaded again for ever.
"""

import math
from dataclasses import dataclass, field

_FALLS_MAX = 32
_LEAVE_MAX = 95.0
"""Per cent. A battery that ages, or a gauge that is off, may never show more."""


@dataclass(slots=True)
class BrownOut:
    """Charge in per cent. Below `low` it is low, until it is at `leave_at` again: `leave`, and `step` more for each
    fall within `window_s` before the last one, at most 95. `low` 0: never low. Times are of the node's age, in seconds.

    `falls` and `is_low` survive a restart. A charge that is not measured, or no number of 0..100, changes nothing.
    """

    low: float
    leave: float
    step: float
    window_s: float
    falls: list[float] = field(default_factory=list)
    is_low: bool = False
    charge: float | None = None

    @property
    def leave_at(self) -> float:
        """The charge from which safe mode may be left."""
        return min(self.leave + self.step * max(0, len(self.falls) - 1), max(self.leave, _LEAVE_MAX))

    @property
    def hold(self) -> str:
        """Why safe mode may not be left now, or ""; without a reading that is for the ground to judge."""
        if not self.is_low or self.charge is None:
            return ""
        return f"battery at {self.charge:.0f} %: safe mode is left from {self.leave_at:.0f} % on"

    def accept(self, charge: float | None, age_s: float) -> bool:
        """Take a reading; returns whether that made the battery low, or no longer low."""
        is_good = charge is not None and math.isfinite(charge) and 0 <= charge <= 100
        self.charge = charge if is_good else None
        if self.charge is None or not self.low:
            return False
        self.falls = [fall_s for fall_s in self.falls if fall_s > age_s - self.window_s]
        was_low, self.is_low = self.is_low, self.charge < (self.leave_at if self.is_low else self.low)
        if self.is_low and not was_low:
            self.falls = [*self.falls, age_s][-_FALLS_MAX:]
        return self.is_low != was_low
