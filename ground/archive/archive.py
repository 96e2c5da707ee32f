"""The archive: one SQLite file per station that holds everything received, and every command sent.

Packets are kept raw, each once: samples are decoded from them when asked for, with the dictionary that the node flew
at the time. So what comes late, twice or in disorder needs no repair, and a better dictionary reads old data anew.
Write-ahead log, one transaction a `write`: once it returned, `kill -9` of the process loses nothing of it. (After a
power failure the last transactions may be missing; the file stays sound.) Times are UTC nanoseconds.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from ground.archive.rows import COLUMNS, NUMBER, DictionaryRow, Item, PacketRow, StrayRow, item_of, statement_of
from ground.archive.schema import APPLICATION_ID, PAGE_OCTETS, SCHEMA_VERSION, create, is_sound, migrate, view
from ground.errors import ArchiveError, DamagedArchiveError
from ground.records import CommandRecord, EventRecord, FileRecord

ARCHIVE_NAME = "archive.db"  # in the folder of a ground service
JOURNAL_SUFFIX = "-wal"  # of the file beside it that holds the last transactions
COMPANIONS = (JOURNAL_SUFFIX, "-shm")  # what SQLite puts beside it
_END_OF_TIME_NS = (1 << 63) - 1
_Item = TypeVar("_Item", bound=Item)


class Archive:
    """`path`: the file, made where there is none; None keeps everything in memory. `read_only`: nothing is written.

    Raises ArchiveError, with one sentence, for a file that cannot be read or written, DamagedArchiveError for one that
    is damaged or is no archive of ours. `unreadable` counts rows that a reader passed over because they are damaged;
    `notes` is for who has something to tell about it.
    """

    def __init__(self, path: Path | None = None, *, read_only: bool = False) -> None:
        self.path, self.unreadable = path, 0
        self.notes: list[str] = []
        self._connection = sqlite3.connect(":memory:")  # until there is another
        self._open(path, read_only=read_only)

    def write(self, items: Sequence[Item]) -> list[bool]:
        """Store all of `items` or, raising ArchiveError, none. Says of each whether it was new, or brought news."""
        with self._transaction():
            return [self._write_one(item) for item in items]

    def dictionary(self, version: str) -> bytes | None:
        """The dictionary file of `version`, if it was ever here."""
        rows = self._rows(DictionaryRow, "dictionaries", "where version = ?", version)
        return next((row.content for row in rows), None)

    @property
    def newest_dictionary(self) -> str | None:
        """The version of the dictionary that came last; None where there is none."""
        rows = self._rows(DictionaryRow, "dictionaries", "order by rowid desc")
        return next((row.version for row in rows), None)

    def packets(
        self,
        kind: tuple[int, int, int, int],
        *,
        start_ns: int = 0,
        stop_ns: int = _END_OF_TIME_NS,
        limit: int = 1000,
    ) -> list[PacketRow]:
        """The `limit` packets of `kind` (APID, service, subtype, definition) and time that came last, sorted by time.

        What came last is known by arrival: a node's clock that was set back hides nothing.
        """
        timed = (start_ns, stop_ns) != (0, _END_OF_TIME_NS)  # without, the index by arrival gives them at once
        rows = self._rows(
            PacketRow,
            "packets",
            f"where apid = ? and service = ? and subtype = ? and definition = ?"
            f" {'and time_ns between ? and ?' if timed else ''} order by id desc limit ?",
            *(*kind, *((start_ns, stop_ns) if timed else ()), limit),
        )
        return sorted(rows, key=lambda row: (row.time_ns, row.sequence))

    def strays(self, limit: int = 100) -> list[StrayRow]:
        """The newest octets that could not be understood, oldest first."""
        return self._newest(StrayRow, "strays", 0, limit)

    def events(self, since_ns: int = 0, limit: int = 1000) -> list[EventRecord]:
        """The last `limit` events to come of those received since `since_ns`, as they came."""
        return self._newest(EventRecord, "events", since_ns, limit)

    def commands(self, since_ns: int = 0, limit: int = 1000) -> list[CommandRecord]:
        """The last `limit` commands, by their numbers, of those sent at or after `since_ns`; oldest first."""
        return self._newest(CommandRecord, "commands", since_ns, limit, "sent_ns")

    def files(self, since_ns: int = 0, limit: int = 1000) -> list[FileRecord]:
        """The last `limit` files to come of those received since `since_ns`, as they came."""
        return self._newest(FileRecord, "files", since_ns, limit)

    def stored(self, table: str) -> Iterator[Item | None]:
        """Every row of `table` in the order of arrival; None for one that is damaged."""
        order = NUMBER[table]
        for number, *values in self._select(f"select {order}, {COLUMNS[table]} from {table} order by {order}"):
            yield item_of(table, number, values)

    def structure_fault(self, *, thorough: bool = True) -> str:
        """What SQLite finds wrong with the structure of the file, in its words; empty where it is sound.

        `thorough`: indices are held against rows as well, which takes a second for each 100 MB or so.
        """
        try:
            found, *_ = (text.decode(errors="replace") for (text,) in self._select(f"pragma {_CHECKS[thorough]}(1)"))
        except ArchiveError as error:
            return str(error)
        return "" if found == "ok" else f"{self._name}: {found}"

    def close(self) -> None:
        """Give the file back; what `write` took is in it."""
        self._connection.close()

    @property
    def _name(self) -> str:
        return f"archive {self.path or 'in memory'}"

    def _open(self, path: Path | None, *, read_only: bool = False) -> None:
        before = self._connection
        with self._named_errors():
            self._connection = _connect(path, read_only=read_only)
            try:
                self._connection.text_factory = bytes  # a text that is no UTF-8 costs its own row alone
                if read_only:
                    self._look()
                else:
                    self._prepare()
            except BaseException:
                self._connection.close()
                self._connection = before
                raise
        before.close()

    def _look(self) -> None:
        """See what is there, without writing."""
        if self._check_version() != SCHEMA_VERSION:
            view(self._connection)

    def _prepare(self) -> None:
        """Make the tables, or see that they are ours, and today's."""
        self._connection.execute(f"pragma page_size = {PAGE_OCTETS}")
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        with self._transaction():  # two programs that begin at once make it once
            ours = self._pragma("application_id"), self._pragma("user_version")
            if ours == (0, 0) and not self._pragma("schema_version"):
                create(self._connection)
            elif self._check_version() != SCHEMA_VERSION:
                migrate(self._connection)

    def _check_version(self) -> int:
        """The version of the tables. Raises DamagedArchiveError for none of ours, or where they are not as it says."""
        application, version = self._pragma("application_id"), self._pragma("user_version")
        if application != APPLICATION_ID:
            raise DamagedArchiveError(f"{self.path} is a database, but not an archive of ours")
        if not 1 <= version <= SCHEMA_VERSION:
            raise DamagedArchiveError(f"{self.path} has schema {version}, this program knows schema {SCHEMA_VERSION}")
        if not is_sound(self._connection, version):
            raise DamagedArchiveError(f"archive {self.path}: its tables are not those of schema {version}")
        return version

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"pragma {name}").fetchone()[0])

    def _write_one(self, item: Item) -> bool:
        statement, values = statement_of(item)
        return self._connection.execute(statement, values).rowcount > 0

    def _select(self, statement: str, *values: object) -> Iterator[Any]:
        with self._named_errors():
            yield from self._connection.execute(statement, values)

    def _rows(self, kind: type[_Item], table: str, which: str, *values: object) -> Iterator[_Item]:
        """Rows of `table` that can be read; the others are counted."""
        for name, *columns in self._select(f"select {NUMBER[table]}, {COLUMNS[table]} from {table} {which}", *values):
            item = item_of(table, name, columns)
            if isinstance(item, kind):
                yield item
            else:
                self.unreadable += 1

    def _newest(
        self, kind: type[_Item], table: str, since_ns: int, limit: int, column: str = "received_ns"
    ) -> list[_Item]:
        which = f"where {column} >= ? order by {NUMBER[table]} desc limit ?"
        return list(self._rows(kind, table, which, since_ns, limit))[::-1]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._named_errors():
            self._connection.execute("begin immediate")
            try:
                yield
                self._connection.execute("commit")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("rollback")

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter of SQLite's own words about what it found
            damaged = not isinstance(error, sqlite3.Error) or _primary_code(error) in _DAMAGED
            raise (DamagedArchiveError if damaged else ArchiveError)(f"{self._name}: {error}") from error


_CHECKS = {True: "integrity_check", False: "quick_check"}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
"""SQLite's results that tell of a damaged file. Our statements fit our tables: where one is in ERROR, those are not."""


def _primary_code(error: sqlite3.Error) -> int:
    """SQLite's result code without its details (sqlite.org/rescode.html)."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _connect(path: Path | None, *, read_only: bool) -> sqlite3.Connection:
    """A file that nobody writes is read as one that cannot change, so that nothing is put beside it either."""
    if path is None or not read_only:
        return sqlite3.connect(path or ":memory:", isolation_level=None)
    journal = path.with_name(path.name + JOURNAL_SUFFIX)
    how = "" if journal.exists() and journal.stat().st_size else "&immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{how}", isolation_level=None, uri=True)
