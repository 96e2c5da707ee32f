"""Cyclic redundancy checks: CRC-16 of frames and packets, CRC-32C of files (csrc/include/skyrack/crc.h)."""

import numpy as np
from _csrc import ffi, lib
from numpy.typing import NDArray

from hal.kernels.arrays import rows


def crc16(octets: bytes | bytearray | memoryview, initial: int = 0xFFFF) -> int:
    """CRC-16 (CCSDS 132.0-B-3 §4.1.6); pass the CRC of what came before as `initial` to go on.

    Over a frame with its own CRC at the end it is 0.
    """
    buffer = octets if type(octets) is bytes else ffi.from_buffer("uint8_t[]", octets)
    crc: int = lib.sr_crc16(buffer, len(buffer), initial)
    return crc


def crc32c(octets: bytes | bytearray | memoryview, initial: int = 0) -> int:
    """CRC-32C (CCSDS 727.0-B-5 checksum 2, RFC 9171 §4.2.1); pass the CRC of what came before as `initial` to go on."""
    buffer = octets if type(octets) is bytes else ffi.from_buffer("uint8_t[]", octets)
    crc: int = lib.sr_crc32c(buffer, len(buffer), initial)
    return crc


def crc16_batch(frames: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """CRC-16 of each row of frames (count, length); rows may lie apart, as a slice of columns leaves them."""
    (start, stride), out = rows(frames), np.empty(len(frames), np.uint16)
    lib.sr_crc16_batch(start, stride, frames.shape[1], len(frames), ffi.from_buffer("uint16_t[]", out))
    return out


def crc32c_batch(frames: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """CRC-32C of each row of frames (count, length); rows may lie apart, as a slice of columns leaves them."""
    (start, stride), out = rows(frames), np.empty(len(frames), np.uint32)
    lib.sr_crc32c_batch(start, stride, frames.shape[1], len(frames), ffi.from_buffer("uint32_t[]", out))
    return out


def crc16_ranges(
    octets: bytes | bytearray | memoryview, offsets: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.uint16]:
    """CRC-16 of each range of a buffer: the packets of a stream, say. All in octets; ranges may overlap.

    Raises ValueError where a range does not lie inside the buffer, TypeError for arrays that are not contiguous int64.
    """
    for name, array in (("offsets", offsets), ("lengths", lengths)):
        if array.dtype != np.int64 or array.ndim != 1 or not array.flags.c_contiguous:
            raise TypeError(f"{name}: contiguous int64 expected")
    if len(offsets) != len(lengths):
        raise ValueError(f"{len(offsets)} offsets, {len(lengths)} lengths")
    buffer, out = ffi.from_buffer("uint8_t[]", octets), np.empty(len(offsets), np.uint16)
    status = lib.sr_crc16_ranges(
        buffer, len(buffer), ffi.from_buffer("int64_t[]", offsets), ffi.from_buffer("int64_t[]", lengths), len(offsets),
        ffi.from_buffer("uint16_t[]", out))  # fmt: skip
    if status == lib.SR_BAD_ARGUMENT:
        raise ValueError(f"a range reaches outside the {len(buffer)} octets")
    return out
