"""Octets that survive a power failure: files replaced as a whole, and records in which a reader detects damage.

A record is: marker 4 | CRC-32C of what follows 4 | length 4 | text, UTF-8. The marker's first octet never occurs in
UTF-8, so that a reader finds the next record after a torn or damaged one: nothing else is lost with it.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from struct import Struct

from hal.medium import HOST, Medium
from kernels.coding.crc import crc32c

MARKER = b"\xf5rec"
_CRC, _LENGTH = Struct(">I"), Struct(">I")
_TEXT_AT = len(MARKER) + _CRC.size + _LENGTH.size
PARTIAL_SUFFIX = ".part"


def replace_file(path: Path, octets: bytes, medium: Medium = HOST) -> None:
    """Write `octets` to `path`: after a crash at any moment the file has its old content, or the new one, as a whole.

    Raises OSError, and then removes the partly written file, so that it takes no room on a full disk.
    """
    partial = path.with_name(path.name + PARTIAL_SUFFIX)
    try:
        medium.write(partial, octets)
        medium.sync(partial)
        medium.replace(partial, path)
    except OSError:
        with contextlib.suppress(OSError):
            medium.remove(partial)
        raise
    medium.sync(path.parent)


def record(text: str) -> bytes:
    """A record that holds `text`."""
    body = text.encode()
    covered = _LENGTH.pack(len(body)) + body
    return MARKER + _CRC.pack(crc32c(covered)) + covered


def records(octets: bytes) -> Iterator[str]:
    """The text of every undamaged record, in order."""
    start = octets.find(MARKER)
    while start >= 0:
        text = text_at(octets, start)
        if text is not None:
            yield text
        start = octets.find(MARKER, start + 1)


def text_at(octets: bytes, start: int) -> str | None:
    """The text of the record at `start`, or None where there is none or it is damaged."""
    if start + _TEXT_AT > len(octets) or not octets.startswith(MARKER, start):
        return None
    (crc,) = _CRC.unpack_from(octets, start + len(MARKER))
    (length,) = _LENGTH.unpack_from(octets, start + len(MARKER) + _CRC.size)
    covered = octets[start + len(MARKER) + _CRC.size : start + _TEXT_AT + length]
    if len(covered) != _LENGTH.size + length or crc32c(covered) != crc:
        return None
    return covered[_LENGTH.size :].decode()
