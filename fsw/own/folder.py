"""A folder of an app's own on the node's medium: flat names, bounded in octets, safe from a power cut file by file."""

import re
from pathlib import Path

from fsw.executive.app import CommandError
from fsw.store.own_files import OwnFiles
from fsw.store.storage import PARTIAL_SUFFIX
from hal.medium import Medium
from link.pus.services.verification import FailureCode

FILES_MAX = 256
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}(\.[a-z0-9]{1,10})?")
_NOT_A_NAME = "expected up to 40 small letters, digits, hyphens and underscores, and a suffix, but not .part"


class Folder:
    """At most `octets_max` octets in FILES_MAX files. What cannot be done raises CommandError; the rest stays as it is.

    `path` is the folder on `medium`, made at the first write; a file that is no longer readable counts as 0 octets.
    """

    def __init__(self, path: Path, medium: Medium, octets_max: int) -> None:
        self.octets_max, self._path, self._medium = octets_max, path, medium
        self._files = OwnFiles(path, medium, ".skyrack-app", "apps")
        self._sizes: dict[str, int] | None = None

    @property
    def octets(self) -> int:
        """The octets of all files."""
        return sum(self._known().values())

    def names(self) -> list[str]:
        """The names of the files, sorted."""
        return sorted(self._known())

    def read(self, name: str) -> bytes:
        """All octets of a file."""
        if name not in self._known():
            raise CommandError(FailureCode.BAD_ARGUMENTS, f"no file {name[:40]!a}, there are {len(self._known())}")
        try:
            return self._medium.read(self._path / name)
        except OSError as error:
            raise _failed(name, error) from error

    def write(self, name: str, octets: bytes) -> None:
        """Make a file, or replace one as a whole; on return it survives a power cut."""
        sizes = self._known()
        if not _is_name(name):
            raise CommandError(FailureCode.BAD_ARGUMENTS, f"name {name[:40]!a}, {_NOT_A_NAME}")
        if name not in sizes and len(sizes) >= FILES_MAX:
            raise CommandError(FailureCode.NOT_NOW, f"{name}: {FILES_MAX} files are there, which is the maximum")
        needed = self.octets - sizes.get(name, 0) + len(octets)
        if needed > self.octets_max:
            raise CommandError(FailureCode.NOT_NOW, f"{name}: {needed} octets in all, {self.octets_max} at most")
        try:
            self._files.put(name, octets)
        except OSError as error:
            self._sizes = None  # which content the file has now, only the medium can tell
            raise _failed(name, error) from error
        sizes[name] = len(octets)

    def remove(self, name: str) -> None:
        """Delete a file; one that is not there is no error."""
        if name not in self._known():
            return
        try:
            self._files.remove(name)
        except OSError as error:
            self._sizes = None
            raise _failed(name, error) from error
        del self._known()[name]

    def _known(self) -> dict[str, int]:
        """The size of each file, as read when it was first asked for."""
        if self._sizes is None:
            try:
                names = [name for name in self._files.names() if _is_name(name)]
            except OSError as error:
                raise _failed("its folder", error) from error
            self._sizes = {name: self._size(name) for name in names}
        return self._sizes

    def _size(self, name: str) -> int:
        try:
            return len(self._medium.read(self._path / name))
        except OSError:
            return 0


def _is_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and not name.endswith(PARTIAL_SUFFIX)


def _failed(name: str, error: OSError) -> CommandError:
    return CommandError(FailureCode.EXECUTION_FAILED, f"{name}: {error.strerror or type(error).__name__}")
