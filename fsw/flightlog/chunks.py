"""The file of a recording: a magic, then chunks, each with its kind, length and CRC-32C; it only grows.

    magic 7 | version of the format 1 | { kind 1 | length of the body 4 | CRC-32C of all others 4 | body } ...

What a killed process left of its last chunk is not read: all chunks before it are whole.
"""

import os
import zlib
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from struct import Struct
from typing import BinaryIO

from kernels.coding.crc import crc32c
from kernels.usage import UsageError, shown

MAGIC = b"\x89SRFLT\n"
VERSION = 1
PIECE_OCTETS_MAX = 1 << 20
_BODY_OCTETS_MAX = 1 << 26
_PACKED_OCTETS_MIN = 2048
_HEAD, _CRC = Struct(">BI"), Struct(">I")
_PREFIX = _HEAD.size + _CRC.size


class ChunkKind(IntEnum):
    """What the body of a chunk holds: the header, entries, or a piece of a longer content. Many entries are packed, by
    zlib (RFC 1950); of few, nearly all of them clock readings, little would be saved for what it takes.
    """

    HEADER = 0
    ENTRIES = 1
    PIECE = 2
    PACKED = 3


def encode_chunk(kind: ChunkKind, body: bytes) -> bytes:
    """One chunk; many entries are packed here."""
    if kind is ChunkKind.ENTRIES and len(body) >= _PACKED_OCTETS_MIN:
        kind, body = ChunkKind.PACKED, zlib.compress(body, 1)
    assert len(body) <= _BODY_OCTETS_MAX, len(body)
    head = _HEAD.pack(kind, len(body))
    return head + _CRC.pack(crc32c(head + body)) + body


def read_chunks(path: Path) -> Iterator[tuple[ChunkKind, bytes]]:
    """Each whole chunk, up to the first that is not. Raises OSError, and UsageError for a file of another kind."""
    with path.open("rb") as file:
        begin = file.read(len(MAGIC) + 1)
        if begin[: len(MAGIC)] != MAGIC:
            raise UsageError(f"{shown(path)}: no recording of a flight, which `skyrack node --record` makes")
        if begin[len(MAGIC) :] != bytes([VERSION]):
            version = begin[len(MAGIC)] if len(begin) > len(MAGIC) else "none"
            raise UsageError(f"{shown(path)}: a recording of format {version}, expected {VERSION}")
        while (chunk := _next_chunk(file)) is not None:
            yield chunk


def _next_chunk(file: BinaryIO) -> tuple[ChunkKind, bytes] | None:
    prefix = file.read(_PREFIX)
    if len(prefix) < _PREFIX:
        return None
    kind, length = _HEAD.unpack_from(prefix)
    (crc,) = _CRC.unpack_from(prefix, _HEAD.size)
    if kind not in set(ChunkKind) or length > _BODY_OCTETS_MAX:
        return None
    body = file.read(length)
    if len(body) < length or crc32c(body, crc32c(prefix[: _HEAD.size])) != crc:
        return None
    if kind != ChunkKind.PACKED:
        return ChunkKind(kind), body
    inflated = _inflated(body)
    return None if inflated is None else (ChunkKind.ENTRIES, inflated)


def _inflated(body: bytes) -> bytes | None:
    """The entries of a body; None where they are damaged or more than a recorder ever writes."""
    inflating = zlib.decompressobj()
    try:
        entries = inflating.decompress(body, _BODY_OCTETS_MAX)
    except zlib.error:
        return None
    return entries if inflating.eof else None


class ChunkFile:
    """A recording that is being written, in a new file: PATH, or else PATH.2, PATH.3, ... where those exist."""

    def __init__(self, path: Path) -> None:
        self.path, self._descriptor = _opened(path)
        self._write(MAGIC + bytes([VERSION]))

    def append(self, kind: ChunkKind, body: bytes) -> None:
        """Hand one chunk to the operating system, which keeps it whatever becomes of this process. Raises OSError."""
        self._write(encode_chunk(kind, body))

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _write(self, octets: bytes) -> None:
        rest = memoryview(octets)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]


_FILES_MAX = 1000


def _opened(path: Path) -> tuple[Path, int]:
    """A new file and its descriptor: nothing that was recorded before is written over. Raises OSError."""
    for number in range(1, _FILES_MAX + 1):
        free = path if number == 1 else path.with_name(f"{path.name}.{number}")
        try:
            return free, os.open(free, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            continue
    raise FileExistsError(f"{path}: {_FILES_MAX} recordings are there already")
