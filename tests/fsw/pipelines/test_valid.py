"""What is no data is none from the camera to the files: nothing is claimed of it, and nothing of it is sent."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fsw.mission import load_mission
from fsw.pipelines.load import load_stage
from fsw.pipelines.run import files_of, run
from fsw.pipelines.stage import About
from fsw.pipelines.stages.masks.simplify import Simplify
from fsw.pipelines.valid import blanked, joined, parted, share_of
from hal.camera import Frame
from hal.sim.camera import SceneCamera
from hal.sim.clock import VirtualClock
from kernels.imaging.image import components, decode_runs, encode_outlines
from link.models.forest import Split
from link.products.alert import Alert
from link.products.product import Product
from link.products.screening import CloudMaskProduct, Tile
from rig.missions.cloudscreen_scenes import BANDS, lay_out_scenes, read_scenes
from tests.fsw.pipelines.pipeline import PLACE, specs, work
from tests.ground.models.test_lightgbm import text_of

CLOUDSCREEN = Path(__file__).parents[3] / "examples" / "missions" / "cloudscreen" / "mission.toml"
ABOUT = About(product_id=7, target="lake", georeference=PLACE)
masks = arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 1))
pairs = masks.flatmap(lambda mask: st.tuples(st.just(mask), arrays(np.uint8, mask.shape, elements=st.integers(0, 1))))


def frame(dn, valid=None, *, bands=("green", "swir1"), is_packed=False):
    return Frame(
        target="lake", samples=dn, bands=bands, georeference=PLACE, captured_utc_ns=0, is_packed=is_packed, mask=valid
    )


def made(seen, *stages):
    said = work(specs(*stages), seen.bands, is_packed=seen.is_packed, is_masked=seen.valid is not None)
    return {file.suffix: file.octets for file in files_of(run(joined(seen), said))}


def stage(name, **parameters):
    return load_stage(specs((name, parameters))[0])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_the_mask_of_a_camera_travels_with_the_samples(dtype):
    dn, valid = np.arange(1, 41, dtype=dtype).reshape(2, 4, 5), np.eye(4, 5, dtype=np.uint8) * 255
    samples, found = parted(joined(frame(dn, valid)), is_masked=True, is_packed=False)
    assert np.array_equal(found, np.eye(4, 5))
    kept = np.where(valid, dn, np.nan if dtype is np.float32 else 0)
    assert np.array_equal(samples, kept.astype(dtype), equal_nan=dtype is np.float32)
    assert samples.dtype == dtype


@pytest.mark.parametrize("columns", [1, 4, 5])
def test_so_does_that_of_a_packed_frame(columns):
    octets = (3 * columns + 1) // 2
    dn, valid = np.full((2, 3, octets), 7, np.uint8), np.zeros((3, columns), np.uint8)
    valid[1, -1] = 1
    samples, found = parted(joined(frame(dn, valid, is_packed=True)), is_masked=True, is_packed=True)
    assert np.array_equal(found, valid)
    assert np.array_equal(samples, dn)
    _, whole = parted(dn, is_masked=False, is_packed=True)
    assert (whole.shape, whole.all()) == ((3, columns), True)


def test_where_a_camera_is_silent_no_data_is_0_or_no_number_in_all_bands():
    dn = np.array([[[0, 0, 5]], [[0, 3, 0]]], np.uint8)
    assert parted(dn, is_masked=False, is_packed=False)[1].tolist() == [[0, 1, 1]]
    real = np.array([[[np.nan, np.nan, 0]], [[np.inf, 3, np.nan]]], np.float32)
    assert parted(real, is_masked=False, is_packed=False)[1].tolist() == [[0, 1, 1]]
    masked = joined(frame(real, np.array([[1, 0, 1]], np.uint8)))
    assert parted(masked, is_masked=True, is_packed=False)[1].tolist() == [[0, 0, 1]]


def test_black_is_data_where_the_camera_says_so():
    dark = frame(np.zeros((1, 2, 2), np.uint8), np.array([[1, 1], [1, 0]], np.uint8), bands=("gray",))
    assert parted(joined(dark), is_masked=True, is_packed=False)[1].sum() == 3


@pytest.mark.parametrize(("shape", "is_masked"), [((4, 5), False), ((0, 4, 5), False), ((1, 4, 5), True)])
def test_samples_without_bands_are_a_sentence(shape, is_masked):
    with pytest.raises(ValueError, match=r"expected \(band, row, column\)"):
        parted(np.zeros(shape, np.uint8), is_masked=is_masked, is_packed=False)


def test_a_share_is_1_only_where_all_is_data():
    valid = np.ones((1, 3), np.uint8)
    assert (share_of(valid), share_of(1 - valid)) == (1.0, 0.0)
    nearly = np.ones((5000, 4000), np.uint8)
    nearly[0, 0] = 0
    assert np.float32(share_of(nearly)) < 1
    assert blanked(valid, valid) is valid


@given(pairs, st.integers(1, 9))
def test_no_stage_of_masks_claims_what_is_no_data(pair, smallest_px):
    """Whoever made the mask: a stage of one's own need not look."""
    mask, valid = pair
    assert not (stage("clean", smallest_px=smallest_px).run(mask=mask, valid=valid)["mask"] > valid).any()
    assert not (stage("cloudless").run(mask=mask, clouds=1 - mask, valid=valid)["mask"] > valid).any()
    assert not (decode_runs(stage("runs").run(mask=mask, valid=valid)["runs"], mask.shape) > valid).any()
    assert stage("outlines").run(mask=mask, valid=valid)["outlines"] == encode_outlines(mask & valid)
    assert stage("components").run(mask=mask, valid=valid)["areas"].sum() == (mask & valid).sum()


@given(pairs, st.integers(1, 30))
def test_simplified_outlines_leave_holes_without_data_open(pair, octets_max):
    mask, valid = pair
    simple = Simplify(octets_max=octets_max).run(mask=mask, valid=valid)["mask"]
    assert len(encode_outlines(simple)) <= octets_max
    assert not (simple > valid).any()
    assert len(components(simple).areas) <= len(components(mask & valid).areas)


def test_water_does_not_spread_into_a_hole():
    """A lake around a hole of one pixel, which both clean-up and the sieve would fill."""
    dn = np.full((2, 9, 9), 1000, np.uint16)
    dn[0] = 3000
    valid = np.ones((9, 9), np.uint8)
    valid[4, 4], valid[:, 7:] = 0, 0
    files = made(
        frame(dn, valid), ("water", {"threshold": 0.2}), ("clean", {"smallest_px": 9}), "outlines", "runs", "pack"
    )
    product = Product.decode(files[".product"])
    assert np.array_equal(decode_runs(product.water.runs, (9, 9)), valid)
    assert product.seen == pytest.approx(62 / 81)


def test_clouds_beside_no_data_are_found_and_end_there():
    """The mean is that of the pixels with data; a hole is neither clear sky nor cloud."""
    probability, valid = np.full((5, 6), 0.9, np.float32), np.ones((5, 6), np.uint8)
    valid[:, 3:], valid[0, 0] = 0, 0
    for empty in (np.nan, 0.0, 1.0):
        holed = np.where(valid, probability, np.float32(empty))
        assert np.array_equal(stage("cloud_mask").run(probability=holed, valid=valid)["clouds"], valid)
    clear = stage("cloud_mask").run(probability=np.where(valid, np.float32(0.1), np.float32(1.0)), valid=valid)
    assert not clear["clouds"].any()
    nothing = stage("cloud_mask").run(probability=np.full((5, 6), np.nan, np.float32), valid=np.zeros_like(valid))
    assert not nothing["clouds"].any()


def test_a_tile_without_data_is_not_sent_and_one_with_a_hole_says_so():
    bands, valid, clouds = np.full((2, 8, 24), 9, np.uint16), np.ones((8, 24), np.uint8), np.zeros((8, 24), np.uint8)
    valid[:, :8], valid[:, 8:14], clouds[:, 14] = 0, 0, 1
    files = stage("tiles", tile_px=8).run(about=ABOUT, bands=bands, clouds=clouds, valid=valid)["files"]
    assert [(file.suffix, file.priority) for file in files] == [("-r0c8.tile", 12), ("-r0c16.tile", 99)]
    tile = Tile.decode(files[0].octets)
    known = decode_runs(tile.valid_runs, (8, 8))
    assert np.array_equal(known, valid[:, 8:16])
    assert np.array_equal(tile.samples, np.full((2, 8, 8), 9) * known)
    assert Tile.decode(files[1].octets).valid_runs == b""
    mostly = stage("tiles", tile_px=8, cloud_share_max=0.4).run(about=ABOUT, bands=bands, clouds=clouds, valid=valid)
    assert [file.suffix for file in mostly["files"]] == ["-r0c16.tile"]  # half of what data there is is cloud


def test_an_alert_of_nothing_seen_says_so():
    files = made(
        frame(np.full((1, 3, 5), np.nan, np.float32), bands=("VH",)),
        ("lee", {"band": "VH", "noise_variance": 10.0}), ("below", {"threshold": -20.0}), ("alert", {"share_min": 0.0}),
    )  # fmt: skip
    told = Alert.decode(files[".alert"])
    assert (told.seen, told.share, told.raised) == (0, 0, False)


@pytest.mark.parametrize("shape", [(33, 37), (20, 35), (32, 32), (1, 1), (7, 3)])
@pytest.mark.parametrize("empty", [0.0, 0.5, 0.95, 1.0])
def test_the_screening_mission_on_odd_scenes_with_holes(tmp_path, shape, empty):
    """Half of the data is bright and cloud. Packed rows of an odd number of samples come out as they went in."""
    rows, columns = shape
    dn = np.full((1, rows, columns, 13), 1000, np.uint16)
    dn[0, : rows // 2], dn[..., 1] = 3000, dn[..., 1] + np.arange(columns, dtype=np.uint16)
    dn[:, :, : round(empty * columns)] = 0
    (tmp_path / "s").mkdir()
    np.savez(tmp_path / "s" / "s2_a.npz", dn=dn, cloud_mask_default=np.zeros((1, *shape), np.uint8))
    (tmp_path / "s" / "s2cloudless_a.txt").write_text(text_of([Split(0, 0.2, -4.0, 4.0)], features=10))
    mission = load_mission(lay_out_scenes(read_scenes(tmp_path / "s"), tmp_path / "s", CLOUDSCREEN, tmp_path / "m"))
    seen = SceneCamera(mission.scenes, VirtualClock()).capture("scene0")
    said = work(mission.stages, seen.bands, is_packed=True, is_masked=seen.valid is not None)
    mask, *tiles = files_of(run(joined(seen), said))
    told, valid = CloudMaskProduct.decode(mask.octets), dn[0].any(axis=2)
    assert np.array_equal(decode_runs(told.runs, shape) != 0, decode_runs(told.runs, shape) & valid)
    assert (told.valid_runs == b"") == valid.all()
    clouds = decode_runs(told.runs, shape) != 0
    assert clouds[: rows // 2][valid[: rows // 2]].all()
    back, covered = np.zeros((13, *shape), np.uint16), np.zeros(shape, bool)
    for tile in (Tile.decode(file.octets) for file in tiles):
        place = np.s_[tile.row : tile.row + tile.samples.shape[1], tile.column : tile.column + tile.samples.shape[2]]
        back[:, *place], covered[place] = tile.samples, True
        assert valid[place].any()
    assert np.array_equal(back, dn[0].transpose(2, 0, 1) * covered)
    assert covered[(rows + 1) // 2 :][valid[(rows + 1) // 2 :]].all() or rows < 16
    assert seen.bands == BANDS
