"""Compressed recordings: gzip, xz and bzip2, and zstd where the library for it is installed.

Cut or damaged files are read as far as possible, and that is reported.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from typing import Any

from ground.recordings.wrappings.units import WrappingError

UNPACKED_OCTETS_MAX = 1 << 33
_MEMORY_OCTETS = 1 << 29  # bound of the memory that an unpacker may take because a header asks for it
_PIECE = 1 << 10  # octets fed at once: of a damaged piece nothing is read
MAGICS = {b"\x1f\x8b\x08": "gzip", b"\xfd7zXZ\0": "xz", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd"}


_UNPACKERS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(31),  # 31: with gzip's header and sum
    "xz": lambda: lzma.LZMADecompressor(memlimit=_MEMORY_OCTETS),
    "bzip2": bz2.BZ2Decompressor,
}


def compression_of(octets: bytes | memoryview) -> str | None:
    """Name of the compression of octets; None if they are not compressed."""
    head = bytes(octets[:6])
    return next((name for magic, name in MAGICS.items() if head.startswith(magic)), None)


def decompressed(
    octets: bytes | memoryview, name: str, octets_max: int = UNPACKED_OCTETS_MAX
) -> tuple[bytes, list[str]]:
    """The decompressed octets, and sentences on damage. Raises WrappingError where they exceed `octets_max`."""
    if name == "zstd":
        return _zstd(octets, octets_max)
    make = _UNPACKERS[name]
    out, view, at, unpacker, fault = bytearray(), memoryview(octets), 0, make(), "cut off"
    try:
        while at < len(view):
            piece = view[at : at + _PIECE]
            out += unpacker.decompress(piece)
            at += len(piece)
            if len(out) > octets_max:
                raise WrappingError(_too_large(name, octets_max))
            if unpacker.eof:
                at -= len(unpacker.unused_data)
                if not (view[at : at + 1].tobytes().strip(b"\0") or view[at:].tobytes().strip(b"\0")):
                    return bytes(out), []
                unpacker = make()  # the next member
    except (zlib.error, lzma.LZMAError, OSError) as error:
        fault = f"damaged ({error})"
    return bytes(out), [f"{name}: {fault} behind {len(out)} octets, which are read"]


def _zstd(octets: bytes | memoryview, octets_max: int) -> tuple[bytes, list[str]]:
    try:
        zstandard = import_module("zstandard")
    except ImportError:
        raise WrappingError(
            "compressed with zstd: pip install 'skyrack[zstd]' makes it readable, or unpack it with `zstd -d`"
        ) from None
    out = bytearray()
    reader = zstandard.ZstdDecompressor().stream_reader(BytesIO(octets), read_across_frames=True)
    try:
        while piece := reader.read(1 << 20):
            out += piece
            if len(out) > octets_max:
                raise WrappingError(_too_large("zstd", octets_max))
    except zstandard.ZstdError as error:
        return bytes(out), [f"zstd: damaged ({error}) behind {len(out)} octets, which are read"]
    return bytes(out), []


def _too_large(name: str, octets_max: int) -> str:
    return f"{name}: it holds more than {octets_max} octets; if that is intended, unpack it to a file first"
