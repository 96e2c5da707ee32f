"""A plot shows every value where and as high as it belongs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.console.plot import plot
from ground.records import History

SECOND = 1_000_000_000


def history(values, unit="V"):
    times = tuple(number * SECOND for number in range(len(values)))
    return History(parameter="Power.bus", unit=unit, time_ns=times, received_ns=times, values=tuple(values))


def test_a_ramp():
    assert plot(history([1.0, 2.0, None, 4.0]), columns=4, rows=2) == [
        "Power.bus",
        "4 V    █",
        "1 V ▁▆ █",
        "    00:00:00.000 00:00:03.000",
    ]


def test_a_value_that_stays_is_a_line():
    assert plot(history([7, 7]), columns=2, rows=2)[1:3] == ["    ", "7 V ██"]


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=200), st.integers(1, 80), st.integers(2, 12))
def test_it_keeps_to_its_size(values, columns, rows):
    head, *drawn, _ = plot(history(values), columns=columns, rows=rows)
    assert (head, len(drawn)) == ("Power.bus", rows)
    label = max(len(line.rstrip("▁▂▃▄▅▆▇█ ")) for line in drawn)
    assert max(map(len, drawn)) <= label + 1 + columns


@pytest.mark.parametrize(("values", "sentence"), [((), "no values yet"), (("on", "off"), "only numbers")])
def test_what_cannot_be_plotted_is_said(values, sentence):
    with pytest.raises(ValueError, match=sentence):
        plot(history(values))
