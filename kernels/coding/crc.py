"""Cyclic redundancy checks: CRC-16 of frames and packets, CRC-32C of files (csrc/include/skyrack/crc.h)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.arrays import check, octets_of, pointer, rows
from kernels.library import lib

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    from kernels.late import np


def crc16(octets: bytes | bytearray | memoryview, initial: int = 0xFFFF) -> int:
    """CRC-16 (CCSDS 132.0-B-3 §4.1.6); to continue over further octets, pass the CRC of those before as `initial`.

    Over a frame with its own CRC at the end it is 0.
    """
    buffer = octets_of(octets)
    if not 0 <= initial <= 0xFFFF:
        raise ValueError(f"initial = {initial}, expected 16 bits")
    crc: int = lib.sr_crc16(buffer, len(buffer), initial)
    return crc


def crc32c(octets: bytes | bytearray | memoryview, initial: int = 0) -> int:
    """CRC-32C (CCSDS 727.0-B-5 checksum 2, RFC 9171 §4.2.1); to continue over further octets, pass the CRC of those
    before as `initial`.
    """
    buffer = octets_of(octets)
    if not 0 <= initial <= 0xFFFFFFFF:
        raise ValueError(f"initial = {initial}, expected 32 bits")
    crc: int = lib.sr_crc32c(buffer, len(buffer), initial)
    return crc


def crc16_batch(frames: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """CRC-16 of each row of frames (count, length); rows may lie apart, as a slice of columns leaves them."""
    (start, stride), out = rows(frames), np.empty(len(frames), np.uint16)
    lib.sr_crc16_batch(start, stride, frames.shape[1], len(frames), pointer(out))
    return out


def crc32c_batch(frames: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """CRC-32C of each row of frames (count, length); rows may lie apart, as a slice of columns leaves them."""
    (start, stride), out = rows(frames), np.empty(len(frames), np.uint32)
    lib.sr_crc32c_batch(start, stride, frames.shape[1], len(frames), pointer(out))
    return out


def crc16_ranges(
    octets: bytes | bytearray | memoryview, offsets: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.uint16]:
    """CRC-16 of each range of a buffer, such as the packets of a stream; offsets and lengths in octets.

    Ranges may overlap. Raises ValueError where one does not lie inside the buffer, TypeError for arrays that are not
    contiguous int64.
    """
    for name, array in (("offsets", offsets), ("lengths", lengths)):
        check(name, array, np.int64, 1)
    if len(offsets) != len(lengths):
        raise ValueError(f"{len(offsets)} offsets and {len(lengths)} lengths, expected as many of each")
    buffer, out = octets_of(octets), np.empty(len(offsets), np.uint16)
    ranges = pointer(offsets), pointer(lengths), len(offsets)
    status = lib.sr_crc16_ranges(buffer, len(buffer), *ranges, pointer(out))
    if status == lib.SR_BAD_ARGUMENT:
        raise ValueError(f"a range reaches outside the {len(buffer)} octets")
    return out
