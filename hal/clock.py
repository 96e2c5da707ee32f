"""Time as a device: nothing below reads the host's clock, and nothing anywhere sleeps except `Clock.wait`."""

from collections.abc import Sequence
from typing import Protocol


class Waitable(Protocol):
    """A port, or anything else that becomes readable."""

    def fileno(self) -> int:
        """The descriptor that does; -1 where there is none (simulation)."""
        ...


class Clock(Protocol):
    """Wall clock on a board, virtual clock in the rig and in tests."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary start; never goes back. To measure."""
        ...

    def utc_ns(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00 UTC (POSIX, leap seconds not counted). To stamp."""
        ...

    def wait(self, until_ns: int, ports: Sequence[Waitable] = ()) -> None:
        """Return when `monotonic_ns() >= until_ns`, or as soon as one of `ports` has something to read."""
        ...
