"""Water on the map: polygons and shoreline as GeoJSON (RFC 7946), in WGS 84 longitude and latitude.

A scene whose coordinate reference system is not known keeps its own map coordinates in metres, and says so in each
feature ("crs": null).
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.imaging.georeference import Georeference
from kernels.imaging.image import Ring, decode_outlines
from link.errors import DecodeError
from link.products.product import Product, WaterProduct

DECIMALS = 7  # of a degree: about a centimetre

_Position = list[float]
Project = Callable[[NDArray[np.float64]], list[_Position]]


def feature_collection(product: Product) -> dict[str, Any]:
    """One polygon feature a body of water, then one for the shoreline; no feature where nothing was found.

    "seen" is the share of pixels that were data: at 0, the absence of water is no finding.

    Raises CorruptError when the product's outlines do not fit its shape.
    """
    features = [] if product.water is None else list(_features(product.water))
    facts = {"product": product.id, "target": product.target, "seen": round(product.seen, 6)}
    return {"type": "FeatureCollection", "features": features, **facts}


def shoreline(rings: list[Ring], shape: tuple[int, int]) -> list[Ring]:
    """The parts of the rings where water meets land: lines along the image's edge are no shore.

    Lines of (x, y) corners; a ring that touches no edge is returned whole, closed by its first corner.
    """
    return [line for ring in rings for line in _shores(ring, shape)]


def _features(water: WaterProduct) -> Iterator[dict[str, Any]]:
    polygons = decode_outlines(water.outlines, water.shape)
    project, crs = projector(water.georeference)
    known = {} if crs else {"crs": None}
    for number, polygon in enumerate(polygons, 1):
        coordinates = [_closed(project(ring.astype(np.float64))) for ring in polygon]
        area_km2 = _area_on_earth(coordinates) if crs else _area_of_pixels(polygon, water.georeference.pixel_m)
        yield {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": coordinates},
            "properties": {"kind": "water", "number": number, "area_km2": round(area_km2, 6), **known},
        }
    lines = shoreline([ring for polygon in polygons for ring in polygon], water.shape)
    yield {
        "type": "Feature",
        "geometry": {
            "type": "MultiLineString",
            "coordinates": [project(line.astype(np.float64)) for line in lines],
        },
        "properties": {"kind": "shoreline", **known},
    }


def projector(place: Georeference) -> tuple[Project, str | None]:
    """The function from pixel corners (n, 2) to positions, and the name of their reference system; None if unknown.

    Raises DecodeError for an EPSG code that pyproj does not know.
    """

    def to_map(corners: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return place.easting_m + place.pixel_m * corners[:, 0], place.northing_m - place.pixel_m * corners[:, 1]

    def in_metres(corners: NDArray[np.float64]) -> list[_Position]:
        return np.stack(to_map(corners), axis=1).tolist()  # type: ignore[no-any-return]

    if not place.epsg:
        return in_metres, None

    from pyproj import Transformer
    from pyproj.exceptions import CRSError

    try:
        transformer = Transformer.from_crs(place.epsg, "OGC:CRS84", always_xy=True)
    except CRSError:
        raise DecodeError(f"EPSG {place.epsg}: no reference system has this code here") from None

    def in_degrees(corners: NDArray[np.float64]) -> list[_Position]:
        return np.round(np.stack(transformer.transform(*to_map(corners)), axis=1), DECIMALS).tolist()  # type: ignore[no-any-return]

    return in_degrees, "OGC:CRS84"


def _closed(ring: list[_Position]) -> list[_Position]:
    return [*ring, ring[0]]


def _area_on_earth(rings: list[list[_Position]]) -> float:
    """The area in square kilometres on the ellipsoid, free of the map's distortion; holes run the other way."""
    from pyproj import Geod

    earth = Geod(ellps="WGS84")
    sides = (np.array(ring).T for ring in rings)
    areas_m2 = (earth.polygon_area_perimeter(longitude, latitude)[0] for longitude, latitude in sides)
    return abs(float(sum(areas_m2))) / 1e6


def _area_of_pixels(polygon: list[Ring], pixel_m: float) -> float:
    """The area in square kilometres by the size of a pixel, where the place is unknown."""
    return pixel_m**2 / 1e6 * abs(sum(_twice_area(ring) for ring in polygon)) / 2


def _twice_area(ring: Ring) -> int:
    """Shoelace formula in pixels; holes count against their exterior, for they run the other way."""
    x, y = ring[:, 0].astype(np.int64), ring[:, 1].astype(np.int64)
    return int(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def _shores(ring: Ring, shape: tuple[int, int]) -> Iterator[Ring]:
    following = np.roll(ring, -1, axis=0)
    limits = np.array([shape[1], shape[0]])
    along_edge = ((ring == following) & ((ring == 0) | (ring == limits))).any(axis=1)
    if not along_edge.any():
        yield np.concatenate([ring, ring[:1]])
        return
    first = int(np.flatnonzero(along_edge)[0]) + 1  # start after an edge, so that no shore is cut in two
    ring, along_edge = np.roll(ring, -first, axis=0), np.roll(along_edge, -first)
    shore = np.flatnonzero(~along_edge)
    for stretch in np.split(shore, np.flatnonzero(np.diff(shore) > 1) + 1):
        if stretch.size:
            yield ring[np.arange(stretch[0], stretch[-1] + 2) % len(ring)]
