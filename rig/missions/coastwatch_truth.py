"""The same answer computed independently: plain numpy and Python that share no code with the kernels under test.

The rule is that of csrc/include/skyrack/image.h: MNDWI as float32 above a threshold; majority of 3 x 3, the edge
repeated; water of fewer than `smallest_px` pixels dropped, then holes of as few that touch no edge filled; four
neighbours. Pixels without data are not water, before the rule and after it.
Outlines are read with the kernels' decoder, as a user's ground would; runs are read here.
"""

from collections import deque
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from hal.camera import Frame
from kernels.errors import CorruptError
from kernels.imaging.image import decode_outlines
from link.products.product import Product

_Mask = NDArray[np.bool_]
_SHARE_TOLERANCE = 1e-6  # the rounding of a share to binary32


def expected_mask(frame: Frame, *, threshold: float, smallest_px: int) -> _Mask:
    """Water (rows, columns) in a raw frame with bands "green" and "swir1"."""
    seen = seen_in(frame)
    water = _majority((_index(frame) > np.float32(threshold)) & seen)
    for component in _components(water):
        if len(component) < smallest_px:
            _paint(water, component, value=False)
    rows, cols = water.shape
    for component in list(_components(~water)):
        inside = all(0 < row < rows - 1 and 0 < col < cols - 1 for row, col in component)
        if inside and len(component) < smallest_px:
            _paint(water, component, value=True)
    return water & seen


def seen_in(frame: Frame) -> _Mask:
    """The pixels with data: as the camera says or, without its word, not 0 in all bands; and with a finite index."""
    finite = np.isfinite(frame.dn)
    said = ((frame.dn != 0) & finite).any(axis=0) if frame.valid is None else frame.valid != 0
    seen: _Mask = said & np.isfinite(_index(frame))
    return seen


def differences_from_truth(product: Product, frame: Frame, *, threshold: float, smallest_px: int) -> list[str]:
    """The differences between a product and this computation, in words; empty when they agree."""
    expected = expected_mask(frame, threshold=threshold, smallest_px=smallest_px)
    if product.target != frame.target:
        return [f"target {product.target!r}, expected {frame.target!r}"]
    seen = float(seen_in(frame).mean())
    if abs(product.seen - seen) > _SHARE_TOLERANCE:
        return [f"seen {product.seen:.4f} of the pixels, expected {seen:.4f}"]
    water = product.water
    if water is None:
        return [f"nothing found, expected {expected.sum()} pixels of water"] if expected.any() else []
    if water.shape != expected.shape:
        return [f"shape {water.shape}, expected {expected.shape}"]
    checks = {
        "georeference": water.georeference == frame.georeference,
        "runs": _same(lambda: read_runs(water.runs, expected.shape), expected),
        "outlines": _same(lambda: filled(water.outlines, expected.shape), expected),
    }
    return [f"{part} differ from the plain computation" for part, agrees in checks.items() if not agrees]


def _index(frame: Frame) -> NDArray[np.float32]:
    """(green - swir1) / (green + swir1), with negative samples as 0; NaN where both are 0 or one is no number."""
    bands = [frame.band(name).astype(np.float32) for name in ("green", "swir1")]
    known = np.isfinite(bands).all(axis=0)
    green, swir1 = (np.where(known, np.maximum(band, 0), 0) for band in bands)
    total = green + swir1
    index: NDArray[np.float32] = np.divide(
        green - swir1, total, out=np.full(total.shape, np.nan, np.float32), where=known & (total > 0)
    )
    return index


def _majority(mask: _Mask) -> _Mask:
    padded = np.pad(mask, 1, mode="edge").astype(np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    votes: _Mask = windows.sum(axis=(2, 3)) >= 5
    return votes


def _components(mask: _Mask) -> Iterator[list[tuple[int, int]]]:
    """Connected components (by edges) of a mask as lists of pixels, by breadth-first search."""
    unseen = mask.copy()
    for start in zip(*(axis.tolist() for axis in np.nonzero(mask)), strict=True):
        if unseen[start]:
            yield _reached(unseen, start)


def _reached(unseen: _Mask, start: tuple[int, int]) -> list[tuple[int, int]]:
    rows, cols = unseen.shape
    unseen[start] = False
    queue, pixels = deque([start]), []
    while queue:
        row, col = queue.popleft()
        pixels.append((row, col))
        for near in ((row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1)):
            if 0 <= near[0] < rows and 0 <= near[1] < cols and unseen[near]:
                unseen[near] = False
                queue.append(near)
    return pixels


def _paint(mask: _Mask, pixels: list[tuple[int, int]], *, value: bool) -> None:
    for pixel in pixels:
        mask[pixel] = value


def filled(outlines: bytes, shape: tuple[int, ...]) -> _Mask:
    """The mask inside polygons by the even-odd rule: each vertical edge of a ring inverts all pixels to its right."""
    crossings = np.zeros((shape[0], shape[1] + 1), np.int64)
    for polygon in decode_outlines(outlines, (shape[0], shape[1])):
        for ring in polygon:
            for (x, y), (x_next, y_next) in zip(ring.tolist(), np.roll(ring, -1, axis=0).tolist(), strict=True):
                if x == x_next:
                    crossings[min(y, y_next) : max(y, y_next), x] += 1
    inside: _Mask = np.cumsum(crossings, axis=1)[:, :-1] % 2 == 1
    return inside


def read_runs(octets: bytes, shape: tuple[int, ...]) -> _Mask:
    """The mask from run lengths of land and water in turn, as LEB128 numbers."""
    lengths, value, shift = [], 0, 0
    for octet in octets:
        value, shift = value | (octet & 0x7F) << shift, shift + 7
        if octet < 0x80:
            lengths.append(value)
            value, shift = 0, 0
    colours = np.arange(len(lengths)) % 2 == 1
    pixels = np.repeat(colours, lengths)
    return pixels.reshape(shape) if pixels.size == shape[0] * shape[1] else np.zeros((0, 0), bool)


def _same(decode: Callable[[], _Mask], expected: _Mask) -> bool:
    """Whether a part of the product decodes at all, and gives the expected mask."""
    try:
        return np.array_equal(decode(), expected)
    except CorruptError:
        return False
