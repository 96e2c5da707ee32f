"""The independent answer agrees with the kernels on random scenes, and notices every kind of disagreement."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ground.rig.answer import differences, expected_mask
from hal.camera import Frame, Georeference
from hal.kernels import image
from link.product import Product, Water

PLACE = Georeference(epsg=31985, easting_m=288776.25, northing_m=9120760.75, pixel_m=28.5)
RULE = {"threshold": 0.2, "smallest_px": 5}


def frame_of(dn):
    return Frame(target="test", dn=dn, bands=("green", "swir1"), georeference=PLACE, captured_utc_ns=0)


def product_of(frame):
    mask = image.water_mask(frame.band("green"), frame.band("swir1"), threshold=RULE["threshold"])
    mask = image.clean_mask(mask, smallest_px=RULE["smallest_px"])
    if not mask.any():
        return Product(id=1, target=frame.target, water=None)
    water = Water(
        georeference=PLACE,
        shape=mask.shape,
        threshold=RULE["threshold"],
        outlines=image.encode_outlines(mask),
        runs=image.encode_runs(mask),
    )
    return Product(id=1, target=frame.target, water=water)


def blobs(seed, dtype=np.uint8):
    """Coarse random patches, so that clean-up has work to do and something is left."""
    coarse = np.random.default_rng(seed).integers(0, 200, (2, 8, 9)).astype(dtype)
    return coarse.repeat(3, axis=1).repeat(3, axis=2)


shapes = st.tuples(st.just(2), st.integers(1, 12), st.integers(1, 12))
scenes = st.one_of(
    arrays(np.uint8, shapes),
    arrays(np.uint16, shapes, elements=st.integers(0, 10_000)),
    st.builds(blobs, st.integers(0, 999)),
)


@given(scenes)
@settings(deadline=None)
def test_kernels_and_plain_numpy_agree(dn):
    frame = frame_of(dn)
    assert differences(product_of(frame), frame, **RULE) == []


def changed(product, **parts):
    return replace(product, water=replace(product.water, **parts))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda p: replace(p, target="moon"), "target 'moon', expected 'test'"),
        (lambda p: replace(p, water=None), "nothing found, expected"),
        (lambda p: changed(p, shape=(2, 2)), "shape"),
        (lambda p: changed(p, georeference=replace(PLACE, pixel_m=30.0)), "georeference differ"),
        (lambda p: changed(p, runs=p.water.runs[:-1]), "runs differ"),
        (lambda p: changed(p, outlines=b"\0"), "outlines differ"),
        (lambda p: changed(p, outlines=b"\xff\xff"), "outlines differ"),
    ],
)
def test_a_disagreement_is_said_in_words(spoil, sentence):
    frame = frame_of(blobs(1))
    product = product_of(frame)
    assert product.water is not None
    found = differences(spoil(product), frame, **RULE)
    assert len(found) == 1
    assert found[0].startswith(sentence)


def test_water_where_there_is_none_is_noticed():
    dry = frame_of(np.stack([np.zeros((5, 5), np.uint8), np.full((5, 5), 9, np.uint8)]))
    wet = replace(product_of(frame_of(blobs(1))), target="test")
    assert differences(changed(wet, shape=(5, 5)), dry, **RULE)
    assert not expected_mask(dry, **RULE).any()
