"""Chooses the reader of an image file by its first octets; the name of the file is not used."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO

from ground.rasters.apart import read_apart
from ground.rasters.arrays import read_array
from ground.rasters.raster import Raster, RasterError, Window
from ground.rasters.sound import check_png, check_tiff

_TIFF, _JPEG2000 = "GTiff", "JP2OpenJPEG"
_IMAGES: dict[bytes, tuple[str, Callable[[IO[bytes]], None] | None]] = {
    b"II*\0": (_TIFF, check_tiff),
    b"MM\0*": (_TIFF, check_tiff),
    b"II+\0": (_TIFF, check_tiff),
    b"MM\0+": (_TIFF, check_tiff),
    b"\x89PNG\r\n\x1a\n": ("PNG", check_png),
    b"\0\0\0\x0cjP  \r\n\x87\n": (_JPEG2000, None),
    b"\xff\x4f\xff\x51": (_JPEG2000, None),
    b"\xff\xd8\xff": ("JPEG", None),
}
_ARRAYS = (b"\x93NUMPY", b"PK\x03\x04")
_OTHERS = {
    b"\x89HDF": "an HDF5 or NetCDF file",
    b"CDF": "a NetCDF file",
    b"\x1f\x8b": "a gzip file",
    b"GIF8": "a GIF image",
    b"BM": "a BMP image",
    b"%PDF": "a PDF file",
    b"NITF": "a NITF image",
    b"RIFF": "a WebP image, or another RIFF file",
    b"\x80": "pickled Python objects, which are never unpickled",
    b"<": "XML or HTML",
}
_EXPECTED = "expected a TIFF, JPEG 2000, PNG or JPEG image, or an array of numpy (npy, npz)"


def read_raster(
    path: Path,
    *,
    axes: tuple[str, ...] | None = None,
    bands: int = 0,
    array: str | None = None,
    window: Window | None = None,
    read_image: Callable[[Path, str, Window | None], Raster] = read_apart,
) -> Raster:
    """The image in a file of any supported kind; `read_image` reads those that are not NumPy arrays.

    Raises RasterError, one sentence; OSError; ModuleNotFoundError without the library for it.
    """
    if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
        raise RasterError("no plain file: an image is read more than once, so that a pipe or a device will not do")
    with path.open("rb") as file:
        head = file.read(16)
        found = next((reader for magic, reader in _IMAGES.items() if head.startswith(magic)), None)
        if found and found[1]:
            file.seek(0)
            found[1](file)
    if found:
        if axes:
            raise RasterError("--axes is for arrays of numpy: this image says which axis is which")
        return read_image(path, found[0], window)
    if head.startswith(_ARRAYS):
        return read_array(path, axes, bands, array, window)
    kind = next((kind for magic, kind in _OTHERS.items() if head.startswith(magic)), "of a kind that is not known here")
    raise RasterError(f"{'empty' if not head else kind}, {_EXPECTED}")
