"""Packet erasure: any k of k + m shards bring the data back (csrc/include/skyrack/erasure.h)."""

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import checked, require, rows, whole
from kernels.errors import CorruptError
from kernels.library import lib

SHARDS_MAX: int = lib.SR_ERASURE_SHARDS_MAX
Shards = NDArray[np.uint8]
"""(k + m, octets): the rows of data first, then those of parity."""


def erasure_encode(shards: Shards, *, parity: int) -> None:
    """Compute the last `parity` rows from those before them, in place."""
    start, stride = rows(shards, writable=True)
    data = _data_rows(shards, parity)
    require(lib.sr_erasure_encode(start, stride, shards.shape[1], data, parity))


def erasure_repair(shards: Shards, present: NDArray[np.bool_], *, parity: int) -> None:
    """Recompute, in place, the rows whose `present` (k + m booleans) is False.

    Raises CorruptError where fewer than k rows are present; the shards are then unchanged.
    """
    start, stride = rows(shards, writable=True)
    data = _data_rows(shards, parity)
    flags = checked("present", present, np.bool_, 1)
    if present.shape != shards.shape[:1]:
        raise TypeError(f"present: {len(shards)} contiguous booleans expected")
    status = lib.sr_erasure_repair(start, stride, shards.shape[1], data, parity, flags)
    if status == lib.SR_CORRUPT:
        raise CorruptError(f"{int(present.sum())} shards of {len(shards)} are present, {data} are needed")
    require(status)


def _data_rows(shards: Shards, parity: int) -> int:
    if not whole("parity", parity, 0, SHARDS_MAX) < len(shards) <= SHARDS_MAX:
        raise ValueError(f"{len(shards)} shards, {parity} of them parity: expected 1..{SHARDS_MAX}, one of them data")
    return len(shards) - parity
