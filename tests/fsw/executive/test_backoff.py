"""A few failures are free, then each rest is twice the last; calm forgives, a single success does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.executive.backoff import Backoff

MS, SECOND = 1_000_000, 1_000_000_000


@pytest.mark.requirement("FSW-EXE-006")
def test_rests_double_up_to_a_bound():
    backoff = Backoff(patience=3, first_ns=100 * MS, longest_ns=500 * MS)
    assert [backoff.failed("a", backoff.rests_until("a")) // MS for _ in range(7)] == [0, 0, 100, 200, 400, 500, 500]
    assert backoff.rests_until("a") == 1700 * MS
    assert backoff.rests_until("b") == 0
    assert (backoff.failures("a"), backoff.failures("b"), backoff.resting) == (7, 0, 1)


def test_calm_forgives_all():
    backoff = Backoff(patience=2, first_ns=100 * MS, forgiven_ns=SECOND)
    for _ in range(5):
        backoff.failed("a", 0)
    end_ns = backoff.rests_until("a")
    backoff.succeeded("a", end_ns + SECOND)
    assert backoff.resting == 1
    backoff.succeeded("a", end_ns + 2 * SECOND)
    assert (backoff.rests_until("a"), backoff.failures("a"), backoff.resting) == (0, 0, 0)
    assert backoff.failed("a", 9 * SECOND) == 0
    assert backoff.failed("a", 9 * SECOND) == 100 * MS


def test_who_fails_less_often_than_is_forgiven_never_rests():
    """Also where nothing succeeds in between."""
    backoff = Backoff(patience=2, forgiven_ns=SECOND)
    assert [backoff.failed("a", turn * SECOND) for turn in range(50)] == [0] * 50
    assert (backoff.failures("a"), backoff.failed("a", 49 * SECOND) > 0) == (1, True)


def test_patience_is_no_rest():
    backoff = Backoff(patience=3)
    backoff.failed("a", 5 * MS)
    assert (backoff.rests_until("a"), backoff.resting) == (0, 0)


@given(st.integers(2, 20), st.integers(1, 50))
def test_who_fails_once_in_so_many_turns_of_a_fast_loop_rests_as_well(every, turn_ms):
    """In a minute: the free ones, what a minute forgives, and a rest after each of the others."""
    backoff, failures = Backoff(), 0
    for turn, now_ns in enumerate(range(0, 60 * SECOND, turn_ms * MS)):
        if now_ns < backoff.rests_until("a"):
            continue
        if turn % every:
            backoff.succeeded("a", now_ns)
        else:
            backoff.failed("a", now_ns)
            failures += 1
    assert failures <= 8 + 30 + 12
