"""LightGBM's text files: forests of our own writing, what is not supported, the real cloud model where it is there."""

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.models.lightgbm import read_lightgbm
from kernels.inference.trees import Missing, Trees, logistic, quantise
from link.models.forest import TREE_DEPTH_MAX, Members, Split, build_forest
from tests.kernels.inference.test_trees import FEATURES, forests, summed, values

DATA = Path(__file__).parents[4] / "shared" / "data" / "eo"
CLOUD_BANDS = [0, 1, 3, 4, 7, 8, 9, 10, 11, 12]


KINDS = {
    Missing.ZERO: 2,
    Missing.NEVER: 2,
    Missing.LEFT: 10,
    Missing.RIGHT: 8,
    Missing.ZERO_LEFT: 6,
    Missing.ZERO_RIGHT: 4,
}


def text_of(trees, features=FEATURES):
    """A model file as LightGBM would write it."""
    head = f"tree\nversion=v4\nnum_class=1\nmax_feature_idx={features - 1}\n"
    return head + "".join(f"\nTree={number}\n{section(tree)}\n" for number, tree in enumerate(trees))


def section(tree):
    splits, values, sets = [], [], []

    def link(node):
        if not isinstance(node, Split):
            values.append(node)
            return -len(values)
        number = len(splits)
        if isinstance(node.threshold, Members):
            sets.append(sum(1 << category for category in set(node.threshold.categories)))
            splits.append([node.feature, len(sets) - 1, 1])
        else:
            splits.append([node.feature, node.threshold, KINDS[node.missing]])
        splits[number] += [link(node.left), link(node.right)]
        return number

    link(tree)
    columns = list(zip(*splits, strict=True)) or [[]] * 5
    names = ("split_feature", "threshold", "decision_type", "left_child", "right_child")
    rows = dict(zip(names, columns, strict=True))
    rows |= {"leaf_value": values, "cat_boundaries": range(len(sets) + 1), "cat_threshold": sets}
    lines = [f"{name}={' '.join(repr(item) for item in column)}" for name, column in rows.items()]
    return "\n".join([f"num_leaves={len(values)}", "num_cat=0", *lines])


def as_lightgbm_has_it(tree):
    """Members of sets go to the left, NaN never is one of them."""
    if not isinstance(tree, Split):
        return tree
    tree = replace(tree, left=as_lightgbm_has_it(tree.left), right=as_lightgbm_has_it(tree.right))
    if not isinstance(tree.threshold, Members):
        return tree
    return replace(tree, threshold=replace(tree.threshold, left=True), missing=Missing.RIGHT)


@given(forests, st.lists(st.tuples(values, values, values), max_size=20))
def test_what_is_written_is_what_is_scored(trees, samples):
    trees = [as_lightgbm_has_it(tree) for tree in trees]
    forest, table = read_lightgbm(text_of(trees)), np.array(samples, np.float64).reshape(-1, FEATURES)
    sums = Trees(forest.trees[0]).sums(quantise(np.ascontiguousarray(table.T), forest.columns))
    assert sums.tolist() == [summed(trees, sample) for sample in table.tolist()]


STUMP, SET = text_of([Split(0, 1.0, 2.0, 3.0)]), text_of([Split(0, Members((2,)), 2.0, 3.0)])
LINEAR = "is_linear=1\nleaf_const=1 2\nnum_features=1 {1}\nleaf_features={0}\nleaf_coeff=0.5"


def test_what_follows_the_trees_is_not_read():
    """Names of features are a person's own."""
    more = STUMP + "\nend of trees\n\nfeature_importances:\nthreshold=7\n"
    assert read_lightgbm(more).encode() == read_lightgbm(STUMP).encode()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hello", "not a LightGBM model"),
        (STUMP.replace("max_feature_idx", "features"), "not a LightGBM model"),
        (STUMP.replace("tree\n", "forest\n", 1), "not a LightGBM model"),
        (text_of([]), "no trees"),
        (STUMP.replace("num_class=1", "num_class=3"), "1 trees for 3 outputs"),
        (STUMP.replace("decision_type=2", "decision_type=1"), "tree 0: arrays of different sizes"),
        (STUMP.replace("decision_type=2", "decision_type=12"), "tree 0: decision_type 12"),
        (STUMP.replace("num_cat=0", "is_linear=1"), "tree 0: leaf_const is missing"),
        (STUMP.replace("num_cat=0", LINEAR.format("1 2", 3)), "tree 0: arrays of different sizes"),
        (STUMP.replace("num_cat=0", LINEAR.format("9", 0)), "linear leaves with unknown features"),
        (
            STUMP.replace("num_class=1", "num_class=1\nobjective=cross_entropy_lambda"),
            "objective 'cross_entropy_lambda'",
        ),
        (STUMP.replace("num_class=1", "num_class=1\nobjective=binary sigmoid:1 log"), "parameter log is not supported"),
        (STUMP.replace("leaf_value=2.0", "leaf_value=inf"), "not finite"),
        (SET.replace("\nthreshold=0", "\nthreshold=-1"), "tree 0: arrays of different sizes"),
        (SET.replace("\nthreshold=0", "\nthreshold=1"), "tree 0: arrays of different sizes"),
        (SET.replace("cat_boundaries=0 1", "cat_boundaries=0 2"), "tree 0: arrays of different sizes"),
        (STUMP.replace("threshold=", "threshhold="), "tree 0: threshold is missing"),
        (STUMP.replace("left_child=-1", "left_child=0"), "tree 0: node 0 is linked twice"),
        (STUMP.replace("split_feature=0", "split_feature=9"), "a split by feature 9"),
    ],
)
def test_what_cannot_be_held_is_named(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_lightgbm(text)


def chain(length):
    tree = 0.0
    for number in range(length):
        tree = Split(0, float(number % 200), tree, 1.0)
    return tree


def test_categories_of_a_data_frame_are_numbers_of_the_model():
    """A model that pandas numbered 10, 20 and 30 for as 0, 1 and 2 gave other answers for samples with 10 in them."""
    text = text_of([1.0]) + "\nend of trees\n\npandas_categorical:"
    for same in ("null", "[]", '[["a", "b"]]', "[[0, 1, 2], [false, true]]"):
        assert read_lightgbm(f"{text}{same}\n").encode() == read_lightgbm(text_of([1.0])).encode()
    with pytest.raises(ValueError, match="categories 10, 20, 30, which the model knows as 0 to 2: train it with"):
        read_lightgbm(f'{text}[["a"], [10, 20, 30]]\n')
    with pytest.raises(ValueError, match="expected the lists of categories as JSON"):
        read_lightgbm(f"{text}[[1,\n")


def test_limits_of_the_format_are_said():
    build_forest([chain(TREE_DEPTH_MAX)], 1)
    with pytest.raises(ValueError, match="more than 256 splits"):
        build_forest([chain(TREE_DEPTH_MAX + 1)], 1)
    with pytest.raises(ValueError, match="16385 columns"):
        build_forest([Split(feature, 0.0, 0.0, 1.0) for feature in range(16385)], 16385)
    with pytest.raises(ValueError, match="a set of categories of feature 0"):
        build_forest([Split(0, Members((65536,)), 0.0, 1.0)], 1)
    with pytest.raises(ValueError, match="3 trees for 2 outputs"):
        build_forest([0.0] * 3, 1, outputs=2)
    with pytest.raises(ValueError, match="65536 features"):
        build_forest([0.0], 65536)


def test_more_thresholds_than_codes_make_more_columns():
    forest = build_forest([Split(0, float(number), 0.0, 1.0) for number in range(600)], 1)
    assert [len(column.limits) for column in forest.columns] == [255, 255, 90]
    values = np.array([[-1.0, 254.5, 255.0, 511.25, 1000.0]])
    assert Trees(forest.trees[0]).sums(quantise(values, forest.columns)).tolist() == [0, 255, 255, 512, 600]


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared Earth-observation data are not here")
def test_the_real_cloud_model_gives_the_published_probabilities_bit_for_bit():
    text = gzip.decompress((DATA / "s2cloudless_lightgbm_v0.1.txt.gz").read_bytes()).decode()
    forest = read_lightgbm(text)
    assert len(forest.encode()) <= 1.4e6
    with np.load(DATA / "s2_eolearn_5x101x100x13.npz") as scenes:
        dn, published = scenes["dn"], scenes["upstream_clp_s2c"]
    table = np.ascontiguousarray(dn[..., CLOUD_BANDS].reshape(-1, 10), np.float32) / np.float32(10_000)
    probabilities = logistic(Trees(forest.trees[0]).sums(quantise(np.ascontiguousarray(table.T), forest.columns)))
    assert np.array_equal(probabilities.astype(np.float32), published.ravel())
