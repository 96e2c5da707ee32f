"""Coding of telemetry frames (CCSDS 131.0-B-4), the sending end: a frame with its Reed-Solomon parity (§4), randomised
(§10), behind an attached sync marker (§9), is one channel access data unit (CADU). tm.py has the receiving end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.coding.randomise import Code, randomise, randomised
from kernels.coding.reed_solomon import ReedSolomon
from link.managed import Managed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    from kernels.late import np

ASM = 0x1ACFFC1D
ASM_OCTETS = 4
_MARKER = ASM.to_bytes(ASM_OCTETS)


class TmEncoder:
    """Encoder of the frames of `managed` into units."""

    def __init__(self, managed: Managed) -> None:
        self._managed = managed
        self._code = reed_solomon_of(managed)

    def encode(self, frame: bytes) -> bytes:
        """The unit that carries `frame`, which has `tm_frame_octets`."""
        assert len(frame) == self._managed.tm_frame_octets, len(frame)
        block = self._code.encode_block(frame) if self._code else frame
        return _MARKER + (randomised(block, sequence_of(self._managed)) if self._managed.randomise else block)

    def encode_rows(self, frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The units of frames (count, tm_frame_octets): (count, 4 + tm_code_octets)."""
        assert frames.shape[1] == self._managed.tm_frame_octets, frames.shape
        units = np.empty((len(frames), ASM_OCTETS + self._managed.tm_code_octets), np.uint8)
        units[:, :ASM_OCTETS] = np.frombuffer(_MARKER, np.uint8)
        units[:, ASM_OCTETS:] = self._code.encode(frames) if self._code else frames
        if self._managed.randomise:
            randomise(units[:, ASM_OCTETS:], sequence_of(self._managed))
        return units


def sequence_of(managed: Managed) -> Code:
    """The pseudo-random sequence of the telemetry."""
    return Code.TM131071 if managed.long_randomiser else Code.TM255


def reed_solomon_of(managed: Managed) -> ReedSolomon | None:
    """The Reed-Solomon code of the telemetry, if it has one."""
    if not managed.rs_parity:
        return None
    return ReedSolomon(
        parity=managed.rs_parity,
        interleave=managed.interleave,
        virtual_fill=managed.virtual_fill,
        dual_basis=managed.dual_basis,
    )
