"""Models of XGBoost and scikit-learn give what the libraries said, bit for bit; recorded by record_libraries.py."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from hal.kernels.trees import Sums, Trees, logistic, quantise
from link.models.described import describe, read_description
from link.models.forest import Activation
from link.models.importing import read_model
from link.models.xgboost import read_xgboost

RECORDED = Path(__file__).parent / "recorded"
FILES = sorted(path.stem for path in RECORDED.glob("*.json"))


def recorded(name):
    said = json.loads((RECORDED / f"{name}.json").read_text())
    samples = np.array([[math.nan if value is None else value for value in row] for row in said["samples"]], np.float32)
    return json.dumps(said["model"]).encode(), samples, np.array(said["answers"])


def answers(forest, samples):
    sums = Trees(forest.trees).sums(quantise(np.ascontiguousarray(samples.T), forest.columns))
    sums = sums.astype(np.float32) if forest.sums is Sums.FLOAT32 else sums
    return (sums if forest.activation is Activation.NONE else logistic(sums)).astype(np.float64)


def forest_of(octets):
    return read_xgboost(octets) if b"learner" in octets else read_description(octets)[0]


@pytest.mark.parametrize("name", FILES)
def test_answers_are_those_of_the_library(name):
    model, samples, wanted = recorded(name)
    assert np.array_equal(answers(forest_of(model), samples), wanted)


def test_all_six_are_recorded():
    assert len(FILES) == 6


XGBOOST, SCIKIT = recorded("xgboost-logistic")[0], recorded("histogram-classifier")[0]


@pytest.mark.parametrize(
    ("found", "put", "sentence"),
    [
        (b"binary:logistic", b"rank:map", "gbtree for rank:map"),
        (b'"name": "gbtree"', b'"name": "dart"', "dart for"),
        (b'"num_class": "0"', b'"num_class": "3"', "several classes"),
        (b'"split_type": [0,', b'"split_type": [1,', "tree 0: categorical"),
        (b'"left_children": [1,', b'"left_children": [0,', "tree 0: node 0 is linked twice"),
        (b'"left_children": [1,', b'"left_children": [-1,', "tree 0: node 0 has one child"),
        (b'"default_left"', b'"default"', "not an XGBoost model.*default_left"),
    ],
)
def test_what_is_wrong_with_an_xgboost_model_is_named(found, put, sentence):
    assert found in XGBOOST
    with pytest.raises(ValueError, match=sentence):
        read_xgboost(XGBOOST.replace(found, put))


@pytest.mark.parametrize(
    ("found", "put", "sentence"),
    [
        (b'"features"', b'"feature"', "not a description"),
        (b'"activation": "logistic"', b'"activation": "relu"', "activation"),
        (b'"left": [1,', b'"left": [-1,', "tree 0: node 0 has one child"),
        (b'"left": [1,', b'"left": [1, 1,', "tree 0: arrays of different sizes"),
    ],
)
def test_what_is_wrong_with_a_description_is_named(found, put, sentence):
    assert found in SCIKIT
    with pytest.raises(ValueError, match=sentence):
        read_description(SCIKIT.replace(found, put))


def test_only_boosted_trees_are_described():
    with pytest.raises(ValueError, match="object, expected"):
        describe(object())


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (b"{L\0\0\0\0\0\0\0\7learner{L", "XGBoost model in binary form"),
        (b"\x80\x05\x95 a pickle", "expected LightGBM's text"),
        (b"", "expected LightGBM's text"),
        (b'{"skyrack": "tree"}', "not a description of a forest"),
    ],
)
def test_what_is_no_model_is_said(octets, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_model(octets)


def test_models_are_told_apart_by_their_content():
    assert [read_model(octets).floats for octets in (XGBOOST, SCIKIT)] == [("float32",), ("float32", "float64")]
