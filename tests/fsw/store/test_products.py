"""The product store keeps what it said it keeps, whatever the moment of the crash and whatever rots."""

import errno
from pathlib import Path

import msgspec
import pytest

from fsw.store import products
from fsw.store.own_files import ASIDE, MARKER_NAME
from fsw.store.products import DamagedProductError, ProductStore, StoredProduct, StoreFullError, StoreNotice
from fsw.store.storage import record
from kernels.coding.crc import crc32c
from tests.fsw.stored import CONTENTS, PROVENANCE, add, files, waiting
from tests.hal.recording_medium import RecordingMedium, only_reads


class TestPowerCut:
    """On a medium that forgets what was not synced, cut at every call that changes something."""

    FOLDER = Path("/state/products")

    @pytest.mark.requirement("FSW-RES-009")
    def test_at_any_moment_what_was_told_is_kept(self):
        told, cuts = {"kept": [], "delivered": set(), "dropped": set(), "boots": 0}, []

        def look(medium):
            for left in medium.after_cut():
                cuts.append(self.check(left, told))

        self.fly(RecordingMedium(on_call=look), told)
        assert len(cuts) > 300
        assert {(), ("product-1",), ("product-2",), ("product-1", "product-2")} == set(cuts)

    def test_in_the_second_life_as_well(self):
        first, told = RecordingMedium(), {"kept": [], "delivered": set(), "dropped": set(), "boots": 0}
        self.fly(first, told)

        def look(medium):
            for left in medium.after_cut():
                self.check(left, told)

        first.on_call = look
        store = ProductStore(self.FOLDER, 1000, first)
        told["boots"] = store.boots
        store.delivered(2)
        told["delivered"].add("product-2")
        told["kept"].pop(0)
        store.drop(1)
        told["dropped"].add("product-1")
        look(first)

    def fly(self, medium, told):
        """Two products and a delivery; `told` is what the store has promised so far."""
        store = ProductStore(self.FOLDER, 1000, medium)
        told["boots"] = store.boots
        for content in CONTENTS.values():
            told["kept"].append(add(store, content))
        store.delivered(1)
        told["delivered"].add("product-1")

    def check(self, medium, told):
        store = ProductStore(self.FOLDER, 1000, medium)
        found = waiting(store)
        assert found.items() <= CONTENTS.items()
        assert {product.name for product in told["kept"]} <= {product.name for product in store.products()}
        assert not told["delivered"] & found.keys()
        assert not told["dropped"] & {product.name for product in store.products()}
        assert (store.damaged, store.disk_failures, store.drain_notices()) == (0, 0, [])
        assert store.boots > told["boots"]
        assert store.allot_id() > max((product.id for product in store.products()), default=0)
        return tuple(sorted(found))

    def test_what_was_set_aside_is_in_one_of_the_two_folders(self):
        first = RecordingMedium()
        add(ProductStore(self.FOLDER, 1000, first), b"content")
        path = self.FOLDER / "kept" / "00000001.product"
        whole = first.read(path)
        damaged = whole.replace(b"content", b"contend")
        first.write(path, damaged)
        first.sync(path)

        def look(medium):
            for left in medium.after_cut():
                assert damaged in self.everything(left)

        first.on_call = look
        assert ProductStore(self.FOLDER, 1000, first).damaged == 1
        assert first.names(self.FOLDER / "kept" / ASIDE) == ["00000001.product"]
        for left in first.after_cut():
            assert ProductStore(self.FOLDER, 1000, left).damaged == 0  # it is set aside once

    def test_what_was_purged_does_not_come_back(self):
        medium = RecordingMedium()
        store = ProductStore(self.FOLDER, 1000, medium)
        store.set_aside(add(store, b"content").id, "why not")
        store.purge()
        assert {ProductStore(self.FOLDER, 1000, left).aside_octets for left in medium.after_cut()} == {0}

    def test_what_was_set_aside_does_not_come_back(self):
        medium = RecordingMedium()
        store = ProductStore(self.FOLDER, 1000, medium)
        store.set_aside(add(store, b"content").id, "why not")
        assert not any(ProductStore(self.FOLDER, 1000, left).products() for left in medium.after_cut())

    def everything(self, medium):
        kept = self.FOLDER / "kept"
        folders = [kept, *([kept / ASIDE] if ASIDE in medium.names(kept) else [])]
        return [medium.read(folder / name) for folder in folders for name in medium.names(folder) if "." in name]


class TestRot:
    """Any bit may flip."""

    @pytest.mark.parametrize("step", [13, pytest.param(1, marks=pytest.mark.slow)])
    def test_one_bit_costs_one_product_at_most(self, tmp_path, step):
        """Bits of every file of a small store: only content is lost, only where it was hit; all of it is reported."""
        first = ProductStore(tmp_path / "products", 1000)
        contents = {add(first, content).name: content for content in (b"A", b"BC")}
        lost = 0
        for path in sorted(path for path in tmp_path.rglob("*") if path.is_file() and path.name != MARKER_NAME):
            whole = path.read_bytes()
            middle = 8 * (len(whole) // 2)
            for bit in sorted({*range(0, 8 * len(whole), step), *range(middle - 16, middle + 16)}):
                store = ProductStore(tmp_path / "products", 1000, Flipped(path, bit))
                found = waiting(store)
                assert found.items() <= contents.items()
                assert len(found) + store.damaged == len(contents)
                assert len(store.drain_notices()) == store.damaged
                assert store.damaged + store.mended == (path.suffix == ".product") or path.stem == "counters"
                assert (store.boots >= 2, store.allot_id()) == (True, 3)
                lost += store.damaged
        assert lost == 8 * len(b"ABC")

    @pytest.mark.requirement("FSW-RES-010")
    def test_what_rotted_is_set_aside_and_reported(self, tmp_path):
        product = add(ProductStore(tmp_path, 1000), b"answer")
        path = tmp_path / "kept" / "00000001.product"
        path.write_bytes(path.read_bytes().replace(b"answer", b"anzwer"))
        again = ProductStore(tmp_path, 1000)
        assert (again.damaged, again.waiting()) == (1, [])
        (notice,) = again.drain_notices()
        assert (notice.product, notice.reason) == (product.id, "its content is not what was written")
        assert b"anzwer" in (tmp_path / "kept" / ASIDE / path.name).read_bytes()
        assert again.allot_id() == 2
        assert ProductStore(tmp_path, 1000).drain_notices() == []

    def test_what_the_ground_has_is_told_when_it_rots_and_counts_as_no_loss(self, tmp_path):
        store = ProductStore(tmp_path, 1000)
        store.delivered(add(store, b"answer").id)
        path = tmp_path / "kept" / "00000001.sent"
        path.write_bytes(path.read_bytes().replace(b"answer", b"anzwer"))
        again = ProductStore(tmp_path, 1000)
        assert (again.damaged, len(again.drain_notices()), again.products()) == (0, 1, [])

    def test_a_second_file_of_one_product_is_set_aside(self, tmp_path):
        product = add(ProductStore(tmp_path, 1000), b"answer")
        path = tmp_path / "kept" / "00000001.product"
        path.with_suffix(".sent").write_bytes(path.read_bytes())
        path.with_name("00000007.product").write_bytes(path.read_bytes())
        again = ProductStore(tmp_path, 1000)
        assert (again.waiting(), again.content(product.id), again.damaged) == ([product], b"answer", 1)
        assert again.drain_notices() == [
            StoreNotice(1, "00000001.sent", "there is another file of it"),
            StoreNotice(7, "00000007.product", "it says that it is product 1"),
        ]
        assert {"kept/set-aside/00000001.sent", "kept/set-aside/00000007.product"} <= files(tmp_path).keys()

    def test_a_damaged_copy_of_the_counters_is_counted(self, tmp_path):
        for _ in range(2):
            ProductStore(tmp_path, 1000)
        (tmp_path / "kept" / "counters.a").write_bytes(b"rubbish")
        assert ProductStore(tmp_path, 1000).mended == 1

    def test_content_is_checked_when_it_is_used(self, tmp_path):
        store = ProductStore(tmp_path, 1000)
        product = add(store, b"answer")
        path = tmp_path / "kept" / "00000001.product"
        path.write_bytes(path.read_bytes().replace(b"answer", b"anzwer"))
        with pytest.raises(DamagedProductError):
            store.content(product.id)
        store.set_aside(product.id, "rotten")
        assert (store.damaged, store.waiting(), store.drain_notices()[0].reason) == (1, [], "rotten")

    def test_a_damaged_copy_of_what_it_is_is_written_anew(self, tmp_path):
        product = add(ProductStore(tmp_path, 1000), b"answer")
        path = tmp_path / "kept" / "00000001.product"
        whole = path.read_bytes()
        for damaged in (b"\0" * 20 + whole[20:], whole[:-20] + b"\0" * 20, whole + b"\0" * 512, whole[:-1]):
            path.write_bytes(damaged)
            again = ProductStore(tmp_path, 1000)
            assert (again.mended, again.waiting(), path.read_bytes()) == (1, [product], whole)

    def test_without_its_counters_it_counts_on(self, tmp_path):
        store = ProductStore(tmp_path, 1000)
        add(store, b"1")
        assert add(ProductStore(tmp_path, 1000), b"2").id == 2
        for slot in (tmp_path / "kept").glob("counters.*"):
            slot.unlink()
        again = ProductStore(tmp_path, 1000)
        assert (again.boots, again.allot_id(), len(again.waiting())) == (3, 3, 2)


class Flipped(RecordingMedium):
    """The host's files with one bit of one of them flipped; what is written goes nowhere."""

    def __init__(self, path, bit):
        super().__init__()
        self.path, self.bit = path, bit

    def read(self, path):
        octets = bytearray(path.read_bytes())
        if path == self.path:
            octets[self.bit // 8] ^= 1 << self.bit % 8
        return bytes(octets)

    def names(self, folder):
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def write(self, path, octets):
        pass

    overwrite = append = write

    def sync(self, path):
        pass

    def make_folder(self, folder):
        return False

    def replace(self, old, new):
        pass


class TestLife:
    def test_waits_across_a_restart_until_delivered(self, tmp_path):
        product = add(ProductStore(tmp_path, 1000), b"answer")
        assert (product.priority, product.boot, product.octets) == (0, 1, 6)
        again = ProductStore(tmp_path, 1000)
        assert again.waiting() == [product]
        assert again.content(product.id) == b"answer"
        again.delivered(product.id)
        assert ProductStore(tmp_path, 1000).waiting() == []
        last = ProductStore(tmp_path, 1000)
        assert (last.products(), last.boots) == ([product], 4)

    def test_what_does_not_wait_is_not_delivered_again(self, tmp_path):
        store = ProductStore(tmp_path, 1000)
        product = add(store, b"answer")
        before = [store.delivered(number) for number in (7, product.id, product.id)]
        assert (before, store.waiting(), store.products(), store.disk_failures) == ([None] * 3, [], [product], 0)
        assert files(tmp_path / "kept").keys() >= {"00000001.sent"}

    def test_numbers_are_never_used_again(self, tmp_path):
        store = ProductStore(tmp_path, 10)
        store.delivered(add(store, b"12345678").id)
        second = add(store, b"12345678")  # pushes the first out
        store.drop(second.id)
        again = ProductStore(tmp_path, 10)
        assert (again.allot_id(), again.damaged) == (3, 0)

    def test_delivered_products_make_room_and_waiting_ones_do_not(self, tmp_path):
        store = ProductStore(tmp_path, 10)
        first = add(store, b"123456")
        with pytest.raises(StoreFullError, match="5 octets, 6 of 10"):
            add(store, b"12345")
        store.delivered(first.id)
        second = add(store, b"12345")
        assert store.products() == [second]
        assert store.octets == 5

    def test_what_was_set_aside_keeps_its_number_without_counters(self, tmp_path):
        store = ProductStore(tmp_path, 1000)
        store.set_aside(add(store, b"content").id, "why not")
        for slot in (tmp_path / "kept").glob("counters.*"):
            slot.unlink()
        assert ProductStore(tmp_path, 1000).allot_id() == 2

    def test_the_last_octet_of_room_is_used(self, tmp_path):
        store = ProductStore(tmp_path, 10)
        store.delivered(add(store, b"123456").id)
        add(store, b"1234")
        assert [product.octets for product in store.products()] == [6, 4]
        add(store, b"123456")
        assert [product.octets for product in store.waiting()] == [4, 6]

    def test_what_is_set_aside_takes_room_until_it_is_purged(self, tmp_path):
        store = ProductStore(tmp_path, 1000)
        store.set_aside(add(store, bytes(500)).id, "no PDU holds its name")
        with pytest.raises(StoreFullError, match="set aside"):
            add(store, bytes(500))
        assert ProductStore(tmp_path, 1000).octets == store.octets > 500
        assert (store.purge(), store.octets, files(tmp_path / "kept").keys() & {ASIDE}) == (1, 0, set())
        add(store, bytes(500))

    def test_two_products_of_one_name_keep_their_contents(self, tmp_path):
        store = ProductStore(tmp_path, 1000)
        for content in (b"first", b"second"):
            store.add(store.allot_id(), "one.txt", content, PROVENANCE)
        again = ProductStore(tmp_path, 1000)
        assert [again.content(product.id) for product in again.waiting()] == [b"first", b"second"]


class TestFolder:
    @pytest.mark.requirement("FSW-RES-011")
    def test_what_the_store_did_not_write_is_left_alone(self, tmp_path):
        (tmp_path / "lost+found").mkdir()
        strange = {
            "README.txt": b"note", "journal": b"Dear diary", "00000001": b"mine", "x.part": b"1", "kept.txt": b"",
            "00000007.product": b"mine too",
        }  # fmt: skip
        for name, octets in strange.items():
            (tmp_path / name).write_bytes(octets)
        add(ProductStore(tmp_path, 1000), b"answer")
        (tmp_path / "kept" / "note.txt").write_bytes(b"here")
        store = ProductStore(tmp_path, 1000)
        store.delivered(1)
        assert (len(store.products()), store.drain_notices()) == (1, [])
        assert strange.items() <= files(tmp_path).items()
        assert (tmp_path / "kept" / "note.txt").read_bytes() == b"here"
        assert (tmp_path / "lost+found").is_dir()

    @pytest.mark.parametrize(
        "name",
        [
            "2147483648.product", "9999999999.product", "0000000012.product", "99999999.product.bak",
            "\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668.product", "9999999999.sent.part",
        ],
    )  # fmt: skip
    def test_a_name_that_the_store_gives_no_file_is_left_alone_and_moves_no_number(self, tmp_path, name):
        add(ProductStore(tmp_path, 1000), b"answer")
        for folder in ("kept", f"kept/{ASIDE}"):
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / name).write_bytes(b"mine")
        store = ProductStore(tmp_path, 1000)
        assert (store.allot_id(), store.drain_notices(), store.damaged) == (2, [], 0)
        assert (tmp_path / "kept" / name).read_bytes() == b"mine"

    @pytest.mark.parametrize("aside", ["00000007.product", "00000007.sent.12"])
    def test_what_was_set_aside_keeps_its_number(self, tmp_path, aside):
        add(ProductStore(tmp_path, 1000), b"answer")
        (tmp_path / "kept" / ASIDE).mkdir()
        (tmp_path / "kept" / ASIDE / aside).write_bytes(b"rotten")
        assert ProductStore(tmp_path, 1000).allot_id() == 8

    def test_a_folder_of_somebody_else_is_not_taken(self, tmp_path):
        (tmp_path / "kept").mkdir()
        theirs = {"kept/00000003.product": b"mine", "kept/thesis.tex": b"years"}
        for name, octets in theirs.items():
            (tmp_path / name).write_bytes(octets)
        store = ProductStore(tmp_path, 1000)
        with pytest.raises(FileExistsError, match="not ours"):
            add(store, b"answer")
        assert any("not ours" in notice.reason for notice in store.drain_notices())
        assert files(tmp_path) == theirs

    def test_half_written_files_go(self, tmp_path):
        add(ProductStore(tmp_path, 1000), b"answer")
        (tmp_path / "kept" / "00000002.product.part").write_bytes(b"half")
        store = ProductStore(tmp_path, 1000)
        assert ("kept/00000002.product.part" in files(tmp_path), store.damaged, store.allot_id()) == (False, 0, 3)

    def test_another_version_is_set_aside(self, tmp_path):
        add(ProductStore(tmp_path, 1000), b"answer")
        said = record('{"type":"stored-2","id":2,"where":"mars"}')
        (tmp_path / "kept" / "00000002.product").write_bytes(said + b"x" + said)
        store = ProductStore(tmp_path, 1000)
        assert (len(store.waiting()), store.damaged, store.allot_id()) == (1, 1, 3)
        assert "another version" in store.drain_notices()[0].reason
        assert (tmp_path / "kept" / ASIDE / "00000002.product").read_bytes() == said + b"x" + said


class TestOlder:
    """A folder of the format before: a journal, and contents without a word."""

    def write(self, folder, *entries, **contents):
        folder.mkdir(exist_ok=True)
        texts = [entry if isinstance(entry, str) else msgspec.json.encode(entry).decode() for entry in entries]
        (folder / "journal").write_bytes(b"".join(map(record, texts)))
        for name, octets in contents.items():
            (folder / name.removeprefix("f")).write_bytes(octets)

    def product(self, number, content):
        return StoredProduct(
            id=number, name=f"product-{number}", octets=len(content), crc32c=crc32c(content), provenance=PROVENANCE
        )

    def test_is_taken_over(self, tmp_path):
        one, two = self.product(1, b"one"), self.product(2, b"two")
        boot, sent = '{"type":"boot","number":7,"next_id":9}', '{"type":"delivered","id":2}'
        self.write(tmp_path, boot, one, two, sent, f00000001=b"one", f00000002=b"two")
        for boots in (8, 9):
            store = ProductStore(tmp_path, 1000)
            assert (store.waiting(), store.products(), store.boots) == ([one], [one, two], boots)
            assert (store.content(1), store.damaged, store.drain_notices()) == (b"one", 0, [])
            assert store.allot_id() == 9
        assert [path.name for path in tmp_path.iterdir()] == ["kept"]
        assert "kept/set-aside/journal" in files(tmp_path)

    def test_what_cannot_be_taken_over_is_set_aside_and_reported(self, tmp_path):
        one, two, gone = self.product(1, b"one"), self.product(2, b"two"), self.product(3, b"")
        self.write(tmp_path, one, two, gone, '{"type":"later"}', f00000001=b"one", f00000002=b"tvo", f00000004=b"four")
        store = ProductStore(tmp_path, 1000)
        assert (store.waiting(), store.damaged) == ([one], 3)
        assert [(notice.product, notice.reason) for notice in store.drain_notices()] == [
            (2, "its content is not what was written"),
            (3, "unreadable (No such file or directory)"),
            (4, "no record tells what it is"),
            (0, "1 records of another version in journal"),
        ]
        assert store.allot_id() == 4  # though nothing is left of the third
        assert {"00000002": b"tvo", "00000004": b"four"}.items() <= files(tmp_path / "kept" / ASIDE).items()

    def test_on_a_disk_that_takes_nothing_it_is_read_where_it_is(self, tmp_path):
        medium, folder = RecordingMedium(), Path("/products")
        one = self.product(1, b"one")
        self.write(tmp_path, one, f00000001=b"one")
        medium.make_folder(folder)
        for name, octets in files(tmp_path).items():
            medium.write(folder / name, octets)
        medium.fail = only_reads(errno.ENOSPC)
        store = ProductStore(folder, 1000, medium)
        assert (store.waiting(), store.content(1)) == ([one], b"one")
        store.delivered(1)
        medium.fail = lambda call, path: None
        assert ProductStore(folder, 1000, medium).waiting() == [one]
        assert medium.names(folder) == ["kept"]

    def test_where_it_cannot_be_taken_over_it_is_checked_and_never_deleted(self, tmp_path):
        medium, folder = RecordingMedium(), Path("/products")
        one, two = self.product(1, b"one"), self.product(2, b"two")
        self.write(tmp_path, one, two, '{"type":"delivered","id":2}', f00000001=b"one", f00000002=b"two")
        medium.make_folder(folder)
        for name, octets in files(tmp_path).items():
            medium.write(folder / name, octets)
        medium.fail = lambda call, path: only_reads(errno.ENOSPC)(call, path) if path != folder / "kept" else None
        store = ProductStore(folder, 6, medium)
        medium.fail = lambda call, path: None
        with pytest.raises(OSError, match="of an older version"):
            store.drop(2)
        with pytest.raises(StoreFullError):
            add(store, b"1")
        assert (store.products(), store.content(2)) == ([one, two], b"two")
        medium.write(folder / "00000001", b"onf")
        with pytest.raises(DamagedProductError, match=r"^its content is not what was written$"):
            store.content(1)

    @pytest.mark.requirement("FSW-RES-009")
    def test_a_power_cut_at_any_moment_costs_nothing(self, tmp_path):
        medium, folder = RecordingMedium(), Path("/products")
        one, two = self.product(1, b"one"), self.product(2, b"two")
        self.write(tmp_path, one, two, '{"type":"delivered","id":2}', f00000001=b"one", f00000002=b"two")
        medium.make_folder(folder)
        for name, octets in files(tmp_path).items():
            medium.write(folder / name, octets)
            medium.sync(folder / name)
        medium.sync(folder)
        medium.sync(Path("/"))

        def look(medium):
            for left in medium.after_cut():
                store = ProductStore(folder, 1000, left)
                assert (store.waiting(), store.content(1), store.damaged) == ([one], b"one", 0)

        medium.on_call = look
        ProductStore(folder, 1000, medium)


def test_of_many_small_products_the_store_keeps_few_that_are_delivered(tmp_path, monkeypatch):
    """A start reads all of them: what is kept for nobody must not make each start longer than the one before."""
    monkeypatch.setattr(products, "KEPT_MAX", 3)
    store = ProductStore(tmp_path, 1000)
    for _ in range(5):
        store.delivered(add(store, b"x").id)
    assert [one.id for one in store.products()] == [3, 4, 5]
    for _ in range(4):
        add(store, b"x")
    assert [one.id for one in store.waiting()] == [6, 7, 8, 9]
    assert [one.id for one in ProductStore(tmp_path, 1000).products()] == [6, 7, 8, 9]


def test_a_store_that_holds_too_many_gives_them_up_bit_by_bit(tmp_path, monkeypatch):
    store = ProductStore(tmp_path, 1000)
    for _ in range(9):
        store.delivered(add(store, b"x").id)
    monkeypatch.setattr(products, "KEPT_MAX", 3)
    monkeypatch.setattr(products, "_DROPPED_AT_ONCE", 2)
    counts = []
    for _ in range(5):
        store.delivered(add(store, b"x").id)
        counts.append(len(store.products()))
    assert counts == [7, 5, 3, 3, 3]


def test_more_than_may_wait_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(products, "WAITING_MAX", 2)
    store = ProductStore(tmp_path, 1000)
    first = add(store, b"x")
    add(store, b"x")
    with pytest.raises(StoreFullError, match="2 products wait, no more may"):
        add(store, b"x")
    store.delivered(first.id)
    add(store, b"x")
