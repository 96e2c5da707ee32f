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
    """An archive in the file `path`, made where there is none; None: in memory. `read_only`: nothing is written.

    Raises ArchiveError, with one sentence, for a file that cannot be read or written, DamagedArchiveError for one that
    is damaged or is no archive of ours. `unreadable` counts the damaged rows that reading has skipped;
    `notes` holds sentences about the file for the operator, such as that it was replaced.
    """

    def __init__(self, path: Path | None = None, *, read_only: bool = False) -> None:
        self.path, self.unreadable = path, 0
        self.notes: list[str] = []
        self._connection = sqlite3.connect(":memory:")  # replaced below, once the file is open
        self._open(path, read_only=read_only)

    def write(self, items: Sequence[Item]) -> list[bool]:
        """Store all of `items` or, raising ArchiveError, none; return for each whether it changed the archive."""
        with self._transaction():
            return [self._write_one(item) for item in items]

    def dictionary(self, version: str) -> bytes | None:
        """The dictionary file of `version`; None if the archive never received it."""
        rows = self._rows(DictionaryRow, "dictionaries", "where version = ?", version)
        return next((row.content for row in rows), None)

    @property
    def newest_dictionary(self) -> str | None:
        """The version of the dictionary that was stored last; None where there is none."""
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
        """The last `limit` packets received of `kind` (APID, service, subtype, definition), sorted by on-board time.

        "Last" is by arrival: after the node's clock is set back, the newest packets are still found.
        """
        timed = (start_ns, stop_ns) != (0, _END_OF_TIME_NS)  # otherwise the index by arrival finds them faster
        rows = self._rows(
            PacketRow,
            "packets",
            f"where apid = ? and service = ? and subtype = ? and definition = ?"
            f" {'and time_ns between ? and ?' if timed else ''} order by id desc limit ?",
            *(*kind, *((start_ns, stop_ns) if timed else ()), limit),
        )
        return sorted(rows, key=lambda row: (row.time_ns, row.sequence))

    def strays(self, limit: int = 100) -> list[StrayRow]:
        """The newest octets that could not be decoded, oldest first."""
        return self._newest(StrayRow, "strays", 0, limit)

    def events(self, since_ns: int = 0, limit: int = 1000) -> list[EventRecord]:
        """The last `limit` events received since `since_ns`, in order of arrival."""
        return self._newest(EventRecord, "events", since_ns, limit)

    def commands(self, since_ns: int = 0, limit: int = 1000) -> list[CommandRecord]:
        """The last `limit` commands, by their numbers, of those sent at or after `since_ns`; oldest first."""
        return self._newest(CommandRecord, "commands", since_ns, limit, "sent_ns")

    def files(self, since_ns: int = 0, limit: int = 1000) -> list[FileRecord]:
        """The last `limit` files received since `since_ns`, in order of arrival."""
        return self._newest(FileRecord, "files", since_ns, limit)

    def stored(self, table: str) -> Iterator[Item | None]:
        """Every row of `table` in the order of arrival; None for one that is damaged."""
        order = NUMBER[table]
        for number, *values in self._select(f"select {order}, {COLUMNS[table]} from {table} order by {order}"):
            yield item_of(table, number, values)

    def secure(self) -> bool:
        """Make what `write` stored survive a power failure; False where readers of the file prevent it for now."""
        with self._named_errors():
            _, logged, moved = self._connection.execute("pragma wal_checkpoint(passive)").fetchone()
        return bool(logged == moved)

    def structure_fault(self, *, thorough: bool = True) -> str:
        """SQLite's report on the structure of the file; empty where it is sound.

        `thorough`: indices are compared with rows as well, which takes about one second per 100 MB.
        """
        try:
            found, *_ = (text.decode(errors="replace") for (text,) in self._select(f"pragma {_CHECKS[thorough]}(1)"))
        except ArchiveError as error:
            return str(error)
        return "" if found == "ok" else f"{self._name}: {found}"

    def close(self) -> None:
        """Close the file; all that `write` has stored is in it."""
        self._connection.close()

    @property
    def _name(self) -> str:
        return f"archive {self.path or 'in memory'}"

    def _open(self, path: Path | None, *, read_only: bool = False) -> None:
        before = self._connection
        with self._named_errors():
            self._connection = _connect(path, read_only=read_only)
            try:
                self._connection.text_factory = bytes  # so that text that is not UTF-8 spoils its own row alone
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
        """Open an existing archive for reading; nothing is written."""
        if self._check_version() != SCHEMA_VERSION:
            view(self._connection)

    def _prepare(self) -> None:
        """Make the tables, or check that those in the file are ours; migrate an earlier version."""
        self._connection.execute(f"pragma page_size = {PAGE_OCTETS}")
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        with self._transaction():  # so that of two programs that start together only one makes the tables
            ours = self._pragma("application_id"), self._pragma("user_version")
            if ours == (0, 0) and not self._pragma("schema_version"):
                create(self._connection)
            elif self._check_version() != SCHEMA_VERSION:
                migrate(self._connection)

    def _check_version(self) -> int:
        """The file's schema version. Raises DamagedArchiveError for a file that is not ours, or unfit tables."""
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
        """Rows of `table` that can be read; damaged ones are counted in `unreadable`."""
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
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter: its messages quote damaged text
            damaged = not isinstance(error, sqlite3.Error) or _primary_code(error) in _DAMAGED
            raise (DamagedArchiveError if damaged else ArchiveError)(f"{self._name}: {error}") from error


_CHECKS = {True: "integrity_check", False: "quick_check"}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
"""SQLite's result codes for a damaged file. ERROR too: our statements are right, so the tables in the file are not."""


def _primary_code(error: sqlite3.Error) -> int:
    """SQLite's result code without its details (sqlite.org/rescode.html)."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _connect(path: Path | None, *, read_only: bool) -> sqlite3.Connection:
    """Open the database. Read-only and without a log it counts as immutable: SQLite then makes no files beside it."""
    if path is None or not read_only:
        return sqlite3.connect(path or ":memory:", isolation_level=None)
    journal = path.with_name(path.name + JOURNAL_SUFFIX)
    how = "" if journal.exists() and journal.stat().st_size else "&immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{how}", isolation_level=None, uri=True)
