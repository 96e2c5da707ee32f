"""Calendar time codes (CCSDS 301.0-B-4 §3.4, §3.5), of UTC. Times are `utc_ns` (link/time/leap_seconds.py).

CCS     year 16 | month 8, day 8 (or day of year 16) | hour 8 | minute 8 | second 8 | fraction 0..48, as decimal digits
ASCII   A: YYYY-MM-DDThh:mm:ss.d...Z    B: YYYY-DDDThh:mm:ss.d...Z, with any number of decimals

The second 23:59:60 reads as the first second of the next day.
"""

import re
from dataclasses import dataclass

from link.errors import DecodeError, TruncatedError
from link.time.civil import date_from_days, days_from_date, is_leap
from link.time.leap_seconds import DAY_NS, NS

_DIGITS = 9  # decimal digits of nanoseconds
_ASCII = re.compile(rb"(\d{4})-(?:(\d\d)-(\d\d)|(\d{3}))T(\d\d):(\d\d):(\d\d)(?:\.(\d*))?Z?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Ccs:
    """Calendar-segmented time in packed decimal digits: `day_of_year` instead of month and day; 0..6 `fine_octets`."""

    day_of_year: bool = False
    fine_octets: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.fine_octets <= 6:
            raise ValueError(f"CCS with {self.fine_octets} octets of fraction, expected 0..6 (301.0 §3.4.1)")

    @property
    def size(self) -> int:
        """Octets of one time."""
        return 7 + self.fine_octets

    @property
    def preamble(self) -> bytes:
        """The P-field that names this code (§3.4.1)."""
        return bytes([5 << 4 | self.day_of_year << 3 | self.fine_octets])

    def encode(self, utc_ns: int) -> bytes:
        """The last tick at or before `utc_ns`. Raises ValueError for a year outside 1..9999."""
        year, month, day, of_year, clock, of_second_ns = _segments(utc_ns)
        date = f"{of_year:04}" if self.day_of_year else f"{month:02}{day:02}"
        hour, minute, second = clock
        digits = f"{of_second_ns:0{_DIGITS}}".ljust(12, "0")[: 2 * self.fine_octets]
        return bytes.fromhex(f"{year:04}{date}{hour:02}{minute:02}{second:02}{digits}")

    def decode(self, octets: bytes) -> int:
        """The time, cut to nanoseconds; the rest of the octets is ignored. Raises DecodeError."""
        if len(octets) < self.size:
            raise TruncatedError(needed=self.size, given=len(octets))
        digits = octets[: self.size].hex()
        if not digits.isdecimal():
            raise DecodeError(f"{digits} are not all decimal digits")
        month, day = ("", digits[4:8]) if self.day_of_year else (digits[4:6], digits[6:8])
        return _joined(digits[:4], month, day, [digits[8:10], digits[10:12], digits[12:14]], digits[14:])


def encode_ascii(utc_ns: int, *, day_of_year: bool = False, decimals: int = 3) -> bytes:
    """Code A, or B with `day_of_year`; seconds cut to 0..9 `decimals`. Raises ValueError for a year outside 1..9999."""
    year, month, day, of_year, (hour, minute, second), of_second_ns = _segments(utc_ns)
    date = f"{of_year:03}" if day_of_year else f"{month:02}-{day:02}"
    fraction = f".{of_second_ns:0{_DIGITS}}"[: 1 + decimals] if decimals else ""
    return f"{year:04}-{date}T{hour:02}:{minute:02}:{second:02}{fraction}Z".encode()


def decode_ascii(octets: bytes) -> int:
    """The time in code A or B, with or without its Z, cut to nanoseconds. Raises DecodeError."""
    found = _ASCII.fullmatch(octets)
    if found is None:
        raise DecodeError(f"{octets!r} is neither time code A nor B (301.0 §3.5)")
    year, month, day, of_year, *clock, fraction = (part.decode() for part in found.groups(default=b""))
    return _joined(year, month, day or of_year, clock, fraction)


def _segments(utc_ns: int) -> tuple[int, int, int, int, tuple[int, int, int], int]:
    """Year, month, day, day of year, (hour, minute, second), nanoseconds of the second."""
    days, of_day_ns = divmod(utc_ns, DAY_NS)
    year, month, day = date_from_days(days)
    if not 1 <= year <= 9999:
        raise ValueError(f"utc_ns = {utc_ns} is in the year {year}, expected 1..9999")
    seconds, of_second_ns = divmod(of_day_ns, NS)
    clock = (seconds // 3600, seconds // 60 % 60, seconds % 60)
    return year, month, day, days - days_from_date(year, 1, 1) + 1, clock, of_second_ns


def _joined(year: str, month: str, day: str, clock: list[str], fraction: str) -> int:
    """Inverse of `_segments`, of digits; `day` counts in the year where `month` is empty. Raises DecodeError."""
    hour, minute, second = map(int, clock)
    if hour > 23 or minute > 59 or second > 60 or (second == 60 and (hour, minute) != (23, 59)):
        raise DecodeError(f"{hour:02}:{minute:02}:{second:02} is no time of day")
    days = _days(int(year), month, int(day))
    of_second_ns = int(fraction[:_DIGITS].ljust(_DIGITS, "0"))
    return days * DAY_NS + ((hour * 60 + minute) * 60 + second) * NS + of_second_ns


def _days(year: int, month: str, day: int) -> int:
    if not month:
        if not 1 <= day <= 365 + is_leap(year):
            raise DecodeError(f"{year:04} has no day {day}")
        return days_from_date(year, 1, 1) + day - 1
    try:
        return days_from_date(year, int(month), day)
    except ValueError as error:
        raise DecodeError(str(error)) from error
