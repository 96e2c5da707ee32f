"""The tables of an archive, and the migration from an earlier version."""

import zlib
from sqlite3 import Connection, connect

from ground.archive.rows import COLUMNS, NUMBER

APPLICATION_ID = 0x534B5952  # "SKYR": marks the file as ours, for the program `file` too
SCHEMA_VERSION = 2
PAGE_OCTETS = 4096
"""The page size of every archive; being fixed, it is known even where the file header is damaged."""
_BARE = """
    create table packets (
        id integer primary key, apid integer, service integer, subtype integer, definition integer, time_ns integer,
        sequence integer, digest integer, received_ns integer, dictionary text, octets blob,
        unique (apid, service, subtype, definition, time_ns, sequence, digest));
    create index packets_arrived on packets (apid, service, subtype, definition);
"""  # as in the first version
_SEALED = """
    create table dictionaries (version text primary key, digest integer, content blob);
    create table strays (id integer primary key, received_ns integer, digest integer, reason text, octets blob);
    create table events (
        id integer primary key, received_ns integer, origin text, time_ns integer, count integer, name text,
        digest integer, record text, unique (origin, time_ns, count, name));
    create table commands (number integer primary key, sent_ns integer, digest integer, record text);
    create table files (
        id integer primary key, received_ns integer, name text, digest integer, record text,
        unique (received_ns, name));
"""
_FIRST = """
    create table dictionaries (version text primary key, content blob);
    create table strays (id integer primary key, received_ns integer, reason text, octets blob);
    create table events (
        received_ns integer, origin text, time_ns integer, count integer, name text, record text,
        primary key (received_ns, origin, time_ns, count, name)) without rowid;
    create unique index one_event on events (origin, time_ns, count, name);
    create table commands (number integer primary key, sent_ns integer, record text);
    create table files (
        received_ns integer, name text, record text, primary key (received_ns, name)) without rowid;
"""  # the first version's tables of these names
_VERSION = f"pragma user_version = {SCHEMA_VERSION};"
_FRESH = f"pragma application_id = {APPLICATION_ID}; {_BARE} {_SEALED} {_VERSION}"
_OLD = {
    "dictionaries": "select rowid, version, null, content from {} order by rowid",
    "strays": "select id, received_ns, null, reason, octets from {} order by id",
    "events": "select row_number() over (order by received_ns, time_ns, count), received_ns, origin, time_ns, count,"
    " name, null, record from {}",
    "commands": "select number, sent_ns, null, record from {}",
    "files": "select row_number() over (order by received_ns), received_ns, name, null, record from {}",
}
"""Rows of the first version's tables as rows of today's, numbered by the time of arrival, as they had no number."""
_CONTENT = {"dictionaries": "content", "strays": "octets", "events": "record", "commands": "record", "files": "record"}
"""The column of each table over which the digest is made."""


def create(connection: Connection) -> None:
    """Make the tables in an empty database; to be called in a transaction."""
    _run(connection, _FRESH)


def is_sound(connection: Connection, version: int) -> bool:
    """Whether the table definitions in the database are exactly those of `version`: a damaged file may have others."""
    fresh = connect(":memory:")
    _run(fresh, _FRESH if version == SCHEMA_VERSION else f"{_BARE} {_FIRST}")
    wanted, found = _definitions(fresh), _definitions(connection)
    fresh.close()
    return wanted == found


def migrate(connection: Connection) -> None:
    """Bring the first version's tables up to today's; to be called in a transaction."""
    connection.create_function("crc32", 1, lambda octets: None if octets is None else zlib.crc32(octets))
    for table in _OLD:
        _run(connection, f"alter table {table} rename to {table}_old")
    _run(connection, "drop index one_event;" + _SEALED)
    for table, rows in _OLD.items():
        sealed = rows.format(f"{table}_old").replace("null", f"crc32(cast({_CONTENT[table]} as blob))")
        _run(connection, f"insert into {table} ({_all(table)}) {sealed}; drop table {table}_old")
    _run(connection, _VERSION)


def view(connection: Connection) -> None:
    """Make temporary views that show the first version's tables as today's, for a database that is only read."""
    _run(connection, "pragma temp_store = memory")
    for table, rows in _OLD.items():
        _run(connection, f"create temp view {table} ({_all(table)}) as {rows.format(f'main.{table}')}")


def _all(table: str) -> str:
    return f"{NUMBER[table]}, {COLUMNS[table]}"


def _run(connection: Connection, script: str) -> None:
    """Run a script statement by statement: sqlite3's executescript would commit the transaction that is open."""
    for statement in filter(str.strip, script.split(";")):
        connection.execute(statement)


def _definitions(connection: Connection) -> set[tuple[bytes, ...]]:
    columns = (f"cast({name} as blob)" for name in ("type", "name", "tbl_name", "sql"))
    return set(connection.execute(f"select {', '.join(columns)} from main.sqlite_master"))
