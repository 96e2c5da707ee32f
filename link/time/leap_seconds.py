"""Leap seconds as data: TAI - UTC since 1972 (IERS Bulletin C).

Times are `utc_ns`: nanoseconds since 1970-01-01T00:00 UTC, with 86,400 s a day as in POSIX. The second 23:59:60 has no
number of its own there; it reads as the first second of the next day. Before 1972 the difference is taken as 10 s.
"""

from bisect import bisect_right
from dataclasses import dataclass, field

from link.time.civil import days_from_date

NS = 1_000_000_000
DAY_NS = 86_400 * NS
_STEPS = """
1972-07-01 1973-01-01 1974-01-01 1975-01-01 1976-01-01 1977-01-01 1978-01-01 1979-01-01 1980-01-01 1981-07-01
1982-07-01 1983-07-01 1985-07-01 1988-01-01 1990-01-01 1991-01-01 1992-07-01 1993-07-01 1994-07-01 1996-01-01
1997-07-01 1999-01-01 2006-01-01 2009-01-01 2012-07-01 2015-07-01 2017-01-01
"""
FIRST_OFFSET_S = 10


@dataclass(frozen=True, slots=True)
class LeapSeconds:
    """`steps_utc_ns`: the midnights, ascending, from which TAI - UTC is one second more than before."""

    steps_utc_ns: tuple[int, ...]
    _steps_tai_ns: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        steps = tuple(step + (FIRST_OFFSET_S + 1 + number) * NS for number, step in enumerate(self.steps_utc_ns))
        object.__setattr__(self, "_steps_tai_ns", steps)

    def tai_ns(self, utc_ns: int) -> int:
        """The same instant in nanoseconds of TAI since 1970-01-01T00:00 TAI."""
        return utc_ns + (FIRST_OFFSET_S + bisect_right(self.steps_utc_ns, utc_ns)) * NS

    def utc_ns(self, tai_ns: int) -> int:
        """Inverse of `tai_ns`; an instant within a leap second reads as one of the second after it."""
        return tai_ns - (FIRST_OFFSET_S + bisect_right(self._steps_tai_ns, tai_ns)) * NS


def _midnight_ns(day: str) -> int:
    return days_from_date(*map(int, day.split("-"))) * DAY_NS


IERS = LeapSeconds(tuple(_midnight_ns(day) for day in _STEPS.split()))
"""All leap seconds announced when this was written (the latest: 2017-01-01)."""
IERS_VALID_UNTIL_NS = _midnight_ns("2027-06-28")
"""Until when it is known that there are no others (IERS Bulletin C of July 2026)."""
