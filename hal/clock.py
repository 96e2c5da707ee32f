"""Time as a device: nothing but a `Clock` reads the host's clock, and nothing sleeps except in `Clock.wait`."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

UTC_MAX_NS = 3_913_142_400_000_000_000
"""2094-01-01T00:00:00 UTC: the time codes of telemetry end soon after, 2^32 s from 1958 (CCSDS 301.0-B-4 §3.2.2)."""


def tellable(utc_ns: int) -> int:
    """The time nearest to `utc_ns` that the time codes of telemetry can express, 0..UTC_MAX_NS.

    A board whose clock was never set, or has lost its battery, may show any year; its telemetry must still be sent.
    """
    return min(max(utc_ns, 0), UTC_MAX_NS)


class Waitable(Protocol):
    """A port, or anything else that becomes readable."""

    def fileno(self) -> int:
        """The file descriptor that becomes readable; -1 where there is none (simulation)."""
        ...


class Clock(Protocol):
    """Wall clock on a board, virtual clock in the rig and in tests."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary start; never goes back. To measure."""
        ...

    def utc_ns(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00 UTC (POSIX, leap seconds not counted), 0..UTC_MAX_NS. To stamp."""
        ...

    def wait(self, until_ns: int, ports: Sequence[Waitable] = ()) -> None:
        """Return when `monotonic_ns() >= until_ns`, or as soon as one of `ports` has something to read."""
        ...


class Moment(NamedTuple):
    """`monotonic_ns` measures and never goes back; `utc_ns` stamps (nanoseconds since 1970)."""

    monotonic_ns: int
    utc_ns: int

    @classmethod
    def of(cls, clock: Clock) -> "Moment":
        """Now, on both clocks."""
        return cls(clock.monotonic_ns(), clock.utc_ns())
