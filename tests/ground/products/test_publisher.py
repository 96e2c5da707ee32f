"""Products that arrive are published beside themselves; what cannot be is reported in one sentence and kept."""

import errno
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ground.products.publisher import Publisher
from ground.records import EventRecord, FileRecord
from kernels.imaging.georeference import Georeference
from kernels.imaging.image import encode_outlines, encode_runs
from link.products.product import Product, WaterProduct


def arrived(name):
    return FileRecord(name=name, size_octets=1, transaction="1-1", begun_ns=0, received_ns=1)


def publish(folder, *records, begins=False):
    complaints = []
    with ThreadPoolExecutor(1) as executor:
        publisher = Publisher(folder, executor, complaints.append)
        if begins:
            publisher.catch_up()
        for record in records:
            publisher.accept(record)
    return complaints


def shown(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def product(number):
    return Product(id=number, target="desert", water=None).encode()


def test_a_product_becomes_a_map_and_a_picture(tmp_path):
    (tmp_path / "7-desert.product").write_bytes(Product(id=7, target="desert", water=None).encode())
    assert publish(tmp_path, arrived("7-desert.product")) == []
    assert shown(tmp_path) == ["7-desert.geojson", "7-desert.png", "7-desert.product"]


def test_what_has_its_name_is_on_the_disk(tmp_path, monkeypatch):
    """Or a power cut would leave an empty map, which looks like one."""
    synced = []
    monkeypatch.setattr("hal.medium.HostMedium.sync", lambda _, path: synced.append((path.name, path.is_file())))
    (tmp_path / "7-desert.product").write_bytes(product(7))
    assert publish(tmp_path, arrived("7-desert.product")) == []
    assert synced.count(("part", True)) == 2


def test_what_is_no_product_is_told_and_stays(tmp_path):
    (tmp_path / "8.product").write_bytes(b"noise")
    complaints = publish(tmp_path, arrived("8.product"), arrived("gone.product"))
    assert ["not a product" in complaints[0], "No such file" in complaints[1]] == [True, True]
    assert (tmp_path / "8.product").read_bytes() == b"noise"


def test_a_reference_system_that_nobody_knows_is_told_and_the_picture_is_drawn(tmp_path):
    place = Georeference(epsg=32_999, easting_m=0, northing_m=0, pixel_m=10)
    mask = np.ones((2, 3), np.uint8)
    drawn = {"outlines": encode_outlines(mask), "runs": encode_runs(mask)}
    water = WaterProduct(georeference=place, shape=mask.shape, threshold=0.2, **drawn)
    (tmp_path / "9.product").write_bytes(Product(id=9, target="coast", water=water).encode())
    complaints = publish(tmp_path, arrived("9.product"))
    assert complaints == ["9.product: not all of map and picture: EPSG 32999: no reference system has this code here"]
    assert (tmp_path / "9.png").exists()
    assert not (tmp_path / "9.geojson").exists()


def test_a_fault_of_our_own_is_told_as_well(tmp_path, monkeypatch, capfd):
    def fail(*_):
        raise RuntimeError("out of ideas")

    monkeypatch.setattr("ground.products.publisher.make_files", fail)
    (tmp_path / "8.product").write_bytes(b"")
    assert publish(tmp_path, arrived("8.product")) == [
        "8.product: not all of map and picture: RuntimeError: out of ideas"
    ]
    assert "Traceback" in capfd.readouterr().err


def test_other_files_and_news_are_not_its_business(tmp_path):
    event = EventRecord(origin="ground", severity="info", name="x", message="", time_ns=0, received_ns=0, count=1)
    assert publish(tmp_path, arrived("notes.txt"), event) == []


@pytest.mark.parametrize("left", [[], ["7.png"], ["7.geojson"]])
def test_what_a_killed_ground_did_not_publish_is_published_at_the_next_start(tmp_path, left):
    for name, number in (("7.product", 7), ("a/8.product", 8), (".incoming/9.product", 9)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(product(number))
    publish(tmp_path, arrived("7.product"))
    for name in {"7.png", "7.geojson"} - set(left):
        (tmp_path / name).unlink()
    assert publish(tmp_path, begins=True) == []
    assert shown(tmp_path) == ["7.geojson", "7.png", "7.product", "a"]
    assert shown(tmp_path / "a") == ["8.geojson", "8.png", "8.product"]
    assert shown(tmp_path / ".incoming") == ["9.product"]
    before = (tmp_path / "7.png").stat().st_mtime_ns
    assert publish(tmp_path, begins=True) == []
    assert (tmp_path / "7.png").stat().st_mtime_ns == before


def test_a_received_file_of_the_name_of_a_map_or_picture_stays_as_it_is(tmp_path):
    received = {"7.geojson": b'{"type":"FeatureCollection"}', "7.png": b"\x89PNG", "7.product": product(7)}
    for name, octets in received.items():
        (tmp_path / name).write_bytes(octets)
    for _ in range(2):
        assert publish(tmp_path, arrived("7.product")) == []
        assert {name: (tmp_path / name).read_bytes() for name in received} == received
        assert shown(tmp_path) == sorted([*received, "7.product.geojson", "7.product.png"])
    (tmp_path / "8.product").write_bytes(product(8))
    (tmp_path / "8.geojson").symlink_to("7.geojson")
    publish(tmp_path, arrived("8.product"))
    assert (tmp_path / "7.geojson").read_bytes() == received["7.geojson"]


def test_what_was_made_of_an_earlier_product_of_that_name_is_set_aside(tmp_path):
    for number in (7, 8):
        (tmp_path / "x.product").write_bytes(product(number))
        publish(tmp_path, arrived("x.product"))
    assert json.loads((tmp_path / "x.geojson").read_text())["product"] == 8
    assert json.loads((tmp_path / "x.geojson.1").read_text())["product"] == 7


def test_a_file_that_is_half_written_when_the_ground_is_killed_is_no_map(tmp_path, monkeypatch):
    (tmp_path / "7.product").write_bytes(product(7))

    def torn(path, octets):
        path.write_bytes(octets[: len(octets) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("hal.medium.HostMedium.write", lambda _, path, octets: torn(path, octets))
        (tmp_path / ".publishing").mkdir()
        (tmp_path / ".publishing" / ".skyrack-publisher").touch()
        assert "No space left" in publish(tmp_path, arrived("7.product"))[0]
    assert shown(tmp_path) == ["7.product"]
    assert publish(tmp_path, begins=True) == []
    assert shown(tmp_path) == ["7.geojson", "7.png", "7.product"]
