"""How often what fails is started again, so that nothing restarts for ever."""

from enum import IntEnum

_NS = 1_000_000_000


class Level(IntEnum):
    """How the next executive is started: the more often executives failed, the higher."""

    NOMINAL = 0
    """As it was."""
    SAFE = 1
    """In safe mode."""
    RESET = 2
    """Not before the board was reset, which is asked for now."""
    LAST_RESORT = 3
    """In safe mode, after a delay that grows: a reset was asked for in vain. Meanwhile beacons tell of it."""


class Budget:
    """Counts the failures of executives and decides how the next one is started.

    `restarts_max` failures within `window_s` are answered by a restart, `safe_max` more by one in safe mode; the next
    one asks for a reset of the board. From then on only an executive that flew for `window_s` makes a new beginning.
    """

    def __init__(self, restarts_max: int = 5, safe_max: int = 3, window_s: float = 600.0) -> None:
        self._restarts_max, self._safe_max, self._window_ns = restarts_max, safe_max, round(window_s * _NS)
        self._failures: list[int] = []
        self._flying_ns: int | None = None
        self.level = Level.NOMINAL

    @property
    def failures(self) -> int:
        """Failures that still count."""
        return len(self._failures)

    def flies(self, now_ns: int) -> None:
        """An executive flies from `now_ns` on."""
        self._flying_ns = now_ns

    def failed(self, now_ns: int) -> Level:
        """Count a failure at the monotonic time `now_ns`; returns the level of the next start."""
        flown_ns, self._flying_ns = self._flying_ns, None
        if flown_ns is not None and now_ns - flown_ns >= self._window_ns:
            self.level = Level.NOMINAL
        self._failures = [ns for ns in self._failures if now_ns - ns < self._window_ns] + [now_ns]
        if self.level >= Level.RESET:
            self.level = Level.LAST_RESORT
        else:
            many, too_many = self._restarts_max, self._restarts_max + self._safe_max
            self.level = Level((self.failures > many) + (self.failures > too_many))
        return self.level

    def reset_in_vain(self) -> None:
        """No reset of the board can be had."""
        self.level = Level.LAST_RESORT


class GrowingDelay:
    """Delays before something is tried again: none at first, then from `first_s` on doubled up to `most_s`.

    What lasted for `most_s` begins anew.
    """

    def __init__(self, first_s: float, most_s: float, *, is_eager: bool = True) -> None:
        self._first_ns, self._most_ns = round(first_s * _NS), round(most_s * _NS)
        self._start_ns = self._next_ns = 0 if is_eager else self._first_ns

    def ended(self, lasted_ns: int) -> int:
        """The delay, in ns, after something that lasted for `lasted_ns`."""
        if lasted_ns >= self._most_ns:
            self._next_ns = self._start_ns
        delay_ns = self._next_ns
        self._next_ns = min(max(2 * delay_ns, self._first_ns), self._most_ns)
        return delay_ns
