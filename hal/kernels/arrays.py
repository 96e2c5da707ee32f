"""How arrays cross to C: a pointer to the first octet and the distance between rows."""

from typing import Any

import numpy as np
from _csrc import ffi
from numpy.typing import NDArray


def rows(frames: NDArray[np.uint8], *, writable: bool = False) -> tuple[Any, int]:
    """Pointer and stride, in octets, of frames (count, length): octets of a row lie together, rows may lie apart.

    The pointer need not keep the array alive. Raises TypeError for another dtype or layout, ValueError for another
    number of dimensions or for an array that is read-only where `writable` asks for more.
    """
    if frames.ndim != 2:
        raise ValueError(f"frames: shape {frames.shape}, expected (count, length)")
    if frames.dtype == np.uint8 and frames.flags.c_contiguous and not writable:  # the usual case, several times as fast
        return ffi.from_buffer("uint8_t[]", frames), frames.shape[1]
    across, along = frames.strides if frames.size else (frames.shape[1], 1)
    if frames.dtype != np.uint8 or (along != 1 and frames.shape[1] > 1) or (across < 0 and frames.shape[0] > 1):
        raise TypeError(f"frames: {frames.dtype} with strides {frames.strides}, expected uint8 with contiguous rows")
    if writable and not frames.flags.writeable:
        raise ValueError("frames: read-only")
    return ffi.cast("uint8_t *", frames.__array_interface__["data"][0]), max(across, 0)
