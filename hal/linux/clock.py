"""The host's clock: CLOCK_MONOTONIC to measure, CLOCK_REALTIME to stamp. Reads, never sets."""

import select
import time
from collections.abc import Sequence
from pathlib import Path

from hal.clock import Waitable, tellable

_RTC = Path("/sys/class/rtc/rtc0")


def has_lasting_clock(device: Path = _RTC) -> bool:
    """Whether this board has a real-time clock, from which the kernel sets UTC at the start (rtc(4))."""
    return device.exists()


class HostClock:
    """`Clock` of a board or laptop. `lead_ns`: how long before a time `wait` wakes up, to have woken up by then.

    The rest of the lead it spends reading the clock: a processor that slept needs some ten microseconds, and more once
    others have filled its caches.
    """

    def __init__(self, lead_ns: int = 0) -> None:
        self._lead_ns = lead_ns

    def monotonic_ns(self) -> int:
        """Nanoseconds since boot, or since another fixed start of the host's choice."""
        return time.monotonic_ns()

    def utc_ns(self) -> int:
        """POSIX nanoseconds, as good as the host's synchronisation; limited to 0..UTC_MAX_NS."""
        return tellable(time.time_ns())

    def wait(self, until_ns: int, ports: Sequence[Waitable] = ()) -> None:
        """Sleep in one `select`, which a readable port or a signal handler's exception ends."""
        timeout_s = max(0, until_ns - self._lead_ns - time.monotonic_ns()) / 1e9
        readable = [port.fileno() for port in ports if port.fileno() >= 0]
        if not select.select(readable, [], [], timeout_s)[0]:
            while time.monotonic_ns() < until_ns:
                pass
