"""Models of LightGBM, XGBoost, scikit-learn give what those said, bit for bit; recorded by record_libraries.py."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from fsw.pipelines.models import scorer_of
from ground.models.described import describe, read_description
from ground.models.importing import read_model
from ground.models.xgboost import read_xgboost
from link.models.bundle import decode_weights
from link.models.manifest import FREE, Tensor

RECORDED = Path(__file__).parent / "recorded"
FILES = sorted(path.stem for path in RECORDED.glob("*.json"))


def recorded(name):
    said = json.loads((RECORDED / f"{name}.json").read_text())
    rows = [[math.nan if value is None else float(value) for value in row] for row in said["samples"]]
    model = said["model"] if isinstance(said["model"], str) else json.dumps(said["model"])
    dtype = np.float64 if name.startswith(("lightgbm", "histogram")) else np.float32
    return model.encode(), np.array(rows, dtype), np.array(said["answers"])


def scored(octets, samples, **how):
    """What a node gives for samples (pixels, features)."""
    imported = read_model(octets, **how)
    taken = Tensor(dtype=samples.dtype.name, shape=(samples.shape[1], FREE))
    return scorer_of(decode_weights(imported.kind, imported.weights), taken).run(np.ascontiguousarray(samples.T))


def forest_of(octets):
    return read_xgboost(octets)[0] if b"learner" in octets else read_description(octets)[0]


@pytest.mark.parametrize("name", FILES)
def test_answers_are_those_of_the_library(name):
    """Missing and infinite numbers, zeros, what belongs to no category; classes, several outputs, averages."""
    model, samples, wanted = recorded(name)
    assert np.array_equal(scored(model, samples).astype(np.float64), wanted, equal_nan=True)


def test_all_are_recorded():
    assert len(FILES) == 22


def test_an_unknown_number_is_not_scored_by_a_model_that_knows_none():
    """GradientBoosting refuses NaN; so that pixel has no answer, and the others have theirs."""
    model, samples, wanted = recorded("gradient-classifier")
    samples[3, 2] = np.nan
    assert np.isnan(scored(model, samples)[3])
    assert np.array_equal(np.delete(scored(model, samples), 3), np.delete(wanted, 3))


def test_trees_behind_the_best_iteration_are_not_used_unless_asked_for():
    model, samples, wanted = recorded("xgboost-stopped")
    assert "up to best_iteration" in read_model(model).remark
    assert not np.array_equal(scored(model, samples, whole=True).astype(np.float64), wanted)
    assert not read_model(model, whole=True).remark


XGBOOST, SCIKIT = recorded("xgboost-logistic")[0], recorded("histogram-classifier")[0]


@pytest.mark.parametrize(
    ("found", "put", "sentence"),
    [
        (b"binary:logistic", b"survival:aft", "gbtree for survival:aft"),
        (b'"name": "gbtree"', b'"name": "gblinear"', "gblinear for"),
        (b'"num_target": "1"', b'"num_target": "2"', "2 targets"),
        (b'"num_class": "0"', b'"num_class": "3"', "outputs of 12, 0, 0 trees"),
        (b'"split_type": [0,', b'"split_type": [1,', "not an XGBoost model as JSON: KeyError 0"),
        (
            b'"enc": []',
            b'"enc": [{"offsets": [], "values": []}, {"type": 15, "values": [7, 9]}]',
            "categories 7, 9, which",
        ),
        (b'"size_leaf_vector": "1"', b'"size_leaf_vector": "3"', "tree 0: leaves of several targets"),
        (b'"left_children": [1,', b'"left_children": [0,', "tree 0: node 0 is linked twice"),
        (b'"split_indices": [', b'"split_indices": [0.5, ', "a split by feature 0.5"),
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


def fitted(kind, **state):
    """An estimator as scikit-learn leaves it, as far as `describe` looks at it."""
    made = type(kind, (), {"__module__": "sklearn.ensemble._gb", "n_features_in_": 1, **state})
    return made()


@pytest.mark.parametrize(
    ("estimator", "sentence"),
    [
        (object(), "object, expected one of scikit-learn's GradientBoostingClassifier"),
        (type("GradientBoostingRegressor", (), {})(), "GradientBoostingRegressor, expected one of scikit-learn's"),
        (fitted("GradientBoostingRegressor", init_=fitted("Ridge")), "init=Ridge, expected none"),
        (fitted("GradientBoostingClassifier", init_=fitted("DummyClassifier", strategy="uniform")), "init=Dummy"),
        (fitted("HistGradientBoostingRegressor", is_categorical_=np.array([True])), "categorical features, which"),
        (fitted("HistGradientBoostingRegressor", is_categorical_=None, _preprocessor=1), "categorical features, which"),
        (
            fitted(
                "HistGradientBoostingRegressor", is_categorical_=None, _predictors=[], _loss=fitted("HalfGammaLoss")
            ),
            "with HalfGammaLoss, expected one of HalfSquaredError",
        ),
    ],
)
def test_what_the_trees_do_not_carry_is_not_described(estimator, sentence):
    with pytest.raises(ValueError, match=sentence):
        describe(estimator)


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (b"{L\0\0\0\0\0\0\0\7learner{L", "XGBoost model in binary form"),
        (b"\x80\x05\x95 a pickle", "a pickle, which executes what it holds"),
        (b"PK\x03\x04 torch.save", "torch.onnx.export"),
        (b"\x1c\0\0\0TFL3", "a TensorFlow Lite model"),
        (b"SRB1", "a bundle already"),
        (b"something", "expected LightGBM's text"),
        (b"", "expected LightGBM's text"),
        (b'{"skyrack": "tree"}', "not a description of a forest"),
    ],
)
def test_what_is_no_model_is_said(octets, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_model(octets)


def test_models_are_told_apart_by_their_content():
    assert [read_model(octets).floats for octets in (XGBOOST, SCIKIT)] == [("float32",), ("float32", "float64")]
