"""What waits can be sent, by number, and its end only while all of it is what was stored."""

import errno

import pytest

from fsw.store.outbox import FileOutbox, source_name
from fsw.store.products import ProductStore
from tests.fsw.stored import add


@pytest.fixture
def store(tmp_path):
    return ProductStore(tmp_path, 1000)


def test_a_product_is_read_piece_by_piece(store):
    first, second = add(store, b"first"), add(store, b"second product")
    reader = FileOutbox(store).open(source_name(second))
    assert (reader.size, source_name(first), source_name(second)) == (14, "1", "2")
    assert [reader.read(offset, size) for offset, size in ((0, 6), (6, 8), (7, 1000), (14, 1))] == [
        b"second", b" product", b"product", b"",
    ]  # fmt: skip
    reader.close()


def test_what_does_not_wait_is_not_there(store):
    product = add(store, b"first")
    store.delivered(product.id)
    for name in ("1", "2", "product-1"):
        with pytest.raises(FileNotFoundError, match=f"no product '{name}' waits") as missing:
            FileOutbox(store).open(name)
        assert missing.value.errno == errno.ENOENT


def test_the_end_is_not_given_once_memory_has_changed(store):
    reader = FileOutbox(store).open(source_name(add(store, b"0123456789")))
    reader._content = b"0123456780"
    assert reader.read(0, 9) == b"012345678"
    for offset, size in ((0, 10), (9, 1), (5, 100)):
        with pytest.raises(OSError, match="memory has changed") as changed:
            reader.read(offset, size)
        assert changed.value.errno == errno.EIO
