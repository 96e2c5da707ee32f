"""The node's age: seconds that it has run in all of its starts, by which the defences measure.

UTC may be set to anything, and monotonic time begins anew at each start. The age survives restarts, as it is stored
again and again. What ran between the last store and the end of a life is unknown: the difference in UTC, but no more
than the time between two stores, so that neither a set clock nor months without power make a node older.
"""

_NS = 1_000_000_000
STORED_EVERY_S = 60.0


class Life:
    """An age that was `lived_s` when it was last stored, at `stored_utc_ns`; None: this is the very first start."""

    def __init__(self, lived_s: float, stored_utc_ns: int | None, now_ns: int, utc_ns: int) -> None:
        self._lived_s, self._start_ns = lived_s + _unknown_s(stored_utc_ns, utc_ns), now_ns

    def age_s(self, now_ns: int) -> float:
        """The age at a monotonic time."""
        return self._lived_s + (now_ns - self._start_ns) / _NS


def _unknown_s(stored_utc_ns: int | None, utc_ns: int) -> float:
    if stored_utc_ns is None:
        return 0.0
    passed_s = (utc_ns - stored_utc_ns) / _NS
    return passed_s if 0 <= passed_s <= STORED_EVERY_S else STORED_EVERY_S
