"""The file store of the node's CFDP entity: products go out by number, files of roots go out and come in by path."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from fsw.files.marks import FileMarks
from fsw.files.roots import FilePlace, Roots
from fsw.files.workshop import Workshop
from fsw.store.outbox import FileOutbox
from hal.medium import Medium
from link.cfdp.filestore import FileReader
from link.pus.services.verification import RefusedError

REFUSALS_MAX = 16


class FileRefusal(NamedTuple):
    """A file that was not accepted, and why."""

    name: str
    reason: str


class TransferStore:
    """What CFDP reads and writes on board. Why a file of the ground is refused waits in `drain_refusals`.

    `refusals_dropped` counts those for which there was no room.
    """

    def __init__(self, outbox: FileOutbox, roots: Roots, marks: FileMarks, workshop: Workshop) -> None:
        self._outbox, self._roots, self._marks, self._workshop = outbox, roots, marks, workshop
        self.refusals: list[FileRefusal] = []
        self.refusals_dropped = 0

    def open(self, name: str) -> FileReader:
        """A product by its `source_name`, or a file by its path, which stays as it is while it is open."""
        if name.isdecimal():
            return self._outbox.open(name)
        with _as_os_error():
            place = self._roots.place(name)
            return RootFile(self._roots.medium, self._marks, place, self._roots.file(place))

    def create(self) -> "PartFile":
        """A new file without a name, in the workshop."""
        return PartFile(self, self._workshop, self._workshop.make())

    def admit(self, name: str, size: int) -> None:
        """Raises OSError, and remembers the reason, where no file of this name and size can be received."""
        try:
            with _as_os_error():
                self._place(name, size)
        except OSError as error:
            self._refuse(name, error.strerror or str(error))
            raise

    def reopen(self, token: str) -> "PartFile":
        """The part of an earlier run. Raises FileNotFoundError."""
        self._workshop.adopt(token)
        return PartFile(self, self._workshop, token)

    def settle(self, token: str, name: str) -> None:
        """Give a complete part its name, in place of a file that had it. Raises OSError."""
        size = self._workshop.size(token)
        self.admit(name, size)
        self._workshop.settle(token, self._roots.place(name).path)

    def drain_refusals(self) -> list[FileRefusal]:
        """What was refused since the last call."""
        refusals, self.refusals = self.refusals, []
        return refusals

    def _place(self, name: str, size: int) -> FilePlace:
        place = self._roots.place(name)
        self._roots.check_writable(place)
        self._roots.folder(FilePlace(place.root, place.parts[:-1]))
        if self._roots.entry(place):
            self._roots.file(place)
        self._marks.check_free(place)
        self._marks.check_size(place, size)
        self._roots.check_room(place, size)
        return place

    def _refuse(self, name: str, reason: str) -> None:
        if len(self.refusals) < REFUSALS_MAX:
            self.refusals.append(FileRefusal(name, reason))
        else:
            self.refusals_dropped += 1


class RootFile:
    """A file that is being sent, in use until `close`."""

    def __init__(self, medium: Medium, marks: FileMarks, place: FilePlace, size: int) -> None:
        self._medium, self._marks, self._place, self.size = medium, marks, place, size
        self._is_open = True
        marks.use(place)

    def read(self, offset: int, size: int) -> bytes:
        """`size` octets from `offset` on. Raises OSError."""
        return self._medium.read_part(self._place.path, offset, size)

    def close(self) -> None:
        """Use the file no longer."""
        if self._is_open:
            self._is_open = False
            self._marks.release(self._place)


class PartFile:
    """A file that is being received."""

    def __init__(self, store: TransferStore, workshop: Workshop, token: str) -> None:
        self._store, self._workshop, self.token = store, workshop, token

    def write(self, offset: int, octets: bytes) -> None:
        """Put octets at `offset`. Raises OSError, also where incomplete files have no more room."""
        self._workshop.write(self.token, offset, octets)

    def read(self, offset: int, size: int) -> bytes:
        """Octets that were written."""
        return self._workshop.read(self.token, offset, size)

    def sync(self) -> None:
        """Make what was written survive a restart."""
        self._workshop.sync(self.token)

    def keep(self, name: str) -> None:
        """Give the complete file its name. Raises OSError."""
        self._store.settle(self.token, name)

    def discard(self) -> None:
        """Delete it. What cannot be deleted now goes at the next start."""
        with suppress(OSError):
            self._workshop.remove(self.token)


@contextmanager
def _as_os_error() -> Iterator[None]:
    """Raise a refusal as CFDP's file stores refuse."""
    try:
        yield
    except RefusedError as error:
        raise PermissionError(errno.EPERM, str(error)) from None
