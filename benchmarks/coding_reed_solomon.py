"""RS(255,223) beside libfec (Debian's, portable C) and creedsolo (reedsolo 2.x built with Cython)."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Row, at_level, compare, peer
from benchmarks.native import BEST, built
from kernels.coding.reed_solomon import ReedSolomon
from kernels.library import supported_levels

DUAL, CONVENTIONAL = ReedSolomon(), ReedSolomon(dual_basis=False)
COUNT = 640  # codewords in a batch
CDEF = """
void encode(const uint8_t *, uint8_t *, int);
void decode(const uint8_t *, uint8_t *, int);
"""
LIBFEC = """
#include <fec.h>
#include <stdint.h>
#include <string.h>
void encode(const uint8_t *data, uint8_t *blocks, int count) {
    for (int i = 0; i < count; i++, data += 223, blocks += 255) {
        memcpy(blocks, data, 223);
        encode_rs_ccsds(blocks, blocks + 223, 0);
    }
}
void decode(const uint8_t *blocks, uint8_t *data, int count) {
    for (int i = 0; i < count; i++, data += 223, blocks += 255) {
        uint8_t block[255];
        memcpy(block, blocks, 255);
        decode_rs_ccsds(block, 0, 0, 0);
        memcpy(data, block, 223);
    }
}
"""
Blocks = NDArray[np.uint8]


def libfec(work: str, blocks: Blocks, length: int) -> Callable[[], Blocks] | None:
    """The C function `work` above over a batch; None where libfec is not installed."""
    native: tuple[Any, Any] | None = built(CDEF, LIBFEC, *BEST, "-lfec")
    if not native:
        return None
    (ffi, lib), out = native, np.empty((len(blocks), length), np.uint8)
    pointers = ffi.from_buffer("uint8_t[]", blocks), ffi.from_buffer("uint8_t[]", out)

    def run() -> Blocks:
        getattr(lib, work)(*pointers, len(blocks))
        return out

    return run


def creedsolo(data: Blocks) -> Callable[[], list[bytes]] | None:
    """Encode codeword by codeword; None where it is not installed."""
    module = peer("creedsolo")
    if not module:
        return None
    codec, rows = module.RSCodec(32, nsize=255, fcr=112, prim=0x187, generator=173), [bytearray(row) for row in data]
    return lambda: [codec.encode(row) for row in rows]


def damaged(blocks: Blocks, errors: int, every: int = 1) -> Blocks:
    """`errors` wrong symbols in each `every`th codeword."""
    random, out = np.random.default_rng(errors), blocks.copy()
    for row in out[::every]:
        row[random.choice(255, errors, replace=False)] ^= random.integers(1, 256, errors, np.uint8)
    return out


def rows() -> Iterator[Row]:
    data = np.random.default_rng(1).integers(0, 256, (COUNT, 223), np.uint8)
    size, blocks = data.size / 1e9, DUAL.encode(data)
    # Ratios of encoding on two machines with AVX-512: to libfec 114, and above 150; to creedsolo 140, and above 150.
    encode_holds = {"portable": 12.0, "avx2": 40.0, "avx512": 100.0}
    clean_holds, full_holds = {"avx2": 40.0, "avx512": 200.0}, {"avx2": 40.0, "avx512": 150.0}
    for level in supported_levels():
        with at_level(level):
            yield compare(
                f"RS(255,223) encode, {COUNT} codewords", "libfec", lambda: DUAL.encode(data),
                libfec("encode", data, 255), equal=np.array_equal, amount=size, unit="GB/s",
                hold=encode_holds.get(level))  # fmt: skip
            yield decoding("clean", blocks, size, clean_holds.get(level))
            yield decoding("8 errors in each", damaged(blocks, 8), size, None)
            yield decoding("16 errors in each", damaged(blocks, 16), size, full_holds.get(level))
    yield compare(
        f"RS(255,223) encode, {COUNT} codewords", "creedsolo", lambda: CONVENTIONAL.encode(data), creedsolo(data),
        equal=lambda ours, theirs: ours.tobytes() == b"".join(theirs),
        amount=size, unit="GB/s", hold=120.0 if supported_levels()[-1] == "avx512" else None)  # fmt: skip
    few, clean = damaged(blocks, 16, every=64), lambda: DUAL.decode(blocks)[0]
    yield compare(
        "RS(255,223) decode, 16 errors in 1 of 64", "us, clean", lambda: DUAL.decode(few)[0], clean,
        equal=np.array_equal, amount=size, unit="GB/s", hold=0.6)  # fmt: skip


def decoding(what: str, received: Blocks, size: float, hold: float | None) -> Row:
    """A row of decoding against libfec."""
    return compare(
        f"RS(255,223) decode, {what}", "libfec", lambda: DUAL.decode(received)[0], libfec("decode", received, 223),
        equal=np.array_equal, amount=size, unit="GB/s", hold=hold)  # fmt: skip
