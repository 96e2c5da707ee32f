"""GeoTIFF, JPEG 2000, PNG and JPEG, read by GDAL through rasterio."""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ground.rasters.raster import UNPLACED, Raster, RasterError, Window, check_size
from kernels.imaging.georeference import Georeference

_STRICT = {"GDAL_ERROR_ON_LIBJPEG_WARNING": "TRUE", "GDAL_MAX_DATASET_POOL_SIZE": "2"}
_COLOURS = ("red", "green", "blue", "gray", "nir")
_OFF_PX_MAX, _NOT_WORTH_A_WORD_PX = 0.5, 0.01
_FAR = 1e9  # metres or degrees: a larger coordinate is on no map
_NOTES_MAX = 4


def read_image(path: Path, driver: str, window: Window | None) -> Raster:
    """All bands but an alpha band, which masks the data. Raises RasterError; ImportError without rasterio."""
    import rasterio
    from rasterio.errors import RasterioError

    with rasterio.Env(**_STRICT), _warnings() as said:
        try:
            with rasterio.open(path.absolute(), driver=driver) as image:
                raster = _read(image, window)
        except RasterioError as error:
            raise RasterError(f"cannot be read: {_in_words(error, path)}") from None
    raster.notes += [f"the reader says: {text}" for text in said[:_NOTES_MAX]]
    return raster


def _read(image: Any, window: Window | None) -> Raster:
    numbers = [number for number, kind in zip(image.indexes, _colours(image), strict=True) if kind != "alpha"]
    if not numbers:
        raise RasterError("an alpha band and no other")
    part = window or Window(row=0, column=0, rows=image.height, columns=image.width)
    part.check((image.height, image.width))
    types = {image.dtypes[number - 1] for number in numbers}
    if len(types) > 1:
        raise RasterError(f"bands of different types: {', '.join(sorted(types))}")
    check_size(len(numbers), part.rows, part.columns, _octets(types.pop()))
    frame = ((part.row, part.row + part.rows), (part.column, part.column + part.columns))
    samples = image.read(numbers, window=frame)
    place, notes = _place(image)
    raster = Raster(
        numbers=samples,
        data=_data(image, numbers, samples, frame),
        names=_names(image, numbers),
        scales=tuple(image.scales[number - 1] for number in numbers),
        offsets=tuple(image.offsets[number - 1] for number in numbers),
        place=part.moved(place),
        notes=notes,
    )
    raster.notes += list(_left_out(image))
    return raster


def _octets(dtype: str) -> int:
    try:
        return np.dtype(dtype).itemsize
    except TypeError:
        raise RasterError(f"numbers of the type {dtype}, which numpy does not have") from None


def _data(image: Any, numbers: list[int], samples: NDArray[Any], frame: Any) -> NDArray[np.bool_]:
    """Whether each number is data, by band; a mask or an alpha band applies to all bands."""
    data = np.empty(samples.shape, bool)
    for place, number in enumerate(numbers):
        data[place] = image.read_masks(number, window=frame) != 0
    return data


def _colours(image: Any) -> list[str]:
    return [kind.name for kind in image.colorinterp]


def _names(image: Any, numbers: list[int]) -> tuple[str, ...]:
    """The file's descriptions of its bands, or else their colours; empty unless all have names that differ."""
    colours = _colours(image)
    for known in (image.descriptions, [colour if colour in _COLOURS else None for colour in colours]):
        names = [known[number - 1] or "" for number in numbers]
        if all(names) and len(set(names)) == len(names):
            return tuple(names)
    return ()


def _left_out(image: Any) -> Iterator[str]:
    if "palette" in _colours(image):
        yield "the numbers are indices into a table of colours, which is left out"
    if image.subdatasets:
        yield f"the first of {len(image.subdatasets)} images in the file"
    if any(image.overviews(1)):
        yield "smaller versions of the image (overviews) are left out"


def _place(image: Any) -> tuple[Georeference, list[str]]:
    """The georeference of the image, if a scene can hold it (north up, square pixels), and notes for the user."""
    at = image.transform
    if not all(abs(number) <= _FAR for number in at):
        return UNPLACED, ["a place that is no number, or beyond any map: its place is not known"]
    if image.gcps[0] and at.is_identity:
        return UNPLACED, ["placed by control points, which a scene cannot hold: its place is not known"]
    if at.is_identity:
        return UNPLACED, ["no place on a map: the pixel is taken for 1 m"]
    if at.b or at.d or at.a <= 0 or at.e >= 0:
        pixel_m = math.sqrt(abs(at.determinant))
        unknown = Georeference(epsg=0, easting_m=0.0, northing_m=0.0, pixel_m=pixel_m)
        return unknown, ["rotated or not north up, which a scene cannot hold: its place is not known"]
    pixel_m = (at.a - at.e) / 2
    off_px = max(image.width * abs(pixel_m - at.a), image.height * abs(pixel_m + at.e)) / pixel_m
    if off_px > _OFF_PX_MAX:
        unknown = Georeference(epsg=0, easting_m=0.0, northing_m=0.0, pixel_m=math.sqrt(-at.a * at.e))
        return unknown, [f"pixels of {at.a:g} x {-at.e:g}, which a scene cannot hold: its place is not known"]
    notes = (
        [f"pixels of {at.a:.9g} x {-at.e:.9g} taken for squares, {off_px:.2f} pixels off at most"]
        if off_px > _NOT_WORTH_A_WORD_PX
        else []
    )
    epsg = _epsg(image.crs, notes)
    return Georeference(epsg=epsg, easting_m=at.c, northing_m=at.f, pixel_m=pixel_m), notes


def _epsg(crs: Any, notes: list[str]) -> int:
    code = crs.to_epsg() if crs else None
    if code is None:
        notes.append("its reference system has no EPSG code" if crs else "its reference system is not in the file")
    elif crs.is_geographic:
        notes.append("placed in degrees: pixel_m is the side of a pixel in degrees")
    return code or 0


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """GDAL's warnings while the block runs, each once."""
    said: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            text = " ".join(record.getMessage().split())[:200]
            if text not in said:
                said.append(text)

    log, listener = logging.getLogger("rasterio"), Listener(logging.WARNING)
    is_loud = log.propagate
    log.addHandler(listener)
    log.propagate = False
    try:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield said
    finally:
        log.removeHandler(listener)
        log.propagate = is_loud


def _in_words(error: BaseException, path: Path) -> str:
    """The message of the innermost cause, without the path."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).replace(str(path.absolute()), path.name).split())[:300]
