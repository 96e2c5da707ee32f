"""Products on the map and as pictures: a square whose place is known, a shore that ends at the image's edge."""

import io
import json
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from ground.products.files import make_files
from ground.products.geojson import feature_collection, shoreline
from ground.products.overlay import SCALE, WATER, false_colour, overlay_png
from kernels.errors import CorruptError
from kernels.imaging import image
from kernels.imaging.georeference import Georeference
from link.errors import DecodeError
from link.products.product import Product, WaterProduct

UTM_25S = Georeference(epsg=31985, easting_m=288776.25, northing_m=9120760.75, pixel_m=28.5)


def product(rows, place=UTM_25S):
    mask = np.array([[int(c) for c in row] for row in rows], np.uint8)
    water = WaterProduct(
        georeference=place,
        shape=mask.shape,
        threshold=0.2,
        outlines=image.encode_outlines(mask),
        runs=image.encode_runs(mask),
    )
    return Product(id=3, target="test", water=water)


def test_a_lake_with_an_island_is_a_valid_polygon_of_the_right_size():
    lake, shore = feature_collection(product(["00000", "01110", "01010", "01110", "00000"]))["features"]
    exterior, island = lake["geometry"]["coordinates"]
    area_km2 = lake["properties"].pop("area_km2")
    assert lake["properties"] == {"kind": "water", "number": 1}
    assert area_km2 == pytest.approx(8 * 28.5**2 / 1e6, rel=1e-3)
    assert exterior[0] == exterior[-1]
    assert signed_area(exterior) > 0 > signed_area(island)  # RFC 7946 §3.1.6: right-hand rule
    assert len(shore["geometry"]["coordinates"]) == 2


@pytest.mark.parametrize(
    ("place", "area_km2"),
    [
        (Georeference(epsg=4326, easting_m=10.0, northing_m=60.0, pixel_m=0.01), 1.115 * 0.558),  # degrees
        (Georeference(epsg=3857, easting_m=1e6, northing_m=8_399_738, pixel_m=2000), 1.0),  # stretched twice at 60 N
        (Georeference(epsg=0, easting_m=10.0, northing_m=60.0, pixel_m=2000), 4.0),
    ],
)
def test_areas_are_those_of_the_earth_and_not_of_the_map(place, area_km2):
    (water, _) = feature_collection(product(["1"], place))["features"]
    assert water["properties"]["area_km2"] == pytest.approx(area_km2, rel=0.01)


def signed_area(ring):
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))


def test_utm_becomes_wgs84():
    """Zone 25 S: E 500 km, N 10 000 km is 33° W on the equator; a minute of arc is 1852 m there."""
    place = Georeference(epsg=31985, easting_m=500_000, northing_m=10_000_000, pixel_m=1852)
    ring = feature_collection(product(["1"], place))["features"][0]["geometry"]["coordinates"][0]
    assert [-33.0, 0.0] in ring
    assert min(latitude for _, latitude in ring) == pytest.approx(-1 / 60, rel=0.01)
    assert max(longitude for longitude, _ in ring) == pytest.approx(-33 + 1 / 60, rel=0.01)


def test_an_unknown_reference_system_is_not_guessed():
    place = Georeference(epsg=0, easting_m=600_000, northing_m=4_700_020, pixel_m=10)
    feature = feature_collection(product(["01"], place))["features"][0]
    assert feature["properties"]["crs"] is None
    assert sorted(feature["geometry"]["coordinates"][0])[0] == [600_010, 4_700_010]


def test_nothing_found_is_an_empty_collection():
    found = feature_collection(Product(id=1, target="desert", water=None, seen=0.25))
    assert found == {"type": "FeatureCollection", "features": [], "product": 1, "target": "desert", "seen": 0.25}


def test_the_image_edge_is_no_shore():
    sea = image.decode_outlines(product(["0011", "0111", "0011"]).water.outlines, (3, 4))
    lines = shoreline(sea[0], (3, 4))
    assert [line.tolist() for line in lines] == [[[2, 0], [2, 1], [1, 1], [1, 2], [2, 2], [2, 3]]]


def test_sea_all_over_has_no_shore():
    sea = image.decode_outlines(product(["11", "11"]).water.outlines, (2, 2))
    assert shoreline(sea[0], (2, 2)) == []


def test_two_shores_of_one_strait_are_two_lines():
    strait = image.decode_outlines(product(["0110", "0110"]).water.outlines, (2, 4))
    lines = sorted(sorted(line.tolist()) for line in shoreline(strait[0], (2, 4)))
    assert lines == [[[1, 0], [1, 2]], [[3, 0], [3, 2]]]


def picture_of(octets):
    return np.asarray(Image.open(io.BytesIO(octets)).convert("RGB"))


def test_overlay_shows_water_where_it_is():
    whole = product(["00000", "01110", "01110", "01110", "00000"])
    picture = picture_of(overlay_png(whole))
    assert picture.shape == (5 * SCALE, 5 * SCALE, 3)
    assert tuple(picture[2 * SCALE + 1, 2 * SCALE + 1]) == WATER
    band = np.arange(25.0).reshape(5, 5)
    over = picture_of(overlay_png(whole, false_colour(band, band, band)))
    assert not np.array_equal(over, picture)


def test_a_picture_is_stretched_between_its_percentiles():
    """Of 0..100 the 2nd is 2 and the 98th is 98; what is no data has no part in them and is black."""
    band = np.append(np.arange(101.0), [1e6, np.nan]).reshape(1, -1)
    valid = np.append(np.ones(101), [0, 1]).reshape(1, -1).astype(np.uint8)
    picture = false_colour(band, band / 7 + 3, np.full(band.shape, 5.0), valid)
    expected = np.append(np.clip(255 * (np.arange(101) - 2) / 96, 0, 255).astype(np.uint8), [0, 0])
    for place in (0, 1):
        assert np.abs(picture[0, :, place].astype(int) - expected).max() <= 1
    assert not picture[0, :, 2].any()  # all alike
    assert not false_colour(band, band, band, np.zeros_like(valid)).any()


def test_files_are_made_and_a_wrong_product_is_refused():
    made = dict(make_files(product(["01", "11"]).encode()))
    assert list(made) == [".png", ".geojson"]
    assert json.loads(made[".geojson"])["product"] == 3
    assert list(dict(make_files(Product(id=4, target="d", water=None).encode()))) == [".png", ".geojson"]
    with pytest.raises(DecodeError):
        next(make_files(b"noise"))
    water = WaterProduct(georeference=UTM_25S, shape=(1, 2), threshold=0.2, outlines=b"\xff", runs=b"")
    with pytest.raises(CorruptError):
        next(make_files(Product(id=1, target="x", water=water).encode()))
