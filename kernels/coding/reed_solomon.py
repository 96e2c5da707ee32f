"""Reed-Solomon coding of transfer frames, CCSDS 131.0-B §4 (csrc/include/skyrack/reed_solomon.h)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from kernels.arrays import pointer, require, rows, whole
from kernels.library import ffi, lib

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    from kernels.late import np

SYMBOLS = 255
"""Octets of a whole codeword."""
UNCORRECTABLE: int = lib.SR_RS_UNCORRECTABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReedSolomon:
    """RS(255,223) or RS(255,239), `interleave` codewords to a block, octet by octet.

    `virtual_fill` octets of zero stand before each codeword's data and are not sent. In the dual basis, the one that
    CCSDS sends, symbols are octets of Berlekamp's representation.
    """

    parity: int = 32
    interleave: int = 1
    virtual_fill: int = 0
    dual_basis: bool = True

    def __post_init__(self) -> None:
        for name in ("parity", "interleave", "virtual_fill"):
            whole(name, getattr(self, name), -SYMBOLS, SYMBOLS)
        if self.parity not in (16, 32):
            raise ValueError(f"parity = {self.parity} symbols a codeword, expected 32 or 16 (CCSDS 131.0-B §4.3.1)")
        if not 1 <= self.interleave <= 8:
            raise ValueError(
                f"interleave = {self.interleave}, expected 1..8 (CCSDS 131.0-B §4.3.5: 1, 2, 3, 4, 5 or 8)"
            )
        if not 0 <= self.virtual_fill < SYMBOLS - self.parity:
            raise ValueError(
                f"virtual_fill = {self.virtual_fill} octets a codeword, expected 0..{SYMBOLS - self.parity - 1}: "
                "at least one symbol is sent (CCSDS 131.0-B §4.3.7)"
            )

    @property
    def data_size(self) -> int:
        """Octets of a block without its parity."""
        return self.interleave * (SYMBOLS - self.parity - self.virtual_fill)

    @property
    def block_size(self) -> int:
        """Octets of a block with its parity."""
        return self.interleave * (SYMBOLS - self.virtual_fill)

    def encode(self, data: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Append the parity to each row of data (count, data_size): blocks (count, block_size).

        Rows may lie apart. Raises ValueError for another shape, TypeError for another dtype or octets that lie apart.
        """
        (start, stride), blocks = self._rows(data, self.data_size), np.empty((len(data), self.block_size), np.uint8)
        require(lib.sr_rs_encode(_params(self), start, stride, pointer(blocks), self.block_size, len(data)))
        return blocks

    def encode_block(self, data: bytes) -> bytes:
        """`data`, of data_size octets, with its parity appended. Raises ValueError for another length."""
        if len(data) != self.data_size:
            raise ValueError(f"{len(data)} octets, expected {self.data_size}")
        block = bytearray(self.block_size)
        start, out = ffi.from_buffer("uint8_t[]", data), ffi.from_buffer("uint8_t[]", block)
        require(lib.sr_rs_encode(_params(self), start, len(data), out, len(block), 1))
        return bytes(block)

    def decode_block(self, block: bytes) -> tuple[bytes, int]:
        """The data of one block, of block_size octets, and how many symbols of it were corrected.

        UNCORRECTABLE in place of these where that is so of any codeword. Raises ValueError for another length.
        """
        if len(block) != self.block_size:
            raise ValueError(f"{len(block)} octets, expected {self.block_size}")
        data, corrections = bytearray(self.data_size), ffi.new("int8_t[]", self.interleave)
        start, out = ffi.from_buffer("uint8_t[]", block), ffi.from_buffer("uint8_t[]", data)
        require(lib.sr_rs_decode(_params(self), start, len(block), out, len(data), 1, corrections))
        counts = list(corrections)
        return bytes(data), UNCORRECTABLE if UNCORRECTABLE in counts else sum(counts)

    def decode(self, blocks: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
        """Correct up to parity / 2 wrong symbols in each codeword of blocks (count, block_size).

        Gives the data (count, data_size) and, for each codeword (count, interleave), how many symbols were corrected,
        or UNCORRECTABLE: its data is then as received. Raises as `encode` does.
        """
        (start, stride), data = self._rows(blocks, self.block_size), np.empty((len(blocks), self.data_size), np.uint8)
        corrections = np.empty((len(blocks), self.interleave), np.int8)
        made = pointer(data), self.data_size, len(blocks), pointer(corrections)
        require(lib.sr_rs_decode(_params(self), start, stride, *made))
        return data, corrections

    def _rows(self, octets: NDArray[np.uint8], length: int) -> tuple[Any, int]:
        found = rows(octets)
        if octets.shape[1] != length:
            raise ValueError(f"shape {octets.shape}, expected (count, {length})")
        return found


@lru_cache(maxsize=64)
def _params(code: ReedSolomon) -> Any:
    return ffi.new("struct sr_rs_params *", (code.parity, code.interleave, code.virtual_fill, bool(code.dual_basis)))
