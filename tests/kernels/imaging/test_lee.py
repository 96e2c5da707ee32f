"""The Lee filter against plain numpy, and on real radar images against hand-labelled water."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.imaging.lee import lee7
from kernels.library import select_level, supported_levels
from kernels.selftest import self_test

RADAR = Path(__file__).parents[4] / "shared" / "data" / "eo" / "flood_s1_chips.npz"


@pytest.fixture(params=supported_levels(), autouse=True, scope="module")
def level(request):
    select_level(request.param)
    yield request.param
    select_level()


def plain(image, noise_variance):
    """All windows at once; their pixels that are not finite are masked."""
    wide = np.pad(np.ma.masked_invalid(image.astype(np.float64)).filled(np.nan), 3, mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(wide, (7, 7)).reshape(*image.shape, 49)
    mean, variance = np.nanmean(windows, axis=2), np.nanvar(windows, axis=2)
    return mean + variance / (variance + noise_variance) * (wide[3:-3, 3:-3] - mean)


@given(st.integers(0, 2**32 - 1), st.integers(3, 12), st.integers(3, 40), st.floats(0.01, 100))
@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:Degrees of freedom")
def test_filter(seed, rows, cols, noise_variance):
    random = np.random.default_rng(seed)
    image = random.normal(-18, 4, (rows, cols)).astype(np.float32)
    image[random.random(image.shape) < 0.05] = random.choice([np.nan, np.inf])
    filtered = lee7(image, noise_variance=noise_variance)
    assert np.allclose(filtered, plain(image, noise_variance), rtol=1e-6, atol=0, equal_nan=True)


def test_one_wild_pixel_harms_its_windows_only():
    """As an upset in an exponent would: no sum is carried from window to window."""
    image = np.full((40, 40), -20, np.float32)
    image[5, 5] = 3e38
    filtered = lee7(image, noise_variance=4)
    filtered[2:9, 2:9] = -20
    assert (filtered == -20).all()


@pytest.mark.skipif(not RADAR.exists(), reason=f"{RADAR} is not here")
def test_water_on_radar():
    """VH below -20 dB, pooled over four chips with hand labels: the filter gains 0.02 of IoU and more."""
    with np.load(RADAR) as chips:
        names = [name.removesuffix("_s1") for name in chips if name.endswith("_s1")]
        pairs = [(chips[f"{name}_s1"][1].copy(), chips[f"{name}_label"]) for name in names]
    filtered = [lee7(vh, noise_variance=float(np.nanvar(vh))) for vh, _ in pairs]
    raw_iou, iou = (pooled_iou(images, [label for _, label in pairs]) for images in ([vh for vh, _ in pairs], filtered))
    assert iou > 0.70
    assert iou > raw_iou + 0.02


def pooled_iou(images, labels):
    """Of water in images, below -20 dB, and labels (-1 is not labelled)."""
    both = either = 0
    for image, label in zip(images, labels, strict=True):
        valid, water = (label >= 0) & np.isfinite(image), image < -20
        both += (valid & water & (label == 1)).sum()
        either += (valid & (water | (label == 1))).sum()
    return both / either


def test_self_test():
    assert self_test("lee")


@pytest.mark.parametrize(
    ("image", "noise_variance", "error"),
    [
        (np.zeros((3, 3)), 1, TypeError),
        (np.zeros((3, 3), np.float32).T[::2], 1, TypeError),
        (np.zeros((3, 0), np.float32), 1, ValueError),
        (np.zeros((3, 3), np.float32), 0, ValueError),
        (np.zeros((3, 3), np.float32), float("nan"), ValueError),
    ],
)
def test_misuse_is_refused(image, noise_variance, error):
    with pytest.raises(error):
        lee7(image, noise_variance=noise_variance)
