"""Randomisers: a thousand frames in place, beside a loop over octets that has the sequence at hand."""

from collections.abc import Iterator

import numpy as np

from benchmarks.harness import Row, at_level, compare
from benchmarks.native import PLAIN, built
from hal.kernels import levels
from hal.kernels.randomise import Code, randomise, randomised

FRAMES = np.random.default_rng(1).integers(0, 256, (1000, 1115), np.uint8)
BYTE_LOOP = """
#include <stddef.h>
#include <stdint.h>
void byte_loop(uint8_t *frames, size_t length, size_t count, const uint8_t *sequence) {
    for (size_t n = 0; n < count; n++)
        for (size_t i = 0; i < length; i++) frames[n * length + i] ^= sequence[i];
}
"""


def rows() -> Iterator[Row]:
    native = built("void byte_loop(uint8_t *, size_t, size_t, const uint8_t *);", BYTE_LOOP, *PLAIN)
    theirs, sequence = FRAMES.copy(), randomised(bytes(1115), Code.TM255)

    def loop() -> np.ndarray:
        assert native
        native[1].byte_loop(native[0].from_buffer("uint8_t[]", theirs), 1115, 1000, sequence)
        return theirs

    ours = FRAMES.copy()

    def kernel() -> np.ndarray:
        randomise(ours, Code.TM255)
        return ours

    for level in levels.supported_levels():
        with at_level(level):
            ours[:], theirs[:] = FRAMES, FRAMES
            yield compare(
                "TM randomiser, 1000 frames of 1115 B", "byte loop in C", kernel, native and loop,
                amount=FRAMES.size / 1e9, unit="GB/s", hold=10, equal=np.array_equal)  # fmt: skip
