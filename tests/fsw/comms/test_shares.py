"""Queues by key and classes by rank: everything is accounted for, and nobody waits for another's backlog for long."""

from collections import Counter
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.comms.shares import ClassTurns, Shares
from fsw.executive.bus import Queue


def made(capacity):
    return Shares(lambda key: Queue(str(key), capacity, "drop_new"))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans())), st.integers(1, 4))
def test_what_was_offered_is_taken_dropped_or_waits(steps, capacity):
    shares, offered, taken = made(capacity), 0, []
    for number, (key, takes) in enumerate(steps):
        if takes:
            taken += [one for one in [shares.pop()] if one is not None]
        else:
            offered += 1
            shares.offer(key, (key, number))
    assert offered == len(taken) + shares.dropped + len(shares)
    waiting = list(iter(deepcopy(shares).pop, None))
    for key in "abc":
        own = [number for name, number in taken if name == key]
        assert own == sorted(own)
        assert shares.is_full(key) == (sum(name == key for name, _ in waiting) == capacity)


@given(st.integers(1, 9), st.integers(1, 9))
def test_one_who_comes_late_is_served_second_at_the_latest(before, keys):
    shares = made(99)
    for key in range(keys):
        for number in range(before):
            shares.offer(key, (key, number))
    shares.pop()
    shares.offer("late", "late")
    assert "late" in [shares.pop() for _ in range(keys + 1)]


def test_nothing_comes_of_nothing():
    assert made(1).pop() is None


QUOTAS = {"first": 500, "second": 300, "third": 1}


@pytest.mark.requirement("FSW-LNK-014")
@given(st.lists(st.tuples(st.sets(st.sampled_from(list(QUOTAS)), min_size=1), st.integers(1, 900)), max_size=60))
def test_only_a_class_that_waits_goes_and_the_more_important_one_within_its_quota(turns):
    one, kept = ClassTurns(QUOTAS), Counter()
    for wanted, octets in turns:
        waiting = [name for name in QUOTAS if name in wanted]
        chosen = one.next(waiting)
        assert chosen in waiting
        kept.update(waiting[: waiting.index(chosen)])
        one.note(chosen, octets)
        assert all(left <= QUOTAS[name] for name, left in one._left.items())
    assert one.kept_back == kept
    assert one.octets.total() == sum(octets for _, octets in turns)


@pytest.mark.requirement("FSW-LNK-014")
@pytest.mark.parametrize("octets", [1, 100, 70_000])
def test_in_the_long_run_each_class_has_its_part_and_none_starves(octets):
    one = ClassTurns({"first": 500, "second": 300, "third": 200})
    for _ in range(20_000):
        one.note(one.next(["first", "second", "third"]), octets)
    shares = [one.octets[name] / one.octets.total() for name in ("first", "second", "third")]
    assert shares == [pytest.approx(part, abs=0.002) for part in (0.5, 0.3, 0.2)]


@pytest.mark.requirement("FSW-LNK-014")
def test_what_a_class_does_not_use_goes_to_the_others():
    one = ClassTurns(QUOTAS)
    for _ in range(2000):
        one.note(one.next(["second"]), 100)
    assert one.kept_back.total() == 0
    assert one.next(["first", "second"]) == "first"  # at once: others have paid nothing into its quota
