"""Rests double, and end."""

import pytest

from fsw.apps.retries import Retries

S = 1_000_000_000


def rest_s(retries, now_ns):
    return (retries.next_ns(now_ns) - now_ns) // S


@pytest.mark.requirement("FSW-FIL-004")
def test_each_failure_doubles_the_rest_up_to_the_longest():
    retries, rests = Retries(first_s=2, longest_s=60), []
    for now_s in range(0, 7000, 1000):
        retries.failed(1, now_s * S)
        rests.append(rest_s(retries, now_s * S))
        assert retries.rests(1, now_s * S + rests[-1] * S - 1)
        assert not retries.rests(1, now_s * S + rests[-1] * S)
    assert rests == [2, 4, 8, 16, 32, 60, 60]


def test_silence_never_lengthens_it():
    retries = Retries()
    for _ in range(10):
        retries.failed(1, 0, is_grave=False)
    assert rest_s(retries, 0) == 2
    for rest, is_grave in ((2, True), (4, True), (2, False), (8, True)):
        retries.failed(1, 0, is_grave=is_grave)
        assert rest_s(retries, 0) == rest


def test_what_succeeded_is_forgotten():
    retries = Retries()
    for number in (1, 2, 3):
        retries.failed(number, 0)
    retries.forget(1)
    retries.forget(7)  # of which nothing is known
    assert [retries.rests(number, 0) for number in (1, 2, 3)] == [False, True, True]
    assert (retries.resting(0), retries.resting(2 * S)) == (2, 0)
    assert (retries.next_ns(0), retries.next_ns(2 * S)) == (2 * S, None)
    retries.forget_all()
    assert (retries.resting(0), retries.next_ns(0)) == (0, None)
    retries.failed(2, 0)
    assert rest_s(retries, 0) == 2
