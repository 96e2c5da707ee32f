"""From two bands to an answer: water index, mask, clean-up, components, outlines, runs (csrc/include/skyrack/image.h).

A mask is a (rows, columns) array of uint8, 0 for land and anything else for water; masks that come out hold 0 and 1.
Corners are the points between pixels: x to the right, y downward; (column, row) is the upper-left one of pixel
(row, column).
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import check, octets_of, pointer, real, require, whole
from kernels.errors import CorruptError
from kernels.library import ffi, lib

Mask = NDArray[np.uint8]
Ring = NDArray[np.int32]
"""Corners (vertices, 2) as (x, y), the first one not repeated: exteriors anticlockwise as one sees the picture."""
Polygon = list[Ring]
"""The exterior ring, then the rings of the holes."""

SIDE_MAX: int = lib.SR_IMAGE_SIDE_MAX
"""Maximum of a mask's rows, and of its columns."""


class LabelledComponents(NamedTuple):
    """The components of a mask (four neighbours), numbered from 1 in raster order of their first pixels."""

    labels: NDArray[np.int32]
    """(rows, columns): the component's number, 0 for land."""
    areas: NDArray[np.int32]
    """(components,): pixels of component i + 1 at i."""
    boxes: NDArray[np.int32]
    """(components, 4): first row, first column, last row + 1, last column + 1."""


def normalised_difference(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float32]:
    """(a - b) / (a + b), rounded once to float32; NaN where both are 0.

    Bands of one shape, both uint8 or both uint16; or both float32, computed in float32, where values below 0 count as
    0 (an atmospheric correction can overshoot, but reflectance is never negative) and those not finite give NaN.
    """
    if _is_real(a, b):
        return _real_difference(a, b)
    suffix = _band_type(a, b)
    out = np.empty(a.shape, np.float32)
    kernel = getattr(lib, f"sr_normalised_difference_{suffix}")
    kernel(pointer(a), pointer(b), a.size, pointer(out))
    return out


def water_mask(green: NDArray[Any], swir1: NDArray[Any], *, threshold: float) -> Mask:
    """1 where (green - swir1) / (green + swir1), as float32, is greater than `threshold` as float32, -1..1; else 0.

    Bands of one shape, both uint8, both uint16 or both float32. A pixel whose bands are both 0 is land.
    """
    threshold = real("threshold", threshold, -1, 1)
    if _is_real(green, swir1):
        return (_real_difference(green, swir1) > np.float32(threshold)).view(np.uint8)
    suffix = _band_type(green, swir1)
    mask = np.empty(green.shape, np.uint8)
    kernel = getattr(lib, f"sr_mndwi_mask_{suffix}")
    require(kernel(pointer(green), pointer(swir1), green.size, threshold, pointer(mask)))
    return mask


def clean_mask(mask: Mask, *, smallest_px: int) -> Mask:
    """Majority of 3 x 3, then remove water of fewer than `smallest_px` (1..2**32 - 1) pixels, then fill such holes.

    Both are components of four neighbours; a hole touches no edge of the image. The C header has the exact rule.
    """
    rows, cols = _mask_shape(mask)
    smallest_px = whole("smallest_px", smallest_px, 1, 2**32 - 1)
    out = np.empty(mask.shape, np.uint8)
    require(lib.sr_mask_clean(pointer(mask), rows, cols, smallest_px, pointer(out), *_scratch(rows, cols)))
    return out


def components(mask: Mask) -> LabelledComponents:
    """Number the components of water (four neighbours)."""
    rows, cols = _mask_shape(mask)
    capacity, count = (rows * cols + 1) // 2, ffi.new("size_t *")
    labels, areas = np.empty(mask.shape, np.int32), np.empty(capacity, np.int32)
    boxes = np.empty((capacity, 4), np.int32)
    arrays = (pointer(array) for array in (labels, areas, boxes))
    require(lib.sr_mask_components(pointer(mask), rows, cols, *arrays, capacity, count, *_scratch(rows, cols)))
    return LabelledComponents(labels, areas[: count[0]].copy(), boxes[: count[0]].copy())


def encode_outlines(mask: Mask) -> bytes:
    """The exact borders of the components as chain codes; a mask without water takes one octet."""
    rows, cols = _mask_shape(mask)
    out, used = np.empty(lib.sr_mask_outlines_bound(rows, cols), np.uint8), ffi.new("size_t *")
    require(lib.sr_mask_outlines_encode(pointer(mask), rows, cols, pointer(out), out.size, used, *_scratch(rows, cols)))
    return out[: used[0]].tobytes()


def decode_outlines(octets: bytes, shape: tuple[int, int]) -> list[Polygon]:
    """The polygons, one a component in order of their numbers. Raises CorruptError for any other octets."""
    octets, (rows, cols) = octets_of(octets), _checked_shape(shape)
    corners, count = np.empty((4 * len(octets), 2), np.int32), ffi.new("size_t *")
    ring_ends, polygon_ends = np.empty(len(octets), np.uint32), np.empty(len(octets), np.uint32)
    made = pointer(corners), pointer(ring_ends), pointer(polygon_ends), count
    if lib.sr_mask_outlines_decode(octets, len(octets), rows, cols, *made) != lib.SR_OK:
        raise CorruptError(f"{len(octets)} octets are not valid outlines of a mask of {rows} x {cols} pixels")
    return _as_polygons(corners, ring_ends, polygon_ends[: count[0]])


def rasterise(polygons: Sequence[Polygon], shape: tuple[int, int]) -> Mask:
    """Fill all rings by the even-odd rule. Raises ValueError for edges that leave the image or are oblique."""
    rows, cols = _checked_shape(shape)
    rings = [_checked_ring(ring, rows, cols) for ring in chain.from_iterable(polygons)]
    corners = np.concatenate([np.empty((0, 2), np.int32), *rings])
    ends, mask = np.cumsum([len(ring) for ring in rings], dtype=np.uint32), np.empty((rows, cols), np.uint8)
    status = lib.sr_mask_rasterise(pointer(corners), pointer(ends), len(rings), rows, cols, pointer(mask))
    if status != lib.SR_OK:
        raise ValueError(f"rings: edges along rows or columns within {rows} x {cols} pixels expected")
    return mask


def encode_runs(mask: Mask) -> bytes:
    """Lengths of the stretches of equal pixels in raster order, the first one land, as LEB128 numbers."""
    rows, cols = _mask_shape(mask)
    out, used = np.empty(lib.sr_mask_runs_bound(rows * cols), np.uint8), ffi.new("size_t *")
    require(lib.sr_mask_runs_encode(pointer(mask), mask.size, pointer(out), out.size, used))
    return out[: used[0]].tobytes()


def decode_runs(octets: bytes, shape: tuple[int, int]) -> Mask:
    """The mask of this shape that has these runs. Raises CorruptError for any other octets."""
    octets, (rows, cols) = octets_of(octets), _checked_shape(shape)
    mask = np.empty((rows, cols), np.uint8)
    if lib.sr_mask_runs_decode(octets, len(octets), rows * cols, pointer(mask)) != lib.SR_OK:
        raise CorruptError(f"{len(octets)} octets are not valid runs of a mask of {rows} x {cols} pixels")
    return mask


def _as_polygons(
    corners: NDArray[np.int32], ring_ends: NDArray[np.uint32], polygon_ends: NDArray[np.uint32]
) -> list[Polygon]:
    """Cut the corners at the ends of the rings, and the rings at the ends of the polygons."""
    polygons: list[Polygon] = []
    ring = corner = 0
    for polygon_end in polygon_ends.tolist():
        polygon: Polygon = []
        polygons.append(polygon)
        for ring_end in ring_ends[ring:polygon_end].tolist():
            polygon.append(corners[corner:ring_end].copy())
            corner = ring_end
        ring = polygon_end
    return polygons


def _checked_ring(ring: Any, rows: int, cols: int) -> Ring:
    """A ring (vertices, 2) of integers of any width as int32; ValueError for corners outside the image."""
    ring = np.asarray(ring)
    if ring.dtype.kind not in "iu" or ring.ndim != 2 or ring.shape[1] != 2:
        raise TypeError("rings: whole numbers (vertices, 2) expected")
    if ring.size and (ring.min() < 0 or (ring.max(axis=0) > (cols, rows)).any()):
        raise ValueError(f"rings: corners within {rows} x {cols} pixels expected")
    return np.asarray(ring, np.int32)


def _is_real(a: Any, b: Any) -> bool:
    return bool(getattr(a, "dtype", None) == getattr(b, "dtype", None) == np.float32)


def _real_difference(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """The normalised difference of float32, for which there is no kernel."""
    if a.shape != b.shape:
        raise ValueError(f"bands: shapes {a.shape} and {b.shape}, expected the same")
    known = np.isfinite(a) & np.isfinite(b)
    high, low = (np.where(known, np.maximum(band, 0), 0).astype(np.float32) for band in (a, b))
    with np.errstate(over="ignore"):
        total = high + low
    out = np.full(a.shape, np.nan, np.float32)
    np.divide(high - low, total, out=out, where=known & (total > 0) & np.isfinite(total))
    return out


def _band_type(a: NDArray[Any], b: NDArray[Any]) -> str:
    """The suffix of the kernel's name for two bands; TypeError or ValueError where they do not fit together."""
    kind = np.uint8 if getattr(a, "dtype", None) == np.uint8 else np.uint16
    check("bands", a, kind, None)
    check("bands", b, kind, None)
    if a.shape != b.shape:
        raise ValueError(f"bands: shapes {a.shape} and {b.shape}, expected the same")
    return "u8" if kind is np.uint8 else "u16"


def _mask_shape(mask: Mask) -> tuple[int, int]:
    check("mask", mask, np.uint8, 2)
    return _checked_shape(mask.shape)


def _checked_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    rows, cols = shape
    return whole("rows", rows, 1, SIDE_MAX), whole("columns", cols, 1, SIDE_MAX)


def _scratch(rows: int, cols: int) -> tuple[Any, int]:
    """Scratch memory that suffices for any mask of this shape, and its octets; only what is needed is touched."""
    scratch = np.empty(lib.sr_mask_scratch_bound(rows, cols), np.uint8)
    return pointer(scratch), scratch.size
