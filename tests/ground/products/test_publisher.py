"""Products that arrive are published beside themselves; what cannot be is told in one sentence and kept."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ground.products.publisher import Publisher
from ground.records import EventRecord, FileRecord
from hal.camera import Georeference
from hal.kernels.image import encode_outlines, encode_runs
from link.product import Product, Water


def arrived(name):
    return FileRecord(name=name, size_octets=1, transaction="1-1", begun_ns=0, received_ns=1)


def publish(folder, *records):
    complaints = []
    with ThreadPoolExecutor(1) as executor:
        publisher = Publisher(folder, executor, complaints.append)
        for record in records:
            publisher.take(record)
    return complaints


def test_a_product_becomes_a_map_and_a_picture(tmp_path):
    (tmp_path / "7-desert.product").write_bytes(Product(id=7, target="desert", water=None).encode())
    assert publish(tmp_path, arrived("7-desert.product")) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["7-desert.geojson", "7-desert.png", "7-desert.product"]


def test_what_is_no_product_is_told_and_stays(tmp_path):
    (tmp_path / "8.product").write_bytes(b"noise")
    complaints = publish(tmp_path, arrived("8.product"), arrived("gone.product"))
    assert ["not a product" in complaints[0], "No such file" in complaints[1]] == [True, True]
    assert (tmp_path / "8.product").read_bytes() == b"noise"


def test_a_reference_system_that_nobody_knows_is_told_and_the_picture_is_drawn(tmp_path):
    place = Georeference(epsg=32_999, easting_m=0, northing_m=0, pixel_m=10)
    mask = np.ones((2, 3), np.uint8)
    drawn = {"outlines": encode_outlines(mask), "runs": encode_runs(mask)}
    water = Water(georeference=place, shape=mask.shape, threshold=0.2, **drawn)
    (tmp_path / "9.product").write_bytes(Product(id=9, target="coast", water=water).encode())
    complaints = publish(tmp_path, arrived("9.product"))
    assert complaints == ["9.product: not all of map and picture: EPSG 32999: no reference system has this code here"]
    assert (tmp_path / "9.png").exists()
    assert not (tmp_path / "9.geojson").exists()


def test_a_fault_of_our_own_is_told_as_well(tmp_path, monkeypatch, capfd):
    def fail(*_):
        raise RuntimeError("out of ideas")

    monkeypatch.setattr("ground.products.publisher.write_products", fail)
    (tmp_path / "8.product").write_bytes(b"")
    assert publish(tmp_path, arrived("8.product")) == [
        "8.product: not all of map and picture: RuntimeError: out of ideas"
    ]
    assert "Traceback" in capfd.readouterr().err


def test_other_files_and_news_are_not_its_business(tmp_path):
    event = EventRecord(origin="ground", severity="info", name="x", message="", time_ns=0, received_ns=0, count=1)
    assert publish(tmp_path, arrived("notes.txt"), event) == []
