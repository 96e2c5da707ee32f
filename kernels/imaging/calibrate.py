"""Raw 12-bit frames to calibrated ones (csrc/include/skyrack/calibrate.h)."""

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import check, pointer, require, rows
from kernels.library import lib


def calibrate_raw12(
    packed: NDArray[np.uint8], dark: NDArray[np.float32], gain: NDArray[np.float32]
) -> NDArray[np.uint16]:
    """(sample - dark) * gain in float32, limited to 0..65535 (NaN to 0) and rounded, halves upward.

    `packed` is (rows, octets a row): two samples in three octets as MIPI CSI-2 RAW12 packs them, and an odd last
    one in two, its upper 8 bits first; octets beyond the last sample, rows lying apart, are ignored. `dark` and `gain`
    are both (rows, columns), or both (columns,) where one row serves all; the number of columns is theirs. Gives (rows,
    columns). Raises TypeError for another dtype or layout, ValueError for shapes that do not fit together.
    """
    start, stride = rows(packed)
    check("dark", dark, np.float32, None)
    check("gain", gain, np.float32, None)
    height, cols = len(packed), dark.shape[-1] if dark.ndim else 0
    if dark.shape != gain.shape or dark.shape not in {(cols,), (height, cols)}:
        raise ValueError(f"dark {dark.shape}, gain {gain.shape}: expected ({cols},) or ({height}, {cols}) for both")
    if cols == 0 or packed.shape[1] < (3 * cols + 1) // 2:
        raise ValueError(f"rows of {packed.shape[1]} octets are too short for {cols} columns")
    if cols % 2:
        return _odd(packed, dark, gain)
    out = np.empty((height, cols), np.uint16)
    table_stride = cols if dark.ndim == 2 else 0
    require(
        lib.sr_calibrate_raw12(start, stride, height, cols, pointer(dark), pointer(gain), table_stride, pointer(out))
    )
    return out


def _odd(packed: NDArray[np.uint8], dark: NDArray[np.float32], gain: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Calibrate an odd number of columns: one is added and dropped again, because the kernel takes pairs of samples."""
    cols = dark.shape[-1]
    last = cols // 2 * 3  # the octet of the odd sample's upper bits
    pairs = np.zeros((len(packed), last + 3), np.uint8)
    pairs[:, : last + 1], pairs[:, last + 2] = packed[:, : last + 1], packed[:, last + 1] & 15
    dark, gain = (np.concatenate([table, table[..., -1:]], axis=-1) for table in (dark, gain))
    return np.ascontiguousarray(calibrate_raw12(pairs, dark, gain)[:, :cols])
