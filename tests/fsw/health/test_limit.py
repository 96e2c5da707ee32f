"""Limits: an alarm begins after some time beyond, and ends well inside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.health.limit import Bound, Limit

S = 1_000_000_000
MOST, LEAST = Bound(80, 70), Bound(10, 11, is_least=True)


def fed(limit, bound, *readings, held_s=20):
    """Whether an alarm began or ended with each reading, one in ten seconds."""
    return [limit.accept(value, bound, number * 10 * S, held_s) for number, value in enumerate(readings)]


@pytest.mark.requirement("FSW-HLT-002")
def test_an_alarm_needs_time_and_ends_inside():
    limit = Limit()
    assert fed(limit, MOST, 80, 81, 80, 81, 82, 83, 79, 71) == [False] * 5 + [True, False, False]
    assert limit.is_alarm
    assert limit.accept(70, MOST, 80 * S, 20)
    assert (limit.is_alarm, limit.value) == (False, 70)


def test_a_least_value_is_the_same_upside_down():
    limit = Limit()
    assert fed(limit, LEAST, 10, 9, 9, 9, 10.5, 11) == [False, False, False, True, False, True]


def test_without_persistence_the_first_one_is_enough():
    assert fed(Limit(), MOST, 81, 70, held_s=0) == [True, True]


def test_what_is_not_measured_changes_nothing():
    limit = Limit()
    assert fed(limit, MOST, 90, None, 90, None, None) == [False, False, True, False, False]
    assert (limit.is_alarm, limit.value) == (True, None)


def test_a_limit_that_is_taken_away_ends_its_alarm():
    limit = Limit()
    fed(limit, MOST, 90, 90, 90)
    assert limit.accept(90, None, 30 * S, 20)
    assert not limit.is_alarm
    assert not limit.accept(90, MOST, 40 * S, 20)  # the time begins anew


@given(st.lists(st.one_of(st.none(), st.floats(0, 100))))
def test_alarms_begin_and_end_in_turn(readings):
    limit = Limit()
    states = [limit.is_alarm]
    for number, value in enumerate(readings):
        changed = limit.accept(value, MOST, number * 10 * S, 20)
        assert changed == (limit.is_alarm != states[-1])
        if changed:
            assert value > MOST.bad if limit.is_alarm else value <= MOST.good
        states.append(limit.is_alarm)
