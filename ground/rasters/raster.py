"""An image as stored in a file: its numbers, the mask of data, scale and offset, and its georeference."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.imaging.georeference import Georeference

RASTER_SIDE_MAX, BANDS_MAX, RASTER_OCTETS_MAX = 16_383, 256, 1 << 31  # the limits of hal/scene_file.py
UNPLACED = Georeference(epsg=0, easting_m=0.0, northing_m=0.0, pixel_m=1.0)


class RasterError(ValueError):
    """An image file cannot be imported; the message is one sentence on what is wrong."""


@dataclass(slots=True, kw_only=True)
class Raster:
    """`numbers` (band, row, column) as stored, and `data`, of the same shape: False where a number is not data.

    The value of a number is `scales` * number + `offsets`, by band. `names` are the file's names of bands, empty
    where it has none. `notes`: sentences for the user on what was left out or chosen.
    """

    numbers: NDArray[Any]
    data: NDArray[np.bool_]
    names: tuple[str, ...] = ()
    scales: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()
    place: Georeference = UNPLACED
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A part of an image: `rows` and `columns` from (`row`, `column`)."""

    row: int
    column: int
    rows: int
    columns: int

    def check(self, shape: tuple[int, int]) -> None:
        """Raises RasterError if the window is not within an image of this shape."""
        inside = 0 <= self.row < self.row + self.rows <= shape[0] and 0 <= self.column < self.column + self.columns
        if not inside or self.column + self.columns > shape[1]:
            said = f"{self.rows} x {self.columns} pixels from row {self.row}, column {self.column}"
            raise RasterError(f"a window of {said}, but the image has {shape[0]} x {shape[1]}")

    def moved(self, place: Georeference) -> Georeference:
        """The georeference of the window in an image with the georeference `place`."""
        return Georeference(
            epsg=place.epsg,
            easting_m=place.easting_m + self.column * place.pixel_m,
            northing_m=place.northing_m - self.row * place.pixel_m,
            pixel_m=place.pixel_m,
        )


def check_size(bands: int, rows: int, columns: int, octets: int) -> None:
    """Raises RasterError for an image too large for a node, before memory is allocated; `octets` per number."""
    if not (0 < bands <= BANDS_MAX and 0 < rows <= RASTER_SIDE_MAX and 0 < columns <= RASTER_SIDE_MAX):
        raise RasterError(
            f"{bands} bands of {rows} x {columns} pixels, expected 1..{BANDS_MAX} of 1..{RASTER_SIDE_MAX} a side; "
            "--window takes a part"
        )
    if bands * rows * columns * octets > RASTER_OCTETS_MAX:
        raise RasterError(
            f"{bands * rows * columns * octets} octets, {bands} bands of {rows} x {columns} pixels, expected "
            f"{RASTER_OCTETS_MAX} at most; --window takes a part"
        )
