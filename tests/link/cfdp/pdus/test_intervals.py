"""Against the plainest model: a set of octets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.cfdp.pdus.intervals import Intervals

SPAN = 40
ranges = st.tuples(st.integers(0, SPAN), st.integers(0, SPAN))
steps = st.lists(st.tuples(st.sampled_from(["add", "discard", "take"]), ranges), max_size=30)


def octets(pairs):
    return {octet for start, end in pairs for octet in range(start, end)}


@given(steps)
def test_it_is_a_set(script):
    intervals, model = Intervals(), set()
    for name, (start, end) in script:
        if name == "add":
            assert intervals.add(start, end) == len(set(range(start, end)) - model)
            model |= set(range(start, end))
        elif name == "discard":
            intervals.discard(start, end)
            model -= set(range(start, end))
        elif model:
            first = intervals.pop(start + 1)
            assert first[0] == min(model)
            assert 0 < first[1] - first[0] <= start + 1
            model -= octets([first])
        assert_equal(intervals, model)


def assert_equal(intervals, model):
    """And disjoint, in order, merged."""
    pairs = list(intervals)
    assert octets(pairs) == model
    assert intervals.total == len(model)
    assert len(intervals) == len(pairs)
    assert intervals.end == max(model, default=-1) + 1
    bounds = [bound for pair in pairs for bound in pair]
    assert bounds == sorted(set(bounds))


@given(st.lists(ranges, max_size=8), ranges)
def test_gaps_and_touches(pairs, asked):
    intervals = Intervals()
    for pair in pairs:
        intervals.add(*pair)
    gaps = list(intervals.gaps(*asked))
    assert octets(gaps) == set(range(*asked)) - octets(intervals)
    assert gaps == sorted(gaps)
    if asked[0] < asked[1]:
        before = len(intervals)
        touches = intervals.touches(*asked)
        intervals.add(*asked)
        assert touches == (len(intervals) <= before)


def test_clear():
    intervals = Intervals()
    intervals.add(1, 5)
    intervals.clear()
    assert (list(intervals), intervals.total, bool(intervals)) == ([], 0, False)
    with pytest.raises(IndexError):
        intervals.pop(1)


def test_in_order_is_one_range():
    intervals = Intervals()
    for start in range(0, 1000, 10):
        assert intervals.add(start, start + 10) == 10
    assert list(intervals) == [(0, 1000)]
