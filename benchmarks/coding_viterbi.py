"""Soft-decision Viterbi decoding beside libfec (Debian's libfec, the portable C build)."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.harness import Row, at_level, compare
from benchmarks.native import BEST, built
from kernels.coding.viterbi import ConvolutionalEncoder, ViterbiDecoder
from kernels.library import supported_levels

BITS = 257 * 3840
CDEF = """
void *create_viterbi27(int);
int init_viterbi27(void *, int);
int update_viterbi27_blk(void *, unsigned char *, int);
int chainback_viterbi27(void *, unsigned char *, unsigned int, unsigned int);
"""


def sample() -> tuple[bytes, np.ndarray]:
    """Random data and its soft symbols at Eb/N0 = 4 dB."""
    random = np.random.default_rng(1)
    data = random.integers(0, 256, BITS // 8, np.uint8).tobytes()
    symbols = np.unpackbits(np.frombuffer(ConvolutionalEncoder().encode(data + b"\0"), np.uint8))
    noisy = 128 + 48 * (2.0 * symbols - 1 + random.normal(0, 10 ** (-4 / 20), symbols.size))
    return data, np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def libfec(soft: np.ndarray) -> Callable[[], bytes] | None:
    """libfec over the same symbols, in its convention: C2 first, not complemented; None where it is not installed."""
    native: tuple[Any, Any] | None = built(CDEF, "#include <fec.h>\n", *BEST, "-Wl,--no-as-needed", "-lfec")
    if not native:
        return None
    ffi, lib = native
    out, theirs = bytearray(BITS // 8), soft.reshape(-1, 2)[:, ::-1].copy()
    theirs[:, 0] = 255 - theirs[:, 0]
    decoder = lib.create_viterbi27(BITS)

    def decode() -> bytes:
        lib.init_viterbi27(decoder, 0)
        lib.update_viterbi27_blk(decoder, ffi.from_buffer("unsigned char[]", theirs), BITS + 6)
        lib.chainback_viterbi27(decoder, ffi.from_buffer("unsigned char[]", out), BITS, 0)
        return bytes(out)

    return decode


def alike(a: bytes, b: bytes) -> bool:
    """Whether two results differ in a few bits only: at this noise both make errors, not always the same ones."""
    size = BITS // 8 - 2
    if min(len(a), len(b)) < size:
        return False
    return int(np.unpackbits(np.frombuffer(a, np.uint8)[:size] ^ np.frombuffer(b, np.uint8)[:size]).sum()) < BITS / 2000


def rows() -> Iterator[Row]:
    _, soft = sample()

    def decode() -> bytes:
        decoder = ViterbiDecoder()
        return (decoder.decode(soft) + decoder.finish())[: BITS // 8]

    theirs = libfec(soft)
    # Ratios on two machines with AVX-512: 24, and above 30.
    for level in supported_levels():
        with at_level(level):
            yield compare(
                "Viterbi K=7 rate 1/2, soft", "libfec", decode, theirs, equal=alike,
                amount=BITS / 1e6, unit="Mbit/s", hold=20 if level == "avx512" else None)  # fmt: skip
