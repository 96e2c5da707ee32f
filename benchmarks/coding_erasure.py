"""Packet erasure beside ISA-L (Debian's libisal), 10 shards of data and 4 of parity."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.harness import Row, at_level, compare
from benchmarks.native import built
from hal.kernels.erasure import erasure_encode, erasure_repair
from hal.kernels.levels import supported_levels

DATA, PARITY, SIZE = 10, 4, 64 * 1024
CDEF = "void prepare(int, int); void encode(int, int, int, uint8_t *);"
ISAL = """
#include <isa-l/erasure_code.h>
static unsigned char matrix[255 * 255], tables[32 * 255 * 255];
void prepare(int k, int m) {
    gf_gen_cauchy1_matrix(matrix, k + m, k);
    ec_init_tables(k, m, matrix + k * k, tables);
}
void encode(int k, int m, int size, unsigned char *shards) {
    unsigned char *rows[255];
    for (int i = 0; i < k + m; i++) rows[i] = shards + (long)i * size;
    ec_encode_data(size, k, m, tables, rows, rows + k);
}
"""


def isal_encoder() -> Callable[[], np.ndarray] | None:
    """ISA-L over its own copy of the shards; None where it is not installed."""
    native: tuple[Any, Any] | None = built(CDEF, ISAL, "-O2", "-lisal")
    if not native:
        return None
    (ffi, lib), shards = native, sample()
    lib.prepare(DATA, PARITY)

    def encode() -> np.ndarray:
        lib.encode(DATA, PARITY, SIZE, ffi.from_buffer("uint8_t[]", shards))
        return shards

    return encode


def sample() -> np.ndarray:
    shards = np.zeros((DATA + PARITY, SIZE), np.uint8)
    shards[:DATA] = np.random.default_rng(1).integers(0, 256, (DATA, SIZE))
    return shards


def rows() -> Iterator[Row]:
    shards, theirs = sample(), isal_encoder()

    def encode() -> np.ndarray:
        erasure_encode(shards, parity=PARITY)
        return shards

    for level in supported_levels():
        with at_level(level):
            yield compare(
                "erasure 10+4 encode, shards of 64 KiB", "ISA-L", encode, theirs, equal=np.array_equal,
                amount=DATA * SIZE / 1e9, unit="GB/s", hold=0.8 if level == "avx512" else None)  # fmt: skip
    present = np.arange(DATA + PARITY) >= PARITY

    def repair() -> np.ndarray:
        erasure_repair(shards, present, parity=PARITY)
        return shards

    yield compare(
        "erasure 10+4, repair of 4 lost shards", "ISA-L", repair, theirs, equal=np.array_equal,
        amount=DATA * SIZE / 1e9, unit="GB/s", hold=0.8)  # fmt: skip
