import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.errors import CorruptError
from kernels.inference.trees import (
    DIGITAL_NUMBERS,
    LEVELS_MAX,
    CodedColumn,
    CodeTables,
    Missing,
    Sums,
    Trees,
    exponential,
    logistic,
    quantise,
)
from link.models.forest import Members, Split, build_forest

pytestmark = pytest.mark.usefixtures("level")
FEATURES = 3
thresholds = st.floats(-5, 5, width=32)
leaves = st.floats(-1e3, 1e3)
rules = st.sampled_from(Missing)
tests = thresholds | st.just(math.inf) | st.builds(Members, st.lists(st.integers(0, 7), min_size=1), st.booleans())
nodes = st.recursive(
    leaves, lambda below: st.builds(Split, st.integers(0, FEATURES - 1), tests, below, below, rules), max_leaves=12
)
forests = st.lists(nodes, min_size=1, max_size=5)
values = st.floats(-6, 6, width=32) | st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0])


def goes_left(split, value):
    """NaN, zero and what belongs to no category as the split says."""
    zero = split.missing in (Missing.ZERO_LEFT, Missing.ZERO_RIGHT) and abs(value) <= float(np.float32(1e-35))
    nothing = math.isnan(value) or zero
    if nothing and split.missing not in (Missing.ZERO, Missing.NEVER):
        return split.missing in (Missing.LEFT, Missing.ZERO_LEFT)
    value = 0.0 if math.isnan(value) else value
    if not isinstance(split.threshold, Members):
        return value <= split.threshold
    known = math.isfinite(value) and value > (-1 if split.threshold.left else -1e-45)
    return (known and int(value) in split.threshold.categories) == split.threshold.left


def walk(tree, sample):
    """From root to leaf in double."""
    while isinstance(tree, Split):
        tree = tree.left if goes_left(tree, sample[tree.feature]) else tree.right
    return tree


def summed(trees, sample, sums=Sums.FLOAT64):
    total = 0.0
    for tree in trees:
        total += walk(tree, sample)
        total = float(np.float32(total)) if sums == Sums.FLOAT32 else total
    return total


@given(
    forests,
    st.lists(st.tuples(values, values, values), max_size=40),
    st.sampled_from([np.float32, np.float64]),
    st.sampled_from(Sums),
)
def test_sums_are_those_of_the_walk_bit_for_bit(trees, samples, dtype, precision):
    forest, table = build_forest(trees, FEATURES, sums=precision), np.array(samples, dtype).reshape(-1, FEATURES)
    sums = Trees(forest.trees[0]).sums(quantise(np.ascontiguousarray(table.T), forest.columns))
    assert sums.tolist() == [summed(trees, [float(value) for value in sample], precision) for sample in table]


def test_many_samples_over_blocks_and_chunks():
    random = np.random.default_rng(1)
    tree = Split(0, 0.5, Split(1, -0.25, 1.0, 2.0), Split(2, 0.0, -3.0, Split(0, 0.75, 4.0, 5.0)))
    table = random.normal(size=(20_000, FEATURES)).astype(np.float32)
    forest = build_forest([tree] * 3, FEATURES)
    model = Trees(forest.trees[0])
    sums = model.sums(quantise(np.ascontiguousarray(table.T), forest.columns))
    assert sums.tolist() == [3 * walk(tree, sample) for sample in table.tolist()]
    odds = logistic(model.sums(quantise(np.ascontiguousarray(table.T), forest.columns)))
    assert np.allclose(odds, 1 / (1 + np.exp(-sums)), rtol=1e-15)


@given(st.lists(thresholds, max_size=20), st.sampled_from([np.float32, np.float64]))
def test_code_tables_are_quantise_for_every_digital_number(limits, dtype):
    ascending = np.unique(np.array(limits, np.float64))
    values = (np.arange(DIGITAL_NUMBERS) / 3277 - 10).astype(dtype)
    dn = np.random.default_rng(2).integers(0, DIGITAL_NUMBERS, (2, 300), np.uint16)
    columns = [CodedColumn(1, ascending), CodedColumn(0, ascending / 2)]
    codes = CodeTables(columns, values).codes(dn)
    assert np.array_equal(codes, quantise(values[dn], columns))
    assert np.array_equal(codes[0], np.searchsorted(ascending, values[dn[1]].astype(np.float64)))


def test_a_damaged_forest_is_refused_bit_by_bit_and_cut_by_cut():
    octets = build_forest([Split(0, 1.0, 2.0, Split(2, 3.0, 4.0, 5.0))], FEATURES).trees[0]
    for size in range(len(octets)):
        with pytest.raises(CorruptError):
            Trees(octets[:size])
    for bit in range(8 * len(octets)):
        damaged = bytearray(octets)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CorruptError):
            Trees(bytes(damaged))


def test_what_does_not_fit_is_refused():
    for wrong in (np.array([0.5]), np.array([-1.0]), np.array([65536.0]), np.array([math.nan])):
        with pytest.raises(ValueError, match="categories: whole numbers"):
            quantise(np.zeros((1, 2)), [CodedColumn(0, wrong, inside=0)])
    model = Trees(build_forest([Split(1, 0.0, 1.0, 2.0), Split(0, 0.0, 1.0, 2.0)], 2).trees[0])
    with pytest.raises(TypeError, match="2, samples"):
        model.sums(np.zeros((3, 4), np.uint8))
    with pytest.raises(TypeError, match="contiguous"):
        quantise(np.zeros((4, 2), order="F"), [CodedColumn(0, np.zeros(1))] * 4)
    with pytest.raises(ValueError, match="65536"):
        CodeTables([CodedColumn(0, np.zeros(1))], np.zeros(256))
    with pytest.raises(TypeError, match="numbers: uint8"):
        CodeTables([CodedColumn(0, np.zeros(1))], np.zeros(DIGITAL_NUMBERS)).codes(np.zeros((1, 2), np.uint8))
    with pytest.raises(ValueError, match="expected"):
        quantise(np.zeros((2, 4)), [CodedColumn(2, np.zeros(1))])
    for wrong in ([1.0, 0.5], [math.nan], [0.0, math.nan], [math.nan, 0.0]):
        with pytest.raises(ValueError, match="in ascending order"):
            quantise(np.zeros((1, 2)), [CodedColumn(0, np.array(wrong))])
    for function in (logistic, exponential):
        still = np.zeros(3)
        still.flags.writeable = False
        for wrong in (np.zeros(3, np.int32), np.zeros(6)[::2], still):
            with pytest.raises((TypeError, ValueError), match="values"):
                function(wrong)
    assert LEVELS_MAX == 255


numbers = st.floats(width=32) | st.sampled_from([0.0, -0.0, math.inf, -math.inf, 1e-45, -1e-45, 3.4e38])


@given(
    st.lists(numbers.filter(lambda value: not math.isnan(value)), max_size=255),
    st.lists(numbers, max_size=600),
    st.sampled_from([np.float32, np.float64]),
)
def test_codes_count_the_limits_below(limits, drawn, dtype):
    """Whatever the numbers: denormal ones, both zeros, infinity, close together and far apart. NaN is none of them."""
    ascending = np.unique(np.array(limits, np.float64) + 0.0)
    values = np.array([*drawn, *limits, math.nan], dtype).reshape(1, -1)
    finite = ascending[ascending < np.inf]  # infinity is what a table is filled up with
    for rule, missing in ((Missing.ZERO, (ascending < 0).sum()), (Missing.LEFT, 0), (Missing.RIGHT, len(ascending))):
        codes = quantise(values, [CodedColumn(0, ascending, rule)])
        plain = np.searchsorted(finite, values.astype(np.float64))
        assert np.array_equal(codes, np.where(np.isnan(values), missing, plain))


def test_more_sets_than_an_octet_numbers():
    """As categorical features have it: each split asks a set of its own."""
    random = np.random.default_rng(3)
    trees = [Split(0, Members(tuple(random.integers(0, 500, 5).tolist())), 1.0, 0.0) for _ in range(700)]
    values = np.arange(-2, 502, 0.5).reshape(1, -1)
    forest = build_forest(trees, 1)
    sums = Trees(forest.trees[0]).sums(quantise(values, forest.columns))
    assert sums.tolist() == [summed(trees, [value]) for value in values[0].tolist()]
