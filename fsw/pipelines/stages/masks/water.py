"""Water by its index, straight from the bands."""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from fsw.pipelines.contract import Contract, cube, plane, scalar
from fsw.pipelines.stage import Items, Stage
from fsw.pipelines.valid import within_valid
from kernels.imaging.image import Mask, normalised_difference, water_mask


class Water(Stage, frozen=True):
    """1 where MNDWI = (green - swir1) / (green + swir1) exceeds `threshold` (Xu 2006).

    Where both bands are 0, or in floats one is no number, there is no data for the following stages.
    """

    threshold: Annotated[float, Meta(ge=-1, le=1)]

    def contract(self) -> Contract:
        mask = plane("uint8")
        return Contract(
            takes={"bands": cube("uint8", "uint16", "float32", bands=("green", "swir1")), "valid": mask},
            gives={"mask": mask, "valid": mask, "threshold": scalar("float32")},
        )

    def run(self, *, bands: NDArray[Any], valid: Mask) -> Items:
        known = within_valid(valid, _with_index(bands))
        mask = water_mask(*bands, threshold=self.threshold)
        return {"mask": within_valid(mask, known), "valid": known, "threshold": np.array(self.threshold, np.float32)}


def _with_index(bands: NDArray[Any]) -> Mask:
    if bands.dtype.kind == "f":
        return np.isfinite(normalised_difference(*bands)).view(np.uint8)
    return np.asarray(bands.any(axis=0), np.uint8)
