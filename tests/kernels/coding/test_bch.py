import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.bch import bch_decode, bch_encode

data = st.integers(0, 9).flatmap(lambda blocks: st.binary(min_size=7 * blocks, max_size=7 * blocks))


def parity_by_definition(information: bytes) -> int:
    """Division by x^7 + x^6 + x^2 + 1, complemented, and the filler bit (231.0-B-4 §3.3)."""
    remainder = int.from_bytes(information) << 7
    for shift in range(55, -1, -1):
        if remainder >> shift + 7 & 1:
            remainder ^= 0b11000101 << shift
    return (remainder ^ 0x7F) << 1


@given(data)
def test_blocks_by_definition(octets):
    blocks = bch_encode(octets)
    for start in range(0, len(blocks), 8):
        assert blocks[start + 7] == parity_by_definition(blocks[start : start + 7])
    assert bch_decode(blocks) == (octets, [0] * (len(octets) // 7))


@given(st.binary(min_size=7, max_size=7), st.integers(0, 62), st.integers(0, 62))
def test_one_wrong_bit_is_put_right_and_two_are_noticed(octets, first, second):
    block = int.from_bytes(bch_encode(octets)) ^ 1 << 63 - first
    assert bch_decode(block.to_bytes(8)) == (octets, [1])
    if first != second:
        block ^= 1 << 63 - second
        assert bch_decode(block.to_bytes(8)) == (block.to_bytes(8)[:7], [-1])


@pytest.mark.parametrize("call", [bch_encode, bch_decode])
def test_pieces_of_a_block_are_refused(call):
    with pytest.raises(ValueError, match="multiple"):
        call(b"123")
