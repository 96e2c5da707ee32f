"""Nothing restarts for ever, and what flew well begins anew."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.supervisor.budget import Budget, GrowingDelay, Level

S = 1_000_000_000
NOMINAL, SAFE, RESET, LAST = Level


@pytest.mark.requirement("FSW-SUP-004")
def test_failures_in_a_row_go_up_the_ladder_once():
    budget = Budget(restarts_max=2, safe_max=1, window_s=100)
    assert [budget.failed(number * S) for number in range(6)] == [NOMINAL, NOMINAL, SAFE, RESET, LAST, LAST]
    assert budget.failures == 6


def test_failures_far_apart_are_forgotten():
    budget = Budget(restarts_max=2, safe_max=1, window_s=100)
    assert {budget.failed(number * 50 * S) for number in range(50)} == {NOMINAL}
    assert budget.failures == 2


def test_safe_mode_is_left_when_the_failures_are_old():
    budget = Budget(restarts_max=1, safe_max=2, window_s=100)
    assert [budget.failed(0), budget.failed(S), budget.failed(150 * S)] == [NOMINAL, SAFE, NOMINAL]


def test_after_a_reset_in_vain_only_a_long_flight_is_a_new_beginning():
    budget = Budget(restarts_max=0, safe_max=0, window_s=100)
    assert budget.failed(0) is RESET
    budget.reset_in_vain()
    assert budget.level is LAST
    budget.flies(10 * S)
    assert budget.failed(1000 * S) is RESET  # one failure is too many for this budget, but it counts from the beginning
    assert budget.failed(5000 * S) is LAST  # it never flew
    budget.flies(5001 * S)
    assert budget.failed(5002 * S) is LAST


@given(st.lists(st.integers(0, 30 * S), min_size=1, max_size=60), st.integers(0, 5), st.integers(0, 5))
@pytest.mark.requirement("FSW-SUP-005")
def test_restarts_in_any_window_are_bounded(gaps, restarts_max, safe_max):
    """Whatever the times: in a window at most as many starts go without delay as both limits allow together."""
    budget, now_ns, free = Budget(restarts_max, safe_max, window_s=60), 0, []
    for gap in gaps:
        now_ns += gap
        if budget.failed(now_ns) < RESET:
            free.append(now_ns)
        assert sum(ns > now_ns - 60 * S for ns in free) <= restarts_max + safe_max


def test_patience_doubles_up_to_its_most_and_begins_anew():
    eager, slow = GrowingDelay(1, 5), GrowingDelay(1, 5, is_eager=False)
    assert [eager.ended(0) // S for _ in range(6)] == [0, 1, 2, 4, 5, 5]
    assert [slow.ended(0) // S for _ in range(5)] == [1, 2, 4, 5, 5]
    assert (eager.ended(5 * S), slow.ended(5 * S)) == (0, 1 * S)
