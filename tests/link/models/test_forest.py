"""Forests as octets: back and forth, and nothing else is taken for one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.kernels.trees import Missing, Sums
from link.errors import DecodeError
from link.models.forest import Activation, Forest, Members, Split, build_forest
from link.models.linear import Leaf, Linear
from tests.hal.kernels.test_trees import FEATURES, forests


@given(forests, st.sampled_from(Activation), st.sampled_from(Sums))
def test_decode_inverts_encode(trees, activation, sums):
    forest = build_forest(trees, FEATURES, activation=activation, sums=sums)
    octets = forest.encode()
    decoded = Forest.decode(octets)
    assert decoded.encode() == octets
    assert (decoded.activation, decoded.sums, decoded.trees) == (activation, sums, forest.trees)
    for column, same in zip(decoded.columns, forest.columns, strict=True):
        assert (column.feature, column.missing, column.inside) == (same.feature, same.missing, same.inside)
        assert np.array_equal(column.limits, same.limits)


SETS = Split(2, Members((3, 5)), 2.0, Split(0, Members((0,), left=False), 4.0, 5.0, Missing.LEFT), Missing.RIGHT)
OCTETS = build_forest([Split(2, 1.0, 2.0, Split(0, 3.0, 4.0, 5.0)), SETS], FEATURES, outputs=2).encode()


LINEAR = build_forest(
    [Split(2, 1.0, 0.0, 1.0), 0.0], FEATURES, outputs=2,
    linear=Linear(2, ((Leaf(1.0, 2.0, ((0, 0.5), (2, 3.0))), Leaf(4.0, 5.0)), (Leaf(6.0, 7.0),))),
).encode()  # fmt: skip


@given(st.sampled_from([OCTETS, LINEAR]), st.binary(max_size=40), st.data())
def test_decode_is_total(whole, garbage, data):
    at = data.draw(st.integers(0, len(whole)))
    octets = whole[:at] + garbage + whole[at + len(garbage) :]
    try:
        assert Forest.decode(octets).encode() == octets
    except DecodeError:
        return


def test_no_prefix_is_a_forest():
    for whole in (OCTETS, LINEAR):
        assert Forest.decode(whole).encode() == whole
        for size in range(len(whole)):
            with pytest.raises(DecodeError):
                Forest.decode(whole[:size])


def test_trees_and_columns_belong_together():
    other = build_forest([Split(0, 1.0, 2.0, 3.0)], FEATURES)
    mixed = Forest(FEATURES, build_forest([Split(0, 1.0, Split(0, 2.0, 1.0, 1.0), 1.0)], 1).columns, other.trees)
    with pytest.raises(DecodeError, match="of other columns"):
        Forest.decode(mixed.encode())
