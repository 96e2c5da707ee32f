"""Real-time priority is taken where it is granted, and its refusal is told."""

import os

import pytest

from hal.linux.priority import drop_priority, raise_priority


@pytest.mark.parametrize("is_inherited", [False, True])
@pytest.mark.requirement("FSW-SUP-014")
def test_it_is_taken_and_dropped_or_refused_in_words(is_inherited):
    why_not = raise_priority(3, is_inherited=is_inherited)
    try:
        if why_not:
            assert why_not == "no real-time priority (Operation not permitted)"
        else:
            assert os.sched_getscheduler(0) == os.SCHED_FIFO | (0 if is_inherited else os.SCHED_RESET_ON_FORK)
            assert os.sched_getparam(0).sched_priority == 3
    finally:
        drop_priority()
    assert os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK == os.SCHED_OTHER


@pytest.mark.parametrize("level", [0, 100])
def test_levels_that_there_are_not_are_refused(level):
    assert raise_priority(level) == "no real-time priority (Invalid argument)"
