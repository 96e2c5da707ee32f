import binascii

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.crc import crc16, crc16_batch, crc16_ranges, crc32c, crc32c_batch
from kernels.library import select_level

pytestmark = pytest.mark.usefixtures("level")
NOISE = np.random.default_rng(1).integers(0, 256, (9, 3000), np.uint8)


def crc32c_by_definition(octets: bytes, crc: int = 0) -> int:
    """Bit by bit, as RFC 3720 §12.1 defines it."""
    state = crc ^ 0xFFFFFFFF
    for octet in octets:
        state ^= octet
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


def test_catalogue_values():
    assert crc16(b"123456789") == 0x29B1
    assert crc32c(b"123456789") == 0xE3069283


def test_every_length():
    octets, crc = NOISE[0].tobytes(), 0
    for length in range(3000):
        assert crc16(octets[:length]) == binascii.crc_hqx(octets[:length], 0xFFFF), length
        assert crc32c(octets[:length]) == crc, length
        crc = crc32c_by_definition(octets[length : length + 1], crc)


@given(st.binary(max_size=200), st.binary(max_size=200), st.sampled_from([bytes, bytearray, memoryview]))
def test_goes_on_where_it_stopped(head, tail, buffer):
    assert crc16(buffer(tail), crc16(buffer(head))) == crc16(head + tail)
    assert crc32c(buffer(tail), crc32c(buffer(head))) == crc32c(head + tail)


@given(st.binary(max_size=300))
def test_own_crc_appended_gives_zero(frame):
    assert crc16(frame + crc16(frame).to_bytes(2, "big")) == 0


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 63, 64, 65, 255, 1115, 2999])
@pytest.mark.parametrize("count", [0, 1, 5, 9])
def test_batch_of_strided_rows(length, count):
    frames = NOISE[:count, 1 : 1 + length]
    assert crc16_batch(frames).tolist() == [crc16(frame.tobytes()) for frame in frames]
    assert crc32c_batch(frames).tolist() == [crc32c(frame.tobytes()) for frame in frames]


def test_batch_over_many_portions():
    frames = NOISE.reshape(-1, 100)
    assert crc16_batch(frames).tolist() == [crc16(frame.tobytes()) for frame in frames]


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500))))
def test_ranges(ranges):
    octets = NOISE[0, :1000].tobytes()
    offsets, lengths = (np.array(column, np.int64) for column in zip(*ranges, strict=True)) if ranges else ([], [])
    crcs = crc16_ranges(octets, np.asarray(offsets, np.int64), np.asarray(lengths, np.int64))
    assert crcs.tolist() == [crc16(octets[offset : offset + length]) for offset, length in ranges]


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, 11), (11, 0), (5, -1), (2**62, 2**62), (5, 2**63 - 1)])
def test_range_outside(offset, length):
    with pytest.raises(ValueError, match="outside"):
        crc16_ranges(bytes(10), np.array([0, offset]), np.array([1, length]))


def test_refuses_what_is_not_rows():
    with pytest.raises(TypeError, match="rows"):
        crc16_batch(NOISE[:, ::2])
    with pytest.raises(TypeError, match="rows"):
        crc16_batch(NOISE.astype(np.int8))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="shape"):
        crc16_batch(NOISE[0])


def test_levels_agree_on_a_long_input():
    octets = np.random.default_rng(2).integers(0, 256, 1 << 20, np.uint8).tobytes()
    here = crc16(octets), crc32c(octets)
    select_level("portable")
    assert here == (crc16(octets), crc32c(octets))
