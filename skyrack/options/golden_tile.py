"""The golden tile of an import: samples, and the output of the library that trained the model for them."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fsw.pipelines.models import agrees
from kernels.usage import UsageError, shown

_OCTETS_MAX = 1 << 30
_SIDE, _TILE_SEED = 32, 1
"""For a tile made of noise: pixels along a side where the model leaves it open, and the seed of the noise."""


class GoldenTile(NamedTuple):
    """Samples (bands, ...), their expected output (None if unknown), and names of bands."""

    samples: NDArray[Any]
    expected: NDArray[Any] | None = None
    bands: tuple[str, ...] = ()


def read_tile(path: Path) -> GoldenTile:
    """The tile in an .npz file. Raises ValueError in one sentence."""
    import zipfile
    import zlib

    if path.is_file() and not zipfile.is_zipfile(path):  # other errors are raised by opening it
        raise ValueError("not an .npz file")
    try:
        with np.load(path, allow_pickle=False) as file:
            if sum(member.file_size for member in file.zip.infolist()) > _OCTETS_MAX:
                raise ValueError(f"larger than {_OCTETS_MAX} octets when it is unpacked")
            tile = dict(file)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ValueError(f"not a readable .npz file: {error}") from None
    if "samples" not in tile or tile["samples"].ndim == 0:
        raise ValueError(f"it has {', '.join(tile)}, expected samples (bands, rows, columns)")
    bands = tuple(map(str, tile.get("bands", ())))
    if len(set(bands)) < len(bands):
        raise ValueError(f"two bands have one name: {', '.join(bands)}")
    expected = tile.get("expected")
    if expected is not None:
        _check_expected(expected)
    return GoldenTile(np.ascontiguousarray(tile["samples"]), expected, bands)


def _check_expected(expected: NDArray[Any]) -> None:
    if expected.dtype.kind not in "buif":
        raise ValueError(f"expected is {expected.dtype}, which is no kind of number that a model gives")
    if not expected.size or not np.isfinite(expected).any():
        raise ValueError(f"expected is of shape {expected.shape} without a finite number: it says nothing of the model")


def noise_tile(bands: int, rows: int, cols: int, divisor: float | None) -> GoldenTile:
    """Noise to check that a model runs; its expected output is unknown. 0 rows or columns: any number."""
    random, shape = np.random.default_rng(_TILE_SEED), (bands, rows or _SIDE, cols or _SIDE)
    if divisor is not None:
        return GoldenTile(random.integers(0, min(65535, round(1.5 * divisor)) + 1, shape).astype(np.uint16))
    return GoldenTile(random.normal(0, 1, shape).astype(np.float32))


def compare(path: Path, found: NDArray[Any], expected: NDArray[Any], tolerance: float) -> None:
    """Compare outputs in the expected type. Raises UsageError if they differ by more than `tolerance`.

    Floats are compared in the precision in which they were recorded. Classes and masks are integers, so the model's
    output has to be integers too: a probability of 0.98 must not pass as 0.
    """
    if _essential(found.shape) != _essential(expected.shape):
        raise UsageError(f"{shown(path)}: expected is of shape {expected.shape}, the model gives {found.shape}")
    expected = expected.reshape(found.shape)
    if expected.dtype.kind == "f":
        terms = expected.dtype
    else:
        terms, expected = np.dtype(np.float64), expected.astype(np.float64)
    if agrees(found.astype(terms), expected, tolerance):
        return
    off = np.abs(found.astype(np.float64) - expected.astype(np.float64))
    furthest = f"up to {np.nanmax(off):.3g} away" if np.isfinite(off).any() else "nowhere a number"
    said = f"{shown(path)}: the model gives something else than expected, {furthest}"
    raise UsageError(f"{said}; are --divisor, the order of bands and --tolerance what they should be?")


def _essential(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape without axes of size 1: libraries add an axis for a batch of one image, or for its row of classes."""
    return tuple(size for size in shape if size != 1)
