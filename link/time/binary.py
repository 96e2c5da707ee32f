"""Binary time codes (CCSDS 301.0-B-4 §3.2, §3.3). Times are `utc_ns`: nanoseconds of UTC (link/time/leap_seconds.py).

CUC   seconds and their 256ths, of TAI, since an epoch
CDS   days since an epoch | milliseconds of day 32 | micro- or picoseconds of the millisecond, of UTC

A preamble (P-field) in front of a time names its code:
CUC   more 1 | 1, or 2 for an agency's epoch: 3 | coarse octets - 1: 2 | fine octets 2, then where more than these are
      needed: 0 | further coarse octets 2 | further fine octets 3 | reserved 2
CDS   0 | 4: 3 | agency's epoch 1 | day of 3 octets 1 | below the millisecond: nothing, 2 or 4 octets: 2
"""

from dataclasses import dataclass

from link.errors import DecodeError, TruncatedError
from link.time.calendar import Ccs
from link.time.leap_seconds import DAY_NS, IERS, NS, LeapSeconds

CCSDS_EPOCH_DAY = -4383
"""1958-01-01, the epoch of the codes of level 1, in days since 1970-01-01."""
CCSDS_EPOCH_NS = CCSDS_EPOCH_DAY * DAY_NS
_MS_NS = 1_000_000
_LEAP_DAY_MS = 86_401_000


@dataclass(frozen=True, slots=True)
class Cuc:
    """Unsegmented time: `coarse_octets` (1..7) of seconds, `fine_octets` (0..10) of their fraction.

    `epoch_tai_ns`: nanoseconds of TAI since 1970-01-01T00:00 TAI. Three octets of fraction resolve 60 ns.
    """

    coarse_octets: int = 4
    fine_octets: int = 3
    epoch_tai_ns: int = CCSDS_EPOCH_NS
    leap_seconds: LeapSeconds = IERS

    def __post_init__(self) -> None:
        if not (1 <= self.coarse_octets <= 7 and 0 <= self.fine_octets <= 10):
            raise ValueError(f"CUC of {self.coarse_octets} + {self.fine_octets} octets, expected 1..7 + 0..10 (§3.2.2)")

    @property
    def size(self) -> int:
        """Octets of one time."""
        return self.coarse_octets + self.fine_octets

    @property
    def preamble(self) -> bytes:
        """The P-field that names this code (§3.2.1)."""
        coarse, fine = min(self.coarse_octets, 4), min(self.fine_octets, 3)
        more_coarse, more_fine = self.coarse_octets - coarse, self.fine_octets - fine
        epoch = 1 if self.epoch_tai_ns == CCSDS_EPOCH_NS else 2
        first = epoch << 4 | coarse - 1 << 2 | fine
        return bytes([0x80 | first, more_coarse << 5 | more_fine << 2]) if more_coarse or more_fine else bytes([first])

    def encode(self, utc_ns: int) -> bytes:
        """The last tick at or before `utc_ns`. Raises ValueError for a time before the epoch or past the end."""
        ticks = ((self.leap_seconds.tai_ns(utc_ns) - self.epoch_tai_ns) << 8 * self.fine_octets) // NS
        try:
            return ticks.to_bytes(self.coarse_octets + self.fine_octets)
        except OverflowError:
            raise ValueError(
                f"utc_ns = {utc_ns} does not fit {self.coarse_octets} octets of seconds since the epoch"
            ) from None

    def decode(self, octets: bytes) -> int:
        """The first `utc_ns` at or after the tick, which encodes back to the same octets; others behind are ignored."""
        size = self.coarse_octets + self.fine_octets
        ticks = int.from_bytes(octets if len(octets) == size else _own(octets, size))
        since_epoch_ns = -(-ticks * NS >> 8 * self.fine_octets)
        return self.leap_seconds.utc_ns(self.epoch_tai_ns + since_epoch_ns)


@dataclass(frozen=True, slots=True)
class Cds:
    """Day-segmented time: `day_octets` 2 or 3, and `fine_octets` 0, 2 (microseconds) or 4 (picoseconds).

    `epoch_day`: days since 1970-01-01. Short is `Cds()`, long `Cds(day_octets=3, fine_octets=4)`. A leap second is
    milliseconds 86,400,000 and on; it reads as the first second of the next day.
    """

    day_octets: int = 2
    fine_octets: int = 0
    epoch_day: int = CCSDS_EPOCH_DAY

    def __post_init__(self) -> None:
        if self.day_octets not in (2, 3) or self.fine_octets not in (0, 2, 4):
            raise ValueError(f"CDS of {self.day_octets} + 4 + {self.fine_octets} octets, expected 2, 3 + 4 + 0, 2, 4")

    @property
    def size(self) -> int:
        """Octets of one time."""
        return self.day_octets + 4 + self.fine_octets

    @property
    def preamble(self) -> bytes:
        """The P-field that names this code (§3.3.1)."""
        agency = self.epoch_day != CCSDS_EPOCH_DAY
        return bytes([4 << 4 | agency << 3 | (self.day_octets == 3) << 2 | self.fine_octets // 2])

    def encode(self, utc_ns: int) -> bytes:
        """The last tick at or before `utc_ns`. Raises ValueError for a day before the epoch or past the last one."""
        days, of_day_ns = divmod(utc_ns, DAY_NS)
        ms, of_ms_ns = divmod(of_day_ns, _MS_NS)
        day = days - self.epoch_day
        if not 0 <= day < 1 << 8 * self.day_octets:
            raise ValueError(
                f"utc_ns = {utc_ns} is day {day} since the epoch, which does not fit {self.day_octets} octets"
            )
        fine = of_ms_ns // 1000 if self.fine_octets == 2 else of_ms_ns * 1000 if self.fine_octets else 0
        return day.to_bytes(self.day_octets) + ms.to_bytes(4) + fine.to_bytes(self.fine_octets)

    def decode(self, octets: bytes) -> int:
        """The time, picoseconds cut to nanoseconds; the rest of the octets is ignored. Raises DecodeError."""
        own, ms_end = _own(octets, self.size), self.day_octets + 4
        day, ms = int.from_bytes(own[: self.day_octets]), int.from_bytes(own[self.day_octets : ms_end])
        fine = int.from_bytes(own[ms_end:])
        fine_ns = fine // 1000 if self.fine_octets == 4 else fine * 1000
        if ms >= _LEAP_DAY_MS or fine_ns >= _MS_NS:
            raise DecodeError(f"{ms} ms and {fine_ns} ns are no time of day")
        return (self.epoch_day + day) * DAY_NS + ms * _MS_NS + fine_ns


def code_of(preamble: bytes, *, agency_epoch_ns: int = 0) -> tuple[Cuc | Cds | Ccs, int]:
    """The code that the P-field at octet 0 names, and how many octets the P-field has.

    `agency_epoch_ns` is the epoch where the P-field says that it is the agency's: nanoseconds since 1970-01-01T00:00 of
    the code's own scale. Raises DecodeError.
    """
    first = _own(preamble, 1)[0]
    if first >> 4 == 4:
        return _cds_of(first, agency_epoch_ns), 1
    if first >> 4 == 5:
        return _ccs_of(first), 1
    if first >> 4 & 7 in (1, 2):
        return _cuc_of(preamble, agency_epoch_ns)
    raise DecodeError(f"P-field {first:#04x} names no time code (301.0 §3)")


def _cuc_of(preamble: bytes, agency_epoch_ns: int) -> tuple[Cuc, int]:
    first = preamble[0]
    size = 1 + (first >> 7)
    second = _own(preamble, size)[1] if size == 2 else 0
    if second & 0x83:
        raise DecodeError(f"P-field {first:#04x} {second:#04x}: a third octet or reserved bits are not supported")
    epoch_ns = CCSDS_EPOCH_NS if first >> 4 & 7 == 1 else agency_epoch_ns
    return Cuc((first >> 2 & 3) + 1 + (second >> 5), (first & 3) + (second >> 2 & 7), epoch_ns), size


def _cds_of(first: int, agency_epoch_ns: int) -> Cds:
    if first & 3 == 3:
        raise DecodeError(f"P-field {first:#04x}: reserved resolution (301.0 §3.3.1)")
    epoch_day = agency_epoch_ns // DAY_NS if first & 8 else CCSDS_EPOCH_DAY
    return Cds(2 + (first >> 2 & 1), 2 * (first & 3), epoch_day)


def _ccs_of(first: int) -> Ccs:
    if first & 7 == 7:
        raise DecodeError(f"P-field {first:#04x}: reserved resolution (301.0 §3.4.1)")
    return Ccs(bool(first & 8), first & 7)


def _own(octets: bytes, size: int) -> bytes:
    if len(octets) < size:
        raise TruncatedError(needed=size, given=len(octets))
    return octets[:size]
