"""Memories of a Linux host: a file, and what the loader mapped of a library into this process (proc(5))."""

import os
from collections.abc import Iterator
from pathlib import Path

from hal.addressed_memory import ReadOnlyMemory

SELF = Path("/proc/self")
_REPLACED = " (deleted)"


class FileMemory(ReadOnlyMemory):
    """The content of a file, `size` octets when this was made. It is opened at each reading, as it may be replaced."""

    def __init__(self, path: Path) -> None:
        self._path, self.size = path, path.stat().st_size

    def read(self, address: int, size: int) -> bytes:
        """`size` octets from `address` on. Raises OSError, also where the file has become shorter."""
        return _read(self._path, address, size)


class LibraryMemory(ReadOnlyMemory):
    """The segments of the loaded library `file` that nothing may write: machine code, and tables of constants.

    They follow each other in the order of their addresses. Raises OSError where this process may not read itself, or
    has not loaded the library.
    """

    def __init__(self, file: Path, process: Path = SELF) -> None:
        self._memory = process / "mem"
        self._segments = list(_segments(file, process / "maps"))
        if not self._segments:
            raise FileNotFoundError(f"{file} is not mapped into this process")
        self.size = sum(size for _, size in self._segments)

    def read(self, address: int, size: int) -> bytes:
        """`size` octets from `address` on."""
        parts = []
        for start, length in self._segments:
            inside = min(size, length - address)
            if inside > 0 and address >= 0:
                parts.append(_read(self._memory, start + address, inside))
                address, size = address + inside, size - inside
            address -= length
        return b"".join(parts)


def _segments(file: Path, maps: Path) -> Iterator[tuple[int, int]]:
    """Address and size of each mapping of `file` that can be read and not written, also where it was replaced since."""
    names = [f"{name}{end}" for name in (file, file.resolve()) for end in ("", _REPLACED)]
    for line in maps.read_text().splitlines():
        span, rights, _, _, _, *path = line.split(maxsplit=5)
        if path and path[0] in names and rights.startswith("r") and "w" not in rights:
            start, end = (int(address, 16) for address in span.split("-"))
            yield start, end - start


def _read(path: Path, address: int, size: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        octets = os.pread(descriptor, size, address)
    finally:
        os.close(descriptor)
    if len(octets) < size:
        raise OSError(f"{path.name} ends before octet {address + size}")
    return octets
