import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.time.civil import date_from_days, days_from_date

EPOCH = date(1970, 1, 1)


@given(st.dates())
def test_the_standard_library_agrees(day):
    days = (day - EPOCH).days
    assert days_from_date(day.year, day.month, day.day) == days
    assert date_from_days(days) == (day.year, day.month, day.day)


def test_every_day_of_four_centuries():
    for days in range(146_098):
        day = date(1970, 1, 1) + timedelta(days)
        assert date_from_days(days) == (day.year, day.month, day.day)


def test_every_month_of_four_centuries():
    for year in range(1900, 2301):
        for month in range(1, 13):
            last = calendar.monthrange(year, month)[1]
            assert days_from_date(year, month, last) == (date(year, month, last) - EPOCH).days
            with pytest.raises(ValueError, match="is no date"):
                days_from_date(year, month, last + 1)


@given(st.integers(-(10**9), 10**9))
def test_any_day_survives(days):
    assert days_from_date(*date_from_days(days)) == days


@pytest.mark.parametrize(
    "wrong", [(2001, 2, 29), (1900, 2, 29), (2000, 13, 1), (2000, 0, 1), (2000, 4, 31), (2000, 1, 0)]
)
def test_no_date(wrong):
    with pytest.raises(ValueError, match="is no date"):
        days_from_date(*wrong)
