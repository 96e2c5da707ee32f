"""Queues by key, served in turn: everything is accounted for, and nobody waits for another's backlog."""

from hypothesis import given
from hypothesis import strategies as st

from fsw.comms.shares import Shares
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
    for key in "abc":
        own = [number for name, number in taken if name == key]
        assert own == sorted(own)
        assert shares.waiting(key) <= capacity


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
