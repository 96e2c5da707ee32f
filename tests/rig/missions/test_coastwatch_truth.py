"""The independent answer agrees with the kernels on random scenes, and notices every kind of disagreement."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fsw.pipelines.run import Work, files_of, run
from fsw.pipelines.stage import About
from fsw.pipelines.valid import joined
from hal.camera import Frame
from kernels.imaging import image
from kernels.imaging.georeference import Georeference
from link.products.product import Product
from rig.missions.coastwatch_truth import differences_from_truth, expected_mask
from tests.examples import examples
from tests.fsw.pipelines.pipeline import specs

PLACE = Georeference(epsg=31985, easting_m=288776.25, northing_m=9120760.75, pixel_m=28.5)
RULE = {"threshold": 0.2, "smallest_px": 5}


STAGES = specs(
    ("water", {"threshold": 0.2}), ("clean", {"smallest_px": 5}), "outlines", "runs", "pack", folder=Path.cwd()
)


def frame_of(dn, valid=None):
    return Frame(target="test", samples=dn, bands=("green", "swir1"), georeference=PLACE, captured_utc_ns=0, mask=valid)


def product_of(frame):
    """What the stages make of it."""
    about = About(product_id=1, target=frame.target, georeference=PLACE)
    said = Work(stages=STAGES, item="bands", bands=frame.bands, about=about, is_masked=frame.valid is not None)
    (file,) = files_of(run(joined(frame), msgspec.to_builtins(said)))
    return Product.decode(file.octets)


def blobs(seed, dtype=np.uint8):
    """Coarse random patches, so that clean-up has work to do and something is left."""
    coarse = np.random.default_rng(seed).integers(1, 200, (2, 8, 9)).astype(dtype)
    return coarse.repeat(3, axis=1).repeat(3, axis=2)


shapes = st.tuples(st.just(2), st.integers(1, 12), st.integers(1, 12))
scenes = st.one_of(
    arrays(np.uint8, shapes),
    arrays(np.uint16, shapes, elements=st.integers(0, 10_000)),
    arrays(np.float32, shapes, elements=st.floats(-0.125, 1, width=32) | st.sampled_from([np.nan, np.inf, 0.0])),
    st.builds(blobs, st.integers(0, 999)),
)


def masks_for(dn):
    return st.none() | arrays(np.uint8, dn.shape[1:], elements=st.sampled_from([0, 1, 1, 255]))


@given(scenes.flatmap(lambda dn: st.tuples(st.just(dn), masks_for(dn))))
def test_kernels_and_plain_numpy_agree(scene):
    frame = frame_of(*scene)
    assert differences_from_truth(product_of(frame), frame, **RULE) == []


@given(st.integers(0, 999))
@examples(20)
def test_no_water_is_claimed_where_there_is_no_data(seed):
    valid = np.repeat(blobs(seed)[0] > 60, 1).reshape(24, 27).astype(np.uint8)
    product = product_of(frame_of(blobs(seed), valid))
    if product.water is not None:
        assert not (image.decode_runs(product.water.runs, valid.shape) & (valid == 0)).any()
    assert product.seen == pytest.approx(valid.mean(), abs=0.01)


def expected_of(rows, smallest_px):
    """Of a picture in which # is water, each sign 3 x 3 pixels, so that the majority rounds only corners."""
    water = np.array([[character == "#" for character in row] for row in rows]).repeat(3, 0).repeat(3, 1)
    bands = np.where(water, np.array([[[200]], [[10]]]), np.array([[[10]], [[200]]])).astype(np.uint8)
    return expected_mask(frame_of(bands), threshold=0.2, smallest_px=smallest_px)


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("rows", [(".....", ".#.#.", ".#.#.", ".###.", "....."), (".....", ".###.", ".###.", ".....")])
def test_a_patch_is_one_from_whichever_side_it_is_reached(rows, turns):
    rows = ["".join(row) for row in np.rot90([list(row) for row in rows], turns)]
    whole = expected_of(rows, 1)
    assert whole.sum() > 40
    assert np.array_equal(expected_of(rows, 40), whole)
    assert not expected_of(rows, int(whole.sum()) + 1).any()


@pytest.mark.parametrize("turns", range(4))
def test_a_hole_is_filled_and_a_bay_is_none(turns):
    def turned(*rows):
        return ["".join(row) for row in np.rot90([list(row) for row in rows], turns)]

    hole, bay = turned("####", "#.##", "####"), turned("####", ".###", "####")
    assert expected_of(hole, 10).all()
    assert np.array_equal(expected_of(hole, 4), expected_of(hole, 1))
    assert np.array_equal(expected_of(bay, 10), expected_of(bay, 1))
    assert not expected_of(bay, 10).all()


def changed(product, **parts):
    return replace(product, water=replace(product.water, **parts))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda p: replace(p, target="moon"), "target 'moon', expected 'test'"),
        (lambda p: replace(p, water=None), "nothing found, expected"),
        (lambda p: changed(p, shape=(2, 2)), "shape"),
        (lambda p: replace(p, seen=0.5), "seen 0.5000 of the pixels, expected 1.0000"),
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
    found = differences_from_truth(spoil(product), frame, **RULE)
    assert len(found) == 1
    assert found[0].startswith(sentence)


def test_water_where_there_is_none_is_noticed():
    dry = frame_of(np.stack([np.zeros((5, 5), np.uint8), np.full((5, 5), 9, np.uint8)]))
    wet = replace(product_of(frame_of(blobs(1))), target="test")
    assert differences_from_truth(changed(wet, shape=(5, 5)), dry, **RULE)
    assert not expected_mask(dry, **RULE).any()
