"""Forests as octets: back and forth, and nothing else is taken for one."""

import math
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.inference.trees import CodedColumn, Missing, Sums
from link.errors import DecodeError
from link.models.forest import Forest, ForestActivation, Members, Split, build_forest
from link.models.linear import Leaf, LinearLeaves
from tests.kernels.inference.test_trees import FEATURES, forests


@given(forests, st.sampled_from(ForestActivation), st.sampled_from(Sums))
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
    linear=LinearLeaves(2, ((Leaf(1.0, 2.0, ((0, 0.5), (2, 3.0))), Leaf(4.0, 5.0)), (Leaf(6.0, 7.0),))),
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


HEAD = struct.Struct("<4sBHHHdd")


@pytest.mark.parametrize(
    ("place", "number"),
    [
        *((0, b"SRF1"), (1, max(ForestActivation) + 1), (2, 0), (3, 0), (4, 0)),
        *((place, wrong) for place in (5, 6) for wrong in (math.nan, math.inf)),
        (5, 0.0),
    ],
)
def test_a_head_that_says_nothing_is_refused(place, number):
    said = list(HEAD.unpack_from(OCTETS))
    said[place] = number
    with pytest.raises(DecodeError):
        Forest.decode(HEAD.pack(*said) + OCTETS[HEAD.size :])


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        (CodedColumn(FEATURES, np.array([1.0])), "a column of feature 3 of 3"),
        (CodedColumn(0, np.array([2.0, 1.0])), "thresholds that do not ascend"),
        (CodedColumn(0, np.array([1.0, 1.0])), "thresholds that do not ascend"),
        (CodedColumn(0, np.array([math.nan])), "thresholds that do not ascend"),
        (CodedColumn(0, np.array([1.0, math.nan])), "thresholds that do not ascend"),
        (CodedColumn(0, np.arange(256.0)), "256 thresholds"),
        (CodedColumn(0, np.array([0.5]), inside=0), "categories that are no whole numbers"),
        (CodedColumn(0, np.array([-1.0]), inside=1), "categories that are no whole numbers"),
        (CodedColumn(0, np.array([math.inf]), inside=1), "categories that are no whole numbers"),
    ],
)
def test_columns_that_are_none_are_refused(column, sentence):
    whole = build_forest([Split(0, 1.0, 2.0, 3.0)], FEATURES)
    with pytest.raises(DecodeError, match=sentence):
        Forest.decode(replace(whole, columns=(column,)).encode())


def test_a_rule_that_there_is_not_is_refused():
    octets = bytearray(build_forest([Split(0, 1.0, 2.0, 3.0)], FEATURES).encode())
    for rule in (max(Missing) + 1, 0x30):
        octets[HEAD.size + 2] = rule
        with pytest.raises(DecodeError, match=f"rule {rule}"):
            Forest.decode(bytes(octets))


LEAF = Leaf(1.0, 2.0, ((1, 0.5),))


@pytest.mark.parametrize(
    ("linear", "inputs", "is_sound"),
    [
        (LinearLeaves(1, ((LEAF,),)), 2, True),
        (LinearLeaves(2, ((LEAF,), (LEAF,))), 2, True),
        (LinearLeaves(1, ((LEAF,),)), 1, False),  # there is no feature 1
        (LinearLeaves(1, ((Leaf(1.0, 2.0, ((-1, 0.5),)),),)), 2, False),
        (LinearLeaves(1, ((Leaf(math.nan, 2.0),),)), 2, False),
        (LinearLeaves(1, ((Leaf(1.0, math.inf),),)), 2, False),
        (LinearLeaves(1, ((Leaf(1.0, 2.0, ((0, math.inf),)),),)), 2, False),
        (LinearLeaves(0, ((LEAF,),)), 2, False),
        (LinearLeaves(2, ((LEAF,),)), 2, False),
    ],
)
def test_linear_leaves_that_are_sound(linear, inputs, is_sound):
    assert linear.is_sound(inputs) is is_sound
    if is_sound:
        assert LinearLeaves.decode(linear.encode(), len(linear.trees), inputs) == linear
        with pytest.raises(DecodeError):
            LinearLeaves.decode(linear.encode() + b"\0", len(linear.trees), inputs)
    elif linear.trees[0][0].terms[:1] != ((-1, 0.5),):  # which cannot be written
        with pytest.raises(DecodeError):
            LinearLeaves.decode(linear.encode(), 1, inputs)


def test_trees_and_columns_belong_together():
    other = build_forest([Split(0, 1.0, 2.0, 3.0)], FEATURES)
    mixed = Forest(FEATURES, build_forest([Split(0, 1.0, Split(0, 2.0, 1.0, 1.0), 1.0)], 1).columns, other.trees)
    with pytest.raises(DecodeError, match="of other columns"):
        Forest.decode(mixed.encode())
