"""File access for everything that must survive a restart, as an interface, so that a test can cut the power anywhere.

A change is safe from a power cut only after `sync`: written octets after a sync of the file, new or removed names after
a sync of their folder. Until then any part of it may be lost, in any order.
"""

import os
from pathlib import Path
from typing import Protocol


class Medium(Protocol):
    """Files and folders on a medium that may lose what was not synced. Every call raises OSError."""

    def read(self, path: Path) -> bytes:
        """All octets of a file."""

    def names(self, folder: Path) -> list[str]:
        """The names in a folder, sorted."""

    def write(self, path: Path, octets: bytes) -> None:
        """Replace the whole content of a file; it is made if it does not exist."""

    def overwrite(self, path: Path, octets: bytes) -> None:
        """Write over the first octets of a file; the octets behind them stay. It is made if it does not exist."""

    def append(self, path: Path, octets: bytes) -> None:
        """Write behind the last octet of a file; it is made if it does not exist."""

    def sync(self, path: Path) -> None:
        """Wait until the content of a file, or the names in a folder, are safe."""

    def replace(self, old: Path, new: Path) -> None:
        """Rename the file at `old` to `new`, replacing a file of that name."""

    def remove(self, path: Path) -> None:
        """Remove a file."""

    def make_folder(self, folder: Path) -> bool:
        """Make a folder in an existing one; False if it exists already."""


class HostMedium:
    """The file system of the operating system that we run on."""

    def read(self, path: Path) -> bytes:
        """All octets of a file."""
        return path.read_bytes()

    def names(self, folder: Path) -> list[str]:
        """The names in a folder, sorted."""
        return sorted(path.name for path in folder.iterdir())

    def write(self, path: Path, octets: bytes) -> None:
        """Replace the whole content of a file."""
        _write(path, octets, os.O_TRUNC)

    def overwrite(self, path: Path, octets: bytes) -> None:
        """Write over the first octets of a file."""
        _write(path, octets, 0)

    def append(self, path: Path, octets: bytes) -> None:
        """Write behind the last octet of a file."""
        _write(path, octets, os.O_APPEND)

    def sync(self, path: Path) -> None:
        """Have the kernel and the disk write what they hold of a file or folder in their caches (fsync(2))."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def replace(self, old: Path, new: Path) -> None:
        """Rename a file, replacing a file of the new name (rename(2))."""
        old.replace(new)

    def remove(self, path: Path) -> None:
        """Remove a file (unlink(2))."""
        path.unlink()

    def make_folder(self, folder: Path) -> bool:
        """Make a folder; False if it exists already."""
        try:
            folder.mkdir()
        except FileExistsError:
            if not folder.is_dir():
                raise
            return False
        return True


def _write(path: Path, octets: bytes, how: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600)
    try:
        rest = memoryview(octets)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


HOST = HostMedium()


def make_folders(folder: Path, medium: Medium = HOST) -> None:
    """Make `folder` and the missing ones above it; each is synced, so that it survives a crash."""
    try:
        is_made = medium.make_folder(folder)
    except FileNotFoundError:
        make_folders(folder.parent, medium)
        is_made = medium.make_folder(folder)
    try:
        medium.sync(folder.parent)  # also for an existing folder: its maker may have died before the sync
    except PermissionError:
        if is_made:
            raise
