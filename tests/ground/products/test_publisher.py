"""Products that arrive are published beside themselves; what cannot be is told in one sentence and kept."""

from concurrent.futures import ThreadPoolExecutor

from ground.products.publisher import Publisher
from ground.records import EventRecord, FileRecord
from link.product import Product


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


def test_other_files_and_news_are_not_its_business(tmp_path):
    event = EventRecord(origin="ground", severity="info", name="x", message="", time_ns=0, received_ns=0, count=1)
    assert publish(tmp_path, arrived("notes.txt"), event) == []
