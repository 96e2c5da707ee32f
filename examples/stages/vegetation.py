"""Vegetation by its index: a stage of one's own."""

import numpy as np

from fsw.pipelines.contract import Contract, cube, plane, scalar
from fsw.pipelines.stage import Stage


class Vegetation(Stage, frozen=True):
    """1 where NDVI = (nir - red) / (nir + red) exceeds `limit`."""

    limit: float = 0.4

    def contract(self):
        return Contract(
            takes={"bands": cube("uint8", "uint16", bands=("nir", "red"))},
            gives={"mask": plane("uint8"), "threshold": scalar("float32")},
        )

    def run(self, *, bands):
        nir, red = bands.astype(np.float32)
        mask = nir - red > self.limit * (nir + red)
        return {"mask": mask.astype(np.uint8), "threshold": np.array(self.limit, np.float32)}
