import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.randomise import Code, randomise, randomised

pytestmark = pytest.mark.usefixtures("level")
codes = st.sampled_from(Code)
# The register as the standards draw it: the exponents that are fed back, and the bits that leave first.
REGISTER = {
    Code.TM255: ((0, 3, 5, 7), "11111111"),
    Code.TM131071: ((0, 14), "00011100011100011"),
    Code.TC: ((0, 1, 2, 3, 4, 6), "11111111"),
}


def sequence(code: Code, size: int) -> bytes:
    """The first `size` octets of the sequence, bit by bit."""
    exponents, start = REGISTER[code]
    bits = [int(bit) for bit in start]
    while len(bits) < 8 * size:
        bits.append(sum(bits[len(bits) - len(start) :][exponent] for exponent in exponents) % 2)
    return np.packbits(np.array(bits[: 8 * size], np.uint8)).tobytes()


@pytest.mark.parametrize(
    ("code", "printed"), [(Code.TM255, "ff480ec09a"), (Code.TM131071, "1c71b91ba9"), (Code.TC, "ff399e5a68")]
)
def test_the_standards_first_forty_bits(code, printed):
    assert randomised(bytes(5), code).hex() == printed


@pytest.mark.parametrize("code", Code)
def test_bit_serial_reference(code):
    reference = sequence(code, 20_000)  # past one period of TM131071
    for size in [*range(130), 511, 512, 513, 1087, 1088, 1089, 2047, 2048, 2049, 2176, 2177, 4352, 20_000]:
        assert randomised(bytes(size), code) == reference[:size], size


@given(st.integers(0, 9), st.integers(0, 300), codes)
def test_strided_rows_each_begin_anew(count, length, code):
    frames = np.random.default_rng(1).integers(0, 256, (count, 310), np.uint8)
    wanted = frames.copy()
    wanted[:, 3 : 3 + length] ^= np.frombuffer(sequence(code, length), np.uint8)
    randomise(frames[:, 3 : 3 + length], code)
    assert (frames == wanted).all()


@given(st.binary(max_size=5000), codes)
def test_twice_is_nothing(octets, code):
    assert randomised(randomised(octets, code), code) == octets


def test_refuses_overlapping_and_read_only_frames():
    frames = np.zeros(40, np.uint8)
    with pytest.raises(ValueError, match="overlap"):
        randomise(np.lib.stride_tricks.as_strided(frames, (3, 10), (5, 1)), Code.TC)
    with pytest.raises(ValueError, match="read-only"):
        randomise(np.frombuffer(bytes(10), np.uint8)[np.newaxis], Code.TC)
