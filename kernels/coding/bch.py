"""BCH(63,56) of telecommand codeblocks, CCSDS 231.0-B-4 §3 (csrc/include/skyrack/bch.h)."""

from kernels.arrays import octets_of
from kernels.library import ffi, lib

DATA_OCTETS: int = lib.SR_BCH_DATA
BLOCK_OCTETS: int = lib.SR_BCH_BLOCK


def bch_encode(data: bytes) -> bytes:
    """Codeblocks of 8 octets for `data`, whose length is a multiple of 7."""
    data = octets_of(data)
    blocks, rest = divmod(len(data), DATA_OCTETS)
    if rest:
        raise ValueError(f"{len(data)} octets, expected a multiple of {DATA_OCTETS}")
    out = bytearray(blocks * BLOCK_OCTETS)
    lib.sr_bch_encode(data, blocks, ffi.from_buffer("uint8_t[]", out))
    return bytes(out)


def bch_decode(codeblocks: bytes) -> tuple[bytes, list[int]]:
    """The data of codeblocks (a multiple of 8 octets), and one verdict a codeblock: 0 without error, 1 one bit
    corrected, -1 uncorrectable.
    """
    codeblocks = octets_of(codeblocks)
    blocks, rest = divmod(len(codeblocks), BLOCK_OCTETS)
    if rest:
        raise ValueError(f"{len(codeblocks)} octets, expected a multiple of {BLOCK_OCTETS}")
    out, corrected = bytearray(blocks * DATA_OCTETS), ffi.new("int8_t[]", blocks)
    lib.sr_bch_decode(codeblocks, blocks, ffi.from_buffer("uint8_t[]", out), corrected)
    return bytes(out), list(corrected)
