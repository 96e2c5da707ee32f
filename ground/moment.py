"""Now, on both clocks."""

from typing import NamedTuple

from hal.clock import Clock


class Moment(NamedTuple):
    """`monotonic_ns` measures and never goes back; `utc_ns` stamps (nanoseconds since 1970)."""

    monotonic_ns: int
    utc_ns: int

    @classmethod
    def of(cls, clock: Clock) -> "Moment":
        """What `clock` says."""
        return cls(clock.monotonic_ns(), clock.utc_ns())
