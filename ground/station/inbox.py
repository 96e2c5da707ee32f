"""Where received files go: one folder that no name leads out of. It is CFDP's file store (link/cfdp/filestore.py).

A file gets its name only when it is complete and on the disk. A different file that had the name is kept beside
it as `NAME.1`, `NAME.2`, ...: a node that was reset counts its products anew.
"""

import errno
import filecmp
import os
from itertools import count
from pathlib import Path

from ground.station.file_names import plain_name
from hal.linux.own_folder import OwnFolder, set_aside
from hal.medium import HOST, Medium, make_folders

NAME_OCTETS_MAX = 255
_PARTS, _PART_SUFFIX = ".incoming", ".part"


class Inbox:
    """Files below `folder`, which is made; a file of more than `octets_max` is refused. Methods raise OSError.

    If the folder cannot be made at first, this is tried again for each file. Raises FileExistsError where a person's
    files are in the folder for incomplete files.
    """

    def __init__(self, folder: Path, octets_max: int = 1 << 30, medium: Medium = HOST) -> None:
        self.folder, self.octets_max, self._medium = folder, octets_max, medium
        self._parts = folder / _PARTS
        self._own: OwnFolder | None = None
        self._numbers = count(1)
        try:
            self._workshop()
        except FileExistsError:
            raise
        except OSError:
            pass  # a full or read-only disk: each later write reports it again

    def open(self, name: str) -> "InboxReader":
        """Open the file called `name`. Raises OSError, also for a name that leads out of the folder."""
        return InboxReader(self.path(name))

    def create(self) -> "InboxFile":
        """Begin a new file, which gets its name when it is complete."""
        self._workshop()
        return InboxFile(self, self._parts / f"{next(self._numbers)}{_PART_SUFFIX}")

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

    def _workshop(self) -> OwnFolder:
        """The folder for incomplete files: made at first use, and cleared of those that a killed service left."""
        if self._own is None:
            own = OwnFolder(self._parts, "inbox", self._medium)
            for left_over in self._parts.glob(f"*{_PART_SUFFIX}"):  # senders send these files again
                own.remove(left_over)
            self._own = own
        return self._own


class InboxReader:
    """A file opened for sending."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self.size = path.stat().st_size

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` octets from `offset` on."""
        return os.pread(self._file.fileno(), size, offset)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class InboxFile:
    """A file that is being received; its octets may come in any order."""

    def __init__(self, inbox: Inbox, part: Path) -> None:
        self._inbox, self._part = inbox, part
        self._file = part.open("w+b", buffering=0)

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

    def keep(self, name: str) -> None:
        """Force the complete file to the disk, then give it its name."""
        os.fsync(self._file.fileno())
        self._inbox.settle(self._part, name)
        self._file.close()

    def discard(self) -> None:
        """Delete the file: it will not be completed."""
        self._file.close()
        self._inbox.remove(self._part)
