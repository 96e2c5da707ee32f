"""Reports of more than one packet holds: their items go into as many reports of the same type as it takes."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from link.dictionary.declare import Record
from link.pus.message import Report
from link.pus.packets import TM_DATA_MAX

ITEMS_MAX = 255
"""What a count of 8 bits can say."""
_HEAD_OCTETS = 16  # of fields in front of the items
ITEM_OCTETS_MAX = TM_DATA_MAX - _HEAD_OCTETS
"""What a single item may take."""
_Item = TypeVar("_Item")


def pages(items: Iterable[_Item], form: Callable[[list[_Item]], Report]) -> Iterator[Report]:
    """Reports that `form` makes of the items, one at least; items are records, octets, or numbers of 16 bits."""
    page: list[_Item] = []
    octets = 0
    for item in items:
        size = _octets(item)
        if page and (len(page) == ITEMS_MAX or octets + size > ITEM_OCTETS_MAX):
            yield form(page)
            page, octets = [], 0
        page.append(item)
        octets += size
    yield form(page)


def _octets(item: Any) -> int:
    if isinstance(item, Record):
        return len(item.encode())
    return len(item) if isinstance(item, bytes) else 2
