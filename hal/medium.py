"""File access for everything that must survive a restart, as an interface, so that a test can cut the power anywhere.

A change is safe from a power cut only after `sync`: written octets after a sync of the file, new or removed names after
a sync of their folder. Until then any part of it may be lost, in any order.
"""

import errno
import os
import stat
from pathlib import Path
from typing import NamedTuple, Protocol

READ_OCTETS_MAX = 1 << 30
"""What is larger is not read as a whole: nothing that a node keeps is, and it has no memory for it."""


class MediumEntry(NamedTuple):
    """What a name stands for: a folder, or a file of so many octets."""

    is_folder: bool
    octets: int = 0


class Medium(Protocol):
    """Files and folders on a medium that may lose what was not synced. Every call raises OSError."""

    def entry(self, path: Path) -> MediumEntry:
        """What is there; a link is not followed. Raises OSError also for what is neither file nor folder."""

    def read(self, path: Path) -> bytes:
        """All octets of a file."""

    def read_part(self, path: Path, offset: int, size: int) -> bytes:
        """Up to `size` octets of a file, from `offset` on."""

    def names(self, folder: Path) -> list[str]:
        """The names in a folder, sorted."""

    def write(self, path: Path, octets: bytes) -> None:
        """Replace the whole content of a file; it is made if it does not exist."""

    def overwrite(self, path: Path, octets: bytes) -> None:
        """Write over the first octets of a file; the octets behind them stay. It is made if it does not exist."""

    def write_part(self, path: Path, offset: int, octets: bytes) -> None:
        """Write over the octets of a file from `offset` on, after zeros if it is shorter; it is made if it is new."""

    def append(self, path: Path, octets: bytes) -> None:
        """Write behind the last octet of a file; it is made if it does not exist."""

    def sync(self, path: Path) -> None:
        """Wait until the content of a file, or the names in a folder, are safe."""

    def replace(self, old: Path, new: Path) -> None:
        """Rename the file or folder at `old` to `new`, replacing a file of that name by a file."""

    def remove(self, path: Path) -> None:
        """Remove a file."""

    def make_folder(self, folder: Path) -> bool:
        """Make a folder in an existing one; False if it exists already."""

    def remove_folder(self, folder: Path) -> None:
        """Remove an empty folder."""


class HostMedium:
    """The file system of the operating system that we run on.

    Raises OSError for what is no file, as a pipe, which would be waited for: EPERM. Nothing is written through a link.
    """

    def entry(self, path: Path) -> MediumEntry:
        """What is there (lstat(2))."""
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
            raise OSError(errno.EPERM, "neither a file nor a folder", str(path))
        is_folder = stat.S_ISDIR(found.st_mode)
        return MediumEntry(is_folder, 0 if is_folder else found.st_size)

    def read(self, path: Path) -> bytes:
        """All octets of a file."""
        with open(_opened(path, os.O_RDONLY), "rb") as file:
            if os.fstat(file.fileno()).st_size > READ_OCTETS_MAX:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
            return file.read()

    def read_part(self, path: Path, offset: int, size: int) -> bytes:
        """Up to `size` octets of a file, from `offset` on."""
        with open(_opened(path, os.O_RDONLY), "rb") as file:
            file.seek(offset)
            return file.read(size)

    def names(self, folder: Path) -> list[str]:
        """The names in a folder, sorted."""
        return sorted(path.name for path in folder.iterdir())

    def write(self, path: Path, octets: bytes) -> None:
        """Replace the whole content of a file."""
        _write(path, octets, os.O_TRUNC)

    def overwrite(self, path: Path, octets: bytes) -> None:
        """Write over the first octets of a file."""
        _write(path, octets, 0)

    def write_part(self, path: Path, offset: int, octets: bytes) -> None:
        """Write over the octets of a file from `offset` on."""
        _write(path, octets, 0, offset)

    def append(self, path: Path, octets: bytes) -> None:
        """Write behind the last octet of a file."""
        _write(path, octets, os.O_APPEND)

    def sync(self, path: Path) -> None:
        """Have the kernel and the disk write what they hold of a file or folder in their caches (fsync(2))."""
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def replace(self, old: Path, new: Path) -> None:
        """Rename, replacing a file of the new name (rename(2))."""
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

    def remove_folder(self, folder: Path) -> None:
        """Remove an empty folder (rmdir(2))."""
        folder.rmdir()


def _opened(path: Path, how: int) -> int:
    """A descriptor of a file; what is none is not waited for. Raises OSError."""
    descriptor = os.open(path, how | os.O_NONBLOCK, 0o600)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        number = errno.EISDIR if stat.S_ISDIR(mode) else errno.EPERM
        raise OSError(number, os.strerror(number), str(path))
    return descriptor


def _write(path: Path, octets: bytes, how: int, offset: int = 0) -> None:
    descriptor = _opened(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | how)
    try:
        if offset:
            os.lseek(descriptor, offset, os.SEEK_SET)
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
