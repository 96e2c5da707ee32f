"""Packets are sent again as often as asked, at their times, and what is given up is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.comms.repeats import AGAIN_AFTER_NS, Repeats

SECOND = 1_000_000_000


def taken(repeats, second, times):
    found = []
    while packet := repeats.pop(second * SECOND, times):
        found.append(packet)
    return found


@pytest.mark.parametrize("times", range(4))
def test_a_packet_is_repeated_at_its_times(times):
    repeats, when = Repeats(9), []
    repeats.remember(b"a", 0)
    for second in range(60):
        when += [second] * len(taken(repeats, second, times))
    assert when == [ns // SECOND for ns in AGAIN_AFTER_NS[:times]]
    repeats.limit(times)
    assert (len(repeats), repeats.forgotten) == (0, 0)


@given(st.integers(1, 20), st.integers(1, 30))
def test_the_newest_are_kept_and_the_others_counted(capacity, count):
    repeats = Repeats(capacity)
    for number in range(count):
        repeats.remember(bytes([number]), number)
    kept = [packet[0] for packet in taken(repeats, 5, 1)]
    assert kept == list(range(max(0, count - capacity), count))
    assert repeats.forgotten == max(0, count - capacity)


def test_what_was_repeated_most_often_is_given_up_first():
    repeats = Repeats(2)
    repeats.remember(b"told twice", 0)
    assert taken(repeats, 4, 3) == [b"told twice"]
    repeats.remember(b"new", 4 * SECOND)
    repeats.remember(b"newer", 4 * SECOND)
    assert repeats.forgotten == 1
    assert taken(repeats, 8, 3) == [b"new", b"newer"]
    assert taken(repeats, 12, 3) == []
