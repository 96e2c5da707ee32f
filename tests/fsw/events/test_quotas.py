"""Quotas of events: n in a period, the rest counted and given when it ends, and then it begins anew."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.events.quotas import HeldBack, Quota, Quotas

S = 1_000_000_000


def limited(count=2, period_s=10.0):
    quotas = Quotas()
    quotas.limit("Alarm", Quota(count, period_s))
    return quotas


@pytest.mark.requirement("FSW-EVT-001")
def test_so_many_pass_in_a_period_and_the_rest_is_told_at_its_end():
    quotas = limited()
    assert [quotas.admit("Alarm", second * S) for second in (5, 6, 7, 14)] == [True, True, False, False]
    assert quotas.admit("Other", 14 * S)
    assert (quotas.due_ns, quotas.held) == (15 * S, 2)
    assert quotas.drain(15 * S - 1) == []
    assert quotas.drain(15 * S) == [HeldBack("Alarm", 2, 10.0)]
    assert (quotas.due_ns, quotas.drain(99 * S)) == (None, [])


@pytest.mark.requirement("FSW-EVT-002")
def test_it_re_arms_when_the_period_is_over():
    quotas = limited(1)
    found = [quotas.admit("Alarm", second * S) for second in (0, 1, 10, 11, 30)]
    assert found == [True, False, True, False, True]
    assert quotas.due_ns == 0  # of two periods, which have ended
    assert quotas.drain(30 * S) == [HeldBack("Alarm", 1, 10.0)] * 2


def test_none_at_all_may_pass():
    quotas = limited(0)
    assert not quotas.admit("Alarm", S)
    assert quotas.drain(11 * S) == [HeldBack("Alarm", 1, 10.0)]


def test_a_quota_that_is_changed_or_taken_away_tells_first_what_it_held():
    quotas = limited(0)
    quotas.admit("Alarm", 0)
    quotas.limit("Alarm", Quota(5, 1.0))
    assert quotas.due_ns == 0
    assert quotas.drain(0) == [HeldBack("Alarm", 1, 10.0)]
    assert quotas.quotas == {"Alarm": Quota(5, 1.0)}
    quotas.unlimit("Alarm")
    quotas.unlimit("Alarm")
    assert (quotas.quotas, quotas.drain(0), quotas.admit("Alarm", 0)) == ({}, [], True)


@given(st.lists(st.integers(0, 4 * S)), st.integers(0, 4))
@pytest.mark.requirement("FSW-EVT-003")
def test_each_event_passes_or_is_told_of(gaps, count):
    quotas, now_ns, passed, told = limited(count, 3.0), 0, [], 0
    for gap_ns in gaps:
        now_ns += gap_ns
        if quotas.admit("Alarm", now_ns):
            passed.append(now_ns)
        told += sum(one.held for one in quotas.drain(now_ns))
    told += sum(one.held for one in quotas.drain(now_ns + 3 * S))
    assert len(passed) + told == len(gaps)
    assert told == quotas.held
    for at_ns in passed:  # in a period that begins with an event, and so in any that begins with one that passed first
        assert sum(at_ns <= other < at_ns + 3 * S for other in passed) <= max(1, 2 * count)
