"""A mask of what lies above a limit."""

import numpy as np
from numpy.typing import NDArray

from fsw.pipelines.contract import Contract, plane, scalar
from fsw.pipelines.stage import Items, Stage, Threshold
from fsw.pipelines.valid import within
from hal.kernels.image import Mask


class Above(Stage, frozen=True):
    """1 where a value is greater than `threshold`, both as float32; NaN is not, and no data further on."""

    threshold: Threshold

    def contract(self) -> Contract:
        mask = plane("uint8")
        return Contract(
            takes={"values": plane("float32"), "valid": mask},
            gives={"mask": mask, "valid": mask, "threshold": scalar("float32")},
        )

    def run(self, *, values: NDArray[np.float32], valid: Mask) -> Items:
        threshold, known = np.array(self.threshold, np.float32), within(valid, np.isfinite(values).view(np.uint8))
        return {"mask": within((values > threshold).view(np.uint8), known), "valid": known, "threshold": threshold}
