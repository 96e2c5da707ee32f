"""Selection of rows of an array, without a copy if all are selected, the usual case."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def chosen(rows: NDArray[Any], wanted: NDArray[np.bool_]) -> NDArray[Any]:
    """`rows[wanted]`; where all are wanted, the rows themselves and no copy."""
    return rows if wanted.all() else rows[wanted]
