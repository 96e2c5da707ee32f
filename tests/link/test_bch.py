import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.bch import BLOCK_OCTETS, corrected, encoded

sevens = st.binary(min_size=7, max_size=7)


def flipped(block, *bits):
    return (int.from_bytes(block) ^ sum(1 << bit for bit in bits)).to_bytes(BLOCK_OCTETS)


def by_division(information):
    """The parity by long division of polynomials, bit by bit."""
    number = int.from_bytes(information) << 7
    for bit in range(62, 6, -1):
        if number >> bit & 1:
            number ^= 0b11000101 << bit - 7
    return (number ^ 0x7F) << 1


@given(sevens)
def test_parity_is_the_remainder(information):
    assert encoded(information) == information + bytes([by_division(information)])


@given(sevens, st.integers(1, 63))
def test_one_wrong_bit_is_set_right(information, bit):
    block = encoded(information)
    assert corrected(block) == (information, 0)
    assert corrected(flipped(block, bit)) == (information, 1)


@given(sevens, st.sets(st.integers(1, 63), min_size=2, max_size=2))
def test_two_wrong_bits_are_never_taken_for_fewer(information, bits):
    """The code's distance is 4."""
    assert corrected(flipped(encoded(information), *bits)) is None


@given(sevens)
def test_the_filler_bit_says_nothing(information):
    assert corrected(flipped(encoded(information), 0)) == (information, 0)


def test_vectors():
    """By hand: zeros leave the complement of zero; the last information bit leaves the generator's lower terms."""
    assert encoded(bytes(7)) == bytes(7) + b"\xfe"
    assert encoded(bytes(6) + b"\x01")[7] == (0b1000101 ^ 0x7F) << 1


def test_the_tail_sequence_is_no_block():
    """§5.2.4: it ends a unit even with one bit of it wrong, unless that makes a block with another wrong bit."""
    assert corrected(bytes.fromhex("c5c5c5c5c5c5c579")) is None


def test_only_whole_sevens():
    with pytest.raises(AssertionError):
        encoded(bytes(8))
