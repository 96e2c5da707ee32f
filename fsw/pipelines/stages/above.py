"""A mask of what lies above a limit."""

import numpy as np
from numpy.typing import NDArray

from fsw.pipelines.contract import Contract, plane, scalar
from fsw.pipelines.stage import Items, Stage, Threshold


class Above(Stage, frozen=True):
    """1 where a value is greater than `threshold`, both as float32; NaN is not. `valid` is 1 where it is a number."""

    threshold: Threshold

    def contract(self) -> Contract:
        mask = plane("uint8")
        return Contract(
            takes={"values": plane("float32")}, gives={"mask": mask, "valid": mask, "threshold": scalar("float32")}
        )

    def run(self, *, values: NDArray[np.float32]) -> Items:
        threshold = np.array(self.threshold, np.float32)
        return {
            "mask": (values > threshold).view(np.uint8),
            "valid": np.isfinite(values).view(np.uint8),
            "threshold": threshold,
        }
