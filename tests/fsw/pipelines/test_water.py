"""The water pipeline by itself: what it asks for, and an answer that a person can check."""

import numpy as np
import pytest

from fsw.pipelines.water import run
from hal.kernels.image import decode_runs
from link.product import Product

PARAMETERS = {
    "product_id": 7,
    "target": "lake",
    "bands": ["green", "red", "swir1"],
    "threshold": 0.2,
    "smallest_px": 4,
    "epsg": 32633,
    "easting_m": 1.0,
    "northing_m": 2.0,
    "pixel_m": 10.0,
}


def scene(water):
    """Green and swir1 such that the index is 0.5 on water and -0.5 on land."""
    samples = np.empty((3, *water.shape), np.uint16)
    samples[0], samples[2] = np.where(water, 3000, 1000), np.where(water, 1000, 3000)
    return samples


def test_a_lake_is_found_and_a_puddle_is_not():
    water = np.zeros((20, 30), bool)
    water[5:12, 8:20] = True
    water[16:17, 2:4] = True
    product = Product.decode(run(scene(water), PARAMETERS))
    mask = decode_runs(product.water.runs, (20, 30))
    lake = water.copy()
    lake[16] = False
    lake[[5, 5, 11, 11], [8, 19, 8, 19]] = False  # the majority of 3 x 3 rounds corners
    assert np.array_equal(mask, lake)
    assert (product.id, product.target, product.water.shape) == (7, "lake", (20, 30))


def test_no_water_is_an_answer():
    product = Product.decode(run(scene(np.zeros((5, 5), bool)), PARAMETERS))
    assert product == Product(id=7, target="lake", water=None)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [({"bands": ["green", "red", "nir"]}, "not in tuple"), ({"threshold": "high"}, "float"), ({"colour": 1}, "colour")],
)
def test_parameters_that_do_not_fit(change, complaint):
    with pytest.raises(ValueError, match=complaint):
        run(scene(np.zeros((5, 5), bool)), PARAMETERS | change)
