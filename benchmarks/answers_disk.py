"""Mean and dilation over disks."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Row, compare, peer
from kernels.imaging.disk import disk_dilate, disk_mean

IMAGE = np.random.default_rng(1).random((512, 512), np.float32)
MASK = np.greater(IMAGE, 0.99).astype(np.uint8)
MEGAPIXELS = IMAGE.size / 1e6


def rows() -> Iterator[Row]:
    cv2 = peer("cv2")
    if cv2:
        cv2.setNumThreads(1)
    for radius in (1, 4):
        yield mean_row(cv2, radius)
    yield dilation_row(cv2, 2)
    yield compare(
        "mean over disk of radius 4, 512 x 512", "numpy", lambda: disk_mean(IMAGE, radius=4), lambda: numpy_mean(4),
        amount=MEGAPIXELS, unit="Mpx/s", hold=10, equal=close)  # fmt: skip
    yield compare(
        "dilation by disk of radius 2, 512 x 512", "numpy", lambda: disk_dilate(MASK, radius=2),
        lambda: numpy_dilate(2), amount=MEGAPIXELS, unit="Mpx/s", hold=10, equal=np.array_equal)  # fmt: skip


def mean_row(cv2: Any, radius: int) -> Row:
    kernel = disk(radius) / disk(radius).sum()
    return compare(
        f"mean over disk of radius {radius}, 512 x 512", "cv2.filter2D", lambda: disk_mean(IMAGE, radius=radius),
        cv2 and (lambda: cv2.filter2D(IMAGE, -1, kernel, borderType=2)),
        amount=MEGAPIXELS, unit="Mpx/s", equal=close)  # fmt: skip


def dilation_row(cv2: Any, radius: int) -> Row:
    kernel = disk(radius)
    return compare(
        f"dilation by disk of radius {radius}, 512 x 512", "cv2.dilate", lambda: disk_dilate(MASK, radius=radius),
        cv2 and (lambda: cv2.dilate(MASK, kernel)),
        amount=MEGAPIXELS, unit="Mpx/s", equal=np.array_equal)  # fmt: skip


def disk(radius: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return np.asarray(x * x + y * y <= radius * radius, np.uint8)


def shifted(image: NDArray[Any], radius: int) -> Iterator[NDArray[Any]]:
    """The image shifted by each offset in the disk, mirrored at its edges."""
    wide, (rows, cols) = np.pad(image, radius, mode="symmetric"), image.shape
    return (wide[y : y + rows, x : x + cols] for y, x in np.argwhere(disk(radius)))


def numpy_mean(radius: int) -> NDArray[np.float32]:
    total = np.zeros(IMAGE.shape)
    for image in shifted(IMAGE, radius):
        total += image
    return np.asarray(total / disk(radius).sum(), np.float32)


def numpy_dilate(radius: int) -> NDArray[np.uint8]:
    out = np.zeros_like(MASK)
    for mask in shifted(MASK, radius):
        np.maximum(out, mask, out=out)
    return out


def close(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> bool:
    return np.allclose(ours, theirs, rtol=0, atol=1e-6)
