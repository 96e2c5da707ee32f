"""From the probability of cloud to a mask with a margin."""

from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from fsw.pipelines.contract import Contract, plane
from fsw.pipelines.stage import Items, Stage
from hal.kernels.disk import RADIUS_MAX, disk_dilate, disk_mean

_Radius = Annotated[int, Meta(ge=0, le=RADIUS_MAX)]


class CloudMask(Stage, frozen=True):
    """1 where the mean probability over a disk of `average_px` exceeds `threshold`, and `margin_px` around that."""

    threshold: Annotated[float, Meta(ge=0, le=1)] = 0.4
    average_px: _Radius = 1
    margin_px: _Radius = 1

    def contract(self) -> Contract:
        return Contract(takes={"probability": plane("float32")}, gives={"clouds": plane("uint8")})

    def run(self, *, probability: NDArray[np.float32]) -> Items:
        cloudy = disk_mean(probability, radius=self.average_px) > np.float32(self.threshold)
        return {"clouds": disk_dilate(cloudy.view(np.uint8), radius=self.margin_px)}
