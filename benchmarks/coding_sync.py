"""Search for the TM sync marker at any bit, in both polarities, compared with a shift register in C, bit by bit."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Row, at_level, compare
from benchmarks.native import BEST, built
from kernels import library
from kernels.coding.sync import HIT, find_markers

MARKER, FRAME, ROOM = 0x1ACFFC1D, 1115, 10_000
BIT_SERIAL_CDEF = "size_t bit_serial(const uint8_t *octets, size_t size, uint32_t marker, unsigned errors, void *hits);"
BIT_SERIAL = """
#include <stddef.h>
#include <stdint.h>
struct hit { int64_t bit; uint8_t errors, inverted; };
size_t bit_serial(const uint8_t *octets, size_t size, uint32_t marker, unsigned errors, struct hit *hits) {
    uint32_t window = 0;
    size_t count = 0;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        window = window << 1 | (octets[bit / 8] >> (7 - bit % 8) & 1);
        unsigned wrong = (unsigned)__builtin_popcount(window ^ marker);
        if (bit >= 31 && (wrong <= errors || wrong >= 32 - errors))
            hits[count++] = (struct hit){(int64_t)bit - 31, wrong <= errors ? wrong : 32 - wrong, wrong > errors};
    }
    return count;
}
"""


def stream() -> bytes:
    """A mebibyte of frames with markers, three bits late and inverted."""
    frames = np.random.default_rng(1).integers(0, 256, (940, 4 + FRAME), np.uint8)
    frames[:, :4] = np.frombuffer(MARKER.to_bytes(4, "big"), np.uint8)
    return (~np.packbits(np.pad(np.unpackbits(frames), (3, 5)))).tobytes()


def rows() -> Iterator[Row]:
    native, octets, hits = built(BIT_SERIAL_CDEF, BIT_SERIAL, *BEST), stream(), np.empty(ROOM, HIT)

    def bit_serial(errors: int) -> NDArray[Any]:
        assert native
        ffi, lib = native
        return hits[: lib.bit_serial(octets, len(octets), MARKER, errors, ffi.from_buffer(hits))]

    for level in library.supported_levels():
        for errors in (0, 3):
            with at_level(level):
                yield compare(
                    f"marker search, 1 MiB, {errors} errors", "bit-serial C",
                    partial(find_markers, octets, MARKER, errors=errors), native and partial(bit_serial, errors),
                    amount=len(octets) / 1e9, unit="GB/s", equal=np.array_equal,
                    hold=15 if level == library.supported_levels()[-1] else None)  # fmt: skip
