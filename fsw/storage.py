"""Files that survive a power failure after any octet: a file replaced whole, and a journal of records.

A record of the journal is: marker 4 | CRC-32C of what follows 4 | length 4 | text, UTF-8. The marker's first octet
never occurs in UTF-8, so that a reader finds the next record behind one that was torn or has rotted: nothing else is
lost with it, and nothing is ever cut off.
"""

from collections.abc import Iterator
from pathlib import Path
from struct import Struct

from hal.kernels.crc import crc32c
from hal.medium import HOST, Medium

_MARKER = b"\xf5rec"
_CRC, _LENGTH = Struct(">I"), Struct(">I")
_TEXT_AT = len(_MARKER) + _CRC.size + _LENGTH.size
PARTIAL_SUFFIX = ".part"


def replace_file(path: Path, octets: bytes, medium: Medium = HOST) -> None:
    """Put `octets` at `path`: after a crash at any moment the old content stands there whole, or the new one."""
    partial = path.with_name(path.name + PARTIAL_SUFFIX)
    medium.write(partial, octets)
    medium.sync(partial)
    medium.replace(partial, path)
    medium.sync(path.parent)


def sync_folder(folder: Path, medium: Medium = HOST) -> None:
    """Make names that came or went in `folder` survive."""
    medium.sync(folder)


class Journal:
    """Texts that are appended one by one; one that `append` returned for is there after any crash."""

    def __init__(self, path: Path, medium: Medium = HOST) -> None:
        self._path, self._medium = path, medium
        self._is_new = True  # its name may not be safe in its folder yet

    def __iter__(self) -> Iterator[str]:
        """Every undamaged record, in order."""
        try:
            octets = self._medium.read(self._path)
        except FileNotFoundError:
            return
        yield from _records(octets)

    def append(self, text: str) -> None:
        """Add a record and wait until the disk has it; raises OSError."""
        self._medium.append(self._path, _record(text))
        self._medium.sync(self._path)
        if self._is_new:
            self._medium.sync(self._path.parent)
            self._is_new = False

    def rewrite(self, texts: list[str]) -> None:
        """Replace all records at once; raises OSError, and then the old ones stand."""
        replace_file(self._path, b"".join(map(_record, texts)), self._medium)


def _record(text: str) -> bytes:
    body = text.encode()
    covered = _LENGTH.pack(len(body)) + body
    return _MARKER + _CRC.pack(crc32c(covered)) + covered


def _records(octets: bytes) -> Iterator[str]:
    start = octets.find(_MARKER)
    while start >= 0:
        text = _text_at(octets, start)
        if text is not None:
            yield text
        start = octets.find(_MARKER, start + 1)


def _text_at(octets: bytes, start: int) -> str | None:
    """The record at `start`, or None where it is damaged."""
    if start + _TEXT_AT > len(octets):
        return None
    (crc,) = _CRC.unpack_from(octets, start + len(_MARKER))
    (length,) = _LENGTH.unpack_from(octets, start + len(_MARKER) + _CRC.size)
    covered = octets[start + len(_MARKER) + _CRC.size : start + _TEXT_AT + length]
    if len(covered) != _LENGTH.size + length or crc32c(covered) != crc:
        return None
    return covered[_LENGTH.size :].decode()
