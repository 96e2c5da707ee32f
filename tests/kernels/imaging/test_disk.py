"""Disks against plain numpy, and against the published masks of real clouds."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.imaging.disk import RADIUS_MAX, disk_dilate, disk_mean
from kernels.library import select_level, supported_levels
from kernels.selftest import self_test

EO = Path(__file__).parents[4] / "shared" / "data" / "eo"


@pytest.fixture(params=supported_levels(), autouse=True, scope="module")
def level(request):
    select_level(request.param)
    yield request.param
    select_level()


def windows(image, radius, **padding):
    """The pixels of the disk about each pixel: (rows, columns, pixels of the disk)."""
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    wide = np.pad(image, radius, **padding)
    side = 2 * radius + 1
    return np.lib.stride_tricks.sliding_window_view(wide, (side, side))[..., x * x + y * y <= radius * radius]


images = st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 40), st.integers(0, 5))


@given(images)
def test_mean(drawn):
    seed, rows, cols, radius = drawn
    image = np.random.default_rng(seed).random((rows, cols), np.float32)
    expected = windows(image.astype(np.float64), radius, mode="symmetric").mean(axis=2)
    assert np.allclose(disk_mean(image, radius=radius), expected, rtol=0, atol=1e-7)


@given(images)
def test_dilation(drawn):
    seed, rows, cols, radius = drawn
    mask = (np.random.default_rng(seed).random((rows, cols)) < 0.03).astype(np.uint8) * np.uint8(200)
    assert np.array_equal(disk_dilate(mask, radius=radius), windows(mask, radius).any(axis=2))


def test_radius_0_changes_nothing():
    image = np.random.default_rng(1).random((5, 7), np.float32)
    assert np.array_equal(disk_mean(image, radius=0), image)


@pytest.mark.skipif(not EO.is_dir(), reason=f"{EO} is not here")
@pytest.mark.parametrize("file", ["s2_eolearn_5x101x100x13.npz", "flood_Spain_7370579.npz"])
@pytest.mark.parametrize(("name", "mean_radius", "margin"), [("default", 1, 1), ("avg4_dil2", 4, 2)])
def test_published_cloud_masks(file, name, mean_radius, margin):
    """From published probabilities to published masks, pixel for pixel: the steps that s2cloudless does with OpenCV."""
    with np.load(EO / file) as scenes:
        shape = (-1, *scenes["cloud_prob"].shape[-2:])
        probabilities, masks = (scenes[what].reshape(shape) for what in ("cloud_prob", f"cloud_mask_{name}"))
    for probability, mask in zip(probabilities, masks, strict=True):
        cloudy = disk_mean(probability.copy(), radius=mean_radius) > np.float32(0.4)
        assert np.array_equal(disk_dilate(cloudy.view(np.uint8), radius=margin), mask)


def test_self_test():
    assert self_test("disk")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: disk_mean(np.zeros((3, 3)), radius=1), TypeError),
        (lambda: disk_mean(np.zeros((3, 4), np.float32).T, radius=1), TypeError),
        (lambda: disk_mean(np.zeros((3, 0), np.float32), radius=1), ValueError),
        (lambda: disk_mean(np.zeros((3, 3), np.float32), radius=RADIUS_MAX + 1), ValueError),
        (lambda: disk_dilate(np.zeros((3, 3), np.uint8), radius=-1), ValueError),
    ],
)
def test_misuse_is_refused(call, error):
    with pytest.raises(error):
        call()
