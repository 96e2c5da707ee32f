"""What an archive holds, as rows: how each kind is written, and how it is read back where the file may be damaged.

Each row carries the CRC-32 of what it holds. One that does not fit it, that has a value of another type, or whose text
is not UTF-8, is damaged: it is skipped, and the other rows stay readable.
"""

import zlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from ground.records import CommandRecord, EventRecord, FileRecord, GroundRecord


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
    """Received octets that could not be decoded, kept for later analysis."""

    received_ns: int
    reason: str
    octets: bytes


class DictionaryRow(NamedTuple):
    """A dictionary file; it may be stored later than packets that need it."""

    version: str
    content: bytes


class NamedRow(NamedTuple):
    """The node has named its dictionary: the latest packets without a version were made with this one."""

    dictionary: str


Item = PacketRow | StrayRow | DictionaryRow | NamedRow | EventRecord | CommandRecord | FileRecord
Statement = tuple[str, Sequence[object]]
_Kind = TypeVar("_Kind", bound=GroundRecord)

UNNAMED_MAX = 10_000  # most packets before the node names its dictionary, which it does every second

COLUMNS = {
    "dictionaries": "version, digest, content",
    "packets": "apid, service, subtype, definition, time_ns, sequence, digest, received_ns, dictionary, octets",
    "strays": "received_ns, digest, reason, octets",
    "events": "received_ns, origin, time_ns, count, name, digest, record",
    "commands": "sent_ns, digest, record",
    "files": "received_ns, name, digest, record",
}
"""The columns of each table, without the number of the row."""
NUMBER = dict.fromkeys(COLUMNS, "id") | {"dictionaries": "rowid", "commands": "number"}
"""The column with the number of each row: that of arrival, for commands the command's own number."""


def item_of(table: str, number: int, values: Sequence[Any]) -> Item | None:
    """The item in a row of `table`; `values` in the order of COLUMNS, texts as octets. None if the row is damaged.

    A digest of None marks a row of the first schema version, which had no digests.
    """
    try:
        item = _READ[table](values)
    except (ValueError, TypeError):  # also UnicodeDecodeError and msgspec's errors, which are ValueErrors
        return None
    return None if isinstance(item, CommandRecord) and item.number != number else item


def text_of(octets: object) -> str:
    """A text column. Raises TypeError or UnicodeDecodeError."""
    return _octets(octets).decode()


def _octets(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError(value)
    return value


def _checked(value: object, digest: object) -> bytes:
    octets = _octets(value)
    if digest is not None and zlib.crc32(octets) != digest:
        raise ValueError("the digest does not fit")
    return octets


def _packet(values: Sequence[Any]) -> PacketRow:
    *numbers, digest, received_ns, dictionary, octets = values
    if not all(type(one) is int for one in (*numbers, received_ns)) or digest is None:
        raise TypeError(values)
    return PacketRow._make((*numbers, received_ns, text_of(dictionary), _checked(octets, digest)))


def _stray(values: Sequence[Any]) -> StrayRow:
    received_ns, digest, reason, octets = values
    if type(received_ns) is not int:
        raise TypeError(received_ns)
    return StrayRow(received_ns, text_of(reason), _checked(octets, digest))


def _dictionary(values: Sequence[Any]) -> DictionaryRow:
    version, digest, content = values
    return DictionaryRow(text_of(version), _checked(content, digest))


def _record(kind: type[_Kind]) -> Callable[[Sequence[Any]], _Kind]:
    return lambda values: msgspec.json.decode(_checked(values[-1], values[-2]), type=kind)


_READ: dict[str, Callable[[Sequence[Any]], Item]] = {
    "dictionaries": _dictionary,
    "packets": _packet,
    "strays": _stray,
    "events": _record(EventRecord),
    "commands": _record(CommandRecord),
    "files": _record(FileRecord),
}


def _insert(table: str, *values: object) -> Statement:
    return _INSERTS[table], values


_INSERTS = {
    table: f"insert or ignore into {table} ({columns}) values ({','.join('?' * len(columns.split(',')))})"
    for table, columns in COLUMNS.items()
}


def statement_of(item: Item) -> Statement:
    """The SQL statement that stores `item`, and its values."""
    match item:
        case PacketRow():
            *head, received_ns, dictionary, octets = item
            return _insert("packets", *head, zlib.crc32(octets), received_ns, dictionary, octets)
        case StrayRow():
            return _insert("strays", item.received_ns, zlib.crc32(item.octets), item.reason, item.octets)
        case DictionaryRow():
            return _DICTIONARY, (item.version, zlib.crc32(item.content), item.content)
        case NamedRow():
            return _NAMED, tuple(item)
    octets = msgspec.json.encode(item)
    seal = zlib.crc32(octets), octets.decode()
    match item:
        case EventRecord():
            return _insert("events", item.received_ns, item.origin, item.time_ns, item.count, item.name, *seal)
        case CommandRecord():
            return "insert or replace into commands values (?,?,?,?)", (item.number, item.sent_ns, *seal)
    return _insert("files", item.received_ns, item.name, *seal)


_DICTIONARY = (
    "insert into dictionaries values (?,?,?)"
    " on conflict (version) do update set digest = excluded.digest, content = excluded.content"
)  # replace: the stored content of this version may be damaged
_NAMED = (
    f"update packets set dictionary = ? where dictionary = '' and id > (select max(id) from packets) - {UNNAMED_MAX}"
)
