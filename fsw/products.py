"""The product store: answers wait here, across crashes and reboots, until the ground confirms that it has them.

The content of a product is a file of its own; a journal says which products there are and which were delivered. The
content is on the disk before the journal tells of it, so that what the journal tells is always true.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from fsw.storage import Journal, replace_file, sync_folder
from hal.board import Source
from hal.kernels.crc import crc32c


class StoreFullError(Exception):
    """What waits for delivery fills the store; the new product was not taken."""


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer came from: what was captured when, what computing it took. Times in nanoseconds, UTC."""

    target: str
    raw_octets: int
    input_sha256: str
    capture_utc_ns: int
    compute_start_utc_ns: int
    compute_end_utc_ns: int
    joules: float
    joules_source: Source


class StoredProduct(msgspec.Struct, frozen=True, kw_only=True, tag="stored"):
    """One product as the journal knows it."""

    id: int
    name: str
    octets: int
    crc32c: int
    provenance: Provenance
    priority: int = 0


class _Delivered(msgspec.Struct, frozen=True, tag="delivered"):
    id: int


class _Boot(msgspec.Struct, frozen=True, tag="boot"):
    """The store was opened for the `number`th time, with `next_id` to be allotted next."""

    number: int
    next_id: int


_Entry = StoredProduct | _Delivered | _Boot


@dataclass
class ProductStore:
    """Products in `folder`, at most `octets_max` of content; what was delivered stays while there is room.

    `boots` counts how often it was opened, this time included; `damaged` those products that waited for delivery and
    whose content did not survive.
    """

    folder: Path
    octets_max: int
    boots: int = 0
    damaged: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._journal = Journal(self.folder / "journal")
        self._products: dict[int, StoredProduct] = {}
        self._waiting: dict[int, StoredProduct] = {}
        self._delivered: set[int] = set()
        self._next_id = 1
        for text in self._journal:
            self._replay(msgspec.json.decode(text, type=_Entry))
        self._drop_damaged()
        self._tidy()

    def allot_id(self) -> int:
        """A number that no product of this node ever had."""
        self._next_id += 1
        return self._next_id - 1

    def add(
        self, product_id: int, name: str, content: bytes, provenance: Provenance, *, priority: int = 0
    ) -> StoredProduct:
        """Keep a product; on return it survives a crash. Raises StoreFullError, and OSError from the disk."""
        self._make_room(len(content))
        product = StoredProduct(
            id=product_id,
            name=name,
            octets=len(content),
            crc32c=crc32c(content),
            provenance=provenance,
            priority=priority,
        )
        replace_file(self._path(product_id), content)
        self._note(product)
        return product

    def delivered(self, product_id: int) -> None:
        """The ground has it."""
        if product_id in self._waiting:
            self._note(_Delivered(product_id))

    def drop(self, product_id: int) -> None:
        """Give up a product whose content cannot be read."""
        self.damaged += product_id in self._waiting  # the others may have made room
        self._waiting.pop(product_id, None)
        del self._products[product_id]

    def waiting(self) -> list[StoredProduct]:
        """What the ground does not have yet: that of the highest priority first, then the oldest."""
        return sorted(self._waiting.values(), key=lambda product: (-product.priority, product.id))

    def find(self, name: str) -> StoredProduct | None:
        """The product of that name."""
        return next((product for product in self._products.values() if product.name == name), None)

    def content(self, product_id: int) -> bytes:
        """The octets of a product; raises KeyError for one that is not here, OSError from the disk."""
        return self._path(self._products[product_id].id).read_bytes()

    @property
    def octets(self) -> int:
        """Content held, delivered or not."""
        return sum(product.octets for product in self._products.values())

    def _path(self, product_id: int) -> Path:
        return self.folder / f"{product_id:08d}"

    def _note(self, entry: _Entry) -> None:
        self._journal.append(msgspec.json.encode(entry).decode())
        self._replay(entry)

    def _replay(self, entry: _Entry) -> None:
        if isinstance(entry, StoredProduct):
            self._products[entry.id] = self._waiting[entry.id] = entry
            self._next_id = max(self._next_id, entry.id + 1)
        elif isinstance(entry, _Delivered):
            self._waiting.pop(entry.id, None)
            self._delivered.add(entry.id)
        else:
            self.boots, self._next_id = entry.number, max(self._next_id, entry.next_id)

    def _drop_damaged(self) -> None:
        for product in list(self._products.values()):
            if not self._is_whole(product):
                self.drop(product.id)

    def _is_whole(self, product: StoredProduct) -> bool:
        try:
            return crc32c(self.content(product.id)) == product.crc32c
        except OSError:
            return False

    def _tidy(self) -> None:
        """Start with a journal of what is here, and no file that it does not tell of."""
        self._delivered &= self._products.keys()
        self.boots += 1
        entries: list[_Entry] = [
            _Boot(self.boots, self._next_id),
            *self._products.values(),
            *map(_Delivered, self._delivered),
        ]
        self._journal.rewrite([msgspec.json.encode(entry).decode() for entry in entries])
        known = {self._path(product_id).name for product_id in self._products} | {"journal"}
        for path in self.folder.iterdir():
            if path.name not in known:
                path.unlink()

    def _make_room(self, octets: int) -> None:
        for product_id in sorted(self._delivered):
            if self.octets + octets <= self.octets_max:
                return
            self._path(product_id).unlink(missing_ok=True)
            del self._products[product_id]
            self._delivered.discard(product_id)
            sync_folder(self.folder)
        if self.octets + octets > self.octets_max:
            raise StoreFullError(f"{octets} octets, {self.octets} of {self.octets_max} are taken by what still waits")
