"""Randomisers: a thousand frames in place, compared with a loop in C over octets and a stored sequence.

A compiler turns that loop into the same instructions as the kernel's, so the row only holds that the kernel is no
slower.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Row, at_level, compare
from benchmarks.native import BEST, built
from kernels import library
from kernels.coding.randomise import Code, randomise, randomised

FRAMES = np.random.default_rng(1).integers(0, 256, (1000, 1115), np.uint8)
BYTE_LOOP = """
#include <stddef.h>
#include <stdint.h>
void byte_loop(uint8_t *frames, size_t length, size_t count, const uint8_t *sequence) {
    for (size_t n = 0; n < count; n++)
        for (size_t i = 0; i < length; i++) frames[n * length + i] ^= sequence[i];
}
"""


NAMES = {Code.TM255: "TM-255", Code.TM131071: "TM-131071", Code.TC: "TC"}


def rows() -> Iterator[Row]:
    native = built("void byte_loop(uint8_t *, size_t, size_t, const uint8_t *);", BYTE_LOOP, *BEST)
    for code, name in NAMES.items():
        for level in library.supported_levels():
            with at_level(level):
                best = level == library.supported_levels()[-1]
                yield beside_a_loop(f"{name} randomiser, 1000 frames of 1115 B", code, native, 0.8 if best else None)


def beside_a_loop(name: str, code: Code, native: tuple[Any, Any] | None, hold: float | None) -> Row:
    """A row of a randomiser compared with the byte loop; both work in place, each on its own copy."""
    ours, theirs, sequence = FRAMES.copy(), FRAMES.copy(), randomised(bytes(1115), code)
    assert any(sequence), code

    def kernel() -> NDArray[np.uint8]:
        randomise(ours, code)
        return ours

    def loop() -> NDArray[np.uint8]:
        assert native
        native[1].byte_loop(native[0].from_buffer("uint8_t[]", theirs), 1115, 1000, sequence)
        return theirs

    return compare(
        name, "byte loop in C", kernel, native and loop,
        amount=FRAMES.size / 1e9, unit="GB/s", hold=hold, equal=np.array_equal)  # fmt: skip
