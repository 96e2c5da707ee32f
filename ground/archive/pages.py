"""Rows of a SQLite file page by page, whatever became of the trees and definitions that lead to them.

From the file format (sqlite.org/fileformat2.html): b-tree pages §1.6, records §2. A page's
cells are read without its neighbours; only what a row keeps on overflow pages needs those. What makes no sense is
passed over. Whether a row is one of ours its reader decides: pages that hold something else give rows as well.
"""

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

from ground.archive.journal import logged_pages
from ground.archive.schema import PAGE_OCTETS

_TABLE_LEAF, _INDEX_LEAF, _INDEX_INSIDE = 0x0D, 0x0A, 0x02
HEAD_OCTETS = 100  # octets before the first page's own
_INDEX_LOCAL_MAX = (PAGE_OCTETS - 12) * 64 // 255 - 23
_LOCAL_MIN = (PAGE_OCTETS - 12) * 32 // 255 - 23
_ALIKE = 8  # cells of one page are of one table: where so many are none of ours, none is
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # octets by serial type

_BEGINNING = b"SQLite format 3\0" + PAGE_OCTETS.to_bytes(2) + b"\2\2"  # both versions: with a write-ahead log

Pages = Mapping[int, bytes]


class Row(NamedTuple):
    """`shape` has a letter a column: N null, I integer, F float, T text, B blob. Texts are octets.

    `number` is the row's in its table, as its place among its neighbours says; 0 in an index.
    """

    number: int
    shape: str
    values: tuple[Any, ...]


def read_pages(file: bytes, journal: bytes) -> tuple[Pages, Pages]:
    """The pages by their numbers, from 1 on: the newest of each, and older ones that newer ones replaced."""
    count = -(-len(file) // PAGE_OCTETS)
    old = {n + 1: file[n * PAGE_OCTETS : (n + 1) * PAGE_OCTETS].ljust(PAGE_OCTETS, b"\0") for n in range(count)}
    logged = dict(logged_pages(journal))
    return old | logged, {number: old[number] for number in logged.keys() & old.keys()}


def head_fault(file: bytes) -> str:
    """What is wrong with how a file begins, which SQLite would take for one that it must not write; else empty."""
    return "" if file.startswith(_BEGINNING) else "file is not a database of ours"


def rows_of(number: int, pages: Pages, shapes: Container[str]) -> list[Row]:
    """The rows of `shapes` on page `number`: of what it says it is, and of a table's leaf, which it may have been."""
    page, start = pages[number], HEAD_OCTETS if number == 1 else 0
    kinds = dict.fromkeys((page[start], _TABLE_LEAF))
    return [row for kind in kinds if kind in _LOCAL_MAX for row in _numbered(_cells(page, start, kind, pages), shapes)]


_LOCAL_MAX = {_TABLE_LEAF: PAGE_OCTETS - 35, _INDEX_LEAF: _INDEX_LOCAL_MAX, _INDEX_INSIDE: _INDEX_LOCAL_MAX}


def _cells(page: bytes, start: int, kind: int, pages: Pages) -> Iterator[tuple[int, int, bytes]]:
    """Each cell's place in the page, number and record. The count of cells may be wrong: places behind it are tried."""
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
    """A page's rows follow each other without a gap, so most of them say which number a damaged one has."""
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
    """The record's shape, each column's serial type and size, and where the columns begin."""
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
    """A number of up to nine octets, §1.6, and where it ends. Raises IndexError."""
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
