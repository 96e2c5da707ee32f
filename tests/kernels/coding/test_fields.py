"""Columns cut out of packets: equal to bit by bit, on every level; what cannot be is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding import fields as kernel

pytestmark = pytest.mark.usefixtures("level")
FORMS = {kernel.UNSIGNED: "u", kernel.SIGNED: "i", kernel.LITTLE_UNSIGNED: "u", kernel.LITTLE_SIGNED: "i"}


def by_bits(packet, bit, bits, form):
    number = int.from_bytes(packet) >> 8 * len(packet) - bit - bits & (1 << bits) - 1
    if form in (kernel.LITTLE_UNSIGNED, kernel.LITTLE_SIGNED):
        number = int.from_bytes(number.to_bytes(bits // 8), "little")
    return number - (1 << bits) if FORMS[form] == "i" and number >> bits - 1 else number


@st.composite
def tables(draw):
    table = []
    for _ in range(draw(st.integers(0, 5))):
        form = draw(st.sampled_from(list(FORMS)))
        width = draw(st.sampled_from((1, 2, 4, 8)))
        little = form in (kernel.LITTLE_UNSIGNED, kernel.LITTLE_SIGNED)
        bits = 8 * draw(st.integers(1, width)) if little else draw(st.integers(1, 8 * width))
        bit = 8 * draw(st.integers(0, 8)) if little else draw(st.integers(0, 64))
        table.append((bit, bits, form, width))
    return table


@given(tables(), st.binary(min_size=17, max_size=200), st.lists(st.integers(0, 200), max_size=10))
def test_equal_to_bit_by_bit(table, octets, places):
    offsets = np.array([place % (len(octets) - 16) for place in places], np.int64)
    count, records, end = len(offsets), [], 0
    for bit, bits, form, width in table:
        records.append((end, width, bit, bits, form, width))
        end += count * width
    out = np.empty(end, np.uint8)
    kernel.read_fields(octets, offsets, np.array(records, kernel.FIELD), out)
    for (start, *_), (bit, bits, form, width) in zip(records, table, strict=True):
        found = out[start : start + count * width].view(f"{FORMS[form]}{width}")
        assert found.tolist() == [by_bits(octets[at : at + 17], bit, bits, form) for at in offsets]


def test_by_hand():
    """Two packets of three octets: the low nibble of the first, then two octets as they are."""
    table = np.array([(0, 1, 4, 4, kernel.UNSIGNED, 1), (2, 2, 8, 16, kernel.OCTETS, 2)], kernel.FIELD)
    out = np.empty(6, np.uint8)
    kernel.read_fields(b"\xa5bc\x1fef", np.array([0, 3]), table, out)
    assert out.tobytes() == b"\x05\x0fbcef"


ONE = np.array([(0, 1, 0, 8, kernel.UNSIGNED, 1)], kernel.FIELD)


@pytest.mark.parametrize(
    ("offsets", "record"),
    [([3], (0, 1, 0, 8, 0, 1)), ([-1], (0, 1, 0, 8, 0, 1)), ([0], (0, 1, 0, 9, 0, 1)), ([0], (4, 1, 0, 8, 0, 1)),
     ([0], (0, 1, 4, 8, kernel.OCTETS, 1)), ([0], (0, 1, 0, 8, 9, 1)), ([0], (0, 1, 0, 8, 0, 3))],
)  # fmt: skip
def test_what_cannot_be_is_refused(offsets, record):
    with pytest.raises(ValueError, match="a field that cannot be"):
        kernel.read_fields(b"abc", np.array(offsets), np.array([record], kernel.FIELD), np.empty(4, np.uint8))


@pytest.mark.parametrize(
    ("offsets", "table", "out"),
    [
        (np.zeros(2, np.int32), ONE, np.empty(2, np.uint8)),
        (np.zeros(4, np.int64)[::2], ONE, np.empty(2, np.uint8)),
        (np.zeros((2, 1), np.int64), ONE, np.empty(2, np.uint8)),
        (np.zeros(2, np.int64), ONE.view(np.uint8), np.empty(2, np.uint8)),
        (np.zeros(2, np.int64), ONE, np.empty(2, np.int8)),
    ],
)
def test_arrays_of_another_kind_are_refused(offsets, table, out):
    with pytest.raises(TypeError, match="one contiguous row of"):
        kernel.read_fields(b"abc", offsets, table, out)
