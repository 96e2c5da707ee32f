"""Items that do not fit into one packet are reported in as many reports of the same type as it takes."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from link.dictionary.declare import Record
from link.pus.message import Report
from link.pus.packets import TM_DATA_MAX

ITEMS_MAX = 255
"""How many items a report holds: their count is 8 bits."""
_HEAD_OCTETS = 16  # enough for the fields before the items, in any type of report
ITEM_OCTETS_MAX = TM_DATA_MAX - _HEAD_OCTETS
"""How many octets an item may have."""
_Item = TypeVar("_Item")


def pages(items: Iterable[_Item], form: Callable[[list[_Item]], Report]) -> Iterator[Report]:
    """At least one report, made by `form` of a page of items; an item is a record, octets, or a number of 16 bits."""
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
