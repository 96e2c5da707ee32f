"""Packet erasure compared with ISA-L (Debian's libisal), 10 shards of data and 4 of parity."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Row, at_level, compare
from benchmarks.native import BEST, built
from kernels.coding.erasure import erasure_encode, erasure_repair
from kernels.library import supported_levels

DATA, PARITY, SIZE = 10, 4, 64 * 1024
CDEF = "int prepare(int, int); void encode(int, int, int, uint8_t *); void repair(int, int, int, uint8_t *);"
ISAL = """
#include <isa-l/erasure_code.h>
#include <string.h>
static unsigned char matrix[255 * 255], tables[32 * 255 * 255], back[32 * 255 * 255];
/* For repair the first m shards are lost, and the k behind them serve. */
int prepare(int k, int m) {
    unsigned char served[255 * 255], inverse[255 * 255];
    gf_gen_cauchy1_matrix(matrix, k + m, k);
    ec_init_tables(k, m, matrix + k * k, tables);
    int failed = gf_invert_matrix(memcpy(served, matrix + m * k, k * k), inverse, k);
    ec_init_tables(k, m, inverse, back);
    return failed;
}
void encode(int k, int m, int size, unsigned char *shards) {
    unsigned char *rows[255];
    for (int i = 0; i < k + m; i++) rows[i] = shards + (long)i * size;
    ec_encode_data(size, k, m, tables, rows, rows + k);
}
void repair(int k, int m, int size, unsigned char *shards) {
    unsigned char *rows[255];
    for (int i = 0; i < k + m; i++) rows[i] = shards + (long)i * size;
    ec_encode_data(size, k, m, back, rows + m, rows);
}
"""
Shards = NDArray[np.uint8]
Work = Callable[[Shards], Any]


def working(lost: slice, work: Work, shards: Shards) -> Callable[[], Shards]:
    """Function that clears the shards `lost`, does the work on the others, and returns all shards."""
    own = shards.copy()

    def run() -> Shards:
        own[lost] = 0
        work(own)
        return own

    return run


def isal(name: str) -> Work | None:
    """The C function `name` above, on ISA-L; None where that is not installed."""
    native: tuple[Any, Any] | None = built(CDEF, ISAL, *BEST, "-lisal")
    if not native:
        return None
    ffi, lib = native
    assert lib.prepare(DATA, PARITY) == 0
    return lambda shards: getattr(lib, name)(DATA, PARITY, SIZE, ffi.from_buffer("uint8_t[]", shards))


def isal_encoder() -> Callable[[], Shards] | None:
    """ISA-L's encoder over its own copy of the shards; None where it is not installed."""
    encode = isal("encode")
    return encode and working(slice(DATA, None), encode, sample())


def sample() -> Shards:
    """Shards of random data, with the parity not computed yet."""
    shards = np.zeros((DATA + PARITY, SIZE), np.uint8)
    shards[:DATA] = np.random.default_rng(1).integers(0, 256, (DATA, SIZE))
    return shards


def rows() -> Iterator[Row]:
    shards, amount = sample(), DATA * SIZE / 1e9
    parity, first = slice(DATA, None), slice(PARITY)
    encode, repair = isal_encoder(), isal("repair")
    for level in supported_levels():
        with at_level(level):
            yield compare(
                "erasure 10+4 encode, shards of 64 KiB", "ISA-L",
                working(parity, lambda own: erasure_encode(own, parity=PARITY), shards),
                encode, equal=np.array_equal,
                amount=amount, unit="GB/s", hold=0.8 if level == "avx512" else None)  # fmt: skip
    erasure_encode(shards, parity=PARITY)
    present = np.arange(DATA + PARITY) >= PARITY
    ours = working(first, lambda own: erasure_repair(own, present, parity=PARITY), shards)
    if not np.array_equal(ours(), shards):  # checked here because the peer may be missing
        raise AssertionError("the repaired shards differ from those that were lost")
    yield compare(
        "erasure 10+4, repair of 4 lost shards", "ISA-L",
        ours,
        repair and working(first, repair, shards),
        equal=np.array_equal,
        amount=amount, unit="GB/s", hold=0.8 if supported_levels()[-1] == "avx512" else None)  # fmt: skip
