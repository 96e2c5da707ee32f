"""An archive that keeps a ground service running whatever the state of its file.

A file that is damaged, or no archive of ours, is set aside under the next free name, never deleted; a new one begins
with what can be read of it. Where nothing can be written, the file is only read, and each `write` tries again. A file
that somebody deletes or moves while the service runs is written anew, so that what came since is found.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from ground.archive.archive import COMPANIONS, JOURNAL_SUFFIX, Archive
from ground.archive.rows import DictionaryRow, Item
from ground.archive.survey import check_files, rescue
from ground.errors import ArchiveError, DamagedArchiveError
from hal.linux.own_folder import set_aside

THOROUGH_OCTETS_MAX = 1 << 28
"""Octets. Of larger files the indices are not compared with the rows when they are opened."""
CARRIED_OCTETS_MAX = 1 << 26
"""Octets. Rows of a larger damaged file are not copied to the new one at the start: this size takes half a minute."""
CARRIED_MEANWHILE_OCTETS_MAX = 1 << 22
"""As CARRIED_OCTETS_MAX, while the service runs: it receives nothing while rows are copied."""
CHECKED_OCTETS_MAX = 1 << 32
"""Octets. Larger files are not checked, so that a start takes no minutes: damage is found where it is read."""


class LastingArchive(Archive):
    """An archive at `path` whose opening raises nothing for a bad file; `write` raises ArchiveError while it fails.

    `notes` reports what was done with a damaged file; the reader of the notes removes them.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path: Path = path
        self._is_open, self._is_looked_at, self._damage = False, False, ""
        self._carried_octets_max = CARRIED_OCTETS_MAX
        self._files = dict[str, int]()  # inode of each file that we write, by name
        self._dictionaries: dict[str, DictionaryRow] = {}
        try:
            self._begin()
        except ArchiveError:
            self._only_read()
        self._carried_octets_max = CARRIED_MEANWHILE_OCTETS_MAX

    def write(self, items: Sequence[Item]) -> list[bool]:
        """Store all of `items` or, raising ArchiveError, none; return for each whether it changed the archive."""
        self._dictionaries |= {item.version: item for item in items if isinstance(item, DictionaryRow)}
        if not self._is_open:
            self._begin()
        if self._files and self._files != self._files_now():
            self._write_anew()
        if self._damage:
            self._renew(self._damage)
        try:
            told = super().write(items)
        except DamagedArchiveError as error:
            self._renew(str(error))
            told = super().write(items)
        self._files = self._files or self._files_now()
        return told

    def _begin(self) -> None:
        try:
            self._open_sound()
        except DamagedArchiveError as error:
            self._renew(str(error))
        self._is_open = True

    def _open_sound(self) -> None:
        with self._named_errors():
            if not self._is_looked_at and self.path.exists() and self.path.stat().st_size:
                check_files(self.path)
            self._is_looked_at = True  # check only once: it takes time, and no other program writes here
        self._open(self.path)
        size = self.path.stat().st_size
        fault = size <= CHECKED_OCTETS_MAX and self.structure_fault(thorough=size <= THOROUGH_OCTETS_MAX)
        if fault:
            raise DamagedArchiveError(fault)

    def _only_read(self) -> None:
        """Open the file for reading only; where even that fails, go on with an empty archive in memory."""
        try:
            self._open(self.path, read_only=True)
        except ArchiveError:
            self._open(None)

    def _files_now(self) -> dict[str, int]:
        """The inode of each file that now has one of our names."""
        found = dict[str, int]()
        for ending in ("", JOURNAL_SUFFIX):
            with suppress(OSError):
                found[ending] = self.path.with_name(self.path.name + ending).stat().st_ino
        return found

    def _write_anew(self) -> None:
        """Give our content a file again, after somebody deleted, moved or replaced the one that we write."""
        with self._named_errors():
            for ending in (*COMPANIONS, ""):  # what has our names now is not ours, or incomplete
                if (there := self.path.with_name(self.path.name + ending)).exists():
                    set_aside(there)
            with closing(sqlite3.connect(self.path)) as anew:
                self._connection.backup(anew)
        self._open(self.path)
        self._files = {}
        self.notes.append(f"archive {self.path} was deleted, moved or replaced; it is written anew with all it had")

    def _renew(self, why: str) -> None:
        """Set the damaged file aside, and begin a new one with what can be read of it."""
        self._files = {}
        self._connection.close()
        with self._named_errors():
            aside = set_aside(self.path, *COMPANIONS)
        self._is_open, self._damage = False, ""
        told = f"{why}; it is set aside as {aside.name}"
        try:
            self._open(self.path)
        except ArchiveError:
            self.notes.append(f"{told}, and no new one can be begun yet; `skyrack ground rescue` reads the damaged one")
            self._open(None)
            raise
        self._is_open = True
        super().write(list(self._dictionaries.values()))  # packets that arrive later are decoded with these
        self.notes.append(f"{told}, {self._carry_over(aside)}")

    def _carry_over(self, aside: Path) -> str:
        if aside.stat().st_size > self._carried_octets_max:
            return "and a new one begun; `skyrack ground rescue` reads what can be read of it"
        try:
            found = rescue(aside, self)
        except OSError as error:
            return f"and a new one begun, with part of what can be read of it: {error}"
        whole, damaged = sum(found.whole.values()), sum(found.damaged.values())
        return f"and a new one begun with the {whole} records that can be read of it; {damaged} cannot"

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Errors as `Archive` raises them; a file that reading finds damaged is set aside before the next write."""
        try:
            with super()._named_errors():
                yield
        except DamagedArchiveError as error:
            self._damage = str(error)
            raise
        except ArchiveError:
            raise
        except OSError as error:
            raise ArchiveError(f"archive {self.path}: {error}") from error
