"""Files that exist as a whole or not at all, whatever ends the program that writes them."""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any


class WholeFile:
    """A file that is written beside `path` as `.NAME.part` until `settle` renames it to `path`.

    A `.part` that a killed program left is overwritten by the next one. A path that is no plain file, such as a pipe or
    a device, is written to directly.
    """

    def __init__(self, path: Path, mode: str = "wb", **how: Any) -> None:
        self.path = path
        self._part, self._is_part = _part_of(path)
        try:
            self.file: IO[Any] = self._part.open(mode, **how)
        except OSError as error:
            error.filename = str(path)  # the name that the user gave, not that of the .part
            raise

    def append(self, octets: bytes) -> None:
        """Append while `file` is closed, for a writer of many files, of which only a few can be open."""
        with self._part.open("ab") as file:
            file.write(octets)

    def settle(self, path: Path | None = None) -> Path:
        """Sync the complete file and rename it to `path`, which may be another one in the same folder.

        Raises OSError; the file is then not there.
        """
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
        """Delete what was written: the file will not be completed."""
        with suppress(OSError):  # closing flushes the buffer, which a full disk cannot take
            self.file.close()
        if self._is_part:
            self._part.unlink(missing_ok=True)


@contextmanager
def whole_file(path: Path, mode: str = "wb", **how: Any) -> Iterator[IO[Any]]:
    """A file to write to in the block; it exists at `path` only once the block has ended without an exception."""
    whole = WholeFile(path, mode, **how)
    try:
        yield whole.file
    except BaseException:
        whole.drop()
        raise
    whole.settle()


def _part_of(path: Path) -> tuple[Path, bool]:
    """The path that a file is written to before it is complete, beside the target of any links, and whether it differs
    from the final one. Raises OSError for a folder.
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
