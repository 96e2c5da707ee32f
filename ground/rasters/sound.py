"""Checks that image libraries do not report: a TIFF directory chain that is a loop, a file that is cut short."""

import os
import struct
import zlib
from collections.abc import Iterator
from typing import IO

from ground.rasters.raster import RasterError

_IMAGES_MAX = 4096  # most images in one TIFF file, with overviews and masks
_BIG = 43


def check_tiff(file: IO[bytes]) -> None:
    """Follow the directories of a TIFF file (TIFF 6.0 §2; BigTIFF). Raises RasterError for a loop or a cut file."""
    head = file.read(16)
    order = {b"II": "<", b"MM": ">"}[head[:2]]
    is_big = len(head) >= 4 and struct.unpack_from(order + "H", head, 2)[0] == _BIG
    start, link = (8, struct.Struct(order + "Q")) if is_big else (4, struct.Struct(order + "I"))
    entry_octets, count = (20, link) if is_big else (12, struct.Struct(order + "H"))
    if len(head) < start + link.size:
        raise RasterError("cut short: the head of a TIFF file, and nothing more")
    (offset,), seen = link.unpack_from(head, start), set[int]()
    while offset:
        if offset in seen or len(seen) == _IMAGES_MAX:
            raise RasterError("the directories of the TIFF file form a loop")
        seen.add(offset)
        (entries,) = _read(file, offset, count)
        (offset,) = _read(file, offset + count.size + entries * entry_octets, link)


def _read(file: IO[bytes], offset: int, form: struct.Struct) -> tuple[int, ...]:
    if offset + form.size > file.seek(0, os.SEEK_END):
        raise RasterError(f"cut short: a directory of the TIFF file is said to be at octet {offset}")
    file.seek(offset)
    return form.unpack(file.read(form.size))


def check_png(file: IO[bytes]) -> None:
    """Read all chunks of a PNG file (ISO/IEC 15948 §5.3), up to IEND. Raises RasterError if it is cut or damaged."""
    file.seek(8)
    for kind in _chunks(file):
        if kind == b"IEND":
            return
    raise RasterError("cut short: the PNG file has no end")


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while len(head := file.read(8)) == 8:
        octets, kind = struct.unpack(">I4s", head)
        check, left = zlib.crc32(kind), octets
        while left and (part := file.read(min(left, 1 << 20))):
            check, left = zlib.crc32(part, check), left - len(part)
        stored = file.read(4)
        if left or len(stored) < 4:
            raise RasterError("cut short: the PNG file ends within a chunk")
        if stored != check.to_bytes(4, "big"):
            raise RasterError(f"damaged: the checksum of the PNG chunk {kind.decode('latin-1')!a} is wrong")
        yield kind
