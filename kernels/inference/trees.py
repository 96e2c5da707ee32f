"""Gradient-boosted trees over quantised features (csrc/include/skyrack/trees.h)."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import check, checked, octets_of, pointer, require, whole
from kernels.backend import kernel
from kernels.coding.crc import crc32c
from kernels.errors import CorruptError
from kernels.library import ffi, lib

FEATURES_MAX: int = lib.SR_TREES_FEATURES_MAX
LEAVES_MAX: int = lib.SR_TREES_LEAVES_MAX
TREE_DEPTH_MAX: int = lib.SR_TREES_DEPTH_MAX
TREE_ROWS_MAX: int = lib.SR_TREES_ROWS_MAX
"""Maximum of the levels of all columns together, with two more for each column."""
LEVELS_MAX = 255
"""Maximum number of thresholds of one column."""
TREES_MAGIC = b"SRT2"
DIGITAL_NUMBERS = 65536
"""Number of different digital numbers of 16 bits."""
MEMBERS_MAX = 65536
"""Categories are below this number."""
_ZERO = float(np.float32(1e-35))
"""Maximum magnitude of a number that counts as zero where zero counts as missing (LightGBM: kZeroThreshold)."""


_HEAD_SIZE = 17


class Sums(IntEnum):
    """Floating-point precision in which the leaves are added, one after the other."""

    FLOAT64 = lib.SR_TREES_FLOAT64
    FLOAT32 = lib.SR_TREES_FLOAT32


class Missing(IntEnum):
    """How the splits of a column treat NaN."""

    ZERO = 0
    """NaN counts as 0.0."""
    LEFT = 1
    RIGHT = 2
    NEVER = 3
    """The model was trained without NaN: it counts as 0.0, and the answer is not to be used."""
    ZERO_LEFT = 5
    """NaN and zero both go to the left."""
    ZERO_RIGHT = 6


class CodedColumn(NamedTuple):
    """How the codes of one column are made: a feature, and up to LEVELS_MAX ascending limits or a set of categories.

    For a set of categories, `limits` holds its members, whole numbers below MEMBERS_MAX. They have the code `inside`,
    0 or 1, all other values the other code; otherwise `inside` is None. Where `inside` is 0, -0.5 is category 0, as in
    LightGBM; where it is 1, -0.5 is no category, as in XGBoost.
    """

    feature: int
    limits: NDArray[np.float64]
    missing: Missing = Missing.ZERO
    inside: int | None = None

    @property
    def levels(self) -> int:
        """Number of levels that the column's codes can be compared with; the code of NaN may be above all of them."""
        return len(self.limits) if self.inside is None else 1


class Trees:
    """A forest of trees, checked and ready to score; several threads may score with it at once.

    Raises CorruptError for octets that are not a valid forest.
    """

    def __init__(self, forest: bytes) -> None:
        forest = octets_of(forest)
        self._loaded = np.empty((lib.sr_trees_loaded_size(forest, len(forest)) + 7) // 8 + 1, np.float64)
        room = ffi.from_buffer(self._loaded)
        if lib.sr_trees_load(forest, len(forest), room, self._loaded.nbytes) != lib.SR_OK:
            raise CorruptError(f"{len(forest)} octets are not a valid forest of trees")
        self._scratch_size = int(lib.sr_trees_scratch(room)) // 8 + 1
        self.columns = forest[4] | forest[5] << 8
        self.levels = tuple(forest[_HEAD_SIZE + column] for column in range(self.columns))

    def crc(self) -> int:
        """CRC-32C of the forest in memory; a value other than the first one means that memory has changed."""
        return crc32c(self._loaded.data)

    def sums(self, codes: NDArray[np.uint8]) -> NDArray[np.float64]:
        """For each sample the sum of its leaves, in order of the trees; codes (columns, samples), contiguous uint8."""
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


def exponential(values: NDArray[Any]) -> NDArray[Any]:
    """Replace each value x by exp(x); contiguous float64 or float32, changed in place and returned."""
    kind = np.float32 if getattr(values, "dtype", None) == np.float32 else np.float64
    check("values", values, kind, None, writable=True)
    (lib.sr_exp_f32 if kind is np.float32 else lib.sr_exp)(pointer(values), values.size)
    return values


def quantise(values: NDArray[Any], columns: Sequence[CodedColumn]) -> NDArray[np.uint8]:
    """Codes (columns, samples) of float32 or float64 values (features, samples), contiguous.

    A code is the number of the column's limits that lie below the value: value <= limit k, counted from 0, exactly if
    code <= k. NaN has a code by the column's rule for it. Raises TypeError for another dtype or layout, ValueError for
    another shape or an impossible column.
    """
    kind = np.float32 if getattr(values, "dtype", None) == np.float32 else np.float64
    check("values", values, kind, 2)
    codes = np.empty((len(columns), values.shape[1]), np.uint8)
    whole_parts: dict[tuple[int, bool], NDArray[np.int64]] = {}
    for out, column in zip(codes, columns, strict=True):
        feature = whole("feature", column.feature, 0, len(values) - 1)
        given, rule = values[feature], Missing(whole("missing", column.missing, 0, 6))
        if column.inside is None:
            _count_limits(given, column.limits, rule, out)
        else:
            key = feature, column.inside == 1
            if key not in whole_parts:
                whole_parts[key] = _whole_parts(given, below_zero=column.inside == 0)
            table = _member_table(column)
            out[:] = table[whole_parts[key]]
            out[np.isnan(given)] = _missing_code(rule, int(table[0]), 1)
        if rule in (Missing.ZERO_LEFT, Missing.ZERO_RIGHT):
            out[np.abs(given) <= _ZERO] = _missing_code(rule, 0, column.levels)
    return codes


def _missing_code(rule: Missing, of_zero: int, highest: int) -> int:
    """The code of NaN, where a split sends codes up to its level, which is below `highest`, to the left."""
    if rule in (Missing.LEFT, Missing.ZERO_LEFT):
        return 0
    return highest if rule in (Missing.RIGHT, Missing.ZERO_RIGHT) else of_zero


def _count_limits(given: NDArray[Any], limits: NDArray[np.float64], rule: Missing, out: NDArray[np.uint8]) -> None:
    kernel = lib.sr_trees_quantise_f32 if given.dtype == np.float32 else lib.sr_trees_quantise_f64
    table = _table(limits, given.dtype)
    missing = _missing_code(rule, int((limits < 0).sum()), len(limits))
    kernel(pointer(given), len(given), pointer(table), missing, pointer(out))


def _whole_parts(values: NDArray[Any], *, below_zero: bool) -> NDArray[np.int64]:
    """Category of each value, MEMBERS_MAX for no category; values in (-1, 0) are category 0 where `below_zero`."""
    with np.errstate(invalid="ignore"):
        inside = (values > -1 if below_zero else values >= 0) & (values < MEMBERS_MAX)
    return np.where(inside, values, MEMBERS_MAX).astype(np.int64)


def _member_table(column: CodedColumn) -> NDArray[np.uint8]:
    """The code of each category; the last one is the code of values that are no category."""
    inside = whole("inside", column.inside, 0, 1)
    check("limits", column.limits, np.float64, 1)
    members = column.limits
    if not ((members >= 0) & (members < MEMBERS_MAX) & (members == np.trunc(members))).all():
        raise ValueError(f"categories: whole numbers of 0..{MEMBERS_MAX - 1} expected")
    table = np.full(MEMBERS_MAX + 1, 1 - inside, np.uint8)
    table[members.astype(np.int64)] = inside
    return table


def _table(limits: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Limits in the form of the kernel: LEVELS_MAX of `dtype`, filled up with infinity."""
    check("limits", limits, np.float64, 1)
    if limits.size > LEVELS_MAX or not (limits[:-1] <= limits[1:]).all() or np.isnan(limits).any():
        raise ValueError(f"{limits.size} limits: up to {LEVELS_MAX} expected, in ascending order")
    table = np.full(LEVELS_MAX, np.inf, dtype)
    table[: limits.size] = _rounded_down(limits, dtype)
    return table


class CodeTables:
    """Codes of all 16-bit digital numbers as tables, so that a sample costs one lookup.

    `values` (65536, float32 or float64) are the features that the numbers stand for.
    """

    def __init__(self, columns: Sequence[CodedColumn], values: NDArray[Any]) -> None:
        one = np.ascontiguousarray(values).reshape(1, -1)
        if one.size != DIGITAL_NUMBERS:
            raise ValueError(f"{one.size} values, expected {DIGITAL_NUMBERS}")
        self._features = [whole("feature", column.feature, 0, DIGITAL_NUMBERS - 1) for column in columns]
        self._tables = np.concatenate([quantise(one, [column._replace(feature=0)]) for column in columns])

    def codes(self, numbers: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """Codes (columns, samples) of the values of digital numbers (features, samples), contiguous."""
        check("numbers", numbers, np.uint16, 2)
        if max(self._features, default=0) >= len(numbers):
            raise ValueError(f"numbers: {len(numbers)} features, expected {max(self._features) + 1}")
        out = np.empty((len(self._tables), numbers.shape[1]), np.uint8)
        for row, table, feature in zip(out, self._tables, self._features, strict=True):
            lib.sr_trees_look_up(pointer(numbers[feature]), len(row), pointer(table), pointer(row))
        return out

    def crc(self) -> int:
        """CRC-32C of the tables in memory."""
        return crc32c(self._tables.data)


def _rounded_down(limits: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The largest numbers of `dtype` that are not above the limits: for x of `dtype`, x <= limit stays as it was."""
    with np.errstate(over="ignore"):
        nearest = limits.astype(dtype)
    return np.where(nearest > limits, np.nextafter(nearest, dtype.type(-np.inf)), nearest)
