"""Means and dilations over disks, as masks of clouds are smoothed and given a margin (csrc/include/skyrack/disk.h)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import check, pointer, require, whole
from kernels.library import lib

RADIUS_MAX: int = lib.SR_DISK_RADIUS_MAX


def disk_mean(image: NDArray[np.float32], *, radius: int) -> NDArray[np.float32]:
    """The mean over the disk of `radius` (0..RADIUS_MAX pixels) about each pixel of (rows, columns).

    The image is mirrored at its edges. Raises TypeError for another dtype or layout, ValueError for an empty image or
    a radius out of range.
    """
    return _run(lib.sr_disk_mean_f32, image, np.float32, radius)


def disk_dilate(mask: NDArray[np.uint8], *, radius: int) -> NDArray[np.uint8]:
    """1 where any pixel of `mask` (rows, columns) within `radius` (0..RADIUS_MAX pixels) is not 0, else 0.

    Raises as `disk_mean` does.
    """
    return _run(lib.sr_disk_dilate_u8, mask, np.uint8, radius)


def _run(kernel: Any, image: NDArray[Any], dtype: type, radius: int) -> NDArray[Any]:
    check("image", image, dtype, 2)
    radius = whole("radius", radius, 0, RADIUS_MAX)
    if image.size == 0:
        raise ValueError(f"image of shape {image.shape}, expected at least one pixel")
    out, scratch = np.empty_like(image), np.empty(lib.sr_disk_scratch(image.shape[1], radius), np.uint8)
    require(kernel(pointer(image), *image.shape, radius, pointer(out), pointer(scratch), scratch.size))
    return out
