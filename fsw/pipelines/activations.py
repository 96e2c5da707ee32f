"""From a forest's sums of leaves to its answers, each computed as the library that trained it does."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.inference.trees import exponential, logistic
from link.models.forest import Forest, ForestActivation


def activated(sums: NDArray[Any], forest: Forest) -> NDArray[Any]:
    """Answers (outputs, pixels) of sums (outputs, pixels), which it may change; classes (1, pixels) are uint8."""
    if forest.divisor != 1:
        sums = sums / sums.dtype.type(forest.divisor)
    if forest.factor != 1:
        sums = sums * sums.dtype.type(forest.factor)
    match forest.activation:
        case ForestActivation.LOGISTIC | ForestActivation.LOGISTIC_FLOAT32:
            return np.asarray(logistic(sums))
        case ForestActivation.EXPONENTIAL | ForestActivation.EXPONENTIAL_FLOAT32:
            return np.asarray(exponential(sums))
        case ForestActivation.SOFTMAX | ForestActivation.SOFTMAX_FLOAT32:
            return _softmax(sums)
        case ForestActivation.SIGNED_SQUARE:
            return np.asarray(np.copysign(sums * sums, sums))
        case ForestActivation.STEP:
            return np.asarray(sums > 0, sums.dtype)
        case ForestActivation.CLASS:
            return np.asarray(sums.argmax(axis=0)[np.newaxis], np.uint8)
    return sums


def _softmax(sums: NDArray[Any]) -> NDArray[Any]:
    """Softmax: exponentials are added up in double precision, output after output, and divided in that of the sums."""
    powers = exponential(sums - sums.max(axis=0))
    total = np.zeros(sums.shape[1])
    for power in powers:
        total += power
    return np.asarray(powers / total.astype(sums.dtype))
