"""NumPy arrays (npy, npz), which have no names of axes or bands and no position on a map."""

from math import prod
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from ground.rasters.raster import Raster, RasterError, Window, check_size
from hal.scene_file import UNREADABLE

AXES = ("band", "row", "column")
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_PLAIN = "biufc"
_BANDS_FEW = 4  # a first axis this many times shorter than both others is the axis of bands


def read_array(path: Path, axes: tuple[str, ...] | None, bands: int, name: str | None, window: Window | None) -> Raster:
    """The array in a file; `name` selects one of an npz. `axes` as the user gives them; `bands` is the number of names.

    Raises RasterError, also for axes that are neither given nor evident.
    """
    try:
        with path.open("rb") as file:
            array = _of_npz(file, name) if path.suffix == ".npz" else _array(file, path.stat().st_size)
    except (RasterError, OSError):
        raise
    except UNREADABLE as error:
        said = str(error).partition("\n")[0]  # its next lines advise allow_pickle, which is unsafe
        raise RasterError(f"not a readable array of numpy ({said[:200] or type(error).__name__})") from None
    image = _in_order(array, axes, bands)
    if window:
        window.check((image.shape[1], image.shape[2]))
        image = image[:, window.row : window.row + window.rows, window.column : window.column + window.columns]
    image = np.ascontiguousarray(image, image.dtype.newbyteorder("="))
    data = np.isfinite(image) if image.dtype.kind == "f" else np.ones(image.shape, bool)
    return Raster(numbers=image, data=data, notes=["no place on a map: the pixel is taken for 1 m"])


def _of_npz(file: IO[bytes], name: str | None) -> NDArray[Any]:
    with ZipFile(file) as archive:
        known = [entry.removesuffix(".npy") for entry in archive.namelist() if entry.endswith(".npy")]
        if "band" in known and {name} & {None, "dn", "raw12"} and {"dn", "raw12"} & {*known}:
            raise RasterError("it is a scene already: use it as it is, for an import would lose its names and mask")
        if name is None and len(known) != 1:
            raise RasterError(f"it has {', '.join(known) or 'no array'}: --array says which")
        if name is not None and name not in known:
            raise RasterError(f"no array {name!r}, it has {', '.join(known)}")
        entry = f"{name or known[0]}.npy"
        with archive.open(entry) as opened:
            return _array(opened, archive.getinfo(entry).file_size)


def _array(file: IO[bytes], octets: int) -> NDArray[Any]:
    """The array, if it is of plain numbers and the file's size fits its shape; nothing is ever unpickled."""
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        raise RasterError(f"an array of format {version}, expected 1.0 or 2.0")
    shape, is_fortran, dtype = _HEADERS[version](file)
    if dtype.hasobject or dtype.names or dtype.kind not in _PLAIN:
        raise RasterError(f"made of {dtype.name if dtype.names is None else 'records'}, expected plain numbers")
    if len(shape) not in (2, 3):
        raise RasterError(f"an array {shape}, expected (row, column) or (band, row, column)")
    bands, rows, columns = sorted(shape) if len(shape) == 3 else (1, *shape)  # for the size, order does not matter
    check_size(bands, rows, columns, dtype.itemsize)
    if octets - file.tell() != prod(shape) * dtype.itemsize:
        raise RasterError(f"cut short or too long for {prod(shape)} numbers of {dtype.itemsize} octets")
    array = np.frombuffer(file.read(), dtype)
    return array.reshape(shape[::-1]).T if is_fortran else array.reshape(shape)


def _in_order(array: NDArray[Any], axes: tuple[str, ...] | None, bands: int) -> NDArray[Any]:
    """The array with its axes in the order (band, row, column)."""
    if array.ndim == 2:
        if axes and axes not in (("row", "column"), ("column", "row")):
            raise RasterError(f"--axes {','.join(axes)}, but the array is {array.shape}: expected row,column")
        return (array.T if axes and axes[0] == "column" else array)[None]
    if axes is None:
        axes = _evident(array.shape, bands)
    if sorted(axes) != sorted(AXES):
        raise RasterError(f"--axes {','.join(axes)}, but the array is {array.shape}: expected band, row and column")
    return array.transpose([axes.index(axis) for axis in AXES])


def _evident(shape: tuple[int, ...], bands: int) -> tuple[str, ...]:
    """The axes, if exactly one is as long as the list of band names, or if the first is by far the shortest."""
    hits = [place for place, side in enumerate(shape) if side == bands]
    if hits in ([0], [2]):
        return AXES if hits == [0] else ("row", "column", "band")
    if not bands and _BANDS_FEW * shape[0] <= min(shape[1:]):
        return AXES
    raise RasterError(
        f"an array {shape} does not say which axis is that of the bands: --axes band,row,column or row,column,band"
    )
