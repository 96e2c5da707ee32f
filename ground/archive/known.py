"""What the station knows: what the archive has, and what waits in memory while the archive takes nothing.

A full disk hides from an operator neither the command that was just sent nor how it ended.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from ground.archive.archive import Archive
from ground.archive.rows import DictionaryRow, Item, PacketRow
from ground.records import CommandRecord, EventRecord, FileRecord

_Item = TypeVar("_Item", bound=Item)


class Known:
    """Asked as `archive` is; `waiting` gives what it could not take yet, oldest first."""

    def __init__(self, archive: Archive, waiting: Callable[[], Sequence[Item]]) -> None:
        self._archive, self._waiting = archive, waiting

    def commands(self, since_ns: int = 0, limit: int = 1000) -> list[CommandRecord]:
        """The last `limit` commands, by their numbers, of those sent at or after `since_ns`; oldest first."""
        stored = self._archive.commands(since_ns, limit)
        newest = {one.number: one for one in (*stored, *self._of(CommandRecord)) if one.sent_ns >= since_ns}
        return [newest[number] for number in sorted(newest)[-limit:]]

    def events(self, since_ns: int = 0, limit: int = 1000) -> list[EventRecord]:
        """The last `limit` events to come of those received since `since_ns`, as they came."""
        waiting = [one for one in self._of(EventRecord) if one.received_ns >= since_ns]
        return _once(_event_key, (*self._archive.events(since_ns, limit), *waiting))[-limit:]

    def files(self, since_ns: int = 0, limit: int = 1000) -> list[FileRecord]:
        """The last `limit` files to come of those received since `since_ns`, as they came."""
        waiting = [one for one in self._of(FileRecord) if one.received_ns >= since_ns]
        return [*self._archive.files(since_ns, limit), *waiting][-limit:]

    def packets(self, kind: tuple[int, int, int, int], *, start_ns: int = 0, limit: int = 1000) -> list[PacketRow]:
        """The `limit` packets of `kind` that came last of those made since `start_ns`, sorted by time."""
        stored = self._archive.packets(kind, start_ns=start_ns, limit=limit)
        waiting = [one for one in self._of(PacketRow) if one[:4] == kind and one.time_ns >= start_ns]
        return sorted(_once(_packet_key, (*stored, *waiting))[-limit:], key=lambda row: (row.time_ns, row.sequence))

    def dictionary(self, version: str) -> bytes | None:
        """The dictionary file of `version`, if it was ever here."""
        waiting = (row.content for row in self._of(DictionaryRow) if row.version == version)
        return next(waiting, None) or self._archive.dictionary(version)

    def _of(self, kind: type[_Item]) -> list[_Item]:
        return [item for item in self._waiting() if isinstance(item, kind)]


def _once(key: Callable[[_Item], Hashable], items: Iterable[_Item]) -> list[_Item]:
    """Of items of one key the first: what comes twice is known for it only by an archive that works."""
    first: dict[Hashable, _Item] = {}
    for item in items:
        first.setdefault(key(item), item)
    return list(first.values())


def _event_key(event: EventRecord) -> Hashable:
    return event.origin, event.time_ns, event.count, event.name


def _packet_key(row: PacketRow) -> Hashable:
    return row.time_ns, row.sequence, row.octets
