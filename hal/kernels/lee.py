"""Speckle filter for radar images (csrc/include/skyrack/lee.h)."""

import numpy as np
from _csrc import ffi, lib
from numpy.typing import NDArray


def lee7(image: NDArray[np.float32], *, noise_variance: float) -> NDArray[np.float32]:
    """The Lee filter with windows of 7 x 7, the image being mirrored at its edges: m + v / (v + noise) * (x - m).

    `image` is (rows, columns), linear or in dB; `noise_variance`, of the speckle, is in the square of its unit. Pixels
    that are not finite are left out of all windows and come out as NaN. Raises TypeError for another dtype or layout,
    ValueError for an empty image or a variance that is not positive and finite.
    """
    if image.dtype != np.float32 or image.ndim != 2 or not image.flags.c_contiguous:
        raise TypeError("image: contiguous float32 of two dimensions expected")
    rows, cols = image.shape
    out, scratch = np.empty(image.shape, np.float32), np.empty(lib.sr_lee7_scratch(cols), np.uint8)
    status = lib.sr_lee7_f32(
        ffi.from_buffer("float[]", image), rows, cols, noise_variance,
        ffi.from_buffer("float[]", out, require_writable=True),
        ffi.from_buffer("uint8_t[]", scratch, require_writable=True), scratch.size,
    )  # fmt: skip
    if status != lib.SR_OK:
        raise ValueError(f"{rows} x {cols} pixels, noise_variance = {noise_variance}: both greater than 0 expected")
    return out
