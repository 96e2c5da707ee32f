"""A clock whose UTC is corrected by what was learnt of it; the host's own clock is only read, never set.

A board without a clock that runs on in its sleep wakes up in 1970, or when it was switched off.
"""

from collections.abc import Callable, Sequence

from hal.clock import Clock, Moment, Waitable, tellable

_PPB = 1_000_000_000


class CorrelatedClock:
    """`Clock` over `host`: its UTC until the first `correlate`, from then on UTC by the monotonic time.

    Steps of the host's UTC after that change nothing. `host_utc_ns` is what the host shows.
    """

    monotonic_ns: Callable[[], int]
    """The host's monotonic time, asked for without a detour."""

    def __init__(self, host: Clock) -> None:
        self._host, self.monotonic_ns = host, host.monotonic_ns
        self._anchor: Moment | None = None
        self._drift_ppb = 0

    def utc_ns(self) -> int:
        """UTC as well as it is known, limited to 0..UTC_MAX_NS."""
        return self._host.utc_ns() if self._anchor is None else self.utc_at(self.monotonic_ns())

    def host_utc_ns(self) -> int:
        """UTC as the host's clock shows it."""
        return self._host.utc_ns()

    def utc_at(self, monotonic_ns: int) -> int:
        """UTC at another monotonic time."""
        if self._anchor is None:
            return tellable(self._host.utc_ns() + monotonic_ns - self.monotonic_ns())
        elapsed_ns = monotonic_ns - self._anchor.monotonic_ns
        return tellable(self._anchor.utc_ns + elapsed_ns + elapsed_ns * self._drift_ppb // _PPB)

    def correlate(self, anchor: Moment, drift_ppb: int) -> None:
        """At `anchor` both times are the same instant; UTC gains `drift_ppb` ns in each second of monotonic time."""
        self._anchor, self._drift_ppb = anchor, drift_ppb

    def wait(self, until_ns: int, ports: Sequence[Waitable] = ()) -> None:
        """Wait as the host's clock does."""
        self._host.wait(until_ns, ports)
