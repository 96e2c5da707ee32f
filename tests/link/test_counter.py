import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from link.counter import Sequence
from tests.link.strategies import chunked


def test_counts_run_round():
    sequence = Sequence(4)
    assert [sequence.missing(count) for count in (3, 0, 2, 2, 3)] == [0, 0, 1, 3, 0]
    assert (sequence.gaps, sequence.lost) == (2, 4)


@given(st.sampled_from([2, 3, 256, 1 << 24, 1 << 56]), st.lists(st.integers(0, 1 << 56), max_size=30), st.data())
def test_many_at_once_as_one_by_one(modulus, counts, data):
    counts = [count % modulus for count in counts]
    one, many = Sequence(modulus), Sequence(modulus)
    expected = [one.missing(count) for count in counts]
    pieces = [piece for piece in data.draw(chunked(counts)) if piece]
    assert [int(missing) for piece in pieces for missing in many.missing_each(np.array(piece))] == expected
    assert many == one
