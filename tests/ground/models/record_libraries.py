"""Records what LightGBM, XGBoost and scikit-learn say: small models, samples, answers. Needs them; writes recorded/.

python -m tests.ground.models.record_libraries
"""

import json
from pathlib import Path

import numpy as np

from ground.models.described import describe

FOLDER = Path(__file__).parent / "recorded"


def data(share_missing):
    random = np.random.default_rng(6)
    samples = random.normal(size=(400, 4)).astype(np.float32).round(3)
    label = samples[:, 0] + samples[:, 1] * samples[:, 2] > 0.2
    samples[random.random(samples.shape) < share_missing] = np.nan
    return samples, label.astype(np.float32), (3 * samples[:, 0] + samples[:, 3] ** 2 + 5).astype(np.float32)


def categories(share_missing, dtype=np.float64):
    """The same with a category for the last feature, and zeros in the third."""
    samples, label, _ = data(share_missing)
    random = np.random.default_rng(7)
    samples[random.random(len(samples)) < 0.4, 2] = 0
    samples[:, 3] = random.integers(0, 12, len(samples))
    value = 2 * label + np.isin(samples[:, 3], (2, 3, 7)) + (samples[:, 2] == 0)
    samples[random.random(len(samples)) < share_missing, 3] = np.nan
    return samples.astype(dtype), value


def extreme(samples, *values):
    """Some of the samples, and one for each of `values` all over."""
    return np.concatenate([samples[:60], *(np.full((1, samples.shape[1]), value, samples.dtype) for value in values)])


def write(name, model, samples, answers):
    """Numbers that JSON has no word for are written as texts."""
    rows = [[float(value) if np.isfinite(value) else str(value) for value in row] for row in samples]
    model = model.decode() if isinstance(model, bytes) else model
    said = {
        "model": json.loads(model) if model.startswith("{") else model,
        "samples": rows,
        "answers": np.asarray(answers).T.tolist(),
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(said, separators=(",", ":")))


def lightgbm_models():
    import lightgbm

    usual = {"verbose": -1, "num_leaves": 7, "min_data_in_leaf": 5, "num_threads": 1}
    samples, value = categories(0.15)
    shown = extreme(samples, np.nan, np.inf, -np.inf, 0.0, -0.5, 1e9)
    for name, wanted, more in (
        ("missing", value, {"objective": "regression"}),
        ("known-or-not", np.isnan(samples[:, 0]), {"objective": "regression", "num_leaves": 2, "max_bin": 2}),
        ("zero-missing", value > 1, {"objective": "binary", "zero_as_missing": True, "sigmoid": 0.7}),
        ("no-missing", value > 1, {"objective": "binary", "use_missing": False}),
        ("categorical", value, {"objective": "poisson", "categorical_feature": [3], "min_data_per_group": 5}),
        ("multiclass", np.digitize(value, (1, 2)), {"objective": "multiclass", "num_class": 3}),
        (
            "random-forest",
            value > 1,
            {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6},
        ),
        ("linear", value > 1, {"objective": "binary", "linear_tree": True}),
        ("square-root", value, {"objective": "regression", "reg_sqrt": True}),
    ):
        kinds = {"categorical_feature": more.pop("categorical_feature", "auto")}
        trained = lightgbm.train({**usual, **more}, lightgbm.Dataset(samples, wanted, **kinds), 6)
        write(f"lightgbm-{name}", trained.model_to_string(), shown, trained.predict(shown))


def xgboost_models():
    import xgboost

    samples, value = categories(0.15, np.float32)
    shown = extreme(samples, np.nan, 0.0)
    kinds = {"feature_types": ["q", "q", "q", "c"], "enable_categorical": True}
    for name, wanted, more in (
        ("multiclass", np.digitize(value, (1, 2)), {"objective": "multi:softprob", "num_class": 3}),
        ("classes", np.digitize(value, (1, 2)), {"objective": "multi:softmax", "num_class": 3, "num_parallel_tree": 2}),
        ("dart", value > 1, {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.5}),
        ("categorical", value, {"objective": "reg:squarederror", "max_cat_to_onehot": 2, **kinds}),
        ("raw", value > 1, {"objective": "binary:logitraw"}),
    ):
        matrix = {name: more.pop(name) for name in kinds if name in more}
        trained = xgboost.train({"max_depth": 3, **more}, xgboost.DMatrix(samples, wanted, **matrix), 6)
        write(
            f"xgboost-{name}", bytes(trained.save_raw("json")), shown, trained.predict(xgboost.DMatrix(shown, **matrix))
        )
    stopped = xgboost.XGBClassifier(n_estimators=30, max_depth=3, early_stopping_rounds=2, learning_rate=1)
    stopped.fit(samples[:200], value[:200] > 1, eval_set=[(samples[200:], value[200:] > 1)], verbose=False)
    assert stopped.best_iteration + 1 < stopped.get_booster().num_boosted_rounds()
    write("xgboost-stopped", bytes(stopped.get_booster().save_raw("json")), shown, stopped.predict_proba(shown)[:, 1])


def main():
    import xgboost
    from sklearn import ensemble

    FOLDER.mkdir(exist_ok=True)
    lightgbm_models()
    xgboost_models()
    samples, label, number = data(0.1)
    shown = samples[:60]
    for name, objective, wanted in (
        ("xgboost-logistic", "binary:logistic", label),
        ("xgboost-squared", "reg:squarederror", label * 7),
    ):
        trained = xgboost.train({"objective": objective, "max_depth": 4}, xgboost.DMatrix(samples, wanted), 12)
        write(name, bytes(trained.save_raw("json")), shown, trained.predict(xgboost.DMatrix(shown)))
    histogram = ensemble.HistGradientBoostingClassifier(max_iter=12, max_leaf_nodes=8).fit(samples, label)
    write("histogram-classifier", describe(histogram), shown, histogram.predict_proba(shown)[:, 1])
    histogram = ensemble.HistGradientBoostingRegressor(max_iter=12, max_leaf_nodes=8).fit(samples, label * 7)
    write("histogram-regressor", describe(histogram), shown, histogram.predict(shown))
    histogram = ensemble.HistGradientBoostingRegressor(max_iter=3, max_leaf_nodes=4, min_samples_leaf=2)
    alone = np.where(np.arange(40) % 2, np.nan, 1.0).reshape(
        -1, 1
    )  # parted at infinity: from NaN all numbers are apart
    asked = np.array([[1.0], [np.nan], [np.inf], [-np.inf]])
    write("histogram-infinity", describe(histogram.fit(alone, np.arange(40) % 2)), asked, histogram.predict(asked))
    samples, label, number = data(0)
    shown = samples[:60]
    exact = ensemble.GradientBoostingClassifier(n_estimators=12).fit(samples, label)
    write("gradient-classifier", describe(exact), shown, exact.predict_proba(shown)[:, 1])
    exact = ensemble.GradientBoostingRegressor(n_estimators=12, loss="huber").fit(samples, number)
    write("gradient-regressor", describe(exact), shown, exact.predict(shown))


if __name__ == "__main__":
    main()
