"""The files under everything that survives a restart: a seam, so that a test can cut the power between any two calls.

A call that changes something is safe from a power cut only after `sync`, and until then any part of it may be lost, in
any order: octets that were written by a sync of the file, names that came or went by a sync of their folder.
"""

import os
from pathlib import Path
from typing import Protocol


class Medium(Protocol):
    """Files and folders on something that forgets what was not synced. Every call raises OSError."""

    def read(self, path: Path) -> bytes:
        """All octets of a file."""

    def names(self, folder: Path) -> list[str]:
        """What is in a folder, sorted."""

    def write(self, path: Path, octets: bytes) -> None:
        """Give a file this content and no other; it is made where it is not there."""

    def overwrite(self, path: Path, octets: bytes) -> None:
        """Write over the first octets of a file; what is behind them stays. It is made where it is not there."""

    def append(self, path: Path, octets: bytes) -> None:
        """Write behind the last octet of a file; it is made where it is not there."""

    def sync(self, path: Path) -> None:
        """Wait until the content of a file, or the names in a folder, are safe."""

    def replace(self, old: Path, new: Path) -> None:
        """Give the file at `old` the name `new`, which another file may have had."""

    def remove(self, path: Path) -> None:
        """Take a file's name away."""

    def make_folder(self, folder: Path) -> bool:
        """Make a folder in one that is there; False where it is there already."""


class HostMedium:
    """The file system of the operating system that we run on."""

    def read(self, path: Path) -> bytes:
        """All octets of a file."""
        return path.read_bytes()

    def names(self, folder: Path) -> list[str]:
        """What is in a folder, sorted."""
        return sorted(path.name for path in folder.iterdir())

    def write(self, path: Path, octets: bytes) -> None:
        """Give a file this content and no other."""
        _write(path, octets, os.O_TRUNC)

    def overwrite(self, path: Path, octets: bytes) -> None:
        """Write over the first octets of a file."""
        _write(path, octets, 0)

    def append(self, path: Path, octets: bytes) -> None:
        """Write behind the last octet of a file."""
        _write(path, octets, os.O_APPEND)

    def sync(self, path: Path) -> None:
        """Have the kernel and the disk write down what they hold of it (fsync(2))."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def replace(self, old: Path, new: Path) -> None:
        """Give a file another name (rename(2))."""
        old.replace(new)

    def remove(self, path: Path) -> None:
        """Take a file's name away."""
        path.unlink()

    def make_folder(self, folder: Path) -> bool:
        """Make a folder; False where it is there already."""
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
    """Make `folder`, and those above it that are not there; each survives a crash with what is put in it later."""
    try:
        is_made = medium.make_folder(folder)
    except FileNotFoundError:
        make_folders(folder.parent, medium)
        is_made = medium.make_folder(folder)
    try:
        medium.sync(folder.parent)  # also of one that was there: who made it may have died before its sync
    except PermissionError:
        if is_made:
            raise
