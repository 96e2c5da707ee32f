"""Arrays of numpy: which axis is which is evident, given or asked for; nothing is unpickled."""

import os
import pickle

import numpy as np
import pytest

from ground.rasters.files import read_raster
from ground.rasters.raster import RasterError
from ground.rasters.scene import Wish, scene_of

CUBE = np.arange(3 * 20 * 16, dtype=np.uint16).reshape(3, 20, 16)
ROW_FIRST = ("row", "column", "band")


@pytest.fixture
def saved(tmp_path):
    def save(array):
        np.save(tmp_path / "a.npy", array)
        return tmp_path / "a.npy"

    return save


def test_the_bands_are_a_first_axis_much_shorter_than_the_others(saved):
    assert np.array_equal(read_raster(saved(CUBE)).numbers, CUBE)
    assert np.array_equal(read_raster(saved(CUBE[0])).numbers, CUBE[:1])


@pytest.mark.parametrize("shape", [(20, 16, 3), (8, 20, 16), (5, 5, 5), (20, 3, 16), (3, 20, 11)])
def test_axes_that_are_not_evident_are_asked_for(saved, shape):
    path = saved(np.ones(shape, np.uint8))
    with pytest.raises(RasterError, match=r"does not say which axis is that of the bands: --axes band,row,column or"):
        read_raster(path)
    assert read_raster(path, axes=ROW_FIRST).numbers.shape == (shape[2], *shape[:2])


def test_names_tell_where_only_one_axis_is_as_long(saved):
    assert read_raster(saved(CUBE.transpose(1, 2, 0)), bands=3).numbers.shape == CUBE.shape
    assert read_raster(saved(CUBE), bands=3).numbers.shape == CUBE.shape
    for shape, bands in (((3, 20, 3), 3), ((20, 3, 16), 3), ((3, 20, 16), 4)):
        with pytest.raises(RasterError, match="does not say which axis"):
            read_raster(saved(np.ones(shape, np.uint8)), bands=bands)


@pytest.mark.parametrize(
    ("array", "axes", "sentence"),
    [
        (CUBE, ("row", "column"), r"--axes row,column, but the array is \(3, 20, 16\)"),
        (CUBE, ("band", "row", "row"), "expected band, row and column"),
        (CUBE[0], ROW_FIRST, "expected row,column"),
        (CUBE[0, 0], None, r"an array \(16,\), expected \(row, column\) or \(band, row, column\)"),
        (CUBE[None], None, r"an array \(1, 3, 20, 16\)"),
        (CUBE[:, :0], None, "0 bands of 3 x 16 pixels"),
        (CUBE.astype("S4"), None, "made of bytes32, expected plain numbers"),
        (CUBE.astype("M8[s]"), None, "expected plain numbers"),
        (np.zeros(4, [("a", "u1")]), None, "made of records, expected plain numbers"),
    ],
)
def test_what_is_no_image_is_a_sentence(saved, array, axes, sentence):
    with pytest.raises(RasterError, match=sentence):
        read_raster(saved(array), axes=axes)


def test_two_axes_may_be_turned(saved):
    assert np.array_equal(read_raster(saved(CUBE[0]), axes=("column", "row")).numbers[0], CUBE[0].T)


def test_nothing_is_unpickled(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("it was unpickled",))

    np.save(tmp_path / "a.npy", np.array([[Bomb()]], object), allow_pickle=True)
    with pytest.raises(RasterError, match="made of object"):
        read_raster(tmp_path / "a.npy")
    (tmp_path / "a.npy").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(RasterError, match="pickled Python objects, which are never unpickled, expected a TIFF"):
        read_raster(tmp_path / "a.npy")


@pytest.mark.parametrize("octets", [9, 40, 128, 1000, 2047])
def test_a_cut_or_longer_array_is_a_sentence(saved, octets):
    path = saved(CUBE)
    whole = path.read_bytes()
    path.write_bytes(whole[:octets])
    with pytest.raises(RasterError):
        read_raster(path)
    path.write_bytes(whole + b"x")
    with pytest.raises(RasterError, match="cut short or too long for 960 numbers of 2 octets"):
        read_raster(path)


@pytest.mark.parametrize("head", [b"{'a': (((((", b"1 +", b"{}", b"\0"])
def test_a_head_that_is_no_literal_is_a_sentence(tmp_path, head):
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\1\0" + len(head).to_bytes(2, "little") + head)
    with pytest.raises(RasterError, match="not a readable array of numpy"):
        read_raster(tmp_path / "a.npy")


def test_what_numpy_says_is_cut_to_a_sentence(saved):
    """It goes on with advice to trust the file."""
    path = saved(CUBE)
    octets = bytearray(path.read_bytes())
    octets[6:10] = b"\2\0\xff\xff"
    path.write_bytes(bytes(octets[:8]) + (60_000).to_bytes(4, "little") + b" " * 60_000)
    with pytest.raises(RasterError, match="not a readable array of numpy") as caught:
        read_raster(path)
    assert "\n" not in str(caught.value)
    assert "pickle" not in str(caught.value)


def test_an_array_that_promises_more_than_memory_is_refused(saved):
    path = saved(CUBE)
    path.write_bytes(path.read_bytes().replace(b"(3, 20, 16)", b"(9, 65000, 65000)"))
    with pytest.raises(RasterError):
        read_raster(path)


@pytest.mark.parametrize("array", [None, "dn"])
def test_the_mask_of_a_scene_is_not_lost_by_importing_it_again(tmp_path, array):
    path = tmp_path / "scene.npz"
    np.savez(path, dn=CUBE, band=np.array(["a", "b", "c"]), valid=np.zeros(CUBE.shape[1:], np.uint8))
    with pytest.raises(RasterError, match="it is a scene already"):
        read_raster(path, array=array)
    assert read_raster(path, array="valid").numbers.shape == (1, *CUBE.shape[1:])


def test_an_array_of_an_archive_is_the_only_one_or_named(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, one=CUBE)
    assert np.array_equal(read_raster(path).numbers, CUBE)
    np.savez_compressed(path, one=CUBE, two=CUBE + 1)
    assert np.array_equal(read_raster(path, array="two").numbers, CUBE + 1)
    with pytest.raises(RasterError, match="it has one, two: --array says which"):
        read_raster(path)
    with pytest.raises(RasterError, match="no array 'three', it has one, two"):
        read_raster(path, array="three")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(RasterError):
        read_raster(path)


@pytest.mark.parametrize("head", [b"", b"text", b"\x89HDF\r\n", b"<?xml", b"CDF\1", b"GIF89a", b"\0" * 40])
def test_another_kind_of_file_is_named(tmp_path, head):
    (tmp_path / "a.tif").write_bytes(head)
    with pytest.raises(RasterError, match="expected a TIFF, JPEG 2000, PNG or JPEG image, or an array of numpy"):
        read_raster(tmp_path / "a.tif")


def scene(array, path, **wish):
    return scene_of([read_raster(path(array), axes=("band", "row", "column")[3 - array.ndim :])], Wish(**wish))


@pytest.mark.parametrize(
    ("given", "kept"),
    [("bool", "uint8"), ("u1", "uint8"), (">u2", "uint16"), ("i1", "float32"), (">i2", "float32"), ("<i4", "float32"),
     ("u8", "float32"), ("f2", "float32"), (">f4", "float32"), ("f8", "float32")],
)  # fmt: skip
def test_types_become_those_of_a_scene(saved, given, kept):
    found = scene(np.array([[[0, 1], [1, 0]]]).astype(given), saved)
    assert (found.dn.dtype.name, found.dn.dtype.isnative, found.dn.tolist()) == (kept, True, [[[0, 1], [1, 0]]])
    assert found.valid.all()  # black is data


@pytest.mark.parametrize(
    ("array", "wish", "sentence"),
    [
        (np.array([[1 << 25]]), {}, "int64 numbers up to 33554432, expected 16777216 at most: give a --scale"),
        (np.array([[1e300]]), {}, "1 numbers are larger than float32 holds"),
        (np.array([[1j]]), {}, "complex128 numbers: give their magnitude"),
        (np.array([[0.5]]), {"dtype": "uint16"}, "1 numbers cannot be uint16, such as 0.5"),
        (np.array([[300]], np.uint16), {"dtype": "uint8"}, "1 numbers cannot be uint8, such as 300"),
        (np.array([[-1]], np.int16), {"dtype": "uint16"}, "1 numbers cannot be uint16"),
        (np.array([[1]], np.int16), {"names": ("a", "b")}, "2 names for 1 bands: a, b"),
        (np.array([[1]], np.int16), {"names": ("",)}, "band '', expected 1 to 40 printable"),
        (np.array([[1]], np.int16), {"scales": (1.0, 2.0)}, "2 scales or offsets for 1 bands, expected 1 or 1"),
    ],
)
def test_numbers_that_a_scene_cannot_hold_are_a_sentence(saved, array, wish, sentence):
    with pytest.raises(RasterError, match=sentence):
        scene(array, saved, **wish)


def test_another_type_that_holds_all_numbers_may_be_wished(saved):
    found = scene(np.array([[7.0, np.nan], [-5.0, 65535.0]]), saved, dtype="uint16", nodata=-5.0)
    assert (found.dn.dtype, found.dn.tolist()) == (np.uint16, [[[7, 0], [0, 65535]]])
    assert found.valid.tolist() == [[1, 0], [0, 1]]
    back = scene(np.array([[7, 9]], np.uint8), saved, dtype="float32", nodata=9)
    assert (back.dn.dtype, back.valid.tolist()) == (np.float32, [[1, 0]])
    assert np.isnan(back.dn[0, 0, 1])


def test_doubles_that_float32_rounds_are_reported(saved):
    assert any("rounded to float32" in note for note in scene(np.array([[0.1]]), saved).notes)
    assert not any("rounded" in note for note in scene(np.array([[0.5]]), saved).notes)


def test_a_stored_number_that_is_no_data_is_none_before_it_is_scaled(saved):
    found = scene(np.array([[0, 200]], np.uint8), saved, nodata=0, scales=(0.1,), offsets=(-10.0,))
    assert np.isnan(found.dn[0, 0, 0])
    assert found.dn[0, 0, 1] == np.float32(10)
    assert found.valid.tolist() == [[0, 1]]


def test_a_pipe_is_refused_before_it_is_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.npy")
    with pytest.raises(RasterError, match="no plain file"):
        read_raster(tmp_path / "pipe.npy")
