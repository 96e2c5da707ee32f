"""Gradient-boosted trees over quantised features (csrc/include/skyrack/trees.h)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from _csrc import ffi, lib
from numpy.typing import NDArray

from hal.kernels.errors import CorruptError

FEATURES_MAX: int = lib.SR_TREES_FEATURES_MAX
LEAVES_MAX: int = lib.SR_TREES_LEAVES_MAX
DEPTH_MAX: int = lib.SR_TREES_DEPTH_MAX
LEVELS_MAX = 255
"""Most thresholds of one feature."""
MAGIC = b"SRT1"


class Trees:
    """A forest that was checked and laid out. Raises CorruptError for any octets that are none."""

    def __init__(self, forest: bytes) -> None:
        self._loaded = np.empty((lib.sr_trees_loaded_size(forest, len(forest)) + 7) // 8 + 1, np.float64)
        room = ffi.from_buffer(self._loaded)
        if lib.sr_trees_load(forest, len(forest), room, self._loaded.nbytes) != lib.SR_OK:
            raise CorruptError(f"{len(forest)} octets are no forest of trees")
        self._scratch = np.empty(lib.sr_trees_scratch(room) // 8 + 1, np.float64)
        self.features = int.from_bytes(forest[4:6], "little")

    def sums(self, codes: NDArray[np.uint8]) -> NDArray[np.float64]:
        """For each sample the sum of its leaves, tree after tree; codes (features, samples), contiguous uint8."""
        if codes.dtype != np.uint8 or codes.ndim != 2 or len(codes) != self.features or not codes.flags.c_contiguous:
            raise TypeError(f"codes: contiguous uint8 ({self.features}, samples) expected")
        out = np.empty(codes.shape[1], np.float64)
        status = lib.sr_trees_score(
            ffi.from_buffer(self._loaded), ffi.from_buffer("uint8_t[]", codes), codes.shape[1], codes.shape[1],
            ffi.from_buffer("double[]", out), ffi.from_buffer(self._scratch), self._scratch.nbytes,
        )  # fmt: skip
        assert status == lib.SR_OK, status
        return out

    def probabilities(self, codes: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The logistic function of `sums`."""
        sums = self.sums(codes)
        lib.sr_logistic(ffi.from_buffer("double[]", sums), sums.size)
        return sums


def quantise(values: NDArray[Any], thresholds: Sequence[NDArray[np.float64]]) -> NDArray[np.uint8]:
    """Codes (features, samples) of float32 or float64 values (samples, features), contiguous.

    A code is how many of the feature's thresholds, ascending, lie below the value: a value is up to threshold k,
    counted from 0, exactly if its code is. NaN counts as 0.0.
    """
    if values.ndim != 2 or values.shape[1] != len(thresholds):
        raise ValueError(f"values: shape {values.shape}, expected (samples, {len(thresholds)})")
    if values.dtype not in _QUANTISE or not values.flags.c_contiguous:
        raise TypeError(f"values: {values.dtype}, expected contiguous float32 or float64")
    kernel, ctype = _QUANTISE[values.dtype]
    codes, start = np.empty((len(thresholds), len(values)), np.uint8), ffi.from_buffer(ctype, values)
    for feature, limits in enumerate(thresholds):
        table = np.full(LEVELS_MAX, np.inf, values.dtype)
        table[: len(limits)] = _rounded_down(limits, values.dtype)
        out = ffi.from_buffer("uint8_t[]", codes[feature])
        kernel(start + feature, len(thresholds), len(values), ffi.from_buffer(ctype, table), out)
    return codes


def code_tables(thresholds: Sequence[NDArray[np.float64]], values: NDArray[Any]) -> NDArray[np.uint8]:
    """Codes (features, numbers) of all digital numbers, whose `values` (numbers) are given: one lookup a sample.

    `np.take(tables[f], dn)` then gives what `quantise` would of `values[dn]`.
    """
    column = np.ascontiguousarray(values.reshape(-1, 1))
    return np.concatenate([quantise(column, [limits]) for limits in thresholds])


def _rounded_down(limits: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The largest numbers of `dtype` that are not above the limits: for values of `dtype`, x <= either is the same."""
    nearest = limits.astype(dtype)
    return np.where(nearest > limits, np.nextafter(nearest, dtype.type(-np.inf)), nearest)


_QUANTISE = {
    np.dtype(np.float32): (lib.sr_trees_quantise_f32, "float[]"),
    np.dtype(np.float64): (lib.sr_trees_quantise_f64, "double[]"),
}
