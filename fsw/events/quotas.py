"""Quotas of events, without a clock: of each, so many go down in a period, which begins with the first of them.

What is held back is counted, and given when the period ends; then the quota is whole again. Who acts on events on board
is not held back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

_S = 1_000_000_000
QUOTAS_MAX = 64


class Quota(msgspec.Struct, frozen=True, array_like=True):
    """`count` events in `period_s`."""

    count: int
    period_s: float


class HeldBack(NamedTuple):
    """How many events called `event` were held back in a period that has ended."""

    event: str
    held: int
    period_s: float


@dataclass(slots=True)
class _Period:
    """One period of an event, until `ends_ns`: how many passed, and how many were held back."""

    quota: Quota
    ends_ns: int = 0
    passed: int = 0
    held: int = 0


class Quotas:
    """Quotas by the names of events. `held` counts all that was held back."""

    def __init__(self) -> None:
        self._periods: dict[str, _Period] = {}
        self._ended: list[HeldBack] = []
        self.held = 0

    @property
    def quotas(self) -> Mapping[str, Quota]:
        """Those in force."""
        return {event: period.quota for event, period in self._periods.items()}

    def limit(self, event: str, quota: Quota) -> None:
        """Give an event a quota, whole from now on."""
        self.unlimit(event)
        self._periods[event] = _Period(quota)

    def unlimit(self, event: str) -> None:
        """Let an event pass as often as it comes."""
        period = self._periods.pop(event, None)
        if period:
            self._end(event, period)

    def admit(self, event: str, now_ns: int) -> bool:
        """Whether an event that happens now goes down; one that does not is counted."""
        period = self._periods.get(event)
        if period is None:
            return True
        if now_ns >= period.ends_ns:
            self._end(event, period)
            period.ends_ns = now_ns + round(period.quota.period_s * _S)
        if period.passed < period.quota.count:
            period.passed += 1
            return True
        period.held += 1
        self.held += 1
        return False

    @property
    def due_ns(self) -> int | None:
        """When a period ends in which something was held back; 0: one has ended; None: there is none."""
        if self._ended:
            return 0
        return min([period.ends_ns for period in self._periods.values() if period.held], default=None)

    def drain(self, now_ns: int) -> Iterable[HeldBack]:
        """What was held back in the periods that have ended by now."""
        for event, period in self._periods.items():
            if period.held and now_ns >= period.ends_ns:
                self._end(event, period)
        ended, self._ended = self._ended, []
        return ended

    def _end(self, event: str, period: _Period) -> None:
        if period.held:
            self._ended.append(HeldBack(event, period.held, period.quota.period_s))
        period.passed = period.held = period.ends_ns = 0
