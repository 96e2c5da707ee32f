"""Between station and archive: what cannot be written now is kept and tried again, and is never silently gone."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ground.archive import Archive, Item
from ground.errors import ArchiveError
from ground.records import ArchiveRecord


@dataclass(slots=True)
class Keeper:
    """Writes to `archive`; holds up to `capacity` items while it refuses, then gives up the oldest and counts them."""

    archive: Archive
    capacity: int = 100_000
    fault: str = ""
    abandoned: int = 0
    _waiting: deque[Item] = field(default_factory=deque)

    def keep(self, items: Sequence[Item]) -> list[bool]:
        """Store `items` after those that wait. Says of each whether it is new: all are, while nobody can tell."""
        try:
            self._write_waiting()
            return self.archive.write(items)
        except ArchiveError as error:
            self.fault = str(error)
            self._hold(items)
            return [True] * len(items)

    def retry(self) -> bool:
        """Try to store what waits; whether nothing waits any more."""
        self.keep(())
        return not self._waiting

    def rescue(self, path: Path) -> bool:
        """Append what waits to a file of JSON lines, `[kind, item]`, octets in base 64; whether there was any."""
        if self._waiting:
            with path.open("ab") as file:
                file.writelines(msgspec.json.encode((type(item).__name__, item)) + b"\n" for item in self._waiting)
        return bool(self._waiting)

    @property
    def waiting(self) -> tuple[Item, ...]:
        """What is in no archive yet, oldest first."""
        return tuple(self._waiting)

    @property
    def record(self) -> ArchiveRecord:
        """How the archive fares."""
        return ArchiveRecord(waiting=len(self._waiting), abandoned=self.abandoned, fault=self.fault)

    def _write_waiting(self) -> None:
        try:
            if self._waiting:
                self.archive.write(self._waiting)
                self._waiting.clear()
        except ArchiveError:
            raise
        except Exception:  # of one item, for which the others must not wait for ever
            self._write_one_by_one()
        self.fault = ""

    def _write_one_by_one(self) -> None:
        """Write what waits; an item that no archive can hold is given up alone."""
        while self._waiting:
            try:
                self.archive.write([self._waiting[0]])
            except ArchiveError:
                raise
            except Exception:
                self.abandoned += 1
            self._waiting.popleft()

    def _hold(self, items: Sequence[Item]) -> None:
        self._waiting.extend(items)
        while len(self._waiting) > self.capacity:
            self._waiting.popleft()
            self.abandoned += 1
