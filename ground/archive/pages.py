"""Rows of a SQLite file page by page, whatever became of the trees and definitions that lead to them.

From the file format (sqlite.org/fileformat2.html): b-tree pages §1.6, records §2. The
cells of a page are read by themselves; only a row with overflow pages needs other pages. Malformed cells are
skipped. The caller decides whether a row is one of ours: pages of other content give rows as well.
"""

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

from ground.archive.journal import logged_pages
from ground.archive.schema import PAGE_OCTETS

_TABLE_LEAF, _INDEX_LEAF, _INDEX_INSIDE = 0x0D, 0x0A, 0x02
HEAD_OCTETS = 100  # octets of the file header, with which page 1 begins
_INDEX_LOCAL_MAX = (PAGE_OCTETS - 12) * 64 // 255 - 23
_LOCAL_MIN = (PAGE_OCTETS - 12) * 32 // 255 - 23
_ALIKE = 8  # a page holds cells of one table: after so many that are not ours, the rest is skipped
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # octets of an integer, by serial type (§2.1)

_BEGINNING = b"SQLite format 3\0" + PAGE_OCTETS.to_bytes(2) + b"\2\2"  # both versions 2: with a write-ahead log

Pages = Mapping[int, bytes]


class Row(NamedTuple):
    """`shape` has one letter per column: N null, I integer, F float, T text, B blob. Texts are octets.

    `number` is the rowid, corrected from the neighbouring rows where it is damaged; 0 in an index.
    """

    number: int
    shape: str
    values: tuple[Any, ...]


def read_pages(file: bytes, journal: bytes) -> tuple[Pages, Pages]:
    """Pages by number, from 1: the newest version of each, and the versions in the file that the log replaces."""
    count = -(-len(file) // PAGE_OCTETS)
    old = {n + 1: file[n * PAGE_OCTETS : (n + 1) * PAGE_OCTETS].ljust(PAGE_OCTETS, b"\0") for n in range(count)}
    logged = dict(logged_pages(journal))
    return old | logged, {number: old[number] for number in logged.keys() & old.keys()}


def head_fault(file: bytes) -> str:
    """What is wrong with the file header; empty if it is sound. SQLite would treat some such files as read-only."""
    return "" if file.startswith(_BEGINNING) else "file is not a database of ours"


def rows_of(number: int, pages: Pages, shapes: Container[str]) -> list[Row]:
    """The rows of `shapes` on page `number`, read by its type and, as the type may be damaged, as a table leaf."""
    page, start = pages[number], HEAD_OCTETS if number == 1 else 0
    kinds = dict.fromkeys((page[start], _TABLE_LEAF))
    return [row for kind in kinds if kind in _LOCAL_MAX for row in _numbered(_cells(page, start, kind, pages), shapes)]


_LOCAL_MAX = {_TABLE_LEAF: PAGE_OCTETS - 35, _INDEX_LEAF: _INDEX_LOCAL_MAX, _INDEX_INSIDE: _INDEX_LOCAL_MAX}


def _cells(page: bytes, start: int, kind: int, pages: Pages) -> Iterator[tuple[int, int, bytes]]:
    """Each cell's place, rowid and record. The cell count may be damaged, so pointers beyond it are tried too."""
    head = start + (12 if kind == _INDEX_INSIDE else 8)
    count = int.from_bytes(page[start + 3 : start + 5])
    for place in range((PAGE_OCTETS - head) // 2):
        at = int.from_bytes(page[head + 2 * place : head + 2 * place + 2])
        if not head + 2 * place < at < PAGE_OCTETS:
            if place >= count:
                return
            continue
        try:
            yield place, *_cell(page, at, kind, pages)
        except (IndexError, KeyError, ValueError):
            continue


def _numbered(cells: Iterator[tuple[int, int, bytes]], shapes: Container[str]) -> list[Row]:
    """Correct damaged rowids: rows of one page are numbered without gaps, so the majority gives each row's number."""
    found: list[tuple[int, Row]] = []
    for tried, (place, number, record) in enumerate(cells):
        if not found and tried >= _ALIKE:
            break
        with suppress(IndexError, ValueError):
            shape, sizes, at = _head(record)
            if shape in shapes:
                found.append((place, Row(number, shape, tuple(_values(record, shape, sizes, at)))))
    first = Counter(row.number - place for place, row in found).most_common(1)
    return [row._replace(number=row.number and first[0][0] + place) for place, row in found]


def _cell(page: bytes, at: int, kind: int, pages: Pages) -> tuple[int, bytes]:
    at += 4 if kind == _INDEX_INSIDE else 0
    size, at = _varint(page, at)
    number, at = _varint(page, at) if kind == _TABLE_LEAF else (0, at)
    return number, _payload(page, at, size, _LOCAL_MAX[kind], pages)


def _payload(page: bytes, at: int, size: int, local_max: int, pages: Pages) -> bytes:
    if size <= local_max:
        return _exactly(page[at : at + size], size)
    local = _LOCAL_MIN + (size - _LOCAL_MIN) % (PAGE_OCTETS - 4)
    local = local if local <= local_max else _LOCAL_MIN
    payload = bytearray(_exactly(page[at : at + local], local))
    following = int.from_bytes(_exactly(page[at + local : at + local + 4], 4))
    while len(payload) < size:
        if len(payload) > len(pages) * PAGE_OCTETS:
            raise ValueError("overflow pages in a ring")
        payload += pages[following][4 : 4 + size - len(payload)]
        following = int.from_bytes(pages[following][:4])
    return bytes(payload)


def _head(record: bytes) -> tuple[str, list[tuple[int, int]], int]:
    """The record's shape, the serial type and size of each column, and the offset of the first column."""
    end, at = _varint(record, 0)
    shape, columns = "", []
    while at < end:
        serial, at = _varint(record, at)
        letter, size = _kind(serial)
        shape += letter
        columns.append((serial, size))
    if at != end or end + sum(size for _, size in columns) != len(record):
        raise ValueError("a record is not as long as it says")
    return shape, columns, end


@lru_cache(1024)
def _kind(serial: int) -> tuple[str, int]:
    if serial >= 12:
        return ("T" if serial % 2 else "B"), (serial - 12) // 2
    if serial < 0 or serial in (10, 11):
        raise ValueError("reserved")
    return ("N", 0) if serial == 0 else ("F", 8) if serial == 7 else ("I", _INTEGERS.get(serial, 0))


def _values(record: bytes, shape: str, columns: list[tuple[int, int]], at: int) -> Iterator[Any]:
    for letter, (serial, size) in zip(shape, columns, strict=True):
        octets, at = record[at : at + size], at + size
        if letter == "I":
            yield int.from_bytes(octets, signed=True) if octets else serial - 8
        else:
            yield octets if letter in "TB" else None  # no column of ours is a float


def _varint(octets: bytes, at: int) -> tuple[int, int]:
    """A variable-length integer of up to nine octets (§1.6), and the offset after it. Raises IndexError."""
    value = 0
    for place in range(8):
        octet = octets[at + place]
        value = value << 7 | octet & 0x7F
        if octet < 0x80:
            return value, at + place + 1
    value = value << 8 | octets[at + 8]
    return (value if value < 1 << 63 else value - (1 << 64)), at + 9


def _exactly(octets: bytes, size: int) -> bytes:
    if len(octets) != size or size < 0:
        raise ValueError("behind the end of the page")
    return octets
