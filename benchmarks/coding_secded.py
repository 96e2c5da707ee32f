"""SECDED scrub of memory that does not fit a cache's first levels, and a vote of three copies."""

from collections.abc import Iterator

import numpy as np

from benchmarks.harness import Row, at_level, compare
from benchmarks.native import built
from hal.kernels.levels import supported_levels
from hal.kernels.secded import secded_encode, secded_scrub, vote3

DATA = np.random.default_rng(1).integers(0, 256, 1 << 24, np.uint8)
GIGABYTES = DATA.size / 1e9
TABLE_C = """
#include <stddef.h>
#include <stdint.h>
/* The same code as a programmer would write it: eight tables by octet, one word after the other. */
static uint8_t table[8][256];
void prepare(void) {
    static const uint8_t seed[8] = {0x07, 0x0B, 0x0D, 0x13, 0x15, 0x19, 0x25, 0x1F};
    for (int j = 0; j < 8; j++)
        for (int v = 0; v < 256; v++) {
            table[j][v] = 0;
            for (int b = 0; b < 8; b++)
                if (v >> b & 1) table[j][v] ^= (uint8_t)(seed[j] << b | seed[j] >> (8 - b));
        }
}
size_t scrub(const uint8_t *data, size_t words, const uint8_t *checks) {
    size_t wrong = 0;
    for (size_t i = 0; i < words; i++, data += 8) {
        uint8_t sum = checks[i];
        for (int j = 0; j < 8; j++) sum ^= table[j][data[j]];
        wrong += sum != 0;
    }
    return wrong;
}
"""


def rows() -> Iterator[Row]:
    native = built("void prepare(void); size_t scrub(const uint8_t *, size_t, const uint8_t *);", TABLE_C, "-O3")
    checks = secded_encode(DATA)
    theirs = None
    if native:
        ffi, lib = native
        lib.prepare()
        theirs = lambda: lib.scrub(ffi.from_buffer(DATA), checks.size, ffi.from_buffer(checks))  # noqa: E731
    for level in supported_levels():
        with at_level(level):
            yield compare(
                "SECDED(72,64) scrub, 16 MiB", "table C", lambda: secded_scrub(DATA, checks).corrected, theirs,
                amount=GIGABYTES, unit="GB/s", hold=5 if level == "avx512" else None)  # fmt: skip
    yield compare(
        "vote of three, 16 MiB each", "numpy", lambda: vote3(DATA, DATA, DATA)[0],
        lambda: (DATA & DATA) | (DATA & DATA) | (DATA & DATA),
        amount=GIGABYTES, unit="GB/s", equal=np.array_equal)  # fmt: skip
