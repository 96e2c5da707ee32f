"""The image kernels against plain numpy, on every level of this processor."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from kernels.errors import CorruptError
from kernels.imaging import image
from kernels.library import select_level, supported_levels
from kernels.selftest import self_test
from tests.kernels.imaging import plain_image as plain

SCENES = Path(__file__).parents[3] / "examples" / "scenes"
FLOOD = Path(__file__).parents[4] / "shared" / "data" / "eo" / "flood_Spain_7370579.npz"


@pytest.fixture(params=supported_levels(), autouse=True, scope="module")
def level(request):
    select_level(request.param)
    yield request.param
    select_level()


def masks(side_max: int = 12) -> st.SearchStrategy:
    shapes = array_shapes(min_dims=2, max_dims=2, max_side=side_max)
    return arrays(np.uint8, shapes, elements=st.integers(0, 1))


def draw_mask(seed: int, share: float, shape: tuple[int, int] = (70, 150)) -> np.ndarray:
    return (np.random.default_rng(seed).random(shape) < share).astype(np.uint8)


def random_bands(dtype: type, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Bands wider than any vector, all of small values in a part so that 0/0 and equal quotients come up."""
    top = np.iinfo(dtype).max
    bands = np.random.default_rng(seed).integers(0, top, (2, 40, 333), dtype, endpoint=True)
    bands[:, :20] %= 7
    return bands[0].copy(), bands[1].copy()


def coast() -> tuple[np.ndarray, np.ndarray]:
    with np.load(SCENES / "landsat7_olinda.npz") as scene:
        names = scene["band"].tolist()
        return scene["dn"][names.index("green")].copy(), scene["dn"][names.index("swir1")].copy()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_index_is_numpys_bit_for_bit(dtype):
    green, swir1 = random_bands(dtype)
    ours, theirs = image.normalised_difference(green, swir1), plain.index(green, swir1)
    assert np.array_equal(ours, theirs, equal_nan=True)
    assert (ours.view(np.uint32)[np.isnan(ours)] == 0x7FC00000).all()
    assert np.isnan(ours).any()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@given(threshold=st.floats(-1, 1, width=32) | st.sampled_from([0.2, 1 / 3, 0.5, 3 / 7, -0.0]))
def test_mask_is_index_above_threshold(dtype, threshold):
    green, swir1 = random_bands(dtype)
    with np.errstate(invalid="ignore"):
        expected = plain.index(green, swir1) > np.float32(threshold)
    assert np.array_equal(image.water_mask(green, swir1, threshold=threshold), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@given(data=st.data())
def test_threshold_at_a_value_of_the_index_excludes_it(dtype, data):
    """The exact ratio that stands for the threshold lies between a value and the next float32 below it."""
    values = st.integers(0, np.iinfo(dtype).max)
    green, swir1 = (np.full((1, 1), data.draw(values), dtype) for _ in range(2))
    value = np.nan_to_num(plain.index(green, swir1))[0, 0]
    assert image.water_mask(green, swir1, threshold=float(value)) == 0
    below = np.nextafter(value, np.float32(-2))
    if below >= -1:
        assert image.water_mask(green, swir1, threshold=float(below)) == (green.any() or swir1.any())


@given(masks(), st.integers(1, 30))
def test_clean(mask, smallest_px):
    assert np.array_equal(image.clean_mask(mask, smallest_px=smallest_px), plain.clean(mask, smallest_px))


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_clean_and_components_of_wide_masks(share):
    mask = draw_mask(1, share)
    cleaned = image.clean_mask(mask, smallest_px=9)
    assert np.array_equal(cleaned, plain.clean(mask, 9))
    for each in (mask, cleaned):
        assert np.array_equal(image.components(each).labels, plain.label(each)[0])


@given(masks())
def test_components(mask):
    labels, areas, boxes = image.components(mask)
    expected, count = plain.label(mask)
    assert np.array_equal(labels, expected)
    assert len(areas) == len(boxes) == count
    for number, (area, box) in enumerate(zip(areas, boxes, strict=True), 1):
        rows, cols = np.nonzero(expected == number)
        assert area == rows.size
        assert box.tolist() == [rows.min(), cols.min(), rows.max() + 1, cols.max() + 1]


def test_any_octet_but_zero_is_water():
    mask = draw_mask(2, 0.5)
    loud = mask * np.random.default_rng(3).integers(1, 255, mask.shape, np.uint8, endpoint=True)
    assert np.array_equal(image.clean_mask(loud, smallest_px=5), image.clean_mask(mask, smallest_px=5))
    assert np.array_equal(image.components(loud).labels, image.components(mask).labels)
    assert image.encode_outlines(loud) == image.encode_outlines(mask)
    assert image.encode_runs(loud) == image.encode_runs(mask)


def signed_area(ring) -> int:
    """Positive for anticlockwise rings with y pointing up; y points down here."""
    x, y = ring.T.astype(int)
    return -int((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) // 2


def check_polygons(mask, polygons) -> None:
    """What the header promises of outlines, asked of the rings themselves."""
    _, areas, boxes = image.components(mask)
    assert len(polygons) == len(areas)
    for polygon, area, (row, col, row_end, col_end) in zip(polygons, areas, boxes, strict=True):
        assert sum(map(signed_area, polygon)) == area
        assert signed_area(polygon[0]) > 0
        assert all(signed_area(hole) < 0 for hole in polygon[1:])
        assert (polygon[0].min(0).tolist(), polygon[0].max(0).tolist()) == ([col, row], [col_end, row_end])
        assert polygon[0][0, 1] == row
        starts = [tuple(hole[0][::-1]) for hole in polygon[1:]]
        assert starts == sorted(starts)
    for ring in (ring for polygon in polygons for ring in polygon):
        edges = np.roll(ring, -1, axis=0) - ring
        assert ((edges == 0).sum(1) == 1).all()  # along a row or a column
        assert (((edges != 0) + np.roll(edges != 0, 1, axis=0)) == 1).all()  # every corner turns
        assert len({tuple(corner) for corner in ring.tolist()}) == len(ring)


@given(masks())
@example(np.array([[1, 1, 1], [1, 0, 1], [1, 1, 0]], np.uint8))  # a hole that meets the outside in a corner
@example(np.array([[1, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 1]], np.uint8))  # two holes that meet
@example(np.eye(4, dtype=np.uint8))  # components that meet
def test_outlines_give_the_mask_back(mask):
    polygons = image.decode_outlines(image.encode_outlines(mask), mask.shape)
    check_polygons(mask, polygons)
    assert np.array_equal(image.rasterise(polygons, mask.shape), mask)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.6, 0.7, 0.98])
def test_outlines_of_wide_masks(share):
    mask = draw_mask(4, share)
    polygons = image.decode_outlines(image.encode_outlines(mask), mask.shape)
    check_polygons(mask, polygons)
    assert np.array_equal(image.rasterise(polygons, mask.shape), mask)


def test_outlines_by_hand():
    """Three by three with a hole in the middle; the turns by the header's rule.

    Exterior from pixel 0: down, then three times twice on and left, and on twice; the last left is not written.
    Hole from pixel 4: right, right, right, right = 11 11 11.
    """
    mask = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.uint8)
    expected = bytes([1, 0, 0b00100010, 0b00100000, 4, 0b11111100, 0])
    assert image.encode_outlines(mask) == expected
    ((exterior, hole),) = image.decode_outlines(expected, (3, 3))
    assert exterior.tolist() == [[0, 0], [0, 3], [3, 3], [3, 0]]
    assert hole.tolist() == [[1, 1], [2, 1], [2, 2], [1, 2]]


def test_nothing_found_takes_an_octet():
    nothing = np.zeros((200, 300), np.uint8)
    assert image.encode_outlines(nothing) == b"\0"
    assert image.decode_outlines(b"\0", nothing.shape) == []
    assert not image.rasterise([], nothing.shape).any()


@given(st.binary(max_size=40), st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_decoding_outlines_is_total(octets, shape):
    try:
        polygons = image.decode_outlines(octets, shape)
    except CorruptError:
        return
    assert image.rasterise(polygons, shape).shape == shape


@given(masks(8), st.data())
def test_damaged_outlines(mask, data):
    """Cut short they are refused; with an octet changed they are refused or stay on the lattice."""
    octets = bytearray(image.encode_outlines(mask))
    for cut in range(len(octets)):
        with pytest.raises(CorruptError):
            image.decode_outlines(bytes(octets[:cut]), mask.shape)
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
    test_decoding_outlines_is_total.hypothesis.inner_test(bytes(octets), mask.shape)


@given(masks())
def test_runs(mask):
    octets = image.encode_runs(mask)
    assert octets == b"".join(map(plain.varint, plain.runs(mask)))
    assert np.array_equal(image.decode_runs(octets, mask.shape), mask)


@pytest.mark.parametrize("share", [0, 0.001, 0.3, 1])
def test_runs_of_wide_masks(share):
    mask = draw_mask(5, share, (90, 211))
    octets = image.encode_runs(mask)
    assert octets == b"".join(map(plain.varint, plain.runs(mask)))
    assert np.array_equal(image.decode_runs(octets, mask.shape), mask)


@given(st.binary(max_size=20), st.tuples(st.integers(1, 9), st.integers(1, 9)))
@example(b"\x84\x00", (2, 2))  # longer than need be
@example(b"\x02\x00\x02", (2, 2))  # an empty run in the middle
@example(b"\xff\xff\xff\xff\x0f", (2, 2))
def test_decoding_runs_is_total(octets, shape):
    """Any octets give a mask that encodes back to them, or CorruptError."""
    try:
        mask = image.decode_runs(octets, shape)
    except CorruptError:
        return
    assert image.encode_runs(mask) == octets


@given(masks())
def test_runs_cut_short_are_refused(mask):
    octets = image.encode_runs(mask)
    for cut in range(len(octets)):
        with pytest.raises(CorruptError):
            image.decode_runs(octets[:cut], mask.shape)


@cache
def plain_coast():
    """The plain answer for the real scene, which is the same for kernels of each level."""
    green, swir1 = coast()
    return plain.clean(plain.index(green, swir1) > np.float32(0.2), 16)


def test_coast():
    """The real scene: the plain answer, and polygons of far under 4096 octets."""
    green, swir1 = coast()
    mask = image.clean_mask(image.water_mask(green, swir1, threshold=0.2), smallest_px=16)
    assert np.array_equal(mask, plain_coast())
    octets = image.encode_outlines(mask)
    assert 100 < len(octets) < 1024
    assert np.array_equal(image.rasterise(image.decode_outlines(octets, mask.shape), mask.shape), mask)


@pytest.mark.skipif(not FLOOD.exists(), reason=f"{FLOOD} is not here")
def test_flood():
    """A hand-labelled Sentinel-2 scene: the index alone agrees with people, and its outlines fit 4096 octets."""
    with np.load(FLOOD) as scene:
        green, swir1, label = scene["s2_dn"][2].copy(), scene["s2_dn"][11].copy(), scene["label"]
    water = image.water_mask(green, swir1, threshold=0.2)
    assert water_iou(water, label) >= 0.72
    cleaned = image.clean_mask(water, smallest_px=9)
    assert water_iou(cleaned, label) >= 0.719
    assert len(image.encode_outlines(cleaned)) <= 4096


def water_iou(mask, label):
    """Intersection over union of water, where people labelled (-1: they did not)."""
    both, either = (mask == 1) & (label == 1), ((mask == 1) | (label == 1)) & (label >= 0)
    return both.sum() / either.sum()


def test_self_test():
    assert self_test("image")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda m: image.clean_mask(m.astype(np.int32), smallest_px=1), TypeError),
        (lambda m: image.components(m.T), TypeError),
        (lambda m: image.encode_runs(m[0]), TypeError),
        (lambda m: image.clean_mask(m, smallest_px=0), ValueError),
        (lambda m: image.encode_outlines(m[:0]), ValueError),
        (lambda m: image.water_mask(m, m, threshold=float("nan")), ValueError),
        (lambda m: image.water_mask(m, m.astype(np.uint16), threshold=0), TypeError),
        (lambda m: image.water_mask(m, m[:1].copy(), threshold=0), ValueError),
        (lambda m: image.rasterise([[np.array([[0, 0], [1, 1], [0, 1]], np.int32)]], (3, 3)), ValueError),
        (lambda m: image.rasterise([[np.array([[0, 0], [0, 4], [1, 4], [1, 0]], np.int32)]], (3, 3)), ValueError),
        (lambda m: image.decode_runs(b"", (0, 5)), ValueError),
    ],
)
def test_misuse_is_refused(call, error):
    with pytest.raises(error):
        call(np.zeros((3, 5), np.uint8))
