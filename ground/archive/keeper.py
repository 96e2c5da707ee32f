"""Between station and archive: what cannot be written now is kept and tried again; every loss is counted.

The memory for this is bounded, in items and in octets; beyond the bound the oldest items are dropped and counted.
"""

import contextlib
import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ground.archive.archive import Archive
from ground.archive.rows import Item
from ground.errors import ArchiveError
from ground.records import ArchiveRecord, Severity

_RECORD_OCTETS = 1000  # rough size of the record of an event, command or file


@dataclass(slots=True)
class Keeper:
    """Writes to `archive`; while that fails, holds up to `capacity` items, `octets_max` in all."""

    archive: Archive
    capacity: int = 100_000
    octets_max: int = 1 << 28
    fault: str = ""
    abandoned: int = 0
    _octets: int = 0
    _is_told: bool = False
    _waiting: deque[Item] = field(default_factory=deque)

    def keep(self, items: Sequence[Item]) -> list[bool]:
        """Store `items` after those that wait; return for each whether it is new: all, while the archive fails."""
        try:
            self._write_waiting()
            return self.archive.write(items)
        except ArchiveError as error:
            self.fault = str(error)
            self._hold(items)
            return [True] * len(items)

    def retry(self) -> bool:
        """Try to store what waits; return whether all of it is stored."""
        self.keep(())
        return not self._waiting

    def secure(self) -> bool:
        """Whether all that was kept is in the archive and survives a power failure, as far as that is known."""
        try:
            return not self._waiting and self.archive.secure()
        except ArchiveError as error:
            self.fault = str(error)
            return False

    def rescue(self, path: Path) -> bool:
        """Append what waits to a file of JSON lines, `[kind, item]`, octets in base 64; return whether there was any.

        Raises OSError where the file has no room for all of it; the file is then unchanged.
        """
        if not self._waiting:
            return False
        with path.open("ab") as file:
            size = file.tell()
            try:
                file.writelines(msgspec.json.encode((type(item).__name__, item)) + b"\n" for item in self._waiting)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                with contextlib.suppress(OSError):  # closing flushes the buffer, which fails again for the same reason
                    file.close()
                os.truncate(path, size)
                raise
        return True

    @property
    def waiting(self) -> tuple[Item, ...]:
        """The items that are not archived yet, oldest first."""
        return tuple(self._waiting)

    @property
    def record(self) -> ArchiveRecord:
        """The state of the archive, as clients see it."""
        return ArchiveRecord(
            waiting=len(self._waiting),
            abandoned=self.abandoned,
            fault=self.fault,
            unreadable=self.archive.unreadable,
        )

    def drain_news(self) -> list[tuple[Severity, str, str]]:
        """What happened to the archive since the last call: severity, an event's name, a sentence."""
        news: list[tuple[Severity, str, str]] = [("high", "ArchiveDamaged", f"{note}.") for note in self.archive.notes]
        self.archive.notes.clear()
        if self.fault and not self._is_told:
            news.append(("high", "ArchiveRefuses", f"{self.fault}; what comes is kept in memory meanwhile."))
        elif self._is_told and not self.fault:
            news.append(("info", "ArchiveBack", f"The archive is written again; {self.abandoned} rows were given up."))
        self._is_told = bool(self.fault)
        return news

    def _write_waiting(self) -> None:
        try:
            if self._waiting:
                self.archive.write(self._waiting)
                self._waiting.clear()
                self._octets = 0
        except ArchiveError:
            raise
        except Exception:  # the fault is one item's: the others must not wait for it for ever
            self._write_one_by_one()
        self.fault = ""

    def _write_one_by_one(self) -> None:
        """Write what waits item by item; one that cannot be stored at all is dropped alone."""
        while self._waiting:
            try:
                self.archive.write([self._waiting[0]])
            except ArchiveError:
                raise
            except Exception:
                self.abandoned += 1
            self._octets -= _size(self._waiting.popleft())

    def _hold(self, items: Sequence[Item]) -> None:
        self._waiting.extend(items)
        self._octets += sum(map(_size, items))
        while len(self._waiting) > self.capacity or self._octets > self.octets_max:
            self._octets -= _size(self._waiting.popleft())
            self.abandoned += 1


def _size(item: Item) -> int:
    """The approximate octets of an item, without the overhead that every item has."""
    if isinstance(item, tuple):
        return sum(len(part) for part in item if isinstance(part, bytes | str))
    return _RECORD_OCTETS
