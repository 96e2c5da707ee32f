"""Selection of rows of an array, without a copy if all are selected, the usual case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    from kernels.late import np


def chosen(rows: NDArray[Any], wanted: NDArray[np.bool_]) -> NDArray[Any]:
    """`rows[wanted]`; where all are wanted, the rows themselves and no copy."""
    return rows if wanted.all() else rows[wanted]
