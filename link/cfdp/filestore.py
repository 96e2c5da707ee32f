"""The filestore that CFDP reads from and writes to, as interfaces for a board, a ground station and tests."""

import errno
from typing import Protocol


class FileReader(Protocol):
    """A file to be sent. Its size does not change while it is open. Methods raise OSError."""

    @property
    def size(self) -> int:
        """Octets in the file."""

    def read(self, offset: int, size: int) -> bytes:
        """Exactly `size` octets from `offset` on."""

    def close(self) -> None:
        """Close the file: no more will be read."""


class FileWriter(Protocol):
    """A file that is being received, its octets in any order; it has no name yet. Methods raise OSError.

    Exactly one of `keep` and `discard` ends it.
    """

    def write(self, offset: int, octets: bytes) -> None:
        """Put octets at `offset`; earlier ones there are overwritten."""

    def read(self, offset: int, size: int) -> bytes:
        """Octets that were written."""

    def keep(self, name: str) -> None:
        """Complete the file: atomically give it `name`, replacing a file of that name."""

    def discard(self) -> None:
        """Delete the file: it will not be completed."""


class FileStore(Protocol):
    """Opens files for CFDP. Methods raise OSError; a name that leads out of the store is one reason."""

    def open(self, name: str) -> FileReader:
        """The file called `name`."""

    def create(self) -> FileWriter:
        """A new file without a name."""


class MemoryStore:
    """A file store in memory, for tests and virtual time: `files` by name. One that would be longer than `octets_max`
    is refused, as by a disk that is full.
    """

    octets_max = 1 << 28

    def __init__(self, **files: bytes) -> None:
        self.files = dict(files)

    def open(self, name: str) -> "MemoryReader":
        """The file called `name`. Raises FileNotFoundError."""
        if name not in self.files:
            raise FileNotFoundError(f"no file {name!r}")
        return MemoryReader(self.files[name])

    def create(self) -> "MemoryWriter":
        """A new file without a name."""
        return MemoryWriter(self)


class MemoryReader:
    """Reads a file that stands in memory."""

    def __init__(self, octets: bytes) -> None:
        self._octets, self.size = octets, len(octets)

    def read(self, offset: int, size: int) -> bytes:
        """Exactly `size` octets from `offset` on."""
        return self._octets[offset : offset + size]

    def close(self) -> None:
        """Do nothing: a file in memory holds no resource."""


class MemoryWriter:
    """Gathers a file in memory."""

    def __init__(self, store: MemoryStore) -> None:
        self._store, self._octets = store, bytearray()

    def write(self, offset: int, octets: bytes) -> None:
        """Put octets at `offset`. Raises OSError beyond the store's bound."""
        if offset + len(octets) > self._store.octets_max:
            raise OSError(errno.EFBIG, f"a file of more than {self._store.octets_max} octets, the maximum here")
        if offset > len(self._octets):
            self._octets.extend(bytes(offset - len(self._octets)))
        self._octets[offset : offset + len(octets)] = octets

    def read(self, offset: int, size: int) -> bytes:
        """Octets that were written."""
        return bytes(self._octets[offset : offset + size])

    def keep(self, name: str) -> None:
        """Complete the file and give it `name`."""
        self._store.files[name] = bytes(self._octets)

    def discard(self) -> None:
        """Delete the file."""
        self._octets = bytearray()
