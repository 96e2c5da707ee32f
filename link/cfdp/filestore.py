"""The filestore that CFDP reads from and writes to, as interfaces for a board, a ground station and tests."""

import errno
from itertools import count
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

    Exactly one of `keep` and `discard` ends it. `token` is what a store calls it until it has a name.
    """

    @property
    def token(self) -> str:
        """By which `reopen` finds it after a restart."""

    def sync(self) -> None:
        """Make what was written so far survive a restart."""

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

    def admit(self, name: str, size: int) -> None:
        """Raises OSError where a file of this name and size could not be kept, before its octets come for nothing."""

    def reopen(self, token: str) -> FileWriter:
        """The incomplete file that had this token before a restart."""


class MemoryStore:
    """A file store in memory, for tests and virtual time: `files` by name. One that would be longer than `octets_max`
    is refused, as by a disk that is full.
    """

    octets_max = 1 << 28

    def __init__(self, **files: bytes) -> None:
        self.files = dict(files)
        self.parts: dict[str, bytearray] = {}
        self._tokens = count(1)

    def open(self, name: str) -> "MemoryReader":
        """The file called `name`. Raises FileNotFoundError."""
        if name not in self.files:
            raise FileNotFoundError(f"no file {name!r}")
        return MemoryReader(self.files[name])

    def create(self) -> "MemoryWriter":
        """A new file without a name."""
        return MemoryWriter(self)

    def begin_part(self) -> str:
        """The token of a new part."""
        token = str(next(self._tokens))
        self.parts[token] = bytearray()
        return token

    def admit(self, name: str, size: int) -> None:  # noqa: ARG002  # any name will do
        """Raises OSError for a size beyond the store's bound."""
        if size > self.octets_max:
            raise _too_long(self.octets_max)

    def reopen(self, token: str) -> "MemoryWriter":
        """An incomplete file. Raises FileNotFoundError."""
        if token not in self.parts:
            raise FileNotFoundError(f"no part {token!r}")
        return MemoryWriter(self, token)


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

    def __init__(self, store: MemoryStore, token: str = "") -> None:
        self._store, self.token = store, token or store.begin_part()

    @property
    def _octets(self) -> bytearray:
        return self._store.parts[self.token]

    def sync(self) -> None:
        """Do nothing: memory is not lost by what a test calls a restart."""

    def write(self, offset: int, octets: bytes) -> None:
        """Put octets at `offset`. Raises OSError beyond the store's bound."""
        if offset + len(octets) > self._store.octets_max:
            raise _too_long(self._store.octets_max)
        if offset > len(self._octets):
            self._octets.extend(bytes(offset - len(self._octets)))
        self._octets[offset : offset + len(octets)] = octets

    def read(self, offset: int, size: int) -> bytes:
        """Octets that were written."""
        return bytes(self._octets[offset : offset + size])

    def keep(self, name: str) -> None:
        """Complete the file and give it `name`."""
        self._store.files[name] = bytes(self._store.parts.pop(self.token))

    def discard(self) -> None:
        """Delete the file."""
        self._store.parts.pop(self.token, None)


def _too_long(octets_max: int) -> OSError:
    return OSError(errno.EFBIG, f"a file of more than {octets_max} octets, the maximum here")
