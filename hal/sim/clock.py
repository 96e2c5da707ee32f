"""Virtual time: jumps from event to event, thousands of times faster than real time."""

from collections.abc import Sequence

from hal.clock import Waitable, tellable

EPOCH_UTC_NS = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00 UTC


class VirtualClock:
    """`Clock` that moves only by `advance`, or when a caller waits. `utc_ns`, `monotonic_ns`: its first readings.

    `now_ns` is the monotonic time, for those who read it very often.
    """

    def __init__(self, *, utc_ns: int = EPOCH_UTC_NS, monotonic_ns: int = 0) -> None:
        self._utc_ahead_ns, self.now_ns = utc_ns - monotonic_ns, monotonic_ns

    def monotonic_ns(self) -> int:
        """The first reading plus the time that has passed."""
        return self.now_ns

    def utc_ns(self) -> int:
        """The first reading plus the time that has passed, limited to 0..UTC_MAX_NS."""
        return tellable(self._utc_ahead_ns + self.now_ns)

    def advance(self, duration_ns: int) -> None:
        """Let `duration_ns` >= 0 pass."""
        assert duration_ns >= 0
        self.now_ns += duration_ns

    def wait(self, until_ns: int, ports: Sequence[Waitable] = ()) -> None:
        """Jump to `until_ns`, or to the first arrival on a simulated port if that is earlier."""
        arrivals = [port.next_arrival_ns() for port in ports if hasattr(port, "next_arrival_ns")]
        target_ns = min([until_ns, *(ns for ns in arrivals if ns is not None)])
        self.now_ns = max(self.now_ns, target_ns)
