"""Gradient-boosted trees over quantised features (csrc/include/skyrack/trees.h)."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from _csrc import ffi, lib
from numpy.typing import NDArray

from hal.kernels.backend import kernel
from hal.kernels.crc import crc32c
from hal.kernels.errors import CorruptError

FEATURES_MAX: int = lib.SR_TREES_FEATURES_MAX
LEAVES_MAX: int = lib.SR_TREES_LEAVES_MAX
DEPTH_MAX: int = lib.SR_TREES_DEPTH_MAX
LEVELS_MAX = 255
"""Most thresholds of one column."""
MAGIC = b"SRT1"
NUMBERS = 65536
"""Digital numbers of 16 bits."""


class Sums(IntEnum):
    """The precision in which leaves are added, one after the other."""

    FLOAT64 = lib.SR_TREES_FLOAT64
    FLOAT32 = lib.SR_TREES_FLOAT32


class Column(NamedTuple):
    """What the codes of one column are made from: a feature, up to LEVELS_MAX ascending limits, what NaN counts as."""

    feature: int
    limits: NDArray[np.float64]
    missing: float = 0.0


class Trees:
    """A forest that was checked and laid out. Raises CorruptError for any octets that are none."""

    def __init__(self, forest: bytes) -> None:
        self._loaded = np.empty((lib.sr_trees_loaded_size(forest, len(forest)) + 7) // 8 + 1, np.float64)
        room = ffi.from_buffer(self._loaded)
        if lib.sr_trees_load(forest, len(forest), room, self._loaded.nbytes) != lib.SR_OK:
            raise CorruptError(f"{len(forest)} octets are no forest of trees")
        self._scratch = np.empty(lib.sr_trees_scratch(room) // 8 + 1, np.float64)
        self.columns = forest[4]
        self.levels = tuple(forest[16 : 16 + self.columns])

    def crc(self) -> int:
        """The check sequence (CRC-32C) of what is scored with; another value than at first: memory has changed."""
        return crc32c(self._loaded.data)

    def sums(self, codes: NDArray[np.uint8]) -> NDArray[np.float64]:
        """For each sample the sum of its leaves, tree after tree; codes (columns, samples), contiguous uint8."""
        if codes.dtype != np.uint8 or codes.ndim != 2 or len(codes) != self.columns or not codes.flags.c_contiguous:
            raise TypeError(f"codes: contiguous uint8 ({self.columns}, samples) expected")
        out = np.empty(codes.shape[1], np.float64)
        status = kernel("sr_trees_score")(
            ffi.from_buffer(self._loaded), self._loaded.nbytes, ffi.from_buffer("uint8_t[]", codes), *codes.shape,
            codes.shape[1], ffi.from_buffer("double[]", out), ffi.from_buffer(self._scratch), self._scratch.nbytes,
        )  # fmt: skip
        if status != lib.SR_OK:
            raise CorruptError("the forest in memory has changed since it was checked")
        return out


def logistic(values: NDArray[Any]) -> NDArray[Any]:
    """Replace each value x by 1 / (1 + exp(-x)); contiguous float64 or float32, changed in place and returned."""
    kernel, ctype = _LOGISTIC[values.dtype]
    kernel(ffi.from_buffer(ctype, values, require_writable=True), values.size)
    return values


def quantise(values: NDArray[Any], columns: Sequence[Column]) -> NDArray[np.uint8]:
    """Codes (columns, samples) of float32 or float64 values (features, samples), contiguous.

    A code is how many of the column's limits lie below the value: a value is up to limit k, counted from 0, exactly if
    its code is.
    """
    if values.ndim != 2 or any(column.feature >= len(values) for column in columns):
        raise ValueError(f"values: shape {values.shape}, expected (features of all columns, samples)")
    if values.dtype not in _QUANTISE or not values.flags.c_contiguous:
        raise TypeError(f"values: {values.dtype}, expected contiguous float32 or float64")
    kernel, ctype = _QUANTISE[values.dtype]
    codes = np.empty((len(columns), values.shape[1]), np.uint8)
    for out, column in zip(codes, columns, strict=True):
        table = np.full(LEVELS_MAX, np.inf, values.dtype)
        table[: len(column.limits)] = _rounded_down(column.limits, values.dtype)
        given, limits = values[column.feature], ffi.from_buffer(ctype, table)
        kernel(ffi.from_buffer(ctype, given), len(given), limits, column.missing, ffi.from_buffer("uint8_t[]", out))
    return codes


class CodeTables:
    """The codes of all digital numbers, whose `values` (65536, float32 or float64) are given: one lookup a sample."""

    def __init__(self, columns: Sequence[Column], values: NDArray[Any]) -> None:
        if values.shape != (NUMBERS,):
            raise ValueError(f"values: shape {values.shape}, expected ({NUMBERS},)")
        one = np.ascontiguousarray(values).reshape(1, -1)
        self._features = [column.feature for column in columns]
        self._tables = np.concatenate([quantise(one, [column._replace(feature=0)]) for column in columns])

    def codes(self, numbers: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """Codes (columns, samples) of digital numbers (features, samples), contiguous: those of their values."""
        if numbers.dtype != np.uint16 or numbers.ndim != 2 or not numbers.flags.c_contiguous:
            raise TypeError(f"numbers: {numbers.dtype} {numbers.shape}, expected contiguous uint16 (features, samples)")
        out = np.empty((len(self._tables), numbers.shape[1]), np.uint8)
        for row, table, feature in zip(out, self._tables, self._features, strict=True):
            lib.sr_trees_look_up(
                ffi.from_buffer("uint16_t[]", numbers[feature]), len(row), ffi.from_buffer("uint8_t[]", table),
                ffi.from_buffer("uint8_t[]", row),
            )  # fmt: skip
        return out

    def crc(self) -> int:
        """The check sequence (CRC-32C) of the tables."""
        return crc32c(self._tables.data)


def _rounded_down(limits: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The largest numbers of `dtype` that are not above the limits: for values of `dtype`, x <= either is the same."""
    with np.errstate(over="ignore"):
        nearest = limits.astype(dtype)
    return np.where(nearest > limits, np.nextafter(nearest, dtype.type(-np.inf)), nearest)


_QUANTISE = {
    np.dtype(np.float32): (lib.sr_trees_quantise_f32, "float[]"),
    np.dtype(np.float64): (lib.sr_trees_quantise_f64, "double[]"),
}
_LOGISTIC = {
    np.dtype(np.float32): (lib.sr_logistic_f32, "float[]"),
    np.dtype(np.float64): (lib.sr_logistic, "double[]"),
}
