"""Compressed recordings: gzip, xz, bzip2 and zstd.

Cut or damaged files are read as far as possible, and that is reported.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Any

import zstandard

from ground.recordings.wrappings.units import WrappingError

UNPACKED_OCTETS_MAX = 1 << 33
_MEMORY_OCTETS = 1 << 29  # bound of the memory that an unpacker may take because a header asks for it
_PIECE = 1 << 10  # octets fed at once: of a damaged piece nothing is read
MAGICS = {b"\x1f\x8b\x08": "gzip", b"\xfd7zXZ\0": "xz", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd"}


_UNPACKERS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(31),  # 31: with gzip's header and sum
    "xz": lambda: lzma.LZMADecompressor(memlimit=_MEMORY_OCTETS),
    "bzip2": bz2.BZ2Decompressor,
    "zstd": lambda: zstandard.ZstdDecompressor(max_window_size=_MEMORY_OCTETS).decompressobj(),
}


def compression_of(octets: bytes | memoryview) -> str | None:
    """Name of the compression of octets; None if they are not compressed."""
    head = bytes(octets[:6])
    return next((name for magic, name in MAGICS.items() if head.startswith(magic)), None)


def decompressed(
    octets: bytes | memoryview, name: str, octets_max: int = UNPACKED_OCTETS_MAX
) -> tuple[bytes, list[str]]:
    """The decompressed octets, and sentences on damage. Raises WrappingError where they exceed `octets_max`."""
    make = _UNPACKERS[name]
    out, view, at, unpacker, fault = bytearray(), memoryview(octets), 0, make(), "cut off"
    try:
        while at < len(view):
            piece = view[at : at + _PIECE]
            out += unpacker.decompress(piece)
            at += len(piece)
            if len(out) > octets_max:
                raise WrappingError(
                    f"{name}: it holds more than {octets_max} octets; if that is intended, unpack it to a file first"
                )
            if unpacker.eof:
                at -= len(unpacker.unused_data)
                if not (view[at : at + 1].tobytes().strip(b"\0") or view[at:].tobytes().strip(b"\0")):
                    return bytes(out), []
                unpacker = make()  # the next member
    except (zlib.error, lzma.LZMAError, zstandard.ZstdError, OSError) as error:
        fault = f"damaged ({error})"
    return bytes(out), [f"{name}: {fault} behind {len(out)} octets, which are read"]
