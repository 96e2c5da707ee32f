"""Frame synchronisation: markers at any bit of a stream, and the frames behind them (csrc/include/skyrack/sync.h).

Bits are numbered from the most significant bit of octet 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import check, octets_of, pointer, require, whole
from kernels.library import ffi, lib

HIT = np.dtype([("bit", np.int64), ("errors", np.uint8), ("inverted", np.bool_)], align=True)
ROOM = 1024  # hits a call: 16 KiB
_BITS_MAX = 2**63 - 1


def find_markers(
    octets: bytes | bytearray | memoryview, marker: int, *, width: int = 32, errors: int = 0, inverted: bool = True
) -> NDArray[Any]:
    """Every place where the `width` bits (32 or 64) of `marker` stand with at most `errors` bits wrong.

    `inverted` finds the complement too. Gives HIT records in order of their bit: bit, where the marker begins; errors;
    inverted. Raises ValueError for another width, or for errors outside 0..width/2 - 1.
    """
    if width not in (32, 64):
        raise ValueError(f"a marker of {width} bits, expected 32 or 64")
    errors, marker = (
        whole("errors in a marker", errors, 0, width // 2 - 1),
        whole("marker", marker, 0, (1 << width) - 1),
    )
    buffer, count, found, first = octets_of(octets), ffi.new("size_t *"), [], 0
    while True:
        hits = np.empty(ROOM, HIT)
        out = pointer(hits, "struct sr_sync_hit[]")
        require(lib.sr_sync_search(buffer, len(buffer), first, marker, width, errors, bool(inverted), out, ROOM, count))
        found.append(hits[: count[0]])
        if count[0] < ROOM:
            return found[0] if len(found) == 1 else np.concatenate(found)
        first = int(hits["bit"][-1]) + 1


def align(octets: bytes | bytearray | memoryview, bit_offset: int, size: int, inverted: bool = False) -> bytes:
    """The `size` octets that begin at bit `bit_offset`, complemented where `inverted`.

    Raises ValueError where they reach outside the stream.
    """
    hit = np.array([(whole("bit_offset", bit_offset, -_BITS_MAX, _BITS_MAX), 0, bool(inverted))], HIT)
    return align_all(octets, hit, size, skip=0).tobytes()


def align_all(
    octets: bytes | bytearray | memoryview, hits: NDArray[Any], size: int, *, skip: int = 32
) -> NDArray[np.uint8]:
    """The frame of `size` octets behind each marker, turned upright: (count, size).

    `hits` are HIT records, `skip` the marker's width in bits. Raises ValueError where a frame reaches outside the
    stream, TypeError for other records.
    """
    check("hits", hits, HIT, 1)
    buffer = octets_of(octets)
    size, skip = whole("size", size, 0, _BITS_MAX), whole("skip", skip, 0, _BITS_MAX)
    if size > len(buffer):
        raise ValueError(f"a frame of {size} octets reaches outside the {len(buffer)} octets")
    frames, where = np.empty((len(hits), size), np.uint8), pointer(hits, "struct sr_sync_hit[]")
    status = lib.sr_sync_align(buffer, len(buffer), where, len(hits), skip, pointer(frames), size, size)
    if status == lib.SR_BAD_ARGUMENT:
        raise ValueError(f"a frame of {size} octets reaches outside the {len(buffer)} octets")
    return frames
