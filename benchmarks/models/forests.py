"""Forests of LightGBM, XGBoost and scikit-learn: samples with NaN, infinity, zeros, categories, several classes."""

import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.models.table import Array, Case, Made
from ground.models.described import describe

SHOWN = 400
BANDS = 5
CATEGORY = 3
"""Number of the feature that is a category, if there is one."""


def samples(holes: float = 0.0, dtype: type = np.float64, seed: int = 1) -> Array:
    """Rows of BANDS numbers; feature 2 is often zero, feature CATEGORY one of twelve whole numbers."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(3000, BANDS)).astype(np.float32)
    rows[random.random(3000) < 0.4, 2] = 0
    rows[:, CATEGORY] = random.integers(0, 12, 3000)
    if holes:
        rows[random.random(rows.shape) < holes] = np.nan
    return rows.astype(dtype)


def target(rows: Array, classes: int = 0) -> Array:
    """Target values that depend on all features, missing ones included; classes 0.. if `classes` is not 0."""
    known = np.nan_to_num(rows, nan=0.7)
    value = known[:, 0] + known[:, 1] * known[:, 2] + np.isin(known[:, CATEGORY], (2, 3, 7)) + 0.3 * known[:, 4]
    value = value + np.random.default_rng(2).normal(0, 0.1, len(value))
    if not classes:
        return np.asarray(value)
    return np.asarray(np.digitize(value, np.quantile(value, np.arange(1, classes) / classes)))


def shown(rows: Array, *extreme: float) -> Array:
    """Samples to predict; the last ones have `extreme` numbers in every feature, the category's included."""
    some = rows[:SHOWN].copy()
    for number, value in enumerate(extreme):
        some[-1 - number, :] = value
    return some


def made(octets: bytes | str, rows: Array, answers: Array) -> Made:
    """A case's model, samples and the library's results, of shape (rows,) or (rows, classes)."""
    text = octets if isinstance(octets, bytes) else octets.encode()
    return Made(text, np.ascontiguousarray(rows.T), np.asarray(answers).T)


def cases() -> Iterator[Case]:
    yield from _lightgbm()
    yield from _xgboost()
    yield from _scikit()


def _lightgbm() -> Iterator[Case]:
    def case(name: str, *, holes: float = 0.0, classes: int = 0, categories: bool = False, positive: bool = False,
             rounds: int = 40, stop: bool = False, extreme: tuple[float, ...] = (np.nan, np.inf, -np.inf, 0.0),
             **parameters: Any) -> Case:  # fmt: skip
        def make() -> Made:
            lightgbm = import_module("lightgbm")

            rows = samples(holes)
            wanted = target(rows, classes)
            wanted = np.exp(wanted / 3) if positive else wanted
            usual = {"verbose": -1, "num_leaves": 31, "deterministic": True, "num_threads": 1}
            kinds = {"categorical_feature": [CATEGORY]} if categories else {}
            data = lightgbm.Dataset(rows, wanted, **kinds)
            more: dict[str, Any] = {}
            if stop:
                more = {
                    "valid_sets": [
                        lightgbm.Dataset(
                            samples(holes, seed=5), target(samples(holes, seed=5), classes), reference=data
                        )
                    ],
                    "callbacks": [lightgbm.early_stopping(3, verbose=False)],
                }
            booster = lightgbm.train({**usual, **parameters}, data, rounds, **more)
            asked = shown(rows, *extreme)
            return made(booster.model_to_string(), asked, booster.predict(asked))

        return Case("LightGBM", name, make, tolerance=0.0)

    yield case("regression", objective="regression")
    yield case("regression, NaN in training", holes=0.15, objective="regression")
    yield case("binary, NaN in training", holes=0.15, classes=2, objective="binary")
    yield case("binary, sigmoid 0.7", holes=0.1, classes=2, objective="binary", sigmoid=0.7)
    yield case("binary, use_missing = false", holes=0.15, classes=2, objective="binary", use_missing=False)
    yield case("binary, zero_as_missing", holes=0.15, classes=2, objective="binary", zero_as_missing=True)
    yield case("one feature that is only known or not", holes=0.5, objective="regression", num_leaves=4, max_bin=2)
    yield case("categorical features", categories=True, holes=0.1, classes=2, objective="binary", min_data_per_group=5)
    yield case("categorical, one-hot", categories=True, objective="regression", max_cat_to_onehot=40)
    yield case("multiclass", holes=0.1, classes=4, objective="multiclass", num_class=4)
    yield case("multiclassova", classes=3, objective="multiclassova", num_class=3)
    yield case("cross_entropy", classes=2, objective="cross_entropy")
    yield case("poisson", positive=True, objective="poisson")
    yield case("tweedie", positive=True, objective="tweedie")
    yield case("gamma", positive=True, objective="gamma")
    yield case("quantile", objective="quantile", alpha=0.8)
    yield case("huber", objective="huber")
    yield case("regression of square roots", objective="regression", reg_sqrt=True)
    yield case("random forest", classes=2, objective="binary", boosting="rf", bagging_freq=1, bagging_fraction=0.7)
    yield case("DART", classes=2, objective="binary", boosting="dart")
    yield case("early stopping", classes=2, objective="binary", rounds=400, stop=True, learning_rate=0.3)
    yield case("2000 leaves", objective="regression", num_leaves=2000, min_data_in_leaf=1)
    yield case("linear leaves", objective="regression", linear_tree=True)
    yield case("linear leaves, NaN in training", holes=0.1, classes=2, objective="binary", linear_tree=True)
    yield case("cross_entropy_lambda", classes=2, objective="cross_entropy_lambda")


def _xgboost() -> Iterator[Case]:
    def case(name: str, *, holes: float = 0.1, classes: int = 0, categories: bool = False, positive: bool = False,
             wrapper: bool = False, extreme: tuple[float, ...] = (np.nan, 0.0), **parameters: Any) -> Case:  # fmt: skip
        def make() -> Made:
            xgboost = import_module("xgboost")

            rows = samples(holes, np.float32)
            wanted = target(rows, classes)
            wanted = np.exp(wanted / 3) if positive else wanted
            asked = shown(rows, *extreme)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model.json"
                if wrapper:
                    model = xgboost.XGBClassifier(n_estimators=200, early_stopping_rounds=3, nthread=1, **parameters)
                    valid = samples(holes, np.float32, seed=5)
                    model.fit(rows, wanted, eval_set=[(valid, target(valid, classes))], verbose=False)
                    answers = model.predict_proba(asked)[:, 1]
                    model.save_model(path)
                else:
                    kinds = ["c" if categories and f == CATEGORY else "q" for f in range(BANDS)]
                    more = {"feature_types": kinds, "enable_categorical": True} if categories else {}
                    usual = {"max_depth": 5, "nthread": 1}
                    model = xgboost.train({**usual, **parameters}, xgboost.DMatrix(rows, wanted, **more), 30)
                    answers = model.predict(xgboost.DMatrix(asked, **more))
                    model.save_model(path)
                return made(path.read_bytes(), asked, answers)

        return Case("XGBoost", name, make, tolerance=1e-6)

    yield case("reg:squarederror", objective="reg:squarederror")
    yield case("binary:logistic", classes=2, objective="binary:logistic")
    yield case("binary:logistic, scale_pos_weight, base_score", classes=2, objective="binary:logistic", base_score=0.2)
    yield case("binary:logitraw", classes=2, objective="binary:logitraw")
    yield case("binary:hinge", classes=2, objective="binary:hinge")
    yield case("count:poisson", positive=True, objective="count:poisson")
    yield case("reg:gamma", positive=True, objective="reg:gamma")
    yield case("reg:tweedie", positive=True, objective="reg:tweedie")
    yield case("reg:absoluteerror", objective="reg:absoluteerror")
    yield case("reg:pseudohubererror", objective="reg:pseudohubererror")
    yield case("multi:softprob", classes=4, objective="multi:softprob", num_class=4)
    yield case("multi:softmax", classes=4, objective="multi:softmax", num_class=4)
    yield case("DART", classes=2, objective="binary:logistic", booster="dart", rate_drop=0.3)
    yield case("categorical features", categories=True, classes=2, objective="binary:logistic", max_cat_to_onehot=2)
    yield case("categorical, one-hot", categories=True, objective="reg:squarederror", max_cat_to_onehot=40)
    yield case("parallel trees", classes=3, objective="multi:softprob", num_class=3, num_parallel_tree=3, subsample=0.5)
    yield case("early stopping, XGBClassifier", classes=2, wrapper=True, learning_rate=0.5)
    yield case("gblinear", objective="reg:squarederror", booster="gblinear", holes=0, extreme=())
    yield case("vector leaves", classes=3, objective="multi:softprob", num_class=3, multi_strategy="multi_output_tree")
    yield case("survival:cox", positive=True, objective="survival:cox")


def _scikit() -> Iterator[Case]:
    def case(name: str, estimator: str, *, holes: float = 0.0, classes: int = 0, extreme: tuple[float, ...] = (),
             dtype: type = np.float64, **parameters: Any) -> Case:  # fmt: skip
        def make() -> Made:
            ensemble, linear_model = import_module("sklearn.ensemble"), import_module("sklearn.linear_model")

            made_of = {name: linear_model.LogisticRegression() for name in parameters if parameters[name] == "another"}
            rows = samples(holes, dtype)
            wanted = target(rows, classes)
            wanted = np.exp(wanted / 3) if parameters.get("loss") == "gamma" else wanted
            model = getattr(ensemble, estimator)(**{**parameters, **made_of}).fit(rows, wanted)
            asked = shown(rows, *extreme)
            if not classes:
                answers = model.predict(asked)
            else:
                answers = model.predict_proba(asked)[:, 1] if classes == 2 else model.predict_proba(asked)
            return made(describe(model), asked, answers)

        return Case("scikit-learn", name, make, tolerance=1e-15)

    few: dict[str, Any] = {"n_estimators": 25}
    extremes = (np.nan, np.inf, -np.inf, 0.0)
    yield case("HistGradientBoostingClassifier, NaN", "HistGradientBoostingClassifier", holes=0.1, classes=2,
               max_iter=25, extreme=extremes)  # fmt: skip
    yield case("HistGradientBoostingClassifier, 4 classes", "HistGradientBoostingClassifier", holes=0.1, classes=4,
               max_iter=25, extreme=extremes)  # fmt: skip
    yield case("HistGradientBoostingRegressor, NaN, infinity", "HistGradientBoostingRegressor", holes=0.3,
               max_iter=25, extreme=extremes)  # fmt: skip
    yield case("HistGradientBoostingRegressor, quantile", "HistGradientBoostingRegressor", loss="quantile",
               quantile=0.8, max_iter=25)  # fmt: skip
    yield case("HistGradientBoostingRegressor, gamma", "HistGradientBoostingRegressor", loss="gamma", max_iter=3)
    yield case("HistGradientBoosting, categorical", "HistGradientBoostingRegressor", categorical_features=[CATEGORY])
    yield case("GradientBoostingClassifier", "GradientBoostingClassifier", classes=2, dtype=np.float32, **few)
    yield case(
        "GradientBoostingClassifier, 3 classes", "GradientBoostingClassifier", classes=3, dtype=np.float32, **few
    )
    yield case("GradientBoostingClassifier, init='zero'", "GradientBoostingClassifier", classes=2, init="zero",
               dtype=np.float32, **few)  # fmt: skip
    yield case("GradientBoostingClassifier, init=LogisticRegression()", "GradientBoostingClassifier", classes=2,
               init="another", **few)  # fmt: skip
    yield case(
        "GradientBoostingClassifier, exponential", "GradientBoostingClassifier", classes=2, loss="exponential", **few
    )
    yield case("GradientBoostingRegressor, huber", "GradientBoostingRegressor", loss="huber", dtype=np.float32, **few)
    yield case("RandomForestClassifier", "RandomForestClassifier", classes=2, **few)
