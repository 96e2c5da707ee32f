"""Gradient-boosted trees over quantised features (csrc/include/skyrack/trees.h)."""

from collections.abc import Sequence
from enum import IntEnum
from math import inf
from typing import Any, NamedTuple

import numpy as np
from _csrc import ffi, lib
from numpy.typing import NDArray

from hal.kernels.arrays import check, checked, octets_of, pointer, real, require, whole
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
    """A forest that was checked and laid out; threads may score with it at once.

    Raises CorruptError for any octets that are none.
    """

    def __init__(self, forest: bytes) -> None:
        forest = octets_of(forest)
        self._loaded = np.empty((lib.sr_trees_loaded_size(forest, len(forest)) + 7) // 8 + 1, np.float64)
        room = ffi.from_buffer(self._loaded)
        if lib.sr_trees_load(forest, len(forest), room, self._loaded.nbytes) != lib.SR_OK:
            raise CorruptError(f"{len(forest)} octets are no forest of trees")
        self._scratch_size = int(lib.sr_trees_scratch(room)) // 8 + 1
        self.columns = forest[4]
        self.levels = tuple(forest[16 + column] for column in range(self.columns))

    def crc(self) -> int:
        """The check sequence (CRC-32C) of what is scored with; another value than at first: memory has changed."""
        return crc32c(self._loaded.data)

    def sums(self, codes: NDArray[np.uint8]) -> NDArray[np.float64]:
        """For each sample the sum of its leaves, tree after tree; codes (columns, samples), contiguous uint8."""
        given = checked("codes", codes, np.uint8, 2)
        if len(codes) != self.columns:
            raise TypeError(f"codes: shape {codes.shape}, expected ({self.columns}, samples)")
        out, scratch = np.empty(codes.shape[1], np.float64), np.empty(self._scratch_size, np.float64)
        require(
            kernel("sr_trees_score")(
                pointer(self._loaded), self._loaded.nbytes, given, *codes.shape, codes.shape[1], pointer(out),
                pointer(scratch), scratch.nbytes,
            )
        )  # fmt: skip
        return out


def logistic(values: NDArray[Any]) -> NDArray[Any]:
    """Replace each value x by 1 / (1 + exp(-x)); contiguous float64 or float32, changed in place and returned."""
    kind = np.float32 if getattr(values, "dtype", None) == np.float32 else np.float64
    check("values", values, kind, None, writable=True)
    (lib.sr_logistic_f32 if kind is np.float32 else lib.sr_logistic)(pointer(values), values.size)
    return values


def quantise(values: NDArray[Any], columns: Sequence[Column]) -> NDArray[np.uint8]:
    """Codes (columns, samples) of float32 or float64 values (features, samples), contiguous.

    A code is how many of the column's limits lie below the value: a value is up to limit k, counted from 0, exactly if
    its code is. Raises TypeError for another dtype or layout, ValueError for another shape or a column that cannot be.
    """
    kind = np.float32 if getattr(values, "dtype", None) == np.float32 else np.float64
    check("values", values, kind, 2)
    kernel = lib.sr_trees_quantise_f32 if kind is np.float32 else lib.sr_trees_quantise_f64
    codes = np.empty((len(columns), values.shape[1]), np.uint8)
    for out, column in zip(codes, columns, strict=True):
        given = values[whole("feature", column.feature, 0, len(values) - 1)]
        table, missing = _table(column.limits, values.dtype), real("missing", column.missing, -inf, inf)
        kernel(pointer(given), len(given), pointer(table), missing, pointer(out))
    return codes


def _table(limits: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """As the kernel takes them: LEVELS_MAX limits of `dtype`, filled up with infinity."""
    check("limits", limits, np.float64, 1)
    if limits.size > LEVELS_MAX or not (limits[:-1] <= limits[1:]).all() or np.isnan(limits).any():
        raise ValueError(f"{limits.size} limits: up to {LEVELS_MAX} expected, in ascending order")
    table = np.full(LEVELS_MAX, np.inf, dtype)
    table[: limits.size] = _rounded_down(limits, dtype)
    return table


class CodeTables:
    """The codes of all digital numbers, whose `values` (65536, float32 or float64) are given: one lookup a sample."""

    def __init__(self, columns: Sequence[Column], values: NDArray[Any]) -> None:
        one = np.ascontiguousarray(values).reshape(1, -1)
        if one.size != NUMBERS:
            raise ValueError(f"{one.size} values, expected {NUMBERS}")
        self._features = [whole("feature", column.feature, 0, NUMBERS - 1) for column in columns]
        self._tables = np.concatenate([quantise(one, [column._replace(feature=0)]) for column in columns])

    def codes(self, numbers: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """Codes (columns, samples) of digital numbers (features, samples), contiguous: those of their values."""
        check("numbers", numbers, np.uint16, 2)
        if max(self._features, default=0) >= len(numbers):
            raise ValueError(f"numbers: {len(numbers)} features, expected {max(self._features) + 1}")
        out = np.empty((len(self._tables), numbers.shape[1]), np.uint8)
        for row, table, feature in zip(out, self._tables, self._features, strict=True):
            lib.sr_trees_look_up(pointer(numbers[feature]), len(row), pointer(table), pointer(row))
        return out

    def crc(self) -> int:
        """The check sequence (CRC-32C) of the tables."""
        return crc32c(self._tables.data)


def _rounded_down(limits: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The largest numbers of `dtype` that are not above the limits: for values of `dtype`, x <= either is the same."""
    with np.errstate(over="ignore"):
        nearest = limits.astype(dtype)
    return np.where(nearest > limits, np.nextafter(nearest, dtype.type(-np.inf)), nearest)
