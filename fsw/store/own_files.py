"""The store's own files: one folder that carries our marker and is ours alone, and in it one for what is set aside.

Files are deleted, renamed and replaced here only. A folder without the marker that holds anything is not ours: what
stands there may be read, and nothing in it is changed.
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
_MARKER_TEXT = b"This folder belongs to Skyrack's product store, which may delete its own files in it.\n"
_OF_A_NEW_FILE_SYSTEM = "lost+found"


class OwnFiles:
    """The folder `path` on `medium`, made and marked when first something is written. All methods raise OSError."""

    def __init__(self, path: Path, medium: Medium) -> None:
        self.path, self._aside, self._medium = path, path / ASIDE, medium
        self._is_ours = False

    def names(self) -> list[str]:
        """What is in the folder."""
        return self._names(self.path)

    def names_aside(self) -> list[str]:
        """What was set aside."""
        return self._names(self._aside)

    def octets_aside(self) -> int:
        """How much room that takes."""
        return sum(map(self._octets_of_aside, self.names_aside()))

    def put(self, name: str, octets: bytes) -> None:
        """A new file, or one that replaces another, as a whole; on return it survives a crash."""
        self.claim()
        replace_file(self.path / name, octets, self._medium)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name; it has that also after a crash once `sync` returned."""
        self.claim()
        self._medium.replace(self.path / old, self.path / new)

    def sync(self) -> None:
        """Wait until the disk has the names."""
        self._medium.sync(self.path)

    def remove(self, name: str) -> None:
        """Delete a file, or one that is gone although the disk could not say so."""
        self.claim()
        with suppress(FileNotFoundError):
            self._medium.remove(self.path / name)
        self.sync()

    def set_aside(self, path: Path) -> int:
        """Move a file, of this folder or of another, to those that are set aside; returns its octets."""
        self.claim()
        make_folders(self._aside, self._medium)
        taken, octets = set(self.names_aside()), len(self._medium.read(path))
        free = next(name for name in _candidates(path.name) if name not in taken)
        self._medium.replace(path, self._aside / free)
        self._medium.sync(self._aside)  # before the folder that it left, so that it is always in one of them
        self._medium.sync(path.parent)
        return octets

    def purge(self) -> int:
        """Delete what was set aside; returns how many files that were."""
        self.claim()
        names = self.names_aside()
        for name in names:
            self._medium.remove(self._aside / name)
        if names:
            self._medium.sync(self._aside)
        return len(names)

    def claim(self) -> None:
        """Make the folder ours, if it is not. Raises FileExistsError where it holds what somebody else put there."""
        if self._is_ours:
            return
        make_folders(self.path, self._medium)
        names = self.names()
        if MARKER_NAME not in names:
            if set(names) - {_OF_A_NEW_FILE_SYSTEM}:
                raise FileExistsError(errno.EEXIST, f"{self.path} holds files that are not ours, nothing is changed")
            self._medium.write(self.path / MARKER_NAME, _MARKER_TEXT)  # its name counts, safe with the first file's
        self._is_ours = True

    def _octets_of_aside(self, name: str) -> int:
        try:
            return len(self._medium.read(self._aside / name))
        except OSError:  # a folder that somebody made there, or a file that rotted away
            return 0

    def _names(self, folder: Path) -> list[str]:
        try:
            return self._medium.names(folder)
        except FileNotFoundError:
            return []


def _candidates(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}.{number}" for number in count(1))
