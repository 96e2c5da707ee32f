"""Speckle filter."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Row, at_level, compare, peer
from kernels.imaging.lee import lee7

IMAGE = np.random.default_rng(1).normal(-18, 4, (512, 512)).astype(np.float32)
NOISE_VARIANCE = 4.0


def rows() -> Iterator[Row]:
    yield row(hold=9)
    with at_level("portable"):
        yield row(hold=4)


def row(*, hold: float) -> Row:
    ndimage = peer("scipy.ndimage")
    return compare(
        "Lee 7 x 7, 512 x 512", "scipy.ndimage", lambda: lee7(IMAGE, noise_variance=NOISE_VARIANCE),
        ndimage and (lambda: by_scipy(ndimage)), amount=IMAGE.size / 1e6, unit="Mpx/s", hold=hold,
        equal=lambda ours, theirs: np.allclose(ours, theirs, rtol=1e-6, atol=0))  # fmt: skip


def by_scipy(ndimage: Any) -> NDArray[np.float32]:
    """Usual form of the filter: two running means; in float64, because in float32 their difference loses its digits."""
    image = IMAGE.astype(np.float64)
    mean, mean_square = ndimage.uniform_filter(image, 7), ndimage.uniform_filter(image * image, 7)
    variance = mean_square - mean * mean
    return np.asarray(mean + variance / (variance + NOISE_VARIANCE) * (image - mean), np.float32)
