"""Frame synchronisation: markers at any bit of a stream, and the frames behind them (csrc/include/skyrack/sync.h).

Bits are numbered from the most significant bit of octet 0.
"""

from typing import Any

import numpy as np
from _csrc import ffi, lib
from numpy.typing import NDArray

HIT = np.dtype([("bit", np.int64), ("errors", np.uint8), ("inverted", np.bool_)], align=True)
assert HIT.itemsize == ffi.sizeof("struct sr_sync_hit")
ROOM = 1024  # hits a call: 16 KiB


def find_markers(
    octets: bytes | bytearray | memoryview, marker: int, *, width: int = 32, errors: int = 0, inverted: bool = True
) -> NDArray[Any]:
    """Every place where the `width` bits (32 or 64) of `marker` stand with at most `errors` bits wrong.

    `inverted` finds the complement too. Gives HIT records in order of their bit: bit, where the marker begins; errors;
    inverted. Raises ValueError for another width, or for errors outside 0..width/2 - 1.
    """
    if width not in (32, 64) or not 0 <= errors < width // 2 or not 0 <= marker < 1 << width:
        raise ValueError(f"marker {marker:#x} of width {width} with {errors} errors")
    buffer, count, found, first = ffi.from_buffer("uint8_t[]", octets), ffi.new("size_t *"), [], 0
    while True:
        hits = np.empty(ROOM, HIT)
        out = ffi.from_buffer("struct sr_sync_hit[]", hits)
        status = lib.sr_sync_search(buffer, len(buffer), first, marker, width, errors, inverted, out, ROOM, count)
        assert status == lib.SR_OK, status  # the parameters are checked above
        found.append(hits[: count[0]])
        if count[0] < ROOM:
            return found[0] if len(found) == 1 else np.concatenate(found)
        first = int(hits["bit"][-1]) + 1


def align(octets: bytes | bytearray | memoryview, bit_offset: int, size: int, inverted: bool = False) -> bytes:
    """The `size` octets that begin at bit `bit_offset`, complemented where `inverted`.

    Raises ValueError where they reach outside the stream.
    """
    frame = bytearray(size)
    _align(octets, ffi.new("struct sr_sync_hit[]", [(bit_offset, 0, inverted)]), 0, frame, size)
    return bytes(frame)


def align_all(
    octets: bytes | bytearray | memoryview, hits: NDArray[Any], size: int, *, skip: int = 32
) -> NDArray[np.uint8]:
    """The frame of `size` octets behind each marker, turned upright: (count, size).

    `hits` are HIT records, `skip` the marker's width in bits. Raises ValueError where a frame reaches outside the
    stream, TypeError for other records.
    """
    if hits.dtype != HIT or not hits.flags.c_contiguous:
        raise TypeError(f"hits: {hits.dtype}, expected contiguous HIT records")
    frames = np.empty((len(hits), size), np.uint8)
    _align(octets, ffi.from_buffer("struct sr_sync_hit[]", hits), skip, frames, size)
    return frames


def _align(octets: bytes | bytearray | memoryview, hits: Any, skip: int, frames: Any, size: int) -> None:
    buffer, out = ffi.from_buffer("uint8_t[]", octets), ffi.from_buffer("uint8_t[]", frames)
    status = lib.sr_sync_align(buffer, len(buffer), hits, len(hits), skip, out, size, size)
    if status == lib.SR_BAD_ARGUMENT:
        raise ValueError(f"a frame of {size} octets reaches outside the {len(buffer)} octets")
