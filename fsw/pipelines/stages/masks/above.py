"""A mask of what lies above a limit."""

import numpy as np
from numpy.typing import NDArray

from fsw.pipelines.contract import Contract
from fsw.pipelines.stage import Items, Stage, Threshold
from fsw.pipelines.thresholds import compared, threshold_contract
from kernels.imaging.image import Mask


class Above(Stage, frozen=True):
    """1 where a value is greater than `threshold`, both as float32; NaN is not, and is no data for later stages."""

    threshold: Threshold

    def contract(self) -> Contract:
        return threshold_contract()

    def run(self, *, values: NDArray[np.float32], valid: Mask) -> Items:
        return compared(values, valid, self.threshold, "above")
