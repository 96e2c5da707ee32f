import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.time.leap_seconds import IERS, NS, LeapSeconds
from tests.link.time.times import utc_ns

HOSTS = Path("/usr/share/zoneinfo/leapseconds")


@given(st.integers(-(10**19), 10**19))
def test_utc_inverts_tai(time_ns):
    assert IERS.utc_ns(IERS.tai_ns(time_ns)) == time_ns


@pytest.mark.parametrize(
    ("moment", "difference_s"),
    [
        ("1960-01-01", 10),
        ("1972-06-30", 10),
        ("1972-07-01", 11),
        ("1999-01-01", 32),
        ("2016-12-31", 36),
        ("2100-01-01", 37),
    ],
)
def test_published_differences(moment, difference_s):
    """Bulletin C's table of TAI - UTC."""
    assert IERS.tai_ns(utc_ns(moment)) - utc_ns(moment) == difference_s * NS


@pytest.mark.skipif(not HOSTS.exists(), reason="this host has no table of leap seconds")
def test_the_table_is_that_of_the_host():
    """As its time zone database has it: "Leap 2016 Dec 31 23:59:60 + S" steps at the midnight that follows."""
    days = re.findall(r"^Leap\s+(\d{4})\s+(Jun\s+30|Dec\s+31)\s+23:59:60\s+\+", HOSTS.read_text(), re.MULTILINE)
    steps = [f"{year}-07-01" if day.startswith("Jun") else f"{int(year) + 1}-01-01" for year, day in days]
    assert [*map(utc_ns, steps)] == [*IERS.steps_utc_ns]


def test_the_leap_second_reads_as_the_second_after_it():
    midnight = utc_ns("2017-01-01")
    leap = IERS.tai_ns(midnight - 1) + 1  # 2016-12-31T23:59:60
    assert [IERS.utc_ns(leap + part) for part in (-1, 0, NS // 2, NS)] == [
        midnight - 1,
        midnight,
        midnight + NS // 2,
        midnight,
    ]


def test_a_future_leap_second_is_data():
    step = utc_ns("2040-01-01")
    later = LeapSeconds((*IERS.steps_utc_ns, step))
    assert later.tai_ns(step) == IERS.tai_ns(step) + NS


@given(st.lists(st.integers(0, 10**10), max_size=6, unique=True), st.integers(-(10**19), 10**19))
def test_any_table(days, time_ns):
    """Steps a week apart at least, as leap seconds are."""
    table = LeapSeconds(tuple(sorted(day * 7 * 86_400 * NS for day in days)))
    assert table.utc_ns(table.tai_ns(time_ns)) == time_ns
    for step in table.steps_utc_ns:
        assert table.utc_ns(table.tai_ns(step)) == step
        assert table.utc_ns(table.tai_ns(step) - 1) == step + NS - 1  # within the leap second
