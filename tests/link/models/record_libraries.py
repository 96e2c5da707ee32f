"""Records what XGBoost and scikit-learn say: small models, samples, answers. Needs both; writes recorded/.

python -m tests.link.models.record_libraries
"""

import json
from pathlib import Path

import numpy as np

from link.models.described import describe

FOLDER = Path(__file__).parent / "recorded"


def data(share_missing):
    random = np.random.default_rng(6)
    samples = random.normal(size=(400, 4)).astype(np.float32).round(3)
    label = samples[:, 0] + samples[:, 1] * samples[:, 2] > 0.2
    samples[random.random(samples.shape) < share_missing] = np.nan
    return samples, label.astype(np.float32), (3 * samples[:, 0] + samples[:, 3] ** 2 + 5).astype(np.float32)


def write(name, model, samples, answers):
    rows = [[None if np.isnan(value) else float(value) for value in row] for row in samples]
    said = {"model": json.loads(model), "samples": rows, "answers": [float(answer) for answer in answers]}
    (FOLDER / f"{name}.json").write_text(json.dumps(said, separators=(",", ":")))


def main():
    import xgboost
    from sklearn import ensemble

    FOLDER.mkdir(exist_ok=True)
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
    samples, label, number = data(0)
    shown = samples[:60]
    exact = ensemble.GradientBoostingClassifier(n_estimators=12).fit(samples, label)
    write("gradient-classifier", describe(exact), shown, exact.predict_proba(shown)[:, 1])
    exact = ensemble.GradientBoostingRegressor(n_estimators=12, loss="huber").fit(samples, number)
    write("gradient-regressor", describe(exact), shown, exact.predict(shown))


if __name__ == "__main__":
    main()
