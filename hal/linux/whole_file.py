"""Files that are there as a whole or not at all, whatever ends the program that writes them."""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any


class WholeFile:
    """Written beside `path` as `.NAME.part`, which `settle` gives its name; what a killed program left, the next one
    writes over. What is no plain file, such as a pipe or a device, is written to as it is.
    """

    def __init__(self, path: Path, mode: str = "wb", **how: Any) -> None:
        self.path = path
        self._part, self._is_part = _part_of(path)
        try:
            self.file: IO[Any] = self._part.open(mode, **how)
        except OSError as error:
            error.filename = str(path)  # and not a name that nobody gave
            raise

    def append(self, octets: bytes) -> None:
        """Write to it once `file` is closed: of many files only a few can be open."""
        with self._part.open("ab") as file:
            file.write(octets)

    def settle(self, path: Path | None = None) -> Path:
        """It is whole; `path` may be another one in the same folder. Raises OSError, and then it is not there."""
        try:
            self.file.close()
            if not self._is_part:
                return self.path
            target = _followed(path or self.path)
            with self._part.open("rb") as written:
                os.fsync(written.fileno())
            with suppress(FileNotFoundError):
                shutil.copymode(target, self._part)
            self._part.replace(target)
        except BaseException:
            self.drop()
            raise
        return path or self.path

    def drop(self) -> None:
        """It will not become whole."""
        with suppress(OSError):  # what is left in a buffer finds no room either
            self.file.close()
        if self._is_part:
            self._part.unlink(missing_ok=True)


@contextmanager
def whole_file(path: Path, mode: str = "wb", **how: Any) -> Iterator[IO[Any]]:
    """The file to write to, there with all that was written once the block has ended well."""
    whole = WholeFile(path, mode, **how)
    try:
        yield whole.file
    except BaseException:
        whole.drop()
        raise
    whole.settle()


def _part_of(path: Path) -> tuple[Path, bool]:
    """Where a file is written before it is whole, beside what the name leads to, and whether that is another place.
    Raises OSError for a folder.
    """
    path = _followed(path)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    is_plain = stat.S_ISREG(mode)
    return (path.with_name(f".{path.name}.part"), True) if is_plain else (path, False)


def _followed(path: Path) -> Path:
    return path.resolve() if path.is_symlink() else path
