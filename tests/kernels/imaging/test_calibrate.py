"""Calibration against numpy, bit for bit, on every level of this processor."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kernels.imaging import calibrate
from kernels.library import select_level, supported_levels
from kernels.selftest import self_test

COLS = 38


@pytest.fixture(params=supported_levels(), autouse=True, scope="module")
def level(request):
    select_level(request.param)
    yield request.param
    select_level()


def pack(samples):
    """As cameras do: two upper octets, then both lower halves, the first sample's in bits 3..0."""
    first, second = samples[:, ::2], samples[:, 1::2]
    octets = np.stack([first >> 4, second >> 4, first & 15 | (second & 15) << 4], axis=2)
    return octets.reshape(len(samples), -1).astype(np.uint8)


def plain(samples, dark, gain):
    value = (samples.astype(np.float32) - dark) * gain
    limited = np.clip(np.nan_to_num(value, nan=0), np.float32(0), np.float32(65535))
    return (limited + np.float32(0.5)).astype(np.uint16)


numbers = st.floats(-(2**14), 2**14, width=32) | st.sampled_from([0, 0.5, 1, np.inf, -np.inf, np.nan])


@given(seed=st.integers(0, 2**32 - 1), dark=numbers, gain=numbers)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_calibration(seed, dark, gain):
    random = np.random.default_rng(seed)
    samples = random.integers(0, 4096, (3, COLS), np.uint16)
    darks, gains = random.random((2, 3, COLS), np.float32) * np.float32(100)
    darks[1, ::3], gains[1, 1::3] = dark, gain
    result = calibrate.calibrate_raw12(pack(samples), darks, gains)
    assert np.array_equal(result, plain(samples, darks, gains))
    assert np.array_equal(
        calibrate.calibrate_raw12(pack(samples), darks[1], gains[1]), plain(samples, darks[1], gains[1])
    )


def test_unit_tables_unpack_and_padding_is_ignored():
    """By hand: 0xABC and 0x123 are AB 12 3C."""
    packed = np.array([[0xAB, 0x12, 0x3C, 0xFF]], np.uint8)
    zero, one = np.zeros(2, np.float32), np.ones(2, np.float32)
    assert calibrate.calibrate_raw12(packed, zero, one).tolist() == [[0xABC, 0x123]]


def test_self_test():
    assert self_test("calibrate")


@pytest.mark.parametrize(
    ("packed", "dark", "gain", "error"),
    [
        (np.zeros((2, 3), np.uint8), np.zeros(2), np.zeros(2), TypeError),
        (np.zeros((2, 3), np.uint16), np.zeros(2, np.float32), np.zeros(2, np.float32), TypeError),
        (np.zeros((2, 3), np.uint8), np.zeros(4, np.float32), np.zeros(4, np.float32), ValueError),
        (np.zeros((2, 4), np.uint8), np.zeros(3, np.float32), np.zeros(3, np.float32), ValueError),
        (np.zeros((2, 5), np.uint8), np.zeros(3, np.float32), np.zeros(2, np.float32), ValueError),
        (np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.float32), np.zeros((3, 2), np.float32), ValueError),
        (np.zeros((2, 3), np.uint8), np.zeros(2, np.float32), np.zeros((2, 2), np.float32), ValueError),
    ],
)
def test_misuse_is_refused(packed, dark, gain, error):
    with pytest.raises(error):
        calibrate.calibrate_raw12(packed, dark, gain)


ODD = st.tuples(st.integers(1, 4), st.integers(0, 5).map(lambda pairs: 2 * pairs + 1))


@given(arrays(np.uint16, ODD, elements=st.integers(0, 4095)))
def test_an_odd_last_sample_takes_two_octets(samples):
    rows, cols = samples.shape
    padded = np.pad(samples, ((0, 0), (0, 1)))
    even, odd = padded[:, ::2], padded[:, 1::2]
    pairs = np.stack([even >> 4, odd >> 4, (even & 15) | (odd & 15) << 4], axis=-1).astype(np.uint8).reshape(rows, -1)
    packed = np.concatenate([pairs[:, :-2], pairs[:, -1:]], axis=1)  # without the octet of the sample that is not there
    assert packed.shape[1] == (3 * cols + 1) // 2
    tables = np.zeros(cols, np.float32), np.ones(cols, np.float32)
    assert np.array_equal(calibrate.calibrate_raw12(packed, *tables), samples)
