import ctypes
import ctypes.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.erasure import erasure_encode, erasure_repair
from kernels.errors import CorruptError

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


@pytest.mark.parametrize(("data", "parity"), [(1, 1), (10, 4), (17, 16), (200, 55)])
def test_agrees_with_isal(data, parity):
    """Debian's libisal, where it is installed, with its Cauchy matrix."""
    name = ctypes.util.find_library("isal")
    if not name:
        pytest.skip("no libisal on this machine")
    isal, shards, size = ctypes.CDLL(name), encoded(data, parity, 100), 100
    matrix, tables = (ctypes.c_ubyte * ((data + parity) * data))(), (ctypes.c_ubyte * (32 * data * parity))()
    isal.gf_gen_cauchy1_matrix(matrix, data + parity, data)
    isal.ec_init_tables(data, parity, ctypes.byref(matrix, data * data), tables)
    theirs = np.zeros((parity, size), np.uint8)
    rows = [(ctypes.c_void_p * len(block))(*(row.ctypes.data for row in block)) for block in (shards[:data], theirs)]
    isal.ec_encode_data(size, data, parity, tables, *rows)
    assert np.array_equal(theirs, shards[data:])


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
