"""Boosted trees: the real cloud model on a real scene, beside LightGBM; both from what they take, to probabilities."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.harness import Row, at_level, compare, peer
from hal.kernels.levels import supported_levels
from hal.kernels.trees import CodeTables, Trees, logistic
from link.models.lightgbm import read_lightgbm

DATA = Path(__file__).parents[2] / "shared" / "data" / "eo"
BANDS = [0, 1, 3, 4, 7, 8, 9, 10, 11, 12]
SIDE = 256  # of the tile: a quarter of the chip, for LightGBM takes a second of it


def rows() -> Iterator[Row]:
    if not DATA.is_dir():
        return
    text = gzip.decompress((DATA / "s2cloudless_lightgbm_v0.1.txt.gz").read_bytes()).decode()
    with np.load(DATA / "flood_Spain_7370579.npz") as chip:
        dn = np.ascontiguousarray(chip["s2_dn"][BANDS, :SIDE, :SIDE]).reshape(len(BANDS), -1)
    forest, lightgbm = read_lightgbm(text), peer("lightgbm")
    model = Trees(forest.trees)
    tables = CodeTables(forest.columns, np.arange(65536, dtype=np.float32) / np.float32(10_000))
    reflectance = np.ascontiguousarray(dn.T, np.float32) / np.float32(10_000)
    booster = lightgbm and lightgbm.Booster(model_str=text)

    def ours() -> np.ndarray:
        return logistic(model.sums(tables.codes(dn)))

    holds = {"portable": 12.0, "avx512": 40.0}
    for level in supported_levels():
        with at_level(level):
            yield compare(
                "cloud model, 170 trees of 770 leaves", "LightGBM", ours,
                booster and (lambda: booster.predict(reflectance, num_threads=1)), equal=np.array_equal,
                amount=SIDE * SIDE / 1e6, unit="Mpixel/s", hold=holds.get(level))  # fmt: skip
