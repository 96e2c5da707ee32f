"""Speckle filter for radar images (csrc/include/skyrack/lee.h)."""

from math import inf

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import checked, pointer, real
from kernels.library import lib


def lee7(image: NDArray[np.float32], *, noise_variance: float) -> NDArray[np.float32]:
    """The Lee filter with windows of 7 x 7, the image being mirrored at its edges: m + v / (v + noise) * (x - m).

    `image` is (rows, columns), linear or in dB; `noise_variance`, of the speckle, is in the square of its unit. Pixels
    that are not finite are left out of all windows and come out as NaN. Raises TypeError for another dtype or layout,
    ValueError for an empty image or a variance that is not positive and finite.
    """
    given, noise_variance = checked("image", image, np.float32, 2), real("noise_variance", noise_variance, 0, inf)
    rows, cols = image.shape
    out, scratch = np.empty(image.shape, np.float32), np.empty(lib.sr_lee7_scratch(cols), np.uint8)
    status = lib.sr_lee7_f32(given, rows, cols, noise_variance, pointer(out), pointer(scratch), scratch.size)
    if status != lib.SR_OK:
        raise ValueError(f"{rows} x {cols} pixels, noise_variance = {noise_variance}: expected both greater than 0")
    return out
