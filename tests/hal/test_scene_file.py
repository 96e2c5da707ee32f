"""A scene file is read as it was meant, or one sentence says what is wrong: the same before flight and in it."""

from zipfile import ZipFile

import numpy as np
import pytest

from hal.camera import CameraError
from hal.scene_file import read_form, read_samples
from kernels.imaging.image import SIDE_MAX

NAMES = np.array(["blue", "green", "red", "nir", "swir1", "swir2"])
FRAME = (np.arange(6 * 10 * 8, dtype=np.uint16).reshape(6, 10, 8) * 37) % 3000 + 1


@pytest.fixture
def scene(tmp_path):
    def save(**arrays):
        np.savez_compressed(tmp_path / "scene.npz", **{"dn": FRAME, "band": NAMES} | arrays)
        return tmp_path / "scene.npz"

    return save


def refused(path, read=read_form):
    with pytest.raises(CameraError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("layout", ["C", "F"])
def test_samples_come_as_this_machine_has_them(scene, dtype, order, layout):
    """Whatever machine and program wrote the file; a kernel reads what stands in memory."""
    meant = (FRAME % 200).astype(dtype)
    path = scene(dn=np.array(meant, np.dtype(dtype).newbyteorder(order), order=layout))
    form, samples, valid = read_samples(path)
    assert valid is None
    assert form == read_form(path)
    assert (form.dtype, form.shape, form.bands) == (dtype, meant.shape, tuple(NAMES))
    assert samples.dtype.isnative
    assert samples.flags.c_contiguous
    assert np.array_equal(samples, meant)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"dn": FRAME.transpose(1, 2, 0)}, "10 planes, (10, 8, 6), but `band` 6 names; the bands are to be the first"),
        ({"dn": FRAME[:4]}, "dn has 4 planes, (4, 10, 8), but `band` 6 names"),
        ({"dn": FRAME[:, :0]}, "(6, 0, 8): there are no pixels in it"),
        ({"dn": FRAME[:, :, :0]}, "(6, 10, 0): there are no pixels in it"),
        ({"dn": FRAME[0]}, "(10, 8), expected (band, row, column)"),
        ({"dn": FRAME.astype(np.int16)}, "dn is int16, expected uint8 or uint16 or float32"),
        ({"dn": FRAME.astype(np.float64)}, "dn is float64"),
        ({"dn": FRAME.astype(complex)}, "dn is complex128"),
        ({"dn": FRAME.astype(object)}, "dn is made of Python objects"),
        ({"dn": np.zeros((1, 16_384, 1), np.uint8), "band": NAMES[:1]}, "expected at most 16383 rows and columns"),
        ({"raw12": FRAME}, "raw12 is uint16, expected uint8"),
        ({"band": NAMES.astype(object)}, "band is made of Python objects"),
        ({"band": NAMES.astype("S")}, "expected the names of the planes, texts"),
        ({"band": np.arange(6)}, "expected the names of the planes, texts"),
        ({"band": np.array("blue")}, "expected the names of the planes, texts"),
        ({"band": NAMES[[0, 1, 2, 3, 4, 4]]}, "band 'swir1' occurs twice"),
        ({"band": np.array(["a\x1b[2J", "b", "c", "d", "e", "f"])}, "band 'a\\x1b[2J', expected 1 to 40"),
        ({"band": np.array(["", "b", "c", "d", "e", "f"])}, "band '', expected 1 to 40"),
        ({"valid": np.ones((8, 10), bool)}, "valid has the shape (8, 10), expected (10, 8) as the planes have"),
        ({"valid": np.ones((6, 10, 8), bool)}, "valid has the shape (6, 10, 8), expected (10, 8)"),
        (
            {"valid": np.ones((10, 8), np.float32)},
            "valid is float32, expected bool or uint8: not 0 where there is data",
        ),
        ({"raw12": np.zeros((6, 10, 7), np.uint8)}, "raw12 has rows of 7 octets: no number of 12-bit samples"),
        ({"raw12": np.zeros((6, 10, 8), np.uint8), "valid": np.ones((10, 8))}, "valid is float64"),
        ({"raw12": np.zeros((6, 10, 8), np.uint8), "valid": np.ones((10, 8), bool)}, "expected (10, 5) as the planes"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(scene, arrays, sentence):
    path = scene(**arrays)
    assert sentence in refused(path)
    assert refused(path) == refused(path, read_samples)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"not an archive", "no .npz file, expected an .npz with the planes as `dn`"),
        (b"", "no .npz file"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image, expected an .npz"),
        (b"II*\0\x08\0\0\0", "a TIFF image, expected an .npz"),
        (b"MM\0*\0\0\0\x08", "a TIFF image, expected an .npz"),
        (b"PK\x03\x04 and no more", "not a readable scene"),
    ],
)
def test_another_kind_of_file_is_named(tmp_path, content, sentence):
    path = tmp_path / "scene.npz"
    path.write_bytes(content)
    assert sentence in refused(path)
    assert "pickle" not in refused(path)


def test_the_longest_sides_are_those_of_a_mask(tmp_path):
    np.savez(tmp_path / "scene.npz", raw12=np.zeros((1, 2, 24_575), np.uint8), band=["red"])
    assert read_form(tmp_path / "scene.npz").columns == SIDE_MAX
    np.savez(tmp_path / "scene.npz", raw12=np.zeros((1, 2, 24_576), np.uint8), band=["red"])
    assert "expected at most 16383 rows and columns" in refused(tmp_path / "scene.npz")


@pytest.mark.parametrize("dtype", [bool, np.uint8])
def test_a_file_says_which_pixels_are_data(scene, dtype):
    valid = np.zeros((10, 8), dtype, order="F")
    valid[3:, 2:] = 200
    form, _, found = read_samples(scene(valid=valid))
    assert form.valid_shape == (10, 8)
    assert (found.dtype, found.flags.c_contiguous) == (np.uint8, True)
    assert np.array_equal(found, valid != 0)


@pytest.mark.parametrize(("octets", "columns"), [(3, 2), (2, 1), (150, 100), (152, 101)])
def test_packed_rows_have_one_number_of_columns(scene, octets, columns):
    path = scene(raw12=np.zeros((6, 4, octets), np.uint8), valid=np.ones((4, columns), bool))
    assert read_form(path).columns == columns


def test_an_array_alone_is_named(tmp_path):
    np.save(tmp_path / "array.npy", FRAME)
    assert "an .npy array, expected an .npz" in refused(tmp_path / "array.npy")


def test_a_file_that_is_not_there_or_lacks_an_array(tmp_path):
    assert "No such file" in refused(tmp_path / "none.npz")
    np.savez(tmp_path / "half.npz", image=FRAME)
    assert "it has 'image', expected an .npz" in refused(tmp_path / "half.npz")


def test_cut_short_is_noticed_before_flight(tmp_path):
    """An array whose header promises more than there is."""
    np.savez(tmp_path / "scene.npz", dn=FRAME, band=NAMES)
    octets = bytearray((tmp_path / "scene.npz").read_bytes())
    header = octets.index(b"(6, 10, 8)")
    octets[header : header + 10] = b"(6, 20, 8)"
    (tmp_path / "scene.npz").write_bytes(octets)
    assert "dn" in refused(tmp_path / "scene.npz")


@pytest.mark.parametrize("head", [b"{'a': (((((", b"{'descr': '<u2', 'shape': (2,", b"1 +", b"\0", b"{}", b"lambda: 1"])
def test_a_head_that_is_no_literal_is_a_sentence(tmp_path, head):
    """numpy reads it as Python would, and raises what that does."""
    with ZipFile(tmp_path / "scene.npz", "w") as archive:
        archive.writestr("dn.npy", b"\x93NUMPY\1\0" + len(head).to_bytes(2, "little") + head)
        archive.writestr("band.npy", b"")
    assert "not a readable scene" in refused(tmp_path / "scene.npz")


def test_damage_within_the_samples_is_a_sentence_in_flight(tmp_path):
    np.savez(tmp_path / "scene.npz", dn=FRAME, band=NAMES)
    octets = bytearray((tmp_path / "scene.npz").read_bytes())
    at = octets.index(FRAME.tobytes()[:64])
    octets[at] ^= 1
    (tmp_path / "scene.npz").write_bytes(octets)
    assert "not a readable scene" in refused(tmp_path / "scene.npz", read_samples)
