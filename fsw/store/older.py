"""The store's earlier format: contents as bare files such as "00000001", and a journal that alone described them.

A store of that format is converted: each product becomes a file that describes itself, and the journal is set aside.
"""

from dataclasses import dataclass, field

import msgspec

from fsw.store.product_file import ID_MAX, StoredProduct
from fsw.store.storage import records

JOURNAL_NAME = "journal"


class _Delivered(msgspec.Struct, frozen=True, tag="delivered"):
    id: int


class _Boot(msgspec.Struct, frozen=True, tag="boot"):
    """The store was opened for the `number`th time; the next product gets the number `next_id`."""

    number: int
    next_id: int


_Entry = StoredProduct | _Delivered | _Boot


@dataclass(slots=True)
class OlderJournal:
    """What a journal held; `strange` counts its records that another version wrote.

    `is_ours` is false for a journal without any record: it is somebody else's file of that name.
    """

    products: dict[int, StoredProduct] = field(default_factory=dict)
    delivered: set[int] = field(default_factory=set)
    boots: int = 0
    next_id: int = 1
    strange: int = 0
    is_ours: bool = False

    def accept(self, entry: _Entry) -> None:
        """Add the next record."""
        if isinstance(entry, StoredProduct):
            self.products[entry.id] = entry
            self.next_id = max(self.next_id, entry.id + 1)
        elif isinstance(entry, _Delivered):
            self.delivered.add(entry.id)
        else:
            self.boots, self.next_id = max(self.boots, entry.number), max(self.next_id, entry.next_id)


def read_journal(octets: bytes) -> OlderJournal:
    """Read all records of a journal."""
    journal = OlderJournal()
    for text in records(octets):
        journal.is_ours = True
        try:
            journal.accept(msgspec.json.decode(text, type=_Entry))
        except (msgspec.DecodeError, RecursionError):
            journal.strange += 1
    return journal


def content_name(product_id: int) -> str:
    """The file name of a product's content."""
    return f"{product_id:08d}"


def is_content_name(name: str) -> bool:
    """Whether a file beside such a journal was written by the store."""
    is_number = name.isascii() and name.isdigit() and len(name) <= len(str(ID_MAX))
    return is_number and int(name) <= ID_MAX and name == content_name(int(name))
