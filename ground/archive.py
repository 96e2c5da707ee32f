"""The archive: one SQLite file per station that holds everything received, and every command sent.

Packets are kept raw, each once: samples are decoded from them when asked for, with the dictionary that the node flew
at the time. So what comes late, twice or in disorder needs no repair, and a better dictionary reads old data anew.
Write-ahead log, one transaction a `write`: once it returned, `kill -9` of the process loses nothing of it. (After a
power failure the last transactions may be missing; the file stays sound.) Times are UTC nanoseconds.
"""

import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from ground.errors import ArchiveError
from ground.records import CommandRecord, EventRecord, FileRecord, Record

ARCHIVE_NAME = "archive.db"  # in the folder of a ground service
APPLICATION_ID = 0x534B5952  # "SKYR": how `file` and we know our own
SCHEMA_VERSION = 1
_SCHEMA = f"""
    create table dictionaries (version text primary key, content blob);
    create table packets (
        id integer primary key, apid integer, service integer, subtype integer, definition integer, time_ns integer,
        sequence integer, digest integer, received_ns integer, dictionary text, octets blob,
        unique (apid, service, subtype, definition, time_ns, sequence, digest));
    create index packets_arrived on packets (apid, service, subtype, definition);
    create table strays (id integer primary key, received_ns integer, reason text, octets blob);
    create table events (
        received_ns integer, origin text, time_ns integer, count integer, name text, record text,
        primary key (received_ns, origin, time_ns, count, name)) without rowid;
    create unique index one_event on events (origin, time_ns, count, name);
    create table commands (number integer primary key, sent_ns integer, record text);
    create table files (
        received_ns integer, name text, record text, primary key (received_ns, name)) without rowid;
    pragma application_id = {APPLICATION_ID};
    pragma user_version = {SCHEMA_VERSION};
"""
_END_OF_TIME_NS = (1 << 63) - 1
_UNNAMED_MAX = 10_000  # packets before a node names its dictionary, which it does once a second


class PacketRow(NamedTuple):
    """One telemetry packet: `octets` as received, and what its headers say. `definition`: structure or event.

    `dictionary` is the version that the node flew, empty while that is not known.
    """

    apid: int
    service: int
    subtype: int
    definition: int
    time_ns: int
    sequence: int
    received_ns: int
    dictionary: str
    octets: bytes


class StrayRow(NamedTuple):
    """Octets that could not be understood, kept for whoever can."""

    received_ns: int
    reason: str
    octets: bytes


class NamedRow(NamedTuple):
    """The node has named its dictionary: the latest packets of which that was not known are of this version."""

    dictionary: str


Item = PacketRow | StrayRow | NamedRow | EventRecord | CommandRecord | FileRecord
_Kind = TypeVar("_Kind", bound=Record)


class Archive:
    """`path`: the file, made where there is none; None keeps everything in memory.

    Raises ArchiveError, with one sentence, for a file that cannot be read or written or is not an archive.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        with self._named_errors():
            self._connection = sqlite3.connect(path or ":memory:", isolation_level=None)
            self._prepare()

    def write(self, items: Sequence[Item]) -> list[bool]:
        """Store all of `items` or, raising ArchiveError, none. Says of each whether it was new, or brought news."""
        with self._transaction():
            return [self._write_one(item) for item in items]

    def add_dictionary(self, version: str, content: bytes) -> None:
        """Keep a dictionary file; it may come later than packets that need it."""
        with self._transaction():
            self._connection.execute("insert or ignore into dictionaries values (?, ?)", (version, content))

    def dictionary(self, version: str) -> bytes | None:
        """The dictionary file of `version`, if it was ever here."""
        rows = self._select("select content from dictionaries where version = ?", version)
        return next((content for (content,) in rows), None)

    @property
    def newest_dictionary(self) -> str | None:
        """The version of the dictionary that was added last; None where there is none."""
        rows = self._select("select version from dictionaries order by rowid desc limit 1")
        return next((version for (version,) in rows), None)

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
        columns, of_time = ", ".join(PacketRow._fields), "and time_ns between ? and ?"
        timed = (start_ns, stop_ns) != (0, _END_OF_TIME_NS)  # without, the index by arrival gives them at once
        rows = self._select(
            f"select {columns} from (select * from packets where apid = ? and service = ? and subtype = ?"
            f" and definition = ? {of_time if timed else ''} order by id desc limit ?) order by time_ns, sequence",
            *(*kind, *((start_ns, stop_ns) if timed else ()), limit),
        )
        return [PacketRow(*row) for row in rows]

    def strays(self, limit: int = 100) -> list[StrayRow]:
        """The newest octets that could not be understood, oldest first."""
        rows = self._select("select received_ns, reason, octets from strays order by id desc limit ?", limit)
        return [StrayRow(*row) for row in rows][::-1]

    def events(self, since_ns: int = 0, limit: int = 1000) -> list[EventRecord]:
        """The newest `limit` events received at or after `since_ns`, oldest first."""
        return self._records(EventRecord, "events", "received_ns", since_ns, limit)

    def commands(self, since_ns: int = 0, limit: int = 1000) -> list[CommandRecord]:
        """The last `limit` commands, by their numbers, of those sent at or after `since_ns`; oldest first."""
        return self._records(CommandRecord, "commands", "sent_ns", since_ns, limit, order="number")

    def files(self, since_ns: int = 0, limit: int = 1000) -> list[FileRecord]:
        """The newest `limit` files received at or after `since_ns`, oldest first."""
        return self._records(FileRecord, "files", "received_ns", since_ns, limit)

    def close(self) -> None:
        """Give the file back; what `write` took is in it."""
        self._connection.close()

    def _prepare(self) -> None:
        """Make the schema, or see that it is ours and of this version."""
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        with self._transaction():  # two programs that begin at once make it once
            application, version = self._pragma("application_id"), self._pragma("user_version")
            if (application, version) == (0, 0) and not self._pragma("schema_version"):
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    self._connection.execute(statement)
            elif application != APPLICATION_ID:
                raise ArchiveError(f"{self.path} is a database, but not an archive of ours")
            elif version != SCHEMA_VERSION:
                raise ArchiveError(f"{self.path} has schema {version}, this program knows schema {SCHEMA_VERSION}")

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"pragma {name}").fetchone()[0])

    def _write_one(self, item: Item) -> bool:
        statement, columns = _STATEMENTS[type(item)]
        return self._connection.execute(statement, columns(item)).rowcount > 0

    def _select(self, statement: str, *values: object) -> Iterator[Any]:
        with self._named_errors():
            yield from self._connection.execute(statement, values)

    def _records(
        self, kind: type[_Kind], table: str, column: str, since_ns: int, limit: int, *, order: str = ""
    ) -> list[_Kind]:
        rows = self._select(
            f"select record from {table} where {column} >= ? order by {order or column} desc limit ?", since_ns, limit
        )
        return [msgspec.json.decode(record, type=kind) for (record,) in rows][::-1]

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
        except sqlite3.Error as error:
            raise ArchiveError(f"archive {self.path or 'in memory'}: {error}") from error


def _packet(row: PacketRow) -> tuple[object, ...]:
    return *row, zlib.crc32(row.octets)


def _json(record: Record) -> str:
    return msgspec.json.encode(record).decode()


_STATEMENTS: dict[type, tuple[str, Callable[[Any], Sequence[object]]]] = {
    PacketRow: (
        f"insert or ignore into packets ({', '.join(PacketRow._fields)}, digest) values (?,?,?,?,?,?,?,?,?,?)",
        _packet,
    ),
    NamedRow: (
        "update packets set dictionary = ? where dictionary = ''"
        f" and id > (select max(id) from packets) - {_UNNAMED_MAX}",
        tuple,
    ),
    StrayRow: ("insert into strays (received_ns, reason, octets) values (?,?,?)", tuple),
    EventRecord: (
        "insert or ignore into events values (?,?,?,?,?,?)",
        lambda event: (event.received_ns, event.origin, event.time_ns, event.count, event.name, _json(event)),
    ),
    CommandRecord: (
        "insert or replace into commands values (?,?,?)",
        lambda command: (command.number, command.sent_ns, _json(command)),
    ),
    FileRecord: (
        "insert or ignore into files values (?,?,?)",
        lambda file: (file.received_ns, file.name, _json(file)),
    ),
}
