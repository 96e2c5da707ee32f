"""A limit with persistence and hysteresis: a moment beyond it is no alarm, and an alarm ends well inside."""

from dataclasses import dataclass
from typing import NamedTuple

_S = 1_000_000_000


class Bound(NamedTuple):
    """A reading is beyond `bad`, above it or, for an `is_least`, below; it is good again at `good`."""

    bad: float
    good: float
    is_least: bool = False

    def holds(self, value: float, *, is_alarm: bool) -> bool:
        """Whether `value` is inside; during an alarm, whether it is good again."""
        bound = self.good if is_alarm else self.bad
        return value >= bound if self.is_least else value <= bound


@dataclass(slots=True)
class Limit:
    """The alarm of one reading, without a clock. `value` is the last reading, None while it cannot be measured."""

    is_alarm: bool = False
    value: float | None = None
    _since_ns: int | None = None

    def accept(self, value: float | None, bound: Bound | None, now_ns: int, held_s: float) -> bool:
        """Judge a reading; returns whether an alarm begins, after `held_s` beyond the bound, or ends.

        Without a bound there is no alarm. What cannot be measured ends none and begins none.
        """
        self.value = value
        was_alarm = self.is_alarm
        if bound is None:
            self.is_alarm, self._since_ns = False, None
        elif value is not None:
            self._judge(bound.holds(value, is_alarm=self.is_alarm), now_ns, held_s)
        return self.is_alarm != was_alarm

    def _judge(self, is_good: bool, now_ns: int, held_s: float) -> None:
        if is_good:
            self.is_alarm, self._since_ns = False, None
            return
        since_ns = self._since_ns = now_ns if self._since_ns is None else self._since_ns
        self.is_alarm = self.is_alarm or now_ns >= since_ns + round(held_s * _S)
