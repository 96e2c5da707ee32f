"""The product store: answers are kept here, across crashes and reboots, until the ground confirms their delivery.

Each product is a file that describes itself, ID.product, and ID.sent after its delivery; there is no other list of
them. A file that cannot be trusted is set aside and reported. A start needs no writing: on a disk that is full or
read-only the store still gives its products.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from fsw.store import older
from fsw.store.durable import Durable, RecordOrigin
from fsw.store.own_files import OwnFiles
from fsw.store.product_file import (
    ID_MAX,
    DamagedProductError,
    ProductFile,
    Provenance,
    StoredProduct,
    decode_file,
    encode_file,
    is_content,
)
from hal.medium import HOST, Medium
from kernels.coding.crc import crc32c

__all__ = ["DamagedProductError", "ProductStore", "Provenance", "StoreFullError", "StoreNotice", "StoredProduct"]

FOLDER_NAME = "kept"
STORE_NOTICES_MAX = 64
KEPT_MAX, WAITING_MAX = 1024, 8192
"""How many products the store keeps when none need, and how many may wait: a start reads all of them."""
_DROPPED_AT_ONCE = 64  # of a store that was filled before it was bounded
_WAITING, _SENT = "product", "sent"
_FILE_NAME = re.compile(rf"([0-9]{{8,10}})\.({_WAITING}|{_SENT})(\.part)?")
_COUNTERS_OCTETS_MAX = 64


class StoreFullError(Exception):
    """Products that wait for delivery fill the store; the new product was not taken."""


class StoreNotice(NamedTuple):
    """An event of the store to report; `product` 0 and no name: of the disk as a whole."""

    product: int
    name: str
    reason: str


class Counters(msgspec.Struct, frozen=True):
    """How often the store was opened, and a number that no product had yet."""

    boots: int = 0
    next_id: int = 1


@dataclass(frozen=True, slots=True)
class _Kept:
    """A product and its file, which in the earlier format `is_bare` content."""

    product: StoredProduct
    path: Path
    is_bare: bool = False

    def content_in(self, octets: bytes) -> bytes:
        """The content in the octets of the file. Raises DamagedProductError."""
        if not self.is_bare:
            return decode_file(octets).content
        if not is_content(self.product, octets):
            raise DamagedProductError("its content is not what was written")
        return octets


class ProductStore:
    """Products below `folder`, at most `octets_max` of content; the last delivered ones stay while there is room.

    `boots` counts how often it was opened, this time included; `damaged` the products that waited for delivery and were
    set aside or lost; `mended` the records (of products and counters) with two copies of which one was damaged;
    `disk_failures` the operations that the disk refused; `notices_dropped` the notices that found no room.
    """

    def __init__(self, folder: Path, octets_max: int, medium: Medium = HOST) -> None:
        self.folder, self.octets_max = folder, octets_max
        self.boots = self.damaged = self.mended = self.disk_failures = self.notices_dropped = 0
        self.aside_octets = 0
        self._medium, self._own = medium, OwnFiles(folder / FOLDER_NAME, medium)
        self._counters = Durable(folder / FOLDER_NAME, "counters", Counters(), _COUNTERS_OCTETS_MAX, medium)
        self._kept: dict[int, _Kept] = {}
        self._waiting: dict[int, StoredProduct] = {}
        self._notices: list[StoreNotice] = []
        self._trouble = ""
        self._is_read, self._doubted_below = False, 0
        self.mended += self._counters.damaged
        self._next_id = self._counters.value.next_id
        self._read_in_all()
        self._count_boot(self._convert_older())

    def allot_id(self) -> int:
        """A number that no product of this node ever had."""
        self._next_id += 1
        return self._next_id - 1

    def add(
        self, product_id: int, name: str, content: bytes, provenance: Provenance, *, priority: int = 0
    ) -> StoredProduct:
        """Keep a product; on return it survives a crash. Raises StoreFullError, and OSError from the disk."""
        if not self.look_again():
            raise OSError(f"the store cannot be read: {self._trouble}")
        if product_id < self._doubted_below:
            raise OSError(f"number {product_id} was given while the store could not be read")
        assert product_id not in self._kept, product_id
        self._make_room(len(content))
        product = StoredProduct(
            id=product_id,
            name=name,
            octets=len(content),
            crc32c=crc32c(content),
            provenance=provenance,
            priority=priority,
            boot=self.boots,
        )
        file = _file_name(product_id)
        try:
            self._own.put(file, encode_file(product, content))
        except OSError:  # its file may exist all the same: no unknown file may take room
            with suppress(OSError):
                self._own.remove(file)
            raise
        self._enter(_Kept(product, self._own.path / file), is_waiting=True)
        return product

    def delivered(self, product_id: int) -> None:
        """Note that a product was delivered. If the disk refuses, it is sent again after the next start."""
        if self._waiting.pop(product_id, None) is None:
            return
        kept = self._kept[product_id]
        with self._tolerated():
            if not kept.is_bare:
                self._own.rename(kept.path.name, _file_name(product_id, _SENT))
                self._kept[product_id] = _Kept(kept.product, self._own.path / _file_name(product_id, _SENT))
                self._own.sync()

    def look_again(self) -> bool:
        """Whether the content of the folder is known; reads it again if that failed at the start.

        No product gets the numbers that were given meanwhile, as others may have them.
        """
        if not self._is_read:
            self._read_in_all()
            self._doubted_below = self._next_id
        return self._is_read

    def set_aside(self, product_id: int, reason: str) -> None:
        """Give up a product that cannot be sent: its file is kept, but no longer in the store."""
        kept, waited = self._kept.pop(product_id), self._waiting.pop(product_id, None)
        self._lose(StoreNotice(product_id, kept.product.name, reason), kept.path, was_waiting=waited is not None)

    def drop(self, product_id: int) -> None:
        """Delete a product. Raises KeyError where it is not in the store, OSError from the disk."""
        kept = self._kept[product_id]
        if self._counters.value.next_id <= product_id:
            self._store_counters()  # so far its file has kept its number from being used again
        if kept.is_bare:
            raise OSError(f"{kept.path}: of an older version, and the disk did not let it be taken over")
        self._own.remove(kept.path.name)
        del self._kept[product_id]
        self._waiting.pop(product_id, None)

    def purge(self) -> int:
        """Delete all files that were set aside; returns how many. Raises OSError."""
        try:
            return self._own.purge()
        finally:
            self.aside_octets = self._own.octets_aside()

    def waiting(self) -> list[StoredProduct]:
        """The products that wait for delivery: by priority, the highest first, then the oldest first."""
        return sorted(self._waiting.values(), key=lambda product: (-product.priority, product.id))

    @property
    def waiting_count(self) -> int:
        """How many products wait for delivery."""
        return len(self._waiting)

    def products(self) -> list[StoredProduct]:
        """All products in the store, delivered or not, by number."""
        return [self._kept[product_id].product for product_id in sorted(self._kept)]

    def is_waiting(self, product_id: int) -> bool:
        """Whether a product is in the store and waits for delivery."""
        return product_id in self._waiting

    def content(self, product_id: int) -> bytes:
        """The octets of a product, as they were stored.

        Raises KeyError where it is not in the store, DamagedProductError where its file changed, OSError from the disk.
        """
        kept = self._kept[product_id]
        return kept.content_in(self._medium.read(kept.path))

    def drain_notices(self) -> list[StoreNotice]:
        """The notices to report since the last call."""
        taken, self._notices = self._notices, []
        return taken

    @property
    def octets(self) -> int:
        """Octets of all products, delivered or not, and of the files set aside."""
        return sum([kept.product.octets for kept in self._kept.values()]) + self.aside_octets

    def _read_in_all(self) -> None:
        names = list[str]()
        with self._tolerated():
            names = self._own.names()
            aside = [name.rstrip("0123456789").removesuffix(".") for name in self._own.names_aside()]  # NAME.1, NAME.2
            for found in _ours([*names, *aside]):  # unreadable ones too, so that no file replaces them
                self._next_id = max(self._next_id, int(found[1]) + 1)
            self._is_read = True
        if not self._is_read:
            return
        with self._tolerated():
            self.aside_octets = self._own.octets_aside()
        for found in _ours(names):
            if found[3]:
                with self._tolerated():
                    self._own.remove(found[0])
            else:
                self._read_in(int(found[1]), self._own.path / found[0], is_waiting=found[2] == _WAITING)

    def _read_in(self, product_id: int, path: Path, *, is_waiting: bool) -> None:
        """Read one file at the start. An unreadable one is left for a later start, which may be able to read it."""
        try:
            found = decode_file(self._medium.read(path))
        except OSError as error:
            self._lose(StoreNotice(product_id, path.name, f"unreadable ({_words(error)})"), was_waiting=is_waiting)
        except DamagedProductError as error:
            self._lose(StoreNotice(product_id, path.name, str(error)), path, was_waiting=is_waiting)
        else:
            if found.product.id == product_id and product_id not in self._kept:
                self._enter(_Kept(found.product, path), is_waiting=is_waiting)
                self._mend(found, path)
                return
            is_other = found.product.id != product_id
            reason = f"it says that it is product {found.product.id}" if is_other else "there is another file of it"
            self._lose(StoreNotice(product_id, path.name, reason), path, was_waiting=is_waiting)

    def _mend(self, found: ProductFile, path: Path) -> None:
        if not found.is_sound:
            self.mended += 1
            with self._tolerated():
                self._own.put(path.name, encode_file(found.product, found.content))

    def _enter(self, kept: _Kept, *, is_waiting: bool) -> None:
        product = kept.product
        self._kept[product.id] = kept
        if is_waiting:
            self._waiting[product.id] = product
        self._next_id = max(self._next_id, product.id + 1)

    def _convert_older(self) -> older.OlderJournal:
        """Convert a store of the earlier format; a journal that is not ours is left alone, with all files beside it."""
        journal = older.OlderJournal()
        with self._tolerated():
            try:
                journal = older.read_journal(self._medium.read(self.folder / older.JOURNAL_NAME))
            except FileNotFoundError:
                return journal
        if journal.is_ours:
            for product in journal.products.values():
                self._convert(product, is_waiting=product.id not in journal.delivered)
            self._set_older_aside(journal)
        return journal

    def _convert(self, product: StoredProduct, *, is_waiting: bool) -> None:
        path = self.folder / older.content_name(product.id)
        try:
            content = self._medium.read(path)
        except OSError as error:
            if product.id not in self._kept:  # else it was taken over before
                reason = f"unreadable ({_words(error)})"
                self._lose(StoreNotice(product.id, product.name, reason), was_waiting=is_waiting)
            return
        if not is_content(product, content):
            reason = "its content is not what was written"
            self._lose(StoreNotice(product.id, product.name, reason), path, was_waiting=is_waiting)
            return
        name = _file_name(product.id, _WAITING if is_waiting else _SENT)
        if product.id not in self._kept:
            self._enter(_Kept(product, path, is_bare=True), is_waiting=is_waiting)
        with self._tolerated():
            if self._kept[product.id].is_bare:
                self._own.put(name, encode_file(product, content))
                self._kept[product.id] = _Kept(product, self._own.path / name)
            self._medium.remove(path)
            self._medium.sync(self.folder)

    def _set_older_aside(self, journal: older.OlderJournal) -> None:
        """Set aside contents that no record describes, and the journal once no product depends on it any more."""
        names = list[str]()
        with self._tolerated():
            names = self._medium.names(self.folder)
        for name in filter(older.is_content_name, names):
            if int(name) not in journal.products:
                notice = StoreNotice(int(name), name, "no record tells what it is")
                self._lose(notice, self.folder / name, was_waiting=True)
        if journal.strange:
            self._report(StoreNotice(0, "", f"{journal.strange} records of another version in {older.JOURNAL_NAME}"))
        if not any(kept.is_bare for kept in self._kept.values()):
            self._move_aside(self.folder / older.JOURNAL_NAME)

    def _count_boot(self, journal: older.OlderJournal) -> None:
        """Count this start: one more than the greatest count found in any file."""
        recorded = self._counters.value.boots + (self._counters.origin is RecordOrigin.DOUBTED)
        in_files = max((kept.product.boot for kept in self._kept.values()), default=0)
        self.boots = 1 + max(recorded, in_files, journal.boots)
        self._next_id = max(self._next_id, journal.next_id)
        with self._tolerated():
            self._store_counters()

    def _store_counters(self) -> None:
        self._own.claim()
        self._counters.store(Counters(self.boots, self._next_id))

    def _make_room(self, octets: int) -> None:
        if len(self._waiting) >= WAITING_MAX:
            raise StoreFullError(f"{len(self._waiting)} products wait, no more may")
        most = max(KEPT_MAX, len(self._kept) - _DROPPED_AT_ONCE)
        for product_id in sorted(self._kept.keys() - self._waiting.keys()):
            if self.octets + octets <= self.octets_max and len(self._kept) < most:
                return
            if not self._kept[product_id].is_bare:
                with self._tolerated():  # one that cannot be deleted does not stop the others
                    self.drop(product_id)
        if self.octets + octets > self.octets_max:
            aside = f" ({self.aside_octets} set aside)" if self.aside_octets else ""
            raise StoreFullError(f"{octets} octets, {self.octets} of {self.octets_max} are taken by what waits{aside}")

    def _lose(self, notice: StoreNotice, path: Path | None = None, *, was_waiting: bool) -> None:
        """Count and report a product that cannot be sent, and set its file aside."""
        self.damaged += was_waiting
        self._report(notice)
        if path:
            self._move_aside(path)

    def _move_aside(self, path: Path) -> None:
        with self._tolerated():
            self.aside_octets += self._own.set_aside(path)

    @contextmanager
    def _tolerated(self) -> Iterator[None]:
        """Count what the disk refuses, and report it once while it stays the same; the store goes on."""
        try:
            yield
        except OSError as error:
            self.disk_failures += 1
            if self._trouble != (trouble := _words(error)):
                self._trouble = trouble
                self._report(StoreNotice(0, "", trouble))

    def _report(self, notice: StoreNotice) -> None:
        if len(self._notices) < STORE_NOTICES_MAX:
            self._notices.append(notice)
        else:
            self.notices_dropped += 1


def _file_name(product_id: int, state: str = _WAITING) -> str:
    return f"{product_id:08d}.{state}"


def _ours(names: Iterable[str]) -> list[re.Match[str]]:
    """The names of the store's own files: the number, the state, and whether it is a partly written file."""
    found = filter(None, map(_FILE_NAME.fullmatch, names))
    return [one for one in found if int(one[1]) <= ID_MAX and one[0].startswith(_file_name(int(one[1]), one[2]))]


def _words(error: OSError) -> str:
    return error.strerror or str(error)
