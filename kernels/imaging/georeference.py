"""Where on Earth an image lies."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Georeference:
    """North-up placement of an image on a projected map.

    `epsg`: coordinate reference system, 0 where unknown; `easting_m`, `northing_m`: upper-left corner of the upper-left
    pixel; `pixel_m`: side of a square pixel.
    """

    epsg: int
    easting_m: float
    northing_m: float
    pixel_m: float
