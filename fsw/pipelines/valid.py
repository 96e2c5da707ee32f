"""Valid pixels: a mask of the frame (row, column), 1 where there is data, with which every pipeline begins.

The camera gives it. Where it does not, a pixel is no data if all its bands are 0, as in the fill of Landsat and
Sentinel-2, or in a frame of floats if none of its bands is a finite number. Where there is no data, the samples are
set to 0, or to NaN in a frame of floats.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from hal.camera import Frame
from hal.views import shape_of, shaped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from kernels.imaging.image import Mask
else:
    from kernels.late import np

_BELOW_ONE = 1 - 2**-24  # the binary32 number next below 1


def joined(frame: Frame) -> memoryview:
    """The samples of a frame; where the camera gives a mask, it follows as one more plane, 1 where there is data."""
    samples, mask = frame.samples, frame.mask
    if mask is None:
        return samples
    bands, rows, columns = shape_of(samples)
    given, one = shape_of(mask)[1], struct.pack(samples.format, 1)
    octets = b"".join(mask.tobytes()[at : at + given].ljust(columns, b"\0") for at in range(0, rows * given, given))
    plane = bytearray(len(one) * rows * columns)
    for at, octet in enumerate(one):
        plane[at :: len(one)] = octets.translate(bytes([0, *255 * [octet]]))
    return shaped(b"".join((samples, plane)), samples.format, (bands + 1, rows, columns))


def parted(samples: NDArray[Any] | memoryview, *, is_masked: bool, is_packed: bool) -> tuple[NDArray[Any], Mask]:
    """The samples of the bands, and the mask, from what `joined` gave. Raises ValueError where there is no band."""
    samples = np.asarray(samples)
    if samples.ndim != 3 or len(samples) <= is_masked:
        raise ValueError(f"samples {samples.shape}, expected (band, row, column)")
    columns = samples.shape[2] * 2 // 3 if is_packed else samples.shape[2]
    if not is_masked:
        return samples, np.ones((samples.shape[1], columns), np.uint8) if is_packed else _with_data(samples)
    valid = (samples[-1, :, :columns] != 0).view(np.uint8)
    samples = samples[:-1]
    if not is_packed:
        if samples.dtype.kind == "f":
            valid = valid & _with_data(samples)
        samples = blanked(samples, valid)
    return samples, valid


def blanked(samples: NDArray[Any], valid: Mask) -> NDArray[Any]:
    """The samples (..., row, column) with 0 where there is no data, or NaN in floats."""
    if valid.all():
        return samples
    empty = np.nan if samples.dtype.kind == "f" else 0
    cut: NDArray[Any] = np.where(valid != 0, samples, samples.dtype.type(empty))
    return cut


def within_valid(mask: Mask, valid: Mask) -> Mask:
    """1 where the mask is not 0 and there is data."""
    both: Mask = ((mask != 0) & (valid != 0)).view(np.uint8)
    return both


def share_of(valid: Mask) -> float:
    """The share of pixels with data, 0..1: exactly 1 where all have data, and only there, as binary32 too."""
    share = float(np.count_nonzero(valid) / valid.size)
    return share if share == 1 else min(share, _BELOW_ONE)


def _with_data(samples: NDArray[Any]) -> Mask:
    """Where any band has data, taken band by band, so that a large frame needs little memory beside its own."""
    valid: Mask = np.zeros(samples.shape[1:], np.uint8)
    for band in samples:
        valid |= np.isfinite(band) if band.dtype.kind == "f" else band != 0
    return valid
