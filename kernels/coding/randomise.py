"""Pseudo-randomisers of telemetry and telecommand (csrc/include/skyrack/randomise.h)."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from kernels.arrays import octets_of, require, rows
from kernels.library import ffi, lib

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    from kernels.late import np


class Code(IntEnum):
    """Pseudo-random sequence that is added to a frame."""

    TM255 = lib.SR_RANDOMISE_TM255
    """CCSDS 131.0-B-4 §10.4.1, 255 bits long; from 131.0-B-5 on the legacy one."""
    TM131071 = lib.SR_RANDOMISE_TM131071
    """CCSDS 131.0-B-5 §10.4.1, 131071 bits long."""
    TC = lib.SR_RANDOMISE_TC
    """CCSDS 231.0-B-4 §6.3, 255 bits long."""


def randomise(frames: NDArray[np.uint8], code: Code) -> None:
    """Add the sequence, begun anew for each row, to frames (count, length) in place; a second call removes it.

    Rows may lie apart but not overlap (ValueError).
    """
    start, stride = rows(frames, writable=True)
    require(lib.sr_randomise(start, stride, frames.shape[1], len(frames), Code(code)))


def randomised(octets: bytes, code: Code) -> bytes:
    """One frame with the sequence added."""
    frame = bytearray(ffi.buffer(octets_of(octets)) if type(octets) is not bytes else octets)
    chosen = code if type(code) is Code else Code(code)
    require(lib.sr_randomise(ffi.from_buffer("uint8_t[]", frame), 0, len(frame), 1, chosen))
    return bytes(frame)
