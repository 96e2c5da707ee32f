"""Counts that run round: how much is missing between two of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(slots=True)
class Sequence:
    """What a counter modulo `modulus` says about the units that carry it: frames, packets.

    Totals since the beginning: `gaps` in the count, and units `lost` in them. More than a whole round lost in one gap
    cannot be told from less.
    """

    modulus: int
    gaps: int = 0
    lost: int = 0
    _expected: int | None = None

    def missing(self, count: int) -> int:
        """How many units are missing before the one that carries `count`; 0 for the first of all."""
        missing = 0 if self._expected is None else (count - self._expected) % self.modulus
        self._expected = (count + 1) % self.modulus
        self.gaps += missing > 0
        self.lost += missing
        return missing

    def missing_each(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """As `missing`, for each of one or more units that follow one another."""
        before = int(counts[0] if self._expected is None else self._expected) - 1
        missing = (np.diff(counts, prepend=before) - 1) % self.modulus
        self._expected = (int(counts[-1]) + 1) % self.modulus
        self.gaps += int((missing > 0).sum())
        self.lost += int(missing.sum())
        return missing
