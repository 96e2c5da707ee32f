"""Images as people have them come in as GDAL knows them: numbers, what is data, places; or a sentence says why not."""

import hashlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ground.rasters import files
from ground.rasters.raster import RasterError, Window, check_size
from ground.rasters.scene import Wish, scene_of

rasterio = pytest.importorskip("rasterio", reason="rasterio (skyrack[scenes]) is not here")
from rasterio.control import GroundControlPoint  # noqa: E402
from rasterio.enums import ColorInterp  # noqa: E402

from ground.rasters.gdal import read_image  # noqa: E402

DATA = Path(__file__).parents[4] / "shared" / "data" / "rasters"
TRUTH = json.loads((DATA / "truth_rasters.json").read_text()) if DATA.is_dir() else {}
NUMBERS = np.arange(2 * 5 * 7, dtype=np.uint16).reshape(2, 5, 7)
needs_data = pytest.mark.skipif(not TRUTH, reason="the images (../shared/data/rasters) are not here")


def read_raster(path, **said):
    """Here, and not in a process of its own, which takes a third of a second each."""
    return files.read_raster(path, read_image=read_image, **said)


def read(name):
    return read_raster(DATA / name, axes=("row", "column", "band") if "hwc" in name else None)


@needs_data
@pytest.mark.parametrize("name", [name for name, said in TRUTH.items() if said["kind"] != "refuse"])
def test_numbers_and_what_is_data_are_those_of_gdal(name):
    said, raster = TRUTH[name], read(name)
    if "sha256_data" in said and len(raster.numbers) == said["shape"][0] and "tolerance" not in said:
        assert hashlib.sha256(raster.numbers.tobytes()).hexdigest() == said["sha256_data"]
    if "valid_pixels" in said:
        scene = scene_of([raster], Wish())
        assert int(scene.valid.sum()) == said["valid_pixels"]
        assert scene.place.epsg == (said["epsg"] if scene.place.easting_m else 0 or 0) or not said["epsg"]
    truth = DATA / "truth" / f"{name}.npz"
    if not truth.is_file():
        return
    with np.load(truth) as file:
        data, valid, (row, column, rows, columns) = (
            file["data"],
            file["valid"],
            file.get("window", (0, 0, *said["shape"][1:])),
        )
    place = np.s_[row : row + rows, column : column + columns]
    assert np.array_equal(scene.valid[place] != 0, valid)
    meant = data[: len(scene.dn)] * np.reshape(said["scales"][: len(scene.dn)], (-1, 1, 1))
    off = np.abs(scene.dn[:, *place].astype(float) - meant)[:, valid]
    assert off.size == 0 or off.max() <= said.get("tolerance", 1e-5 if set(said["scales"]) != {1.0} else 0)


@needs_data
@pytest.mark.parametrize("name", [name for name, said in TRUTH.items() if said["kind"] == "refuse"])
def test_what_cannot_be_read_is_one_sentence(name):
    with pytest.raises(RasterError) as caught:
        read(name)
    assert "\n" not in str(caught.value)


@needs_data
def test_arrays_of_any_order_are_the_same_numbers():
    straight, reversed_ = read("spain_c_order.npy"), read("spain_fortran_be.npy")
    assert np.array_equal(straight.numbers, reversed_.numbers)
    assert (reversed_.numbers.dtype, reversed_.numbers.flags.c_contiguous) == (np.uint16, True)
    assert read("spain_hwc.npy").numbers.shape == (4, 101, 107)


@needs_data
def test_numbers_of_a_sensor_become_what_they_stand_for():
    """Sentinel-2 before 2022: reflectance is a ten thousandth of the number."""
    stored, meant = read("s2b_l1c_n0209_dn.tif"), read("s2b_l1c_n0209_toa.tif")
    scene = scene_of([stored], Wish(scales=(1e-4,)))
    assert scene.dn.dtype == np.float32
    assert np.allclose(scene.dn, meant.numbers, atol=1e-6)


def from_origin(easting, northing, side):
    """Square pixels, north up."""
    return rasterio.Affine(side, 0, easting, 0, -side, northing)


@pytest.fixture
def image(tmp_path):
    def make(numbers=NUMBERS, name="image.tif", after=None, **said):
        count, rows, columns = numbers.shape
        form = {"driver": "GTiff", "count": count, "height": rows, "width": columns, "dtype": numbers.dtype.name}
        form |= {"transform": from_origin(500_000, 4_000_000, 10), "crs": "EPSG:32633"} | said
        with rasterio.open(tmp_path / name, "w", **form) as file:
            file.write(numbers)
            if after:
                after(file)
        return tmp_path / name

    return make


def scene(path, **wish):
    return scene_of([read_raster(path)], Wish(**wish))


def test_a_place_and_names_come_with_the_numbers(image):
    def describe(file):
        file.descriptions = ("green", "swir1")

    found = scene(image(after=describe))
    assert (found.names, found.notes, bool(found.valid.all())) == (("green", "swir1"), [], True)
    assert (found.place.epsg, found.place.easting_m, found.place.northing_m, found.place.pixel_m) == (
        32633, 500_000, 4_000_000, 10,
    )  # fmt: skip
    assert np.array_equal(found.dn, NUMBERS)
    assert found.dn.dtype == np.uint16


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.float32])
def test_a_pixel_that_lacks_one_band_is_never_taken_for_a_number(image, dtype):
    """All of it is there in floats, but for that number; whole numbers have none that says so."""
    numbers = NUMBERS.astype(dtype)
    numbers[0, 1, 1], numbers[:, 2, 2] = 9999, 9999
    found = scene(image(numbers, nodata=9999))
    if dtype is np.uint16:
        assert (int(found.valid.sum()), found.valid[1, 1], found.valid[2, 2]) == (33, 0, 0)
        assert "1 pixels lack data in some of their bands and count as no data" in found.notes
    else:
        assert (int(found.valid.sum()), found.valid[1, 1], found.valid[2, 2]) == (34, 1, 0)
        assert np.isnan(found.dn[:, 1, 1]).tolist() == [True, False]
        assert scene_of([read_raster(image(numbers, nodata=9999))], Wish(dtype="uint16")).valid.sum() == 33


def test_nodata_of_0_in_one_band_is_a_dark_pixel(image):
    found = scene(image(nodata=0))
    assert (int(found.valid.sum()), found.valid[0, 0]) == (35, 1)  # the second band is 35 there
    assert scene(image(np.zeros((2, 3, 3), np.uint8), nodata=0)).valid.sum() == 0
    assert scene(image(np.zeros((2, 3, 3), np.uint8))).valid.sum() == 9


def test_an_alpha_band_says_what_is_data_and_is_no_band(image):
    numbers = np.arange(4 * 12, dtype=np.uint8).reshape(4, 3, 4)
    numbers[3] = [0, 1, 128, 255]

    found = scene(image(numbers, photometric="RGB", ALPHA="YES"))
    assert (found.names, found.valid.tolist()) == (("red", "green", "blue"), [[0, 1, 1, 1]] * 3)
    only = np.full((1, 2, 2), 7, np.uint8)
    with pytest.raises(RasterError, match="an alpha band and no other"):
        scene(image(only, after=lambda file: setattr(file, "colorinterp", [ColorInterp.alpha])))


def test_a_scale_of_the_file_is_applied_once(image):
    def scale(file):
        file.scales, file.offsets = (0.5, 2.0), (1.0, 0.0)

    path = image(after=scale, nodata=3)
    found = scene(path)
    assert found.dn[0, 1, 0] == NUMBERS[0, 1, 0] * 0.5 + 1
    assert found.dn[1, 1, 0] == NUMBERS[1, 1, 0] * 2
    assert np.isnan(found.dn[0, 0, 3])  # the stored number was none
    raw = scene(path, is_raw=True)
    assert (raw.dn.dtype, raw.dn[0, 1, 0]) == (np.uint16, NUMBERS[0, 1, 0])
    mine = scene(path, scales=(3.0,))
    assert mine.dn[0, 1, 0] == NUMBERS[0, 1, 0] * 3
    for told in ({"scales": (1.0, 3.0)}, {"scales": (3.0, 1.0)}, {"scales": (1.0,), "offsets": (0.0, 5.0)}):
        one = scene(path, **told)
        factors, shifts = (np.resize(told.get(name, usual), 2) for name, usual in (("scales", 1), ("offsets", 0)))
        assert one.dn[:, 1, 0].tolist() == (NUMBERS[:, 1, 0] * factors + shifts).tolist()
        assert [note for note in one.notes if "scale and offset are applied" in note]


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ({"transform": rasterio.Affine(10, 1, 0, 1, -10, 0)}, "rotated or not north up"),
        ({"transform": rasterio.Affine(10, 0, 0, 0, 10, 0)}, "rotated or not north up"),
        ({"transform": rasterio.Affine(10, 0, 5, 0, -20, 5)}, "pixels of 10 x 20, which a scene cannot hold"),
        ({"transform": rasterio.Affine(1e12, 0, 5, 0, -1e12, 5)}, "beyond any map"),
        ({"crs": None}, "its reference system is not in the file"),
    ],
)
def test_a_place_that_a_scene_cannot_say_is_not_known(image, said, note):
    found = scene(image(**said))
    assert found.place.epsg == 0
    assert [text for text in found.notes if note in text]


@pytest.mark.filterwarnings("ignore:The given matrix is equal to Affine.identity")
def test_control_points_are_no_place(image):
    points = [GroundControlPoint(row, col, col * 10, -row * 10) for row, col in ((0, 0), (0, 6), (4, 0))]
    found = scene(image(transform=rasterio.Affine.identity(), gcps=points))
    assert (found.place.epsg, [note for note in found.notes if "control points" in note] != []) == (0, True)


def test_names_that_are_not_different_are_none(image):
    def describe(file):
        file.descriptions = ("red", "red")

    assert scene(image(after=describe)).names == ("band1", "band2")


def test_axes_of_an_image_are_its_own(image):
    with pytest.raises(RasterError, match="--axes is for arrays of numpy"):
        files.read_raster(image(), axes=("row", "column", "band"))


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        ((256, 16383, 16383, 8), "octets, 256 bands of 16383 x 16383 pixels, expected"),
        ((0, 1, 1, 1), "0 bands"), ((257, 1, 1, 1), "257 bands"), ((1, 0, 1, 1), "of 0 x 1"),
        ((1, 1, 16384, 1), "of 1 x 16384"), ((1, 16384, 1, 1), "of 16384 x 1"),
    ],
)  # fmt: skip
def test_sizes_that_no_node_takes(size, sentence):
    with pytest.raises(RasterError, match=sentence) as caught:
        check_size(*size)
    assert str(caught.value).endswith("--window takes a part")


def test_degrees_are_said_to_be_so(image):
    found = scene(image(crs="EPSG:4326", transform=from_origin(-0.9, 39.1, 1e-4)))
    assert (found.place.epsg, found.place.pixel_m, found.place.easting_m) == (4326, pytest.approx(1e-4), -0.9)
    assert "placed in degrees: pixel_m is the side of a pixel in degrees" in found.notes


def test_a_window_has_its_own_place(image):
    part = read_raster(image(), window=Window(row=1, column=2, rows=3, columns=4))
    assert np.array_equal(part.numbers, NUMBERS[:, 1:4, 2:6])
    assert (part.place.easting_m, part.place.northing_m) == (500_020, 3_999_990)
    outside = [(1, 2, 5, 4), (1, 2, 3, 6), (-1, 0, 2, 2), (0, -1, 2, 2), (0, 0, 0, 2), (0, 0, 2, 0), (5, 0, 1, 1)]
    assert read_raster(image(), window=Window(row=0, column=0, rows=5, columns=7)).numbers.shape == (2, 5, 7)
    for window in outside:
        with pytest.raises(RasterError, match="but the image has 5 x 7"):
            read_raster(image(), window=Window(**dict(zip(("row", "column", "rows", "columns"), window, strict=True))))


def test_bands_of_several_files_come_to_the_grid_of_the_finest(image):
    fine = image(NUMBERS[:1, :4, :6], name="B03.tif")
    coarse = image(NUMBERS[1:, :2, :3], name="B11.tif", transform=from_origin(500_000, 4_000_000, 20))
    found = scene_of([read_raster(coarse), read_raster(fine)], Wish(names=("swir1", "green")))
    assert np.array_equal(found.dn[0], NUMBERS[1, :2, :3].repeat(2, 0).repeat(2, 1))
    assert (found.place.pixel_m, "pixels of 20 repeated 2 x 2 times" in found.notes) == (10, True)
    elsewhere = image(NUMBERS[1:, :2, :3], name="B12.tif", transform=from_origin(500_010, 4_000_000, 20))
    for other in (
        elsewhere,
        image(NUMBERS[1:], name="odd.tif"),
        image(NUMBERS[:1, :4, :6], name="z.tif", crs="EPSG:32634"),
    ):
        with pytest.raises(RasterError, match="expected one grid, or whole times one"):
            scene_of([read_raster(fine), read_raster(other)], Wish())


@pytest.mark.parametrize("driver", ["PNG", "JP2OpenJPEG"])
def test_what_was_cut_short_is_refused(image, driver):
    noise = np.random.default_rng(1).integers(0, 255, (3, 60, 70)).astype(np.uint8)
    said = {"QUALITY": 100, "REVERSIBLE": True} if driver == "JP2OpenJPEG" else {}
    path = image(noise, name="image", driver=driver, **said)
    assert np.array_equal(scene(path).dn, noise)
    whole = path.read_bytes()
    for octets in (len(whole) * 2 // 3, len(whole) // 3, 60, 20):
        path.write_bytes(whole[:octets])
        with pytest.raises(RasterError):
            scene(path)


def test_an_image_that_no_memory_holds_is_refused_before_it_is_read(image):
    path = image(np.zeros((1, 16, 16), np.uint8), SPARSE_OK=True)
    octets = bytearray(path.read_bytes())
    for tag in (256, 257):  # its width and its height
        at = octets.index(tag.to_bytes(2, "little") + b"\3\0\1\0\0\0\x10\0\0\0")
        octets[at + 8 : at + 12] = (60_000).to_bytes(4, "little")
    path.write_bytes(octets)
    with pytest.raises(RasterError, match=r"1 bands of 60000 x 60000 pixels, expected 1..256 of 1..16383 a side"):
        read_raster(path)


def test_a_process_of_its_own_reads_the_same(image):
    def describe(file):
        file.descriptions, file.scales = ("green", "swir1"), (0.5, 2.0)

    path = image(after=describe, nodata=7, crs=None)
    here, there = (
        read(path, window=Window(row=0, column=1, rows=4, columns=5)) for read in (read_raster, files.read_raster)
    )
    for name in ("names", "scales", "offsets", "place", "notes"):
        assert getattr(here, name) == getattr(there, name)
    assert (there.names, there.scales) == (("green", "swir1"), (0.5, 2.0))
    assert "its reference system is not in the file" in there.notes[0]
    assert np.array_equal(here.numbers, there.numbers)
    assert np.array_equal(here.data, there.data)
    assert there.numbers.flags.writeable
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(RasterError, match=r"cut short|cannot be read"):
        files.read_raster(path)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
            "the reader was ended by SIGSEGV: the file is probably damaged",
        ),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "cannot be read within 120 s of processor time"),
        ("raise SystemExit(3)", "the reader ended with code 3"),
    ],
)
def test_whatever_becomes_of_that_process_is_a_sentence(image, tmp_path, monkeypatch, code, sentence):
    script = tmp_path / "python"
    script.write_text(f"#!{sys.executable}\n{code}\n")
    script.chmod(0o755)
    monkeypatch.setattr("ground.rasters.apart.sys", SimpleNamespace(executable=str(script)))
    with pytest.raises(RasterError, match=sentence):
        files.read_raster(image())


def test_without_the_library_its_name_is_reported(image, monkeypatch):
    monkeypatch.setattr("ground.rasters.apart.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError) as caught:
        files.read_raster(image())
    assert caught.value.name == "rasterio"
