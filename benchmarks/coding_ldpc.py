"""LDPC decoding, ten iterations on symbols of pure noise: compared with promised rates, and with the same layered
min-sum frame by frame in plain C."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Row, alone, at_level, compare
from benchmarks.native import BEST, built
from kernels.coding.ldpc import NOT_CONVERGED, Ldpc
from kernels.library import supported_levels

FRAMES, ITERATIONS = 192, 10
PROMISES = {Ldpc.C2: 300.0} | {code: 150.0 for code in Ldpc if code.name.startswith("AR4JA")}
CSRC = Path(__file__).parents[1] / "csrc"
CDEF = "void decode(int, const uint8_t *, int, int, uint8_t *);"
PLAIN_MIN_SUM = """
#include <stdlib.h>
#include <string.h>
#include "ldpc/tables.c"

static int8_t beliefs[40960], messages[200000];
static int bounded(int value) { return value > 127 ? 127 : value < -128 ? -128 : value; }
static int normalised(int m, int degree) {
    m -= degree == 3 ? (m + 4) >> 3 : (m + 3) >> 2;
    return m < 50 ? m : 50;
}
static void check(const struct ldpc_code *code, const struct ldpc_edge *edges, int i, int degree, int8_t *heard) {
    int at[32], others[32], least = 255, second = 255, signs = 0;
    for (int e = 0; e < degree; e++) {
        int turned = edges[e].shift + i;
        at[e] = edges[e].column * code->size + (turned < code->size ? turned : turned - code->size);
        others[e] = bounded(beliefs[at[e]] - heard[e]);
        int size = abs(others[e]);
        if (size < least) second = least, least = size;
        else if (size < second) second = size;
        signs ^= others[e];
    }
    const int small = normalised(least, degree), large = normalised(second, degree);
    for (int e = 0; e < degree; e++) {
        int size = abs(others[e]) == least ? large : small;
        heard[e] = (int8_t)((signs ^ others[e]) < 0 ? -size : size);
        beliefs[at[e]] = (int8_t)bounded(others[e] + heard[e]);
    }
}
static void iterate(const struct ldpc_code *code) {
    const struct ldpc_edge *edges = code->edges;
    int8_t *heard = messages;
    for (int row = 0; row < code->rows; edges += code->degrees[row++])
        for (int i = 0; i < code->size; i++, heard += code->degrees[row])
            check(code, edges, i, code->degrees[row], heard);
}
void decode(int number, const uint8_t *soft, int count, int iterations, uint8_t *data) {
    const struct ldpc_code *code = &ldpc_codes[number];
    for (int b = 0; b < count; b++, soft += code->sent_bits, data += code->data_bits / 8) {
        memset(messages, 0, sizeof messages), memset(beliefs, 0, sizeof beliefs), memset(data, 0, code->data_bits / 8);
        memset(beliefs, 127, code->shortened);
        for (int i = 0; i < code->sent_bits && code->shortened + i < code->columns * code->size; i++)
            beliefs[code->shortened + i] = (int8_t)((5 * (255 - 2 * soft[i]) + 16) >> 5);
        for (int k = 0; k < iterations; k++) iterate(code);
        for (int i = 0; i < code->data_bits; i++)
            data[i / 8] |= (uint8_t)((beliefs[code->shortened + i] < 0) << (7 - i % 8));
    }
}
"""


def noise(code: Ldpc) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (FRAMES, 8 * code.codeword_size), np.uint8)


def plain(code: Ldpc, soft: NDArray[np.uint8]) -> Callable[[], NDArray[np.uint8]] | None:
    """The plain decoder; None where there is no compiler."""
    native = built(CDEF, PLAIN_MIN_SUM, *BEST, f"-I{CSRC / 'src'}", f"-I{CSRC / 'include'}")
    if not native:
        return None
    (ffi, lib), data = native, np.empty((FRAMES, code.data_size), np.uint8)

    def decode() -> NDArray[np.uint8]:
        lib.decode(int(code), ffi.from_buffer(soft), FRAMES, ITERATIONS, ffi.from_buffer(data))
        return data

    return decode


def decode(code: Ldpc, soft: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return code.decode(soft, iterations_max=ITERATIONS)[0]


def rows() -> Iterator[Row]:
    for code in PROMISES:
        soft = noise(code)
        assert (code.decode(soft, iterations_max=ITERATIONS)[1] == NOT_CONVERGED).all()
        yield alone(
            f"LDPC {code.name}, 10 iterations", partial(decode, code, soft), amount=FRAMES * 8 * code.data_size / 1e6,
            unit="Mbit/s", promise=PROMISES[code])  # fmt: skip
    for code in (Ldpc.TC_128, Ldpc.C2, Ldpc.AR4JA_1_2_1024):
        soft = noise(code)
        theirs = plain(code, soft)
        for level in supported_levels():
            with at_level(level):
                yield compare(
                    f"LDPC {code.name}, 10 iterations", "plain C", partial(decode, code, soft), theirs,
                    equal=np.array_equal, amount=FRAMES * 8 * code.data_size / 1e6, unit="Mbit/s")  # fmt: skip
