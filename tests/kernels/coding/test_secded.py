import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.secded import Scrubbed, secded_encode, secded_scrub, vote3

pytestmark = pytest.mark.usefixtures("level")
NOISE = np.random.default_rng(1).integers(0, 256, 8 * 700, np.uint8)


def flipped(data, checks, word, bit):
    if bit < 64:
        data[8 * word + bit // 8] ^= 1 << bit % 8
    else:
        checks[word] ^= 1 << (bit - 64)


@given(st.integers(1, 600), st.dictionaries(st.integers(0, 599), st.sets(st.integers(0, 71), max_size=2), max_size=8))
def test_single_errors_are_put_right_and_double_ones_counted(words, errors):
    data, errors = NOISE[: 8 * words].copy(), {word: bits for word, bits in errors.items() if word < words}
    checks = secded_encode(data)
    for word, bits in errors.items():
        for bit in bits:
            flipped(data, checks, word, bit)
    double = sorted(word for word, bits in errors.items() if len(bits) == 2)
    single = [word for word, bits in errors.items() if len(bits) == 1]
    assert secded_scrub(data, checks) == Scrubbed(len(single), len(double), double[0] if double else None)
    wrong = {int(place) // 8 for place in np.flatnonzero(data != NOISE[: 8 * words])}
    assert wrong <= set(double)
    assert secded_scrub(data, checks).corrected == 0


@given(st.binary(max_size=600), st.binary(max_size=600), st.binary(max_size=600))
def test_vote_is_the_majority_bit_by_bit(a, b, c):
    size = min(len(a), len(b), len(c))
    copies = [np.frombuffer(copy[:size], np.uint8) for copy in (a, b, c)]
    x, y, z = copies
    out, dissents = vote3(x, y, z)
    assert np.array_equal(out, (x & y) | (x & z) | (y & z))
    assert dissents == tuple(int((copy != out).sum()) for copy in copies)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="multiple of 8"):
        secded_encode(NOISE[:9])
    with pytest.raises(ValueError, match="2 check octets for 3 words"):
        secded_scrub(NOISE[:24].copy(), NOISE[:2].copy())
    with pytest.raises(TypeError, match="uint8"):
        secded_encode(NOISE[::2])
    with pytest.raises(ValueError, match="expected the same"):
        vote3(NOISE[:1], NOISE[:2], NOISE[:1])
    frozen = NOISE[:8].copy()
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        secded_scrub(frozen, NOISE[:1].copy())
