import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.kernels.erasure import erasure_encode, erasure_repair
from hal.kernels.errors import CorruptError

pytestmark = pytest.mark.usefixtures("level")


def encoded(data, parity, size, seed=1):
    shards = np.zeros((data + parity, size), np.uint8)
    shards[:data] = np.random.default_rng(seed).integers(0, 256, (data, size))
    erasure_encode(shards, parity=parity)
    return shards


@given(st.integers(1, 30), st.integers(0, 30), st.integers(0, 300), st.data())
def test_any_m_losses_are_repaired(data, parity, size, draw):
    sent = encoded(data, parity, size)
    lost = draw.draw(st.sets(st.integers(0, data + parity - 1), max_size=parity))
    present = np.array([row not in lost for row in range(data + parity)])
    got = np.where(present[:, None], sent, 0xA5).astype(np.uint8)
    erasure_repair(got, present, parity=parity)
    assert np.array_equal(got, sent)


def test_one_loss_too_many_is_said_and_nothing_is_touched():
    got = encoded(4, 2, 10)
    before = got.copy()
    with pytest.raises(CorruptError, match="3 shards of 6 are present, 4 are needed"):
        erasure_repair(got, np.array([True, False, False, False, True, True]), parity=2)
    assert np.array_equal(got, before)


def test_rows_may_lie_apart():
    wide = np.zeros((5, 40), np.uint8)
    wide[:3] = 7
    erasure_encode(wide[:, 10:20], parity=2)
    assert not wide[3:, :10].any()
    assert not wide[3:, 20:].any()
    assert wide[3:, 10:20].all()


@pytest.mark.parametrize(("rows", "parity"), [(3, 3), (0, 0), (256, 1), (3, -1)])
def test_impossible_codes_are_refused(rows, parity):
    with pytest.raises(ValueError, match="expected"):
        erasure_encode(np.zeros((rows, 4), np.uint8), parity=parity)


def test_present_is_one_flag_a_row():
    with pytest.raises(TypeError, match="3 contiguous booleans"):
        erasure_repair(np.zeros((3, 4), np.uint8), np.array([True, True]), parity=1)
