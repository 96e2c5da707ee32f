"""The product store on a disk that is full, that may not be written, or that fails at one call."""

import errno
from pathlib import Path

import pytest

from fsw.store.own_files import MARKER_NAME
from fsw.store.products import ProductStore
from tests.fsw.stored import add, waiting
from tests.hal.recording_medium import RecordingMedium, only_on, only_reads


class TestFailingDisk:
    """A call that fails may have had its effect all the same, and one file that cannot be had costs itself alone."""

    FOLDER = Path("/state/products")
    KEPT = FOLDER / "kept"

    def fails(self, medium, call, path):
        def fail(now, where):
            if (now, where) == (call, path):
                raise OSError(errno.EIO, "the disk fails")

        medium.fail = fail

    def store(self, octets_max):
        medium = RecordingMedium()
        store = ProductStore(self.FOLDER, octets_max, medium)
        return medium, store

    def products_on(self, medium):
        return [name for name in medium.names(self.KEPT) if name.endswith((".product", ".sent", ".part"))]

    def test_what_could_not_be_kept_takes_no_room_and_does_not_come_back(self):
        medium, store = self.store(1000)
        add(store, b"first")
        self.fails(medium, "sync", self.KEPT)
        with pytest.raises(OSError, match="the disk fails"):
            add(store, b"second")
        assert self.products_on(medium) == ["00000001.product"]
        assert (store.octets, len(store.waiting())) == (5, 1)

    def test_what_was_delivered_makes_room_though_the_disk_did_not_confirm_it(self):
        medium, store = self.store(10)
        first = add(store, b"12345678")
        self.fails(medium, "sync", self.KEPT)
        store.delivered(first.id)
        assert (store.disk_failures, store.drain_notices()[0].reason) == (1, "the disk fails")
        medium.fail = lambda call, path: None
        second = add(store, b"87654321")
        assert (store.products(), self.products_on(medium)) == ([second], ["00000002.product"])

    def test_a_product_whose_deletion_the_disk_did_not_confirm_can_be_deleted_again(self):
        medium, store = self.store(10)
        product = add(store, b"12345678")
        self.fails(medium, "sync", self.KEPT)
        with pytest.raises(OSError, match="the disk fails"):
            store.drop(product.id)
        medium.fail = lambda call, path: None
        store.drop(product.id)
        assert (store.products(), store.octets) == ([], 0)

    def test_one_file_that_cannot_be_deleted_keeps_no_other_from_making_room(self):
        medium, store = self.store(10)
        for _ in range(2):
            store.delivered(add(store, b"12345").id)
        self.fails(medium, "remove", self.KEPT / "00000001.sent")
        third = add(store, b"54321")
        assert [product.id for product in store.products()] == [1, third.id]
        assert store.disk_failures == 1


class TestDisk:
    """Calls that fail."""

    FOLDER = Path("/state/products")

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
    def test_starting_needs_no_writing(self, number):
        medium = RecordingMedium()
        first = ProductStore(self.FOLDER, 1000, medium)
        product = add(first, b"answer")
        medium.fail = only_reads(number)
        store = ProductStore(self.FOLDER, 1000, medium)
        assert (store.waiting(), store.content(product.id), store.boots) == ([product], b"answer", 2)
        with pytest.raises(OSError, match="disk"):
            add(store, b"more")
        store.delivered(product.id)
        assert (store.waiting(), [notice.reason for notice in store.drain_notices()]) == ([], ["disk"])
        assert store.disk_failures == 2

    def test_nothing_at_all_works(self):
        def fail(call, path):
            raise OSError(errno.EIO, "disk")

        store = ProductStore(self.FOLDER, 1000, RecordingMedium(fail))
        assert (store.waiting(), store.boots, store.drain_notices()[0].reason) == ([], 2, "disk")  # 1 may have been

    def test_a_file_that_cannot_be_read_is_told_and_stays(self):
        medium = RecordingMedium()
        store = ProductStore(self.FOLDER, 1000, medium)
        bad, good = add(store, b"bad"), add(store, b"good")
        medium.fail = only_on("00000001.product", "read")
        again = ProductStore(self.FOLDER, 1000, medium)
        assert (again.waiting(), again.damaged, again.drain_notices()[0].reason) == ([good], 1, "unreadable (disk)")
        medium.fail = lambda call, path: None
        assert ProductStore(self.FOLDER, 1000, medium).waiting() == [bad, good]

    def test_a_product_that_did_not_fit_leaves_nothing(self):
        medium = RecordingMedium(only_on("00000001.product.part", "sync"))
        store = ProductStore(self.FOLDER, 1000, medium)
        with pytest.raises(OSError, match="disk"):
            add(store, b"answer")
        assert [name for name in medium.names(self.FOLDER / "kept") if "product" in name] == [MARKER_NAME]

    def test_notices_are_bounded(self):
        store = ProductStore(self.FOLDER, 100_000, RecordingMedium())
        for _ in range(100):
            store.set_aside(add(store, b"1").id, "why not")
        assert (len(store.drain_notices()), store.notices_dropped) == (64, 36)


def test_a_folder_that_cannot_be_read_at_the_start_is_looked_at_again():
    """Found by a world: else products are numbered anew, and written over those that wait."""

    def fail(call, path):
        if call == "names" and path == TestFailingDisk.KEPT:
            raise OSError(errno.EIO, "the disk fails")

    medium = RecordingMedium()
    add(ProductStore(TestFailingDisk.FOLDER, 1000, medium), b"first")
    medium.fail = fail
    store = ProductStore(TestFailingDisk.FOLDER, 1000, medium)
    for _ in range(2):
        with pytest.raises(OSError, match="cannot be read: the disk fails"):
            add(store, b"second")
    medium.fail = lambda call, path: None
    with pytest.raises(OSError, match="number 3 was given while the store"):
        add(store, b"third")  # its number was given before anybody knew
    assert waiting(store) == {"product-1": b"first"}
    assert add(store, b"fourth").id == 4
    assert waiting(store) == {"product-1": b"first", "product-4": b"fourth"}


def test_a_file_that_cannot_be_read_at_the_start_is_not_written_over():
    medium = RecordingMedium()
    store = ProductStore(TestFailingDisk.FOLDER, 1000, medium)
    for content in (b"first", b"second"):
        add(store, content)
    medium.fail = only_on("00000002.product", "read")
    store = ProductStore(TestFailingDisk.FOLDER, 1000, medium)
    medium.fail = lambda call, path: None
    assert add(store, b"third").id == 3
    assert waiting(ProductStore(TestFailingDisk.FOLDER, 1000, medium)) == {
        "product-1": b"first",
        "product-2": b"second",
        "product-3": b"third",
    }
