"""Scene files: an .npz with the arrays `dn` or `raw12`, `band` and, where not all pixels are data, `valid`, as in
hal.camera.Frame. All checks that flight software makes of a file are here and need its headers alone, so that a file
that passes on the ground passes in flight.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from struct import calcsize
from tokenize import TokenError
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from hal.camera import CameraError
from hal.npy import ArrayHead, UnfitArrayError, read_head, read_texts
from hal.views import shaped, view_of
from kernels.imaging.georeference import Georeference
from kernels.usage import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    from kernels.late import np

_SIDE_MAX = 16_383  # of a mask (csrc/include/skyrack/image.h); products count up to 65 535
_OCTETS_MAX = 1 << 31  # of all samples
_BANDS_MAX = 256
_BAND_NAME = re.compile(r"[!-~]([ -~]{0,38}[!-~])?")
_DTYPES = {"uint8": "B", "uint16": "H", "float32": "f"}
"""Types of samples, and what `struct` calls them."""
UNREADABLE = (
    *(OSError, KeyError, ValueError, EOFError, BadZipFile, zlib.error, NotImplementedError, RuntimeError),
    *(OverflowError, SyntaxError, TokenError),  # the head of an array is read as Python reads a literal
)
"""Exceptions that reading a damaged .npy or .npz raises."""
_VALID_DTYPES = ("bool", "uint8")
_TO_ONE = b"\0" + 255 * b"\1"
_ZIP = b"PK\x03\x04"
_OTHERS = {
    b"\x93NUMPY": "an .npy array",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"II*\0": "a TIFF image",
    b"MM\0*": "a TIFF image",
    b"II+\0": "a TIFF image",
    b"MM\0+": "a TIFF image",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 image",
    b"\x89HDF": "an HDF5 file",
    b"CDF": "a NetCDF file",
    b"\x1f\x8b": "a gzip file",
}
_EXPECTED = (
    "expected an .npz with the planes as `dn` (band, row, column) and their names as `band`; "
    "numpy.savez('scene.npz', dn=planes, band=['green', 'nir']) writes one"
)
_IMPORT = "expected an .npz scene: `skyrack scene import` makes one of it"
_IMPORTED = ("an .npy array", "a PNG image", "a JPEG image", "a TIFF image", "a JPEG 2000 image")


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneForm:
    """Shapes, types and band names of a frame: all of it but its samples."""

    is_packed: bool
    dtype: str
    shape: tuple[int, ...]
    bands: tuple[str, ...]
    valid_shape: tuple[int, ...] | None = None
    """Shape of `valid`, if the file has it."""

    def __post_init__(self) -> None:
        for complaint in self._complaints():
            raise CameraError(complaint)

    @property
    def item(self) -> str:
        """Name of the array of samples in the file."""
        return "raw12" if self.is_packed else "dn"

    @property
    def columns(self) -> int:
        """Pixels in a row; two take three octets where they are packed, and an odd last one takes two."""
        return self.shape[2] * 2 // 3 if self.is_packed else self.shape[2]

    def _complaints(self) -> Iterator[str]:
        allowed = ("uint8",) if self.is_packed else _DTYPES
        if self.dtype not in allowed:
            yield f"{self.item} is {self.dtype}, expected {' or '.join(allowed)}"
        if len(self.shape) != 3:
            yield f"{self.item} has the shape {self.shape}, expected (band, row, column)"
        if 0 in self.shape:
            yield f"{self.item} has the shape {self.shape}: there are no pixels in it"
        if self.shape[0] != len(self.bands):
            last = "; the bands are to be the first axis, not the last" * (self.shape[-1] == len(self.bands))
            yield f"{self.item} has {self.shape[0]} planes, {self.shape}, but `band` {len(self.bands)} names{last}"
        yield from self._name_complaints()
        if self.is_packed and self.shape[2] % 3 == 1:
            yield f"raw12 has rows of {self.shape[2]} octets: no number of 12-bit samples takes as many"
        if self.valid_shape is not None and self.valid_shape != (self.shape[1], self.columns):
            yield f"valid has the shape {self.valid_shape}, expected {(self.shape[1], self.columns)} as the planes have"
        if (
            max(self.shape[1], self.columns) > _SIDE_MAX
            or prod(self.shape) * calcsize(_DTYPES[self.dtype]) > _OCTETS_MAX
        ):
            most = f"{_SIDE_MAX} rows and columns and {_OCTETS_MAX} octets"
            yield f"{self.item} has the shape {self.shape}, expected at most {most}"

    def _name_complaints(self) -> Iterator[str]:
        for number, name in enumerate(self.bands):
            if not _BAND_NAME.fullmatch(name):
                yield f"band {name!a}, expected 1 to 40 printable ASCII characters"
            if self.bands.index(name) != number:
                yield f"band {name!r} occurs twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A recorded frame: a scene file and its place on the map."""

    path: Path
    georeference: Georeference

    def form(self) -> SceneForm:
        """Shapes and types of the frame, without reading its samples; raises CameraError."""
        return read_form(self.path)


def read_form(path: Path) -> SceneForm:
    """Shapes and types of the frame in a file, without reading its samples. Raises CameraError, one sentence."""
    with _opened(path) as archive:
        return _form(archive)


def read_frame(path: Path) -> tuple[SceneForm, memoryview, memoryview | None]:
    """The frame in a file: its form, its samples in native byte order, and `valid`, 1 for data, if the file has it.

    Raises CameraError, one sentence.
    """
    with _opened(path) as archive:
        form = _form(archive)
        samples = _items(archive, form.item)
        if form.valid_shape is None:
            return form, samples, None
        valid = shaped(_items(archive, "valid").tobytes().translate(_TO_ONE), "B", form.valid_shape)
    return form, samples, valid


def read_samples(path: Path) -> tuple[SceneForm, NDArray[Any], NDArray[np.uint8] | None]:
    """`read_frame`, as arrays."""
    form, samples, valid = read_frame(path)
    return form, np.asarray(samples), None if valid is None else np.asarray(valid)


def _items(archive: ZipFile, item: str) -> memoryview:
    """The items of an array of numbers, in native byte order, row after row."""
    with archive.open(f"{item}.npy") as file:
        head = read_head(file)
        octets = file.read()
    if head.is_plain:
        return shaped(octets, _DTYPES.get(head.name, "B"), head.shape)
    array = np.frombuffer(octets, f"{head.order}{head.kind}{head.size}")
    array = array.reshape(head.shape, order="F" if head.is_fortran else "C")
    return view_of(np.ascontiguousarray(array, array.dtype.newbyteorder("=")))


@contextmanager
def _opened(path: Path) -> Iterator[ZipFile]:
    """An archive to read from; any failure to read it becomes a CameraError."""
    try:
        with path.open("rb") as file:
            _check_kind(file.read(8))
            with ZipFile(file) as archive:
                yield archive
    except CameraError as error:
        raise CameraError(f"{shown(path)}: {error}") from None
    except UNREADABLE as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise CameraError(f"{shown(path)}: not a readable scene ({said}), {_EXPECTED}") from error


def _check_kind(head: bytes) -> None:
    kind = next((kind for magic, kind in _OTHERS.items() if head.startswith(magic)), "no .npz file")
    if not head.startswith(_ZIP):
        raise CameraError(f"{kind}, {_IMPORT if kind in _IMPORTED else _EXPECTED}")


def _form(archive: ZipFile) -> SceneForm:
    names = [name.removesuffix(".npy") for name in archive.namelist()]
    item = next((name for name in ("raw12", "dn") if name in names), None)
    if item is None or "band" not in names:
        raise CameraError(f"it has {', '.join(map(ascii, names[:8])) or 'nothing'}, {_EXPECTED}")
    head = _header(archive, item)
    return SceneForm(
        is_packed=item == "raw12",
        dtype=head.name,
        shape=head.shape,
        bands=_bands(archive),
        valid_shape=_valid_shape(archive) if "valid" in names else None,
    )


def _valid_shape(archive: ZipFile) -> tuple[int, ...]:
    head = _header(archive, "valid")
    if head.name not in _VALID_DTYPES:
        raise CameraError(f"valid is {head.name}, expected {' or '.join(_VALID_DTYPES)}: not 0 where there is data")
    return head.shape


def _bands(archive: ZipFile) -> tuple[str, ...]:
    head = _header(archive, "band")
    if head.kind != "U" or len(head.shape) != 1 or not head.shape[0] <= _BANDS_MAX or head.size > 256:
        raise CameraError(f"band is {head.name} of shape {head.shape}, expected the names of the planes, texts")
    with archive.open("band.npy") as file:
        read_head(file)
        return tuple(read_texts(file.read(), head))


def _header(archive: ZipFile, item: str) -> ArrayHead:
    """What an array is, after the size of its file was compared with it."""
    with archive.open(f"{item}.npy") as file:
        try:
            head = read_head(file)
        except UnfitArrayError as error:
            raise CameraError(f"{item} is {error}") from None
        octets = file.tell() + head.octets
    if archive.getinfo(f"{item}.npy").file_size != octets:
        raise CameraError(f"{item} is cut short or too long for the shape {head.shape}")
    return head
