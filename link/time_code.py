"""Time codes (CCSDS 301.0-B-4). Times are `utc_ns`, nanoseconds since 1970-01-01T00:00 UTC (link/leap_seconds.py).

CUC §3.2: seconds of 256^-k since an epoch, counted in TAI; P-field `0 | id 3 | coarse octets - 1: 2 | fine octets 2`.
"""

from dataclasses import dataclass

from link.errors import TruncatedError
from link.leap_seconds import IERS, NS, LeapSeconds

CCSDS_EPOCH_NS = -378_691_200 * NS
"""1958-01-01T00:00, the epoch of the codes of level 1, in nanoseconds since 1970-01-01T00:00 of the same scale."""


@dataclass(frozen=True, slots=True)
class Cuc:
    """Unsegmented binary time without its P-field: `coarse_octets` (1..7) of seconds, `fine_octets` (0..10) below.

    `epoch_tai_ns`: nanoseconds of TAI since 1970-01-01T00:00 TAI. Three octets of fraction resolve 60 ns.
    """

    coarse_octets: int = 4
    fine_octets: int = 3
    epoch_tai_ns: int = CCSDS_EPOCH_NS
    leap_seconds: LeapSeconds = IERS

    def __post_init__(self) -> None:
        if not (1 <= self.coarse_octets <= 7 and 0 <= self.fine_octets <= 10):
            raise ValueError(
                f"CUC of {self.coarse_octets} + {self.fine_octets} octets, expected 1..7 + 0..10 (301.0 §3.2.2)"
            )

    @property
    def size(self) -> int:
        """Octets of one time."""
        return self.coarse_octets + self.fine_octets

    def encode(self, utc_ns: int) -> bytes:
        """The last tick at or before `utc_ns`. Raises ValueError for a time before the epoch or past the end."""
        ticks = ((self.leap_seconds.tai_ns(utc_ns) - self.epoch_tai_ns) << 8 * self.fine_octets) // NS
        if not 0 <= ticks < 1 << 8 * self.size:
            raise ValueError(f"utc_ns = {utc_ns} does not fit {self.coarse_octets} octets of seconds since the epoch")
        return ticks.to_bytes(self.size, "big")

    def decode(self, octets: bytes) -> int:
        """The first `utc_ns` at or after the tick, so that it encodes back to the same octets; the rest is ignored."""
        if len(octets) < self.size:
            raise TruncatedError(needed=self.size, given=len(octets))
        ticks = int.from_bytes(octets[: self.size], "big")
        since_epoch_ns = -(-ticks * NS >> 8 * self.fine_octets)
        return self.leap_seconds.utc_ns(self.epoch_tai_ns + since_epoch_ns)
