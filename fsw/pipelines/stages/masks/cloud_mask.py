"""From the probability of cloud to a mask with a margin."""

from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from fsw.pipelines.contract import Contract, plane
from fsw.pipelines.stage import Items, Stage
from fsw.pipelines.valid import within_valid
from kernels.imaging.disk import RADIUS_MAX, disk_dilate, disk_mean
from kernels.imaging.image import Mask

_Radius = Annotated[int, Meta(ge=0, le=RADIUS_MAX)]


class CloudMask(Stage, frozen=True):
    """1 where the mean probability over a disk of `average_px` exceeds `threshold`, and `margin_px` around that.

    Pixels without data have no part in the mean, and no clouds.
    """

    threshold: Annotated[float, Meta(ge=0, le=1)] = 0.4
    average_px: _Radius = 1
    margin_px: _Radius = 1

    def contract(self) -> Contract:
        mask = plane("uint8")
        return Contract(takes={"probability": plane("float32"), "valid": mask}, gives={"clouds": mask})

    def run(self, *, probability: NDArray[np.float32], valid: Mask) -> Items:
        known = within_valid(valid, np.isfinite(probability).view(np.uint8))
        cloudy = self._mean(probability, known) > np.float32(self.threshold)
        return {
            "clouds": within_valid(
                disk_dilate(within_valid(cloudy.view(np.uint8), known), radius=self.margin_px), valid
            )
        }

    def _mean(self, probability: NDArray[np.float32], known: Mask) -> NDArray[np.float32]:
        """The mean over the known pixels of each disk; NaN where there are none."""
        if known.all():
            return disk_mean(probability, radius=self.average_px)
        total = disk_mean(np.where(known, probability, np.float32(0)), radius=self.average_px)
        share = disk_mean(known.astype(np.float32), radius=self.average_px)
        return np.divide(total, share, out=np.full_like(total, np.nan), where=share > 0)
