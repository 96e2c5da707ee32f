"""SECDED scrub of memory that does not fit the first caches, one word in 2048 wrong; a vote of three copies."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Row, at_level, compare
from benchmarks.native import BEST, built
from kernels.coding.secded import secded_encode, secded_scrub, vote3
from kernels.library import supported_levels

RANDOM = np.random.default_rng(1)
DATA = RANDOM.integers(0, 256, 1 << 24, np.uint8)
GIGABYTES = DATA.size / 1e9
PLACES = np.arange(0, DATA.size, 8 * 2048) + RANDOM.integers(0, 8, DATA.size // (8 * 2048))
WRONG = (1 << RANDOM.integers(0, 8, PLACES.size)).astype(np.uint8)
CDEF = "void prepare(void); size_t scrub(uint8_t *, size_t, uint8_t *);"
TABLE_C = """
#include <stddef.h>
#include <stdint.h>
/* The same code as a programmer would write it: eight tables by octet, one word after the other, and one that
 * gives for a syndrome 1 + the number of the wrong bit, check bits behind those of the word. */
static uint8_t table[8][256], wrong_bit[256];
void prepare(void) {
    static const uint8_t seed[8] = {0x07, 0x0B, 0x0D, 0x13, 0x15, 0x19, 0x25, 0x1F};
    for (int j = 0; j < 8; j++)
        for (int v = 0; v < 256; v++) {
            table[j][v] = 0;
            for (int b = 0; b < 8; b++)
                if (v >> b & 1) table[j][v] ^= (uint8_t)(seed[j] << b | seed[j] >> (8 - b));
        }
    for (int bit = 0; bit < 64; bit++) wrong_bit[table[bit / 8][1 << bit % 8]] = (uint8_t)(1 + bit);
    for (int bit = 0; bit < 8; bit++) wrong_bit[1 << bit] = (uint8_t)(65 + bit);
}
size_t scrub(uint8_t *data, size_t words, uint8_t *checks) {
    size_t corrected = 0;
    for (size_t i = 0; i < words; i++, data += 8) {
        uint8_t sum = checks[i];
        for (int j = 0; j < 8; j++) sum ^= table[j][data[j]];
        if (!sum || !wrong_bit[sum]) continue;
        int bit = wrong_bit[sum] - 1;
        if (bit < 64) data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        else checks[i] ^= (uint8_t)(1 << (bit - 64));
        corrected++;
    }
    return corrected;
}
"""
Octets = NDArray[np.uint8]


def scrubbing(scrub: Callable[[Octets, Octets], int]) -> Callable[[], tuple[int, Octets, Octets]]:
    """Function that damages its own memory, scrubs it, and returns the number of corrected words and the memory."""
    data, checks = DATA.copy(), secded_encode(DATA)

    def run() -> tuple[int, Octets, Octets]:
        data[PLACES] ^= WRONG
        return scrub(data, checks), data, checks

    return run


def table_c() -> Callable[[], tuple[int, Octets, Octets]] | None:
    """The scrub in C above; None where there is no compiler."""
    native = built(CDEF, TABLE_C, *BEST)
    if not native:
        return None
    ffi, lib = native
    lib.prepare()
    return scrubbing(lambda data, checks: lib.scrub(ffi.from_buffer(data), checks.size, ffi.from_buffer(checks)))


def same_memory(ours: tuple[int, Octets, Octets], theirs: tuple[int, Octets, Octets]) -> bool:
    """Whether both corrected every wrong bit and changed nothing else."""
    right = ours[0] == theirs[0] == PLACES.size and np.array_equal(ours[1], DATA)
    return right and all(map(np.array_equal, ours[1:], theirs[1:]))


def rows() -> Iterator[Row]:
    theirs = table_c()
    for level in supported_levels():
        with at_level(level):
            yield compare(
                "SECDED(72,64) scrub, 16 MiB", "table C", scrubbing(lambda *both: secded_scrub(*both).corrected),
                theirs,
                amount=GIGABYTES, unit="GB/s", hold=3 if level == "avx512" else None,  # 3.5 if busy, else above 5
                equal=same_memory)  # fmt: skip
    a, b, c = (DATA.copy() for _ in range(3))
    a[PLACES], b[PLACES + 8], c[PLACES + 16] = 0, 1, 2
    yield compare(
        "vote of three, 16 MiB each", "numpy", lambda: vote3(a, b, c)[0], lambda: (a & b) | (a & c) | (b & c),
        amount=GIGABYTES, unit="GB/s", equal=np.array_equal)  # fmt: skip
