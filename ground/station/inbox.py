"""Where received files go: one folder that no name leads out of. It is CFDP's file store (link/cfdp/filestore.py).

A file gets its name only when it is complete and on the disk. A different file that had the name is kept beside
it as `NAME.1`, `NAME.2`, ...: a node that was reset counts its products anew. A file to be sent is copied first, so
that the node gets what it was, whatever becomes of it; incomplete files and these copies survive the service.
"""

import errno
import filecmp
import os
import re
import shutil
from contextlib import suppress
from itertools import count
from pathlib import Path

from ground.station.file_names import plain_name
from hal.linux.own_folder import OwnFolder, set_aside
from hal.medium import HOST, Medium, make_folders

NAME_OCTETS_MAX = 255
_PARTS, _PART_SUFFIX, _COPY_SUFFIX = ".incoming", ".part", ".copy"
_PART, _COPY, _LEFT = re.compile(r"\d+\.part"), re.compile(r"\d+\.copy"), re.compile(r"\d+\.(part|copy)")


class Inbox:
    """Files below `folder`, which is made; a file of more than `octets_max` is refused. Methods raise OSError.

    If the folder cannot be made at first, this is tried again for each file. Raises FileExistsError where a person's
    files are in the folder for incomplete files.
    """

    def __init__(self, folder: Path, octets_max: int = 1 << 30, medium: Medium = HOST) -> None:
        self.folder, self.octets_max, self._medium = folder, octets_max, medium
        self._parts = folder / _PARTS
        self._own: OwnFolder | None = None
        self._known: set[str] = set()
        self._numbers = count(1)
        self._is_cleared = False
        try:
            self._workshop()
        except FileExistsError:
            raise
        except OSError:
            pass  # a full or read-only disk: each later write reports it again

    def stage(self, path: Path) -> str:
        """Copy a file of this computer, to be sent; returns what `open` calls it."""
        if not path.is_file():
            raise FileNotFoundError(errno.ENOENT, "no such file")
        if path.stat().st_size > self.octets_max:
            raise OSError(errno.EFBIG, f"a file of more than {self.octets_max} octets")
        copy = self._new(_COPY_SUFFIX)
        with path.open("rb") as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        return copy.name

    def open(self, name: str) -> "InboxReader":
        """Open a file that `stage` copied; when it is closed, it is not needed any more. Raises FileNotFoundError."""
        if not _COPY.fullmatch(name):
            raise FileNotFoundError(errno.ENOENT, f"no file {name[:20]!r} is to be sent")
        self._known.add(name)
        return InboxReader(self, self._parts / name)

    def create(self) -> "InboxFile":
        """Begin a new file, which gets its name when it is complete."""
        return InboxFile(self, self._new(_PART_SUFFIX), "w+b")

    def reopen(self, token: str) -> "InboxFile":
        """Go on with an incomplete file of an earlier run. Raises FileNotFoundError."""
        if not _PART.fullmatch(token) or not (self._parts / token).is_file():
            raise FileNotFoundError(errno.ENOENT, f"no incomplete file {token[:20]!r}")
        self._known.add(token)
        return InboxFile(self, self._parts / token, "r+b")

    def admit(self, name: str, size: int) -> None:
        """Raises OSError for a name or a size that is not allowed."""
        self.path(name)
        if size > self.octets_max:
            raise OSError(errno.EFBIG, f"a file of more than {self.octets_max} octets")

    def path(self, name: str) -> Path:
        """The path of `name`. Raises PermissionError for one that could lead out of the folder or to incomplete files.

        Names are of plain parts: no part is empty, begins with a dot or holds a control character. An absolute one
        begins in the folder, and octets that are not UTF-8 stand there as `plain_name` writes them.
        """
        parts = plain_name(name).split("/")
        if any(not part or part.startswith(".") or not part.isprintable() or "\\" in part for part in parts):
            raise PermissionError(errno.EPERM, f"file name {name!r} is not allowed")
        if any(len(os.fsencode(part)) > NAME_OCTETS_MAX for part in parts):
            raise OSError(errno.ENAMETOOLONG, f"file name {name[:20]!r}... is too long")
        path = self.folder.joinpath(*parts)
        if not path.resolve().is_relative_to(self.folder.resolve()):  # a symbolic link in the folder leads elsewhere
            raise PermissionError(errno.EPERM, f"file name {name!r} leads out of {self.folder}")
        return path

    def settle(self, part: Path, name: str) -> None:
        """Give the complete file `part` its name, durably."""
        path = self.path(name)
        make_folders(path.parent, self._medium)
        if path.is_file() and not filecmp.cmp(part, path, shallow=False):
            set_aside(path)
        self._workshop().replace(part, path)

    def remove(self, part: Path) -> None:
        """Delete a file that will not be completed."""
        self._workshop().remove(part)

    def _new(self, suffix: str) -> Path:
        """The path of a new file in the workshop, which is cleared of what an earlier run left and nobody needs."""
        own = self._workshop()
        if not self._is_cleared:
            for left_over in [path for path in self._parts.iterdir() if _LEFT.fullmatch(path.name)]:
                if left_over.name not in self._known:
                    own.remove(left_over)
            self._is_cleared = True
        name = next(name for number in self._numbers if (name := f"{number}{suffix}") not in self._known)
        self._known.add(name)
        return self._parts / name

    def _workshop(self) -> OwnFolder:
        """The folder for incomplete files and copies, made at first use."""
        if self._own is None:
            self._own = OwnFolder(self._parts, "inbox", self._medium)
        return self._own


class InboxReader:
    """A copy of a file that is being sent."""

    def __init__(self, inbox: Inbox, path: Path) -> None:
        self._inbox, self._path = inbox, path
        self._file = path.open("rb")
        self.size = path.stat().st_size

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` octets from `offset` on."""
        return os.pread(self._file.fileno(), size, offset)

    def close(self) -> None:
        """Delete the copy: nothing more is sent of it."""
        self._file.close()
        with suppress(OSError):  # a disk that fails; it goes at the next start
            self._inbox.remove(self._path)


class InboxFile:
    """A file that is being received; its octets may come in any order."""

    def __init__(self, inbox: Inbox, part: Path, mode: str) -> None:
        self._inbox, self._part, self.token = inbox, part, part.name
        self._file = part.open(mode, buffering=0)

    def write(self, offset: int, octets: bytes) -> None:
        """Write all of `octets` at `offset`."""
        if offset + len(octets) > self._inbox.octets_max:
            raise OSError(errno.EFBIG, f"a file of more than {self._inbox.octets_max} octets")
        self._file.seek(offset)
        left = memoryview(octets)
        while left:
            left = left[self._file.write(left) :]

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` octets written before, from `offset` on."""
        return os.pread(self._file.fileno(), size, offset)

    def sync(self) -> None:
        """Force what was written, and the file's place in its folder, to the disk."""
        os.fsync(self._file.fileno())
        HOST.sync(self._part.parent)

    def keep(self, name: str) -> None:
        """Force the complete file to the disk, then give it its name."""
        os.fsync(self._file.fileno())
        self._inbox.settle(self._part, name)
        self._file.close()

    def discard(self) -> None:
        """Delete the file: it will not be completed."""
        self._file.close()
        self._inbox.remove(self._part)
