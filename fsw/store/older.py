"""The store's format before this one: contents as bare files "00000001", and a journal that alone said what they are.

A store of that format is taken over: each product becomes a file that says itself what it is, the journal is set aside.
"""

from dataclasses import dataclass, field

import msgspec

from fsw.store.product_file import ID_MAX, StoredProduct
from fsw.store.storage import records

JOURNAL_NAME = "journal"


class _Delivered(msgspec.Struct, frozen=True, tag="delivered"):
    id: int


class _Boot(msgspec.Struct, frozen=True, tag="boot"):
    """The store was opened for the `number`th time, with `next_id` to be allotted next."""

    number: int
    next_id: int


_Entry = StoredProduct | _Delivered | _Boot


@dataclass(slots=True)
class OlderJournal:
    """What a journal told; `strange` counts its records that another version wrote.

    One that holds no record at all `is_ours` not: it is somebody else's file of that name.
    """

    products: dict[int, StoredProduct] = field(default_factory=dict)
    delivered: set[int] = field(default_factory=set)
    boots: int = 0
    next_id: int = 1
    strange: int = 0
    is_ours: bool = False

    def take(self, entry: _Entry) -> None:
        """The next record."""
        if isinstance(entry, StoredProduct):
            self.products[entry.id] = entry
            self.next_id = max(self.next_id, entry.id + 1)
        elif isinstance(entry, _Delivered):
            self.delivered.add(entry.id)
        else:
            self.boots, self.next_id = max(self.boots, entry.number), max(self.next_id, entry.next_id)


def read_journal(octets: bytes) -> OlderJournal:
    """What a journal tells."""
    journal = OlderJournal()
    for text in records(octets):
        journal.is_ours = True
        try:
            journal.take(msgspec.json.decode(text, type=_Entry))
        except (msgspec.DecodeError, RecursionError):
            journal.strange += 1
    return journal


def content_name(product_id: int) -> str:
    """What the file with a product's content was called."""
    return f"{product_id:08d}"


def is_content_name(name: str) -> bool:
    """Whether a file in the folder of such a journal was written by the store."""
    is_number = name.isascii() and name.isdigit() and len(name) <= len(str(ID_MAX))
    return is_number and int(name) <= ID_MAX and name == content_name(int(name))
