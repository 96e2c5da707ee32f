"""Finds which rows of an archive are whole and which are damaged, and copies the whole ones to a new archive.

A file that SQLite finds sound is read through SQLite; any other is read page by page (ground/archive/pages.py).
The file itself is never changed.
"""

from collections import ChainMap
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from ground.archive.archive import ARCHIVE_NAME, JOURNAL_SUFFIX, Archive
from ground.archive.journal import is_torn
from ground.archive.pages import HEAD_OCTETS, Row, head_fault, read_pages, rows_of
from ground.archive.reading import read_packet
from ground.archive.rows import COLUMNS, DictionaryRow, Item, PacketRow, item_of
from ground.errors import ArchiveError, DamagedArchiveError
from ground.records import CommandRecord, Survey
from link.errors import DecodeError

_BATCH = 1000
_ROWS_OF_PAGE_MAX = 128
_SHAPES: dict[str, tuple[str, Callable[[Row], tuple[object, ...]]]] = {
    "TIB": ("dictionaries", lambda row: row.values),
    "NIIIIIIIITB": ("packets", lambda row: row.values[1:]),
    "NIITB": ("strays", lambda row: row.values[1:]),
    "NITIITIT": ("events", lambda row: row.values[1:]),
    "NIIT": ("commands", lambda row: row.values[1:]),
    "NITIT": ("files", lambda row: row.values[1:]),
    # the first version's, without digests
    "TB": ("dictionaries", lambda row: (row.values[0], None, row.values[1])),
    "NITB": ("strays", lambda row: (row.values[1], None, *row.values[2:])),
    "ITIITT": ("events", lambda row: (*row.values[:-1], None, row.values[-1])),
    "NIT": ("commands", lambda row: (row.values[1], None, row.values[2])),
    "ITT": ("files", lambda row: (*row.values[:-1], None, row.values[-1])),
}
"""The table of a row by the types of its columns, and the function that gives its values in the order of COLUMNS."""


def archive_in(path: Path) -> Path:
    """The archive that a person means by `path`: that file, or the one in this folder of a ground service.

    Raises ArchiveError where there is none.
    """
    file = path / ARCHIVE_NAME if path.is_dir() else path
    if not file.exists():
        raise ArchiveError(f"{file.resolve()}: no archive is there")
    return file


def survey(file: Path) -> Survey:
    """Count the whole and the damaged rows of the archive `file`. Raises OSError where it cannot be read at all."""
    return _survey(file, lambda _: None)


def rescue(file: Path, archive: Archive) -> Survey:
    """Copy the whole rows of the archive `file` into `archive` and return the counts. Raises OSError."""
    batch: list[Item] = []

    def accept(item: Item) -> None:
        batch.append(item)
        if len(batch) >= _BATCH:
            archive.write(batch)
            batch.clear()

    found = _survey(file, accept)
    archive.write(batch)
    return found


def _survey(file: Path, accept: Callable[[Item], None]) -> Survey:
    tally = _Tally(accept)
    fault = _fault(file)
    if fault:
        _read_pages(file, tally)
    else:
        _ask(file, tally)
    return Survey(archive=str(file.resolve()), fault=fault, whole=tally.whole, damaged=tally.damaged)


def check_files(file: Path) -> None:
    """Raises DamagedArchiveError for damage that SQLite does not report. To be called before SQLite opens the file."""
    with file.open("rb") as opened:
        fault = head_fault(opened.read(HEAD_OCTETS))
    if fault:
        raise DamagedArchiveError(f"archive {file}: {fault}")
    if is_torn(_journal(file)):
        raise DamagedArchiveError(f"archive {file}: the log of its last transactions is damaged")


def _fault(file: Path) -> str:
    try:
        check_files(file)
        with closing(Archive(file, read_only=True)) as archive:
            return archive.structure_fault()
    except DamagedArchiveError as error:
        return str(error)


def _journal(file: Path) -> bytes:
    journal = file.with_name(file.name + JOURNAL_SUFFIX)
    return journal.read_bytes() if journal.exists() else b""


def _ask(file: Path, tally: "_Tally") -> None:
    with closing(Archive(file, read_only=True)) as archive:
        for table in COLUMNS:
            for item in archive.stored(table):
                tally.count(table, item)


def _read_pages(file: Path, tally: "_Tally") -> None:
    pages, replaced = read_pages(file.read_bytes(), _journal(file))
    tables = {table: _Table(table) for table in COLUMNS}
    empty = 0
    for number in pages:
        empty += not _sort(rows_of(number, pages, _SHAPES), tables)
    for number in replaced:  # of such a page the newer version may be the damaged one
        _sort(rows_of(number, ChainMap({number: replaced[number]}, dict(pages)), _SHAPES), tables)
    for name, table in tables.items():
        for item in table.items:
            tally.count(name, item)
        tally.damaged[name] = table.missing(empty * _ROWS_OF_PAGE_MAX)


def _sort(rows: list[Row], tables: "dict[str, _Table]") -> bool:
    """Add the rows of a page to their tables; return whether any of them is ours."""
    for row in rows:
        table, values = _SHAPES[row.shape]
        tables[table].add(row.number, item_of(table, row.number, values(row)))
    return bool(rows)


class _Table:
    """The rows of one table, each once; a row counts as whole if any of its copies is."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._found: dict[object, tuple[tuple[int, int], Item]] = {}
        self._numbers: set[int] = set()
        self._strange = 0

    def add(self, number: int, item: Item | None) -> None:
        """Add a row, or another version of one; `number` is 0 in tables without row numbers."""
        if number:
            self._numbers.add(number)
        else:
            self._strange += item is None
        if item is None:
            return
        item = _again(item) if isinstance(item, PacketRow) else item
        key = _key(item) if isinstance(item, DictionaryRow) or not number else number
        rank = len(item.stages) if isinstance(item, CommandRecord) else 0
        if key not in self._found or self._rank(key) < rank:
            self._found[key] = (number or getattr(item, "received_ns", 0), rank), item

    @property
    def items(self) -> list[Item]:
        """The whole rows in order of arrival."""
        return [item for _, item in sorted(self._found.values(), key=lambda entry: entry[0][0])]

    def missing(self, room: int) -> int:
        """How many rows are missing between the numbers found; gaps of more than `room` come from damaged numbers."""
        if self._name == "dictionaries" or not self._numbers:
            return self._strange
        numbers = sorted(self._numbers)
        first = numbers[0] if self._name == "commands" else 1
        last = max(first - 1, 0)
        for number in numbers:
            if number - last > room + 1:
                break
            last = number
        return max(0, last - first + 1 - len(self._found))

    def _rank(self, key: object) -> int:
        return self._found[key][0][1]


def _key(item: Item) -> object:
    """A key that identifies a row without a number."""
    return item.version if isinstance(item, DictionaryRow) else item if isinstance(item, tuple) else repr(item)


def _again(row: PacketRow) -> PacketRow:
    """The row made anew from the packet's own headers, which its CRC covers, unlike the columns of the row."""
    try:
        return read_packet(row.octets).row(row.octets, row.received_ns, row.dictionary)
    except DecodeError:  # the digest fits, so the packet is as it was received
        return row


class _Tally:
    """Counts rows by table, and collects the whole ones."""

    def __init__(self, accept: Callable[[Item], None]) -> None:
        self.whole, self.damaged = dict.fromkeys(COLUMNS, 0), dict.fromkeys(COLUMNS, 0)
        self._accept = accept

    def count(self, table: str, item: Item | None) -> None:
        """Count one row; `item` is None for a damaged one."""
        if item is None:
            self.damaged[table] += 1
        else:
            self.whole[table] += 1
            self._accept(item)
