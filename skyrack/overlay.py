"""A medium over the host's, for what must leave no trace: shadow flights and practice."""

import errno
import os
from pathlib import Path

from hal.medium import HOST, MediumEntry


class Overlay:
    """`Medium` over the host's: what is written stays in memory."""

    def __init__(self) -> None:
        self._written: dict[Path, bytes | None] = {}

    def read(self, path: Path) -> bytes:
        """What was written, or else what is there."""
        if path not in self._written:
            return HOST.read(path)
        octets = self._written[path]
        if octets is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return octets

    def entry(self, path: Path) -> MediumEntry:
        """A written file, or what is there."""
        return MediumEntry(is_folder=False, octets=len(self.read(path))) if path in self._written else HOST.entry(path)

    def read_part(self, path: Path, offset: int, size: int) -> bytes:
        """A part of what was written, or else of what is there."""
        return self.read(path)[offset : offset + size]

    def names(self, folder: Path) -> list[str]:
        """The names there and the written ones."""
        try:
            names = set(HOST.names(folder))
        except FileNotFoundError:
            names = set()
        for path, octets in self._written.items():
            if path.parent == folder:
                (names.discard if octets is None else names.add)(path.name)
        return sorted(names)

    def write(self, path: Path, octets: bytes) -> None:
        """Replace the content."""
        self._written[path] = octets

    def overwrite(self, path: Path, octets: bytes) -> None:
        """Write over the first octets."""
        self._written[path] = octets + self._before(path)[len(octets) :]

    def write_part(self, path: Path, offset: int, octets: bytes) -> None:
        """Write from `offset` on."""
        before = self._before(path).ljust(offset if octets else 0, b"\0")
        self._written[path] = before[:offset] + octets + before[offset + len(octets) :]

    def append(self, path: Path, octets: bytes) -> None:
        """Write behind the last octet."""
        self._written[path] = self._before(path) + octets

    def sync(self, path: Path) -> None:
        """Nothing: none of it is to survive."""

    def replace(self, old: Path, new: Path) -> None:
        """Rename."""
        self._written[new], self._written[old] = self.read(old), None

    def remove(self, path: Path) -> None:
        """Remove."""
        self.read(path)
        self._written[path] = None

    def make_folder(self, folder: Path) -> bool:  # noqa: ARG002
        """Nothing: a file needs none here."""
        return False

    def remove_folder(self, folder: Path) -> None:
        """Nothing."""

    def _before(self, path: Path) -> bytes:
        try:
            return self.read(path)
        except FileNotFoundError:
            return b""
