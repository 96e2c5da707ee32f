"""The Gregorian calendar: days since 1970-01-01 for any date before or after it."""

from bisect import bisect_right

DAYS_400_YEARS = 146_097
_MARCH_1_OF_YEAR_0 = -719_468  # counting years from March puts the leap day last
_BEFORE_MONTH = (306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275)
"""Days from March 1 to the first of each month, January and February being those of the next year."""
_STARTS = sorted(_BEFORE_MONTH)
_FROM_MARCH = (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2)


def days_from_date(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01. Raises ValueError for a date that does not exist."""
    if not (1 <= month <= 12 and 1 <= day <= month_days(year, month)):
        raise ValueError(f"{year:04}-{month:02}-{day:02} is no date")
    return _days_from_march(year - (month <= 2)) + _BEFORE_MONTH[month - 1] + day - 1


def date_from_days(days: int) -> tuple[int, int, int]:
    """Year, month and day. Inverse of `days_from_date`."""
    year = (days - _MARCH_1_OF_YEAR_0) * 400 // DAYS_400_YEARS + 1
    while days < _days_from_march(year):
        year -= 1
    day_of_year = days - _days_from_march(year)
    month = _FROM_MARCH[bisect_right(_STARTS, day_of_year) - 1]
    return year + (month <= 2), month, day_of_year - _BEFORE_MONTH[month - 1] + 1


def is_leap(year: int) -> bool:
    """Whether the year has a 29th of February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_days(year: int, month: int) -> int:
    """Days of a month, 1..12."""
    return 28 + is_leap(year) if month == 2 else 30 + (month in (1, 3, 5, 7, 8, 10, 12))


def _days_from_march(year: int) -> int:
    """Days from 1970-01-01 to March 1 of a year."""
    return _MARCH_1_OF_YEAR_0 + 365 * year + year // 4 - year // 100 + year // 400
