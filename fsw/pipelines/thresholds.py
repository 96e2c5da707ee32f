"""The common part of stages that compare values with a threshold: what they take, and the mask that they give."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fsw.pipelines.contract import Contract, plane, scalar
from fsw.pipelines.stage import Items
from fsw.pipelines.valid import within_valid
from kernels.imaging.image import Mask

Side = Literal["above", "below"]


def threshold_contract() -> Contract:
    """The contract of a stage that makes a mask of a plane's values; it gives the threshold as well."""
    mask = plane("uint8")
    return Contract(
        takes={"values": plane("float32"), "valid": mask},
        gives={"mask": mask, "valid": mask, "threshold": scalar("float32")},
    )


def known(values: NDArray[np.float32], valid: Mask) -> Mask:
    """Where there is data, and the value is finite."""
    return within_valid(valid, np.isfinite(values).view(np.uint8))


def compared(values: NDArray[np.float32], valid: Mask, threshold: float, side: Side) -> Items:
    """1 where a value lies on `side` of the threshold, both as float32; NaN does not, and is no data from here on."""
    limit, data = np.array(threshold, np.float32), known(values, valid)
    found = values > limit if side == "above" else values < limit
    return {"mask": within_valid(found.view(np.uint8), data), "valid": data, "threshold": limit}
