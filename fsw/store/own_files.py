"""The store's own files: one folder that carries our marker file, and in it one for files that are set aside.

Files are deleted, renamed and replaced here only. A folder without the marker that holds anything is not ours: its
files may be read, and none is changed.
"""

import errno
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

from fsw.store.storage import replace_file
from hal.medium import Medium, make_folders

MARKER_NAME = ".skyrack-products"
ASIDE = "set-aside"
_MARKER_TEXT = "This folder belongs to Skyrack's {}, which may delete its own files in it.\n"
_OF_A_NEW_FILE_SYSTEM = "lost+found"


class OwnFiles:
    """The folder `path` on `medium`, made and marked as `owner`'s at the first write. All methods raise OSError."""

    def __init__(self, path: Path, medium: Medium, marker: str = MARKER_NAME, owner: str = "product store") -> None:
        self._marker, self._owner = marker, owner
        self.path, self._aside, self._medium = path, path / ASIDE, medium
        self._is_ours = False

    def names(self) -> list[str]:
        """The names in the folder."""
        return self._names(self.path)

    def names_aside(self) -> list[str]:
        """The names of the files that were set aside."""
        return self._names(self._aside)

    def octets_aside(self) -> int:
        """The octets of the files that were set aside."""
        return sum(map(self._octets_of_aside, self.names_aside()))

    def put(self, name: str, octets: bytes) -> None:
        """Write a new file, or replace one as a whole; on return it survives a crash."""
        self.claim()
        replace_file(self.path / name, octets, self._medium)

    def rename(self, old: str, new: str) -> None:
        """Rename a file; the new name survives a crash once `sync` returned."""
        self.claim()
        self._medium.replace(self.path / old, self.path / new)

    def sync(self) -> None:
        """Wait until the disk has all names of the folder."""
        self._medium.sync(self.path)

    def remove(self, name: str) -> None:
        """Delete a file; one that is gone already is no error."""
        self.claim()
        with suppress(FileNotFoundError):
            self._medium.remove(self.path / name)
        self.sync()

    def set_aside(self, path: Path) -> int:
        """Move a file, of this folder or of another, to those set aside; returns its size in octets."""
        self.claim()
        make_folders(self._aside, self._medium)
        taken, octets = set(self.names_aside()), len(self._medium.read(path))
        free = next(name for name in _candidates(path.name) if name not in taken)
        self._medium.replace(path, self._aside / free)
        self._medium.sync(self._aside)  # before the folder that it left: a crash never leaves the file in none of them
        self._medium.sync(path.parent)
        return octets

    def purge(self) -> int:
        """Delete all files that were set aside; returns how many."""
        self.claim()
        names = self.names_aside()
        for name in names:
            self._medium.remove(self._aside / name)
        if names:
            self._medium.sync(self._aside)
        return len(names)

    def claim(self) -> None:
        """Mark the folder as ours, making it if needed. Raises FileExistsError where it holds somebody else's files."""
        if self._is_ours:
            return
        make_folders(self.path, self._medium)
        names = self.names()
        if self._marker not in names:
            if set(names) - {_OF_A_NEW_FILE_SYSTEM}:
                raise FileExistsError(errno.EEXIST, f"{self.path} holds files that are not ours, nothing is changed")
            text = _MARKER_TEXT.format(self._owner).encode()
            self._medium.write(self.path / self._marker, text)  # only its name matters; made safe with a file
        self._is_ours = True

    def _octets_of_aside(self, name: str) -> int:
        try:
            return len(self._medium.read(self._aside / name))
        except OSError:  # somebody made a folder of that name, or the file is damaged
            return 0

    def _names(self, folder: Path) -> list[str]:
        try:
            return self._medium.names(folder)
        except FileNotFoundError:
            return []


def _candidates(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}.{number}" for number in count(1))
