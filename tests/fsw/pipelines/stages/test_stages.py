"""Each stage by itself: what it does to an image that a person can check."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fsw.pipelines import STAGES
from fsw.pipelines.contract import ArrayItem
from fsw.pipelines.load import load_stage
from fsw.pipelines.stage import About
from fsw.pipelines.stages.masks.otsu import otsu
from fsw.pipelines.stages.masks.simplify import Simplify, sieve
from kernels.imaging.image import components, encode_outlines
from link.products.alert import Alert
from link.products.product import Product
from link.products.screening import Tile
from tests.fsw.pipelines.pipeline import PLACE, specs


def whole(*shape):
    """All is data."""
    return np.ones(shape, np.uint8)


ABOUT = About(product_id=7, target="lake", georeference=PLACE)


def stage(name, folder=".", **parameters):
    return load_stage(specs((name, parameters), folder=folder)[0])


def picture(*rows):
    return np.array([[int(character) for character in row] for row in rows], np.uint8)


def test_the_registry_names_every_stage_file():
    assert {type(stage(name)).__name__ for name in ("components", "outlines", "runs", "pack")} == {
        "Components", "Outlines", "Runs", "Pack",
    }  # fmt: skip
    assert list(STAGES) == sorted(STAGES)


def test_calibrate_takes_the_dark_signal_off(tmp_path):
    dark = np.array([[10, 20], [30, 40]], np.float32)
    np.savez(tmp_path / "flat.npz", dark=dark, gain=np.full((2, 2), 2, np.float32))
    raw12 = np.array([[[0x01, 0x02, 0x00]], [[0x10, 0x20, 0x21]]], np.uint8)  # 16, 32 and 0x101 = 257, 0x202 = 514
    bands = stage("calibrate", tmp_path, tables="flat.npz").run(raw12=raw12, valid=whole(1, 2))["bands"]
    assert bands.tolist() == [[[12, 24]], [[454, 948]]]
    with pytest.raises(ValueError, match="tables of 2 bands for 1"):
        stage("calibrate", tmp_path, tables="flat.npz").run(raw12=raw12[:1], valid=whole(1, 2))


def test_limits_and_what_is_no_number():
    values = np.array([[1, 2, np.nan]], np.float32)
    above, below = (stage(name, threshold=1.5).run(values=values, valid=whole(1, 3)) for name in ("above", "below"))
    assert (above["mask"].tolist(), below["mask"].tolist()) == ([[0, 1, 0]], [[1, 0, 0]])
    assert above["valid"].tolist() == below["valid"].tolist() == [[1, 1, 0]]
    assert above["threshold"] == np.float32(1.5)


OTSU = {"prior": 0.0, "low": -0.5, "high": 0.5}


def two_kinds(low, high, share=0.3, count=4000):
    """Numbers about two means."""
    kinds = np.random.default_rng(1).random(count) < share
    return (np.where(kinds, high, low) + np.random.default_rng(2).normal(0, 0.05, count)).astype(np.float32)[None]


def test_otsu_parts_two_kinds_where_they_part():
    values = two_kinds(-0.2, 0.6)
    found = stage("otsu", **OTSU).run(values=values, valid=whole(*values.shape))
    assert found["threshold"] == pytest.approx(0.2, abs=0.1)
    assert found["mask"].mean() == pytest.approx(0.3, abs=0.02)
    dark = stage("otsu", **OTSU, side="below").run(values=values, valid=whole(*values.shape))
    assert np.array_equal(dark["mask"], 1 - found["mask"])


@pytest.mark.parametrize(
    "values",
    [
        two_kinds(-0.3, -0.3),  # one kind
        np.linspace(-1, 1, 999, dtype=np.float32)[None] ** 3,  # spread out
        two_kinds(0.6, 1.2),  # two, but what parts them is not believable
        np.full((1, 9), 0.7, np.float32),
        np.full((1, 9), np.nan, np.float32),
    ],
)
def test_otsu_falls_back_on_its_prior(values):
    found = stage("otsu", **OTSU).run(values=values, valid=whole(*values.shape))
    assert found["threshold"] == 0
    assert np.array_equal(found["mask"], (values > 0).view(np.uint8))
    assert np.array_equal(found["valid"], np.isfinite(values).view(np.uint8))


def test_otsu_s_threshold_is_in_the_middle_of_a_gap():
    """All thresholds of a gap part the values alike: 0 and 10 at 5, the first of three kinds nearer at hand as well."""
    assert otsu(np.array([0, 10] * 50, np.float32)) == (pytest.approx(5), pytest.approx(1))
    assert otsu(np.array([-3, -1] * 50, np.float32)) == (pytest.approx(-2), pytest.approx(1))
    threshold, separability = otsu(np.array([0] * 50 + [9] * 30 + [10] * 20, np.float32))
    assert (threshold, separability) == (pytest.approx(4.5, abs=0.05), pytest.approx(0.99, abs=0.01))
    assert otsu(np.zeros(0, np.float32)) == (0, 0)
    assert otsu(np.full(9, 2, np.float32)) == (2, 0)


@pytest.mark.parametrize("place", [(0, 1), (1, 0), (1, 2), (2, 1)])
def test_simplify_fills_holes_and_no_bays(place):
    """What is open to the edge may go on beyond it; a patch is dropped wherever it is."""
    mask = np.ones((3, 3), np.uint8)
    mask[place] = 0
    assert np.array_equal(sieve(mask, 2), mask)
    assert not sieve(1 - mask, 2).any()
    mask[place], mask[1, 1] = 1, 0
    assert sieve(mask, 2).all()
    assert np.array_equal(sieve(mask, 1), mask)


def test_otsu_looks_at_data_alone():
    values, valid = two_kinds(-0.2, 0.6), whole(1, 4000)
    valid[0, 3000:], spoilt = 0, values.copy()
    spoilt[0, 3000:] = -5
    found = stage("otsu", **OTSU).run(values=spoilt, valid=valid)
    alone = stage("otsu", **OTSU).run(values=values[:, :3000], valid=whole(1, 3000))
    assert found["threshold"] == alone["threshold"] != 0
    assert not found["mask"][0, 3000:].any()


ITEMS = {
    "values": np.linspace(-1, 1, 36, dtype=np.float32).reshape(6, 6),
    "probability": np.linspace(0, 1, 36, dtype=np.float32).reshape(6, 6),
    "mask": np.eye(6, dtype=np.uint8),
    "clouds": np.eye(6, dtype=np.uint8)[::-1].copy(),
    "valid": np.ones((6, 6), np.uint8),
    "bands": np.arange(72, dtype=np.uint16).reshape(2, 6, 6),
}
WITH = {
    "above": {"threshold": 0.0}, "below": {"threshold": 0.0}, "otsu": OTSU, "clean": {"smallest_px": 2},
    "cloud_mask": {"threshold": 0.5}, "index": {"a": "x", "b": "y"}, "simplify": {"octets_max": 100},
    "water": {"threshold": 0.2},
}  # fmt: skip


@pytest.mark.parametrize("name", [*WITH, "components", "cloudless", "outlines", "runs"])
def test_a_stage_gives_what_it_says(name):
    one = stage(name, **WITH.get(name, {}))
    contract = one.contract()
    assert ITEMS.keys() >= contract.takes.keys()
    given = {item: ITEMS[item] for item in contract.takes}
    assert all(given[item].dtype.name in contract.takes[item].dtypes for item in given)
    made = one.run(**given)
    assert {item for item in made if item in contract.gives} == contract.gives.keys()
    for item, array in contract.gives.items():
        if isinstance(array, ArrayItem):
            found = np.asarray(made[item])
            assert (found.dtype.name in array.dtypes, found.ndim) == (True, len(array.axes)), item


def test_index_and_lee_take_the_bands_that_they_name():
    index = stage("index", a="nir", b="red")
    assert index.contract().takes["bands"].bands == ("nir", "red")
    assert index.contract().takes["bands"].dtypes == ("uint8", "uint16", "float32")
    assert index.run(bands=np.array([[[30]], [[10]]], np.uint8), valid=whole(1, 1))["values"].tolist() == [[0.5]]
    flat = np.full((1, 9, 9), -15, np.float32)
    lee = stage("lee", band="VH", noise_variance=10)
    assert lee.contract().takes["bands"].bands == ("VH",)
    assert np.array_equal(lee.run(bands=flat, valid=whole(9, 9))["values"], flat[0])


def test_components_are_measured():
    found = stage("components").run(mask=picture("110", "000", "011"), valid=whole(3, 3))
    assert (found["areas"].tolist(), found["boxes"].tolist()) == ([2, 2], [[0, 0, 1, 2], [2, 1, 3, 3]])
    assert found["labels"].tolist() == [[1, 1, 0], [0, 0, 0], [0, 2, 2]]


def test_the_sieve_drops_patches_then_fills_holes_away_from_the_edge():
    mask = picture("0000000", "0111110", "0101110", "0111110", "0000001")
    assert np.array_equal(sieve(mask, 2), picture("0000000", "0111110", "0111110", "0111110", "0000000"))
    assert np.array_equal(sieve(picture("011", "111", "111"), 5), picture("011", "111", "111"))
    assert not sieve(mask, 100).any()


@given(
    arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 3)), st.integers(1, 40)
)
def test_simplified_outlines_fit_their_budget(mask, octets_max):
    simple = Simplify(octets_max=octets_max).run(mask=mask, valid=whole(*mask.shape))["mask"]
    assert len(encode_outlines(simple)) <= octets_max
    if len(encode_outlines(mask)) <= octets_max:
        assert np.array_equal(simple, mask != 0)
    assert len(components(simple).areas) <= len(components(mask).areas)


@pytest.mark.parametrize(("wet", "raised"), [(3, True), (2, False)])
def test_an_alert_counts_valid_pixels_only(wet, raised):
    mask, valid = np.zeros((4, 5), np.uint8), np.zeros((4, 5), np.uint8)
    valid[:2], mask.flat[:wet], mask[3] = 1, 1, 1
    (file,) = stage("alert", share_min=0.25).run(about=ABOUT, mask=mask, valid=valid)["files"]
    told = Alert.decode(file.octets)
    assert (told.target, told.raised, file.suffix, file.priority) == ("lake", raised, ".alert", 100)
    assert told.share == pytest.approx(wet / 10)


def test_nothing_valid_raises_no_alert():
    nothing = np.zeros((2, 2), np.uint8)
    (file,) = stage("alert", share_min=0).run(about=ABOUT, mask=nothing, valid=nothing)["files"]
    assert not Alert.decode(file.octets).raised


def test_a_product_without_runs_does_not_ask_for_them():
    assert "runs" not in stage("pack", runs=False).contract().takes
    mask, threshold = picture("11", "11"), np.array(0.5, np.float32)
    (file,) = stage("pack", runs=False).run(
        about=ABOUT, mask=mask, valid=whole(2, 2), threshold=threshold, outlines=encode_outlines(mask)
    )["files"]
    product = Product.decode(file.octets)
    assert (product.water.runs, product.water.threshold, product.water.georeference) == (b"", 0.5, PLACE)


def test_nothing_is_claimed_under_clouds():
    given = stage("cloudless").run(mask=picture("1100"), clouds=picture("1010"), valid=whole(1, 4))
    assert given["mask"].tolist() == [[0, 1, 0, 0]]
    assert given["valid"].tolist() == [[0, 1, 0, 1]]


def test_clouds_are_smoothed_and_given_a_margin():
    probability = np.zeros((7, 7), np.float32)
    probability[3, 3] = 1
    assert (
        not stage("cloud_mask").run(probability=probability, valid=whole(7, 7))["clouds"].any()
    )  # one pixel, a fifth of its disk
    clouds = stage("cloud_mask", average_px=0, margin_px=1).run(probability=probability, valid=whole(7, 7))["clouds"]
    assert clouds[2:5, 2:5].tolist() == [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    assert clouds.sum() == 5


def test_tiles_cover_what_is_clear_and_say_how_clear():
    bands, clouds = np.arange(2 * 16 * 24, dtype=np.uint16).reshape(2, 16, 24), np.zeros((16, 24), np.uint8)
    clouds[:8, :8], clouds[0, 8:16] = 1, 1
    files = stage("tiles", tile_px=8).run(about=ABOUT, bands=bands, clouds=clouds, valid=whole(16, 24))["files"]
    assert [file.suffix for file in files] == [f"-r{r}c{c}.tile" for r, c in [(0, 8), (0, 16), (8, 0), (8, 8), (8, 16)]]
    assert [file.priority for file in files] == [87, 99, 99, 99, 99]
    assert all(np.array_equal(tile.samples, bands[:, tile.row : tile.row + 8, tile.column : tile.column + 8])
               for tile in (Tile.decode(file.octets) for file in files))  # fmt: skip
