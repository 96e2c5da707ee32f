"""Water by its index, straight from the bands."""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from fsw.pipelines.contract import Contract, cube, plane, scalar
from fsw.pipelines.stage import Items, Stage
from hal.kernels.image import water_mask


class Water(Stage, frozen=True):
    """1 where MNDWI = (green - swir1) / (green + swir1) exceeds `threshold` (Xu 2006); `valid` where not both are 0."""

    threshold: Annotated[float, Meta(ge=-1, le=1)]

    def contract(self) -> Contract:
        mask = plane("uint8")
        return Contract(
            takes={"bands": cube("uint8", "uint16", bands=("green", "swir1"))},
            gives={"mask": mask, "valid": mask, "threshold": scalar("float32")},
        )

    def run(self, *, bands: NDArray[Any]) -> Items:
        return {
            "mask": water_mask(*bands, threshold=self.threshold),
            "valid": bands.any(axis=0).view(np.uint8),
            "threshold": np.array(self.threshold, np.float32),
        }
