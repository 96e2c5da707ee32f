"""A mask by a threshold that the scene itself gives."""

from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from fsw.pipelines.contract import Contract
from fsw.pipelines.stage import Items, Stage, Threshold
from fsw.pipelines.thresholds import Side, compared, known, threshold_contract
from kernels.imaging.image import Mask

BINS = 256
_TAIL_PERCENT = 0.1  # of values at either end that do not widen the bins
FLAT_SEPARABILITY = 0.75
"""The share of variance between classes for uniformly distributed values; for a normal distribution it is 2 / pi."""


class Otsu(Stage, frozen=True):
    """1 where a value is above, or `below`, the threshold that parts the scene's values best (Otsu 1979), by `side`.

    It is `prior` where the scene hardly has two kinds of values, less of their variance than `separability` lying
    between them, or where the threshold is not within `low` and `high`. NaN is not, and no data further on.
    """

    prior: Threshold
    low: Threshold
    high: Threshold
    side: Side = "above"
    separability: Annotated[float, Meta(ge=0, le=1)] = FLAT_SEPARABILITY

    def contract(self) -> Contract:
        return threshold_contract()

    def run(self, *, values: NDArray[np.float32], valid: Mask) -> Items:
        return compared(values, valid, self._threshold(values[known(values, valid) != 0]), self.side)

    def _threshold(self, values: NDArray[np.float32]) -> float:
        threshold, separability = otsu(values)
        return threshold if separability >= self.separability and self.low <= threshold <= self.high else self.prior


def otsu(values: NDArray[np.float32]) -> tuple[float, float]:
    """The threshold, and the share 0..1 of the variance between its two classes; 0 where there is only one."""
    if not values.size:
        return 0.0, 0.0
    low, high = (float(end) for end in np.percentile(values, (_TAIL_PERCENT, 100 - _TAIL_PERCENT)))
    if not low < high:
        return low, 0.0
    counts, edges = np.histogram(np.clip(values, low, high), BINS, (low, high))
    share, centre = counts / counts.sum(), (edges[:-1] + edges[1:]) / 2
    mean = float(share @ centre)
    below, moment = np.cumsum(share)[:-1], np.cumsum(share * centre)[:-1]
    between = (mean * below - moment) ** 2 / np.maximum(below * (1 - below), 1e-12)
    best = float(between.max())
    equal = np.flatnonzero(between >= best * (1 - 1e-9))  # so are all within a gap of the values; its middle is safest
    threshold = (edges[equal[0] + 1] + edges[equal[-1] + 1]) / 2
    return float(threshold), best / float(share @ (centre - mean) ** 2)
