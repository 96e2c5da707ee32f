"""What the station knows: the archive's records, and those that wait in memory while the archive cannot be written.

So an operator sees the command just sent, and how it ended, even while the disk is full.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from ground.archive.archive import Archive
from ground.archive.rows import DictionaryRow, Item, PacketRow
from ground.records import CommandRecord, EventRecord, FileRecord

_Item = TypeVar("_Item", bound=Item)


class Known:
    """Answers the queries of `Archive`, from `archive` and from `waiting`: items not yet stored, oldest first."""

    def __init__(self, archive: Archive, waiting: Callable[[], Sequence[Item]]) -> None:
        self._archive, self._waiting = archive, waiting

    def commands(self, since_ns: int = 0, limit: int = 1000) -> list[CommandRecord]:
        """The last `limit` commands, by their numbers, of those sent at or after `since_ns`; oldest first."""
        stored = self._archive.commands(since_ns, limit)
        newest = {one.number: one for one in (*stored, *self._of(CommandRecord)) if one.sent_ns >= since_ns}
        return [newest[number] for number in sorted(newest)[-limit:]]

    def events(self, since_ns: int = 0, limit: int = 1000) -> list[EventRecord]:
        """The last `limit` events received since `since_ns`, in order of arrival."""
        waiting = [one for one in self._of(EventRecord) if one.received_ns >= since_ns]
        return _once(_event_key, (*self._archive.events(since_ns, limit), *waiting))[-limit:]

    def files(self, since_ns: int = 0, limit: int = 1000) -> list[FileRecord]:
        """The last `limit` files received since `since_ns`, in order of arrival."""
        waiting = [one for one in self._of(FileRecord) if one.received_ns >= since_ns]
        return [*self._archive.files(since_ns, limit), *waiting][-limit:]

    def packets(self, kind: tuple[int, int, int, int], *, start_ns: int = 0, limit: int = 1000) -> list[PacketRow]:
        """The last `limit` packets received of `kind` that were made since `start_ns`, sorted by on-board time."""
        stored = self._archive.packets(kind, start_ns=start_ns, limit=limit)
        waiting = [one for one in self._of(PacketRow) if one[:4] == kind and one.time_ns >= start_ns]
        return sorted(_once(_packet_key, (*stored, *waiting))[-limit:], key=lambda row: (row.time_ns, row.sequence))

    def dictionary(self, version: str) -> bytes | None:
        """The dictionary file of `version`; None if it was never received."""
        waiting = (row.content for row in self._of(DictionaryRow) if row.version == version)
        return next(waiting, None) or self._archive.dictionary(version)

    def _of(self, kind: type[_Item]) -> list[_Item]:
        return [item for item in self._waiting() if isinstance(item, kind)]


def _once(key: Callable[[_Item], Hashable], items: Iterable[_Item]) -> list[_Item]:
    """The first item of each key: waiting items may be duplicates, which only a working archive recognises."""
    first: dict[Hashable, _Item] = {}
    for item in items:
        first.setdefault(key(item), item)
    return list(first.values())


def _event_key(event: EventRecord) -> Hashable:
    return event.origin, event.time_ns, event.count, event.name


def _packet_key(row: PacketRow) -> Hashable:
    return row.time_ns, row.sequence, row.octets
