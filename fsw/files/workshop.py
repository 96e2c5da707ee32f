"""Files that are not complete yet: here they have numbers, and get names, in other folders, when they are."""

import errno
from itertools import count
from pathlib import Path

from fsw.store.own_files import OwnFiles
from hal.medium import Medium

MARKER = ".skyrack-transfers"
_SUFFIX = ".part"


class Workshop:
    """A folder of ours for incomplete files, which have `octets_max` in all. Methods raise OSError.

    A part is called by its token. Those of an earlier run are `adopt`ed before the first is made: that removes others.
    """

    def __init__(self, folder: Path, medium: Medium, octets_max: int) -> None:
        self.octets_max, self._folder, self._medium = octets_max, folder, medium
        self._own = OwnFiles(folder, medium, MARKER, "file management")
        self._sizes: dict[str, int] = {}
        self._numbers = count(1)
        self._is_cleared = False

    @property
    def octets(self) -> int:
        """The octets of all parts."""
        return sum(self._sizes.values())

    def make(self) -> str:
        """A new empty part; its token."""
        self._own.claim()
        self._clear()
        token = next(name for name in map(str, self._numbers) if name not in self._sizes)
        self._medium.write(self.path(token), b"")
        self._sizes[token] = 0
        return token

    def adopt(self, token: str) -> None:
        """Go on with a part of an earlier run. Raises FileNotFoundError where there is none."""
        if not token.isdecimal():
            raise FileNotFoundError(errno.ENOENT, f"no part {token[:20]!a}")
        self._sizes[token] = self._medium.entry(self.path(token)).octets

    def size(self, token: str) -> int:
        """How many octets a part has."""
        return self._sizes[token]

    def write(self, token: str, offset: int, octets: bytes) -> None:
        """Write octets at `offset`. What would be too much is refused."""
        size = max(self._sizes[token], offset + len(octets))
        if self.octets - self._sizes[token] + size > self.octets_max:
            raise OSError(errno.EDQUOT, f"incomplete files have {self.octets_max} octets at most")
        self._medium.write_part(self.path(token), offset, octets)
        self._sizes[token] = size

    def read(self, token: str, offset: int, size: int) -> bytes:
        """Up to `size` octets from `offset` on."""
        return self._medium.read_part(self.path(token), offset, size)

    def sync(self, token: str) -> None:
        """Wait until what was written is safe, and the part's own name."""
        self._medium.sync(self.path(token))
        self._medium.sync(self._folder)

    def settle(self, token: str, path: Path) -> None:
        """Give a complete part its name elsewhere, replacing a file of that name; on return it survives a crash."""
        part = self.path(token)
        self._medium.sync(part)
        self._medium.replace(part, path)
        del self._sizes[token]
        self._medium.sync(path.parent)
        self._medium.sync(self._folder)

    def remove(self, token: str) -> None:
        """Delete a part that will not be completed."""
        self._sizes.pop(token, None)
        self._medium.remove(self.path(token))

    def path(self, token: str) -> Path:
        """Where a part lies."""
        return self._folder / f"{token}{_SUFFIX}"

    def _clear(self) -> None:
        """Remove what an earlier run left and nobody adopted."""
        if self._is_cleared:
            return
        for name in self._medium.names(self._folder):
            if name.endswith(_SUFFIX) and name.removesuffix(_SUFFIX) not in self._sizes:
                self._medium.remove(self._folder / name)
        self._is_cleared = True
