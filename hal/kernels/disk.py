"""Means and dilations over disks, as masks of clouds are smoothed and given a margin (csrc/include/skyrack/disk.h)."""

from typing import Any

import numpy as np
from _csrc import ffi, lib
from numpy.typing import NDArray

RADIUS_MAX: int = lib.SR_DISK_RADIUS_MAX


def disk_mean(image: NDArray[np.float32], *, radius: int) -> NDArray[np.float32]:
    """The mean over the disk of `radius` (0..RADIUS_MAX pixels) about each pixel of (rows, columns).

    The image is mirrored at its edges. Raises TypeError for another dtype or layout, ValueError for an empty image or
    a radius out of range.
    """
    _check(image, np.float32, radius)
    return _run("float[]", lib.sr_disk_mean_f32, image, radius)


def disk_dilate(mask: NDArray[np.uint8], *, radius: int) -> NDArray[np.uint8]:
    """1 where any pixel within `radius` (0..RADIUS_MAX pixels) in (rows, columns) is not 0, else 0; raises as above."""
    _check(mask, np.uint8, radius)
    return _run("uint8_t[]", lib.sr_disk_dilate_u8, mask, radius)


def _check(image: NDArray[Any], dtype: type, radius: int) -> None:
    if image.dtype != dtype or image.ndim != 2 or not image.flags.c_contiguous:
        raise TypeError(f"contiguous {np.dtype(dtype)} of two dimensions expected")
    if image.size == 0 or not 0 <= radius <= RADIUS_MAX:
        raise ValueError(f"shape {image.shape}, radius {radius}: pixels, and 0..{RADIUS_MAX} expected")


def _run(ctype: str, kernel: Any, image: NDArray[Any], radius: int) -> NDArray[Any]:
    out, scratch = np.empty_like(image), np.empty(lib.sr_disk_scratch(image.shape[1], radius), np.uint8)
    status = kernel(
        ffi.from_buffer(ctype, image), *image.shape, radius, ffi.from_buffer(ctype, out, require_writable=True),
        ffi.from_buffer("uint8_t[]", scratch, require_writable=True), scratch.size,
    )  # fmt: skip
    assert status == lib.SR_OK, status
    return out
