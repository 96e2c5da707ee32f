"""What readers pass over in silence: directories without an end, files without one."""

import io
import struct
import zlib

import pytest

from ground.rasters.raster import RasterError
from ground.rasters.sound import check_png, check_tiff


def tiff(*offsets, order="<", is_big=False):
    """Directories of no entries at 32, 96, 160 ..., each with the offset of the next."""
    head = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "H", 43 if is_big else 42)
    octets = bytearray(32 + 64 * len(offsets))
    link, count = ("Q", "Q") if is_big else ("I", "H")
    start = head + (struct.pack(order + "HHQ", 8, 0, offsets[0]) if is_big else struct.pack(order + "I", offsets[0]))
    octets[: len(start)] = start
    for number, offset in enumerate(offsets[1:]):
        entry = struct.pack(order + count, 0) + struct.pack(order + link, offset)
        octets[32 + 64 * number : 32 + 64 * number + len(entry)] = entry
    return io.BytesIO(octets)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("is_big", [False, True])
def test_directories_have_to_end(order, is_big):
    form = {"order": order, "is_big": is_big}
    check_tiff(tiff(32, 96, 0, **form))
    for loop in ((32, 32), (32, 96, 32), (32, 96, 96)):
        with pytest.raises(RasterError, match="form a loop"):
            check_tiff(tiff(*loop, **form))
    with pytest.raises(RasterError, match="cut short: a directory of the TIFF file is said to be at octet 4000"):
        check_tiff(tiff(32, 4000, **form))
    for far in (2**32 - 1, *((2**63, 2**64 - 1) if is_big else ())):
        with pytest.raises(RasterError, match=f"cut short: a directory of the TIFF file is said to be at octet {far}"):
            check_tiff(tiff(far, **form))


def test_a_head_alone_is_cut_short():
    for octets in (b"II*\0", b"MM\0+\0\x08\0\0\0\0"):
        with pytest.raises(RasterError, match="cut short: the head of a TIFF file"):
            check_tiff(io.BytesIO(octets))


def chunk(kind, octets=b""):
    return struct.pack(">I", len(octets)) + kind + octets + struct.pack(">I", zlib.crc32(kind + octets))


PNG = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"IDAT", b"pixels") + chunk(b"IEND")


def test_all_chunks_of_a_png_have_to_be_there():
    check_png(io.BytesIO(PNG))
    check_png(io.BytesIO(PNG + b"and more"))
    for octets in range(8, len(PNG)):
        with pytest.raises(RasterError, match="cut short"):
            check_png(io.BytesIO(PNG[:octets]))
    with pytest.raises(RasterError, match="damaged: the checksum of the PNG chunk 'IDAT' is wrong"):
        check_png(io.BytesIO(PNG.replace(b"pixels", b"pixelz")))
