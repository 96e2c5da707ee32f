"""Water by its index, straight from the bands."""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from fsw.pipelines.contract import Contract, cube, plane, scalar
from fsw.pipelines.stage import Items, Stage
from hal.kernels.image import water_mask


class Water(Stage, frozen=True):
    """1 where MNDWI = (green - swir1) / (green + swir1) exceeds `threshold` (Xu 2006)."""

    threshold: Annotated[float, Meta(ge=-1, le=1)]

    def contract(self) -> Contract:
        return Contract(
            takes={"bands": cube("uint8", "uint16", bands=("green", "swir1"))},
            gives={"mask": plane("uint8"), "threshold": scalar("float32")},
        )

    def run(self, *, bands: NDArray[Any]) -> Items:
        mask = water_mask(*bands, threshold=self.threshold)
        return {"mask": mask, "threshold": np.array(self.threshold, np.float32)}
