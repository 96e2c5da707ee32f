"""From two bands to an answer: water index, mask, clean-up, components, outlines, runs (csrc/include/skyrack/image.h).

A mask is a (rows, columns) array of uint8, 0 for land and anything else for water; masks that come out hold 0 and 1.
Corners are the points between pixels: x to the right, y downward; (column, row) is the upper-left one of pixel
(row, column).
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from _csrc import ffi, lib
from numpy.typing import NDArray

from hal.kernels.errors import CorruptError

Mask = NDArray[np.uint8]
Ring = NDArray[np.int32]
"""Corners (vertices, 2) as (x, y), the first one not repeated: exteriors anticlockwise as one sees the picture."""
Polygon = list[Ring]
"""The exterior ring, then the rings of the holes."""

SIDE_MAX: int = lib.SR_IMAGE_SIDE_MAX
"""Most rows, and most columns, that a mask may have."""


class Components(NamedTuple):
    """The components of a mask (four neighbours), numbered from 1 in raster order of their first pixels."""

    labels: NDArray[np.int32]
    """(rows, columns): the component's number, 0 for land."""
    areas: NDArray[np.int32]
    """(components,): pixels of component i + 1 at i."""
    boxes: NDArray[np.int32]
    """(components, 4): first row, first column, last row + 1, last column + 1."""


def normalised_difference(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float32]:
    """(a - b) / (a + b), rounded once to float32; NaN where both are 0.

    Bands of one shape, both uint8 or both uint16.
    """
    suffix, ctype = _band_type(a, b)
    out = np.empty(a.shape, np.float32)
    kernel = getattr(lib, f"sr_normalised_difference_{suffix}")
    kernel(ffi.from_buffer(ctype, a), ffi.from_buffer(ctype, b), a.size, _out("float[]", out))
    return out


def water_mask(green: NDArray[Any], swir1: NDArray[Any], *, threshold: float) -> Mask:
    """1 where (green - swir1) / (green + swir1), as float32, is greater than `threshold` as float32, -1..1; else 0.

    Bands of one shape, both uint8 or both uint16. Where both bands are 0 is land.
    """
    suffix, ctype = _band_type(green, swir1)
    if not -1 <= threshold <= 1:
        raise ValueError(f"threshold = {threshold}, expected -1..1")
    mask = np.empty(green.shape, np.uint8)
    kernel = getattr(lib, f"sr_mndwi_mask_{suffix}")
    status = kernel(
        ffi.from_buffer(ctype, green), ffi.from_buffer(ctype, swir1), green.size, threshold, _out("uint8_t[]", mask)
    )
    assert status == lib.SR_OK, status
    return mask


def clean_mask(mask: Mask, *, smallest_px: int) -> Mask:
    """Majority of 3 x 3, then drop water of fewer than `smallest_px` (1..2**32 - 1) pixels, then fill such holes.

    The header has the exact rule: water and land hang together by four neighbours, a hole touches no edge of the image.
    """
    rows, cols = _mask_shape(mask)
    if not 1 <= smallest_px < 2**32:
        raise ValueError(f"smallest_px = {smallest_px}, expected 1..2**32 - 1")
    out = np.empty(mask.shape, np.uint8)
    status = lib.sr_mask_clean(
        ffi.from_buffer("uint8_t[]", mask), rows, cols, smallest_px, _out("uint8_t[]", out), *_scratch(rows, cols)
    )
    assert status == lib.SR_OK, status
    return out


def components(mask: Mask) -> Components:
    """Number the components of water."""
    rows, cols = _mask_shape(mask)
    capacity, count = (rows * cols + 1) // 2, ffi.new("size_t *")
    labels, areas = np.empty(mask.shape, np.int32), np.empty(capacity, np.int32)
    boxes = np.empty((capacity, 4), np.int32)
    arrays = (_out("int32_t[]", array) for array in (labels, areas, boxes))
    status = lib.sr_mask_components(
        ffi.from_buffer("uint8_t[]", mask), rows, cols, *arrays, capacity, count, *_scratch(rows, cols)
    )
    assert status == lib.SR_OK, status
    return Components(labels, areas[: count[0]].copy(), boxes[: count[0]].copy())


def encode_outlines(mask: Mask) -> bytes:
    """The exact borders of the components as chain codes; a mask without water takes one octet."""
    rows, cols = _mask_shape(mask)
    out, used = np.empty(lib.sr_mask_outlines_bound(rows, cols), np.uint8), ffi.new("size_t *")
    status = lib.sr_mask_outlines_encode(
        ffi.from_buffer("uint8_t[]", mask), rows, cols, _out("uint8_t[]", out), out.size, used, *_scratch(rows, cols)
    )
    assert status == lib.SR_OK, status  # the bounds rule SR_TOO_SMALL out
    return out[: used[0]].tobytes()


def decode_outlines(octets: bytes, shape: tuple[int, int]) -> list[Polygon]:
    """The polygons, one a component in order of their numbers. Raises CorruptError for any other octets."""
    rows, cols = _checked_shape(shape)
    corners, count = np.empty((4 * len(octets), 2), np.int32), ffi.new("size_t *")
    ring_ends, polygon_ends = np.empty(len(octets), np.uint32), np.empty(len(octets), np.uint32)
    status = lib.sr_mask_outlines_decode(
        ffi.from_buffer("uint8_t[]", octets), len(octets), rows, cols,
        _out("int32_t[]", corners), _out("uint32_t[]", ring_ends), _out("uint32_t[]", polygon_ends), count,
    )  # fmt: skip
    if status != lib.SR_OK:
        raise CorruptError(f"{len(octets)} octets are no outlines of {rows} x {cols} pixels")
    return _as_polygons(corners, ring_ends, polygon_ends[: count[0]])


def rasterise(polygons: Sequence[Polygon], shape: tuple[int, int]) -> Mask:
    """Fill all rings by even-odd. Raises ValueError for edges that leave the image or run askew."""
    rows, cols = _checked_shape(shape)
    rings = list(chain.from_iterable(polygons))
    corners = np.concatenate([np.empty((0, 2), np.int32), *rings], dtype=np.int32, casting="same_kind")
    ends = np.cumsum([len(ring) for ring in rings], dtype=np.uint32)
    mask = np.empty(shape, np.uint8)
    status = lib.sr_mask_rasterise(
        ffi.from_buffer("int32_t[]", corners), ffi.from_buffer("uint32_t[]", ends), len(rings), rows, cols,
        _out("uint8_t[]", mask),
    )  # fmt: skip
    if status != lib.SR_OK:
        raise ValueError(f"rings: edges along rows or columns within {rows} x {cols} pixels expected")
    return mask


def encode_runs(mask: Mask) -> bytes:
    """Lengths of the stretches of equal pixels in raster order, the first one land, as LEB128 numbers."""
    rows, cols = _mask_shape(mask)
    out, used = np.empty(lib.sr_mask_runs_bound(rows * cols), np.uint8), ffi.new("size_t *")
    status = lib.sr_mask_runs_encode(
        ffi.from_buffer("uint8_t[]", mask), mask.size, _out("uint8_t[]", out), out.size, used
    )
    assert status == lib.SR_OK, status  # the bound rules SR_TOO_SMALL out
    return out[: used[0]].tobytes()


def decode_runs(octets: bytes, shape: tuple[int, int]) -> Mask:
    """The mask of this shape that has these runs. Raises CorruptError for any other octets."""
    rows, cols = _checked_shape(shape)
    mask = np.empty(shape, np.uint8)
    status = lib.sr_mask_runs_decode(
        ffi.from_buffer("uint8_t[]", octets), len(octets), rows * cols, _out("uint8_t[]", mask)
    )
    if status != lib.SR_OK:
        raise CorruptError(f"{len(octets)} octets are no runs of {rows} x {cols} pixels")
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


def _band_type(a: NDArray[Any], b: NDArray[Any]) -> tuple[str, str]:
    """The kernel's suffix and the C type for two bands; TypeError and ValueError where they do not fit together."""
    kinds = {np.dtype(np.uint8): ("u8", "uint8_t[]"), np.dtype(np.uint16): ("u16", "uint16_t[]")}
    if a.dtype not in kinds or a.dtype != b.dtype or not all(x.flags.c_contiguous and x.flags.aligned for x in (a, b)):
        raise TypeError("bands: contiguous uint8 or uint16 expected, both alike")
    if a.shape != b.shape:
        raise ValueError(f"bands: shapes {a.shape} and {b.shape}, expected the same")
    return kinds[a.dtype]


def _mask_shape(mask: Mask) -> tuple[int, int]:
    if mask.dtype != np.uint8 or mask.ndim != 2 or not mask.flags.c_contiguous:
        raise TypeError("mask: contiguous uint8 of two dimensions expected")
    return _checked_shape(mask.shape)


def _checked_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    rows, cols = shape
    if not (1 <= rows <= SIDE_MAX and 1 <= cols <= SIDE_MAX):
        raise ValueError(f"{rows} x {cols} pixels, expected sides of 1..{SIDE_MAX}")
    return rows, cols


def _out(ctype: str, array: NDArray[Any]) -> Any:
    return ffi.from_buffer(ctype, array, require_writable=True)


def _scratch(rows: int, cols: int) -> tuple[Any, int]:
    """Memory that always suffices; only what a mask needs of it is ever touched."""
    scratch = np.empty(lib.sr_mask_scratch_bound(rows, cols), np.uint8)
    return _out("uint8_t[]", scratch), scratch.size
