"""What counts say of recorded units: lost, late, twice, or begun anew."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.packets.arrivals import Arrivals, marks_of
from tests.link.strategies import chunked

PACKETS, TM, AOS = 1 << 14, 256, 1 << 24


def test_what_is_near_follows_within_a_few():
    arrivals = Arrivals(1 << 14)
    arrivals.accept(np.arange(16380, 16383), np.zeros(3, np.uint32))
    near = [count for count in (16382, 16383, 0, 62, 63, 8000) if arrivals.is_near(count)]
    assert near == [16383, 0, 62]  # 64 from the next on, past the end of the round


def take(modulus, counts, marks=None, arrivals=None):
    arrivals = arrivals or Arrivals(modulus)
    marks = counts if marks is None else marks
    return arrivals, arrivals.accept(np.array(counts) % modulus, np.array(marks).astype(np.uint32))


def told(arrivals):
    return arrivals.lost, arrivals.gaps, arrivals.late, arrivals.duplicates, arrivals.restarts


@pytest.mark.parametrize(
    ("modulus", "counts", "lost_gaps_late_duplicates_restarts"),
    [
        (PACKETS, [0, 2, 1, 3], (0, 0, 1, 0, 0)),
        (PACKETS, [0, 3, 1, 2, 4], (0, 0, 2, 0, 0)),
        (PACKETS, [0, 4, 2, 5], (2, 2, 1, 0, 0)),
        (PACKETS, [0, 4, 1, 5], (2, 1, 1, 0, 0)),
        (PACKETS, [0, 4, 3, 5], (2, 1, 1, 0, 0)),
        (PACKETS, [5, 4, 6], (0, 0, 1, 0, 0)),
        (PACKETS, [5, 3, 6], (1, 1, 1, 0, 0)),
        (PACKETS, [5, 3, 4, 6], (0, 0, 2, 0, 0)),
        (PACKETS, [16382, 16383, 1, 0, 2], (0, 0, 1, 0, 0)),
        (PACKETS, [*range(12), *range(8, 20)], (0, 0, 0, 4, 0)),
        (PACKETS, [*range(16380, 16390), *range(16383, 16400)], (0, 0, 0, 7, 0)),
        (PACKETS, [*range(9000), *range(1000, 9100)], (0, 0, 0, 8000, 0)),
        (PACKETS, [3, 3, 3, 4], (0, 0, 0, 2, 0)),
        (PACKETS, [3, 5, 5, 4, 6], (0, 0, 1, 1, 0)),
        (PACKETS, [0, 1, 5, 6], (3, 1, 0, 0, 0)),
        (PACKETS, range(40000), (0, 0, 0, 0, 0)),
        (TM, [0, 2, 1, 3], (0, 0, 1, 0, 0)),
        (TM, [0, 1, 1, 2], (0, 0, 0, 1, 0)),
        (TM, [*range(7), *range(8, 60), 7, 60], (0, 0, 1, 0, 0)),
        (TM, [*range(7), *range(10, 130), 8, 130], (2, 2, 1, 0, 0)),
        (PACKETS, [*range(7), *range(8, 6000), 7, 6000], (0, 0, 1, 0, 0)),
        (AOS, [7, 9, 8, 10], (0, 0, 1, 0, 0)),
        (AOS, [70000, 70001, 5, 6], (0, 0, 0, 0, 1)),
    ],
)
def test_by_hand(modulus, counts, lost_gaps_late_duplicates_restarts):
    assert told(take(modulus, counts)[0]) == lost_gaps_late_duplicates_restarts


@pytest.mark.parametrize(
    ("modulus", "counts", "lost_and_restarts"),
    [
        (PACKETS, [*range(5000), 0, 1, 2], (0, 1)),  # a node that was reset
        (PACKETS, [*range(5000), 7], (16384 - 4993, 0)),  # more than half a round lost
        (PACKETS, [*range(5000), 15000], (10000, 0)),
        (PACKETS, [*range(9000), 500], (16384 - 8500, 0)),
        (PACKETS, [10000, *range(12000, 20000), 11000], (1999 + 16384 - 9000, 0)),
        (TM, [*range(200), 0, 1], (56, 0)),
        (TM, [*range(200), *range(250, 300), 225], (50 + 181, 0)),  # in a wide gap: that many more may be lost
        (TM, [*range(20, 60), 10], (206, 0)),  # from before the first
        (AOS, [*range(200), 0, 1], (0, 1)),
        (AOS, [*range(200), 100, 101], (0, 1)),
        (AOS, [0, 5_000_000], (4_999_999, 0)),
    ],
)
def test_other_contents_are_no_duplicates(modulus, counts, lost_and_restarts):
    arrivals, arrived = take(modulus, counts, range(len(counts)))
    assert (arrivals.lost, arrivals.restarts) == lost_and_restarts
    assert arrived.is_new.all()


def test_what_is_new_and_what_follows():
    _, arrived = take(PACKETS, [0, 1, 1, 2, 4, 3, 5, 6])
    assert arrived.is_new.tolist() == [True, True, False, True, True, True, True, True]
    assert (arrived.is_next[arrived.is_new]).tolist() == [True, True, True, False, False, False, True]


@given(st.sampled_from([3, 256, PACKETS, AOS, 1 << 56]), st.lists(st.integers(0, 40), max_size=40), st.data())
def test_in_pieces_as_at_once(modulus, counts, data):
    one, many = Arrivals(modulus), Arrivals(modulus)
    pieces = [piece for piece in data.draw(chunked(counts)) if piece]
    new = [bit for piece in pieces for bit in take(modulus, piece, arrivals=many)[1].is_new.tolist()]
    if counts:
        assert new == take(modulus, counts, arrivals=one)[1].is_new.tolist()
    assert told(one) == told(many)


@given(st.integers(0, PACKETS - 1), st.lists(st.integers(0, 60), min_size=1, max_size=60))
def test_as_counted_by_a_set(first, offsets):
    """Whatever is lost, swapped and repeated a little: what was never there is lost, what was there before is twice."""
    arrivals, arrived = take(PACKETS, [first + one for one in offsets])
    assert arrivals.lost == max(offsets) - min(offsets) + 1 - len(set(offsets))
    assert arrivals.duplicates == len(offsets) - len(set(offsets)) == (~arrived.is_new).sum()
    ordered = sorted(set(offsets))
    assert arrivals.gaps == sum(b - a > 1 for a, b in pairwise(ordered))


@given(st.sampled_from([256, PACKETS]), st.lists(st.integers(0, 90), min_size=1, max_size=40))
def test_losses_alone_as_on_a_link(modulus, lost):
    counts = np.cumsum([one + 1 for one in lost]) % modulus
    missing = [0, *lost[1:]]  # before the first none can be known
    arrivals, arrived = take(modulus, counts, range(len(counts)))
    assert (arrivals.lost, arrivals.gaps) == (sum(missing), sum(map(bool, missing)))
    assert arrived.is_next.tolist() == [not one for one in missing]


def test_little_is_remembered():
    arrivals = Arrivals(AOS)
    for start in range(0, 100_000, 1000):
        take(AOS, range(start, start + 1000), arrivals=arrivals)
    assert len(arrivals._chunks) < 20


def test_of_a_short_count_a_cycle_is_remembered():
    """However long a live link stands: units that come one by one are remembered one by one."""
    arrivals = Arrivals(TM)
    for number in range(2000):
        arrivals.accept_one(number % TM, bytes([number % TM]))
    assert len(arrivals._chunks) <= TM + 1
    assert not arrivals.accept_one((1999 - 100) % TM, bytes([(1999 - 100) % TM])).is_new


def test_marks_tell_contents_apart():
    octets = b"abcdefgh" + b"abcdefgX"
    checks = np.array([7, 7], np.uint16)
    first, second = marks_of(octets, np.array([8, 16]), checks).tolist()
    assert (first, second) == (7 << 16 | 0x6768, 7 << 16 | 0x6758)
