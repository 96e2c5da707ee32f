"""Makes the scene that a node reads of rasters: bands with names, uint8, uint16 or float32, and a mask.

- Unsigned integers of 8 and 16 bits are kept. Where the file has a scale or offset, numbers become the values that
  these give, as float32; numbers of all other types become float32, if that can represent them.
- A pixel is data where any of its bands is. In float32 the bands that it lacks are NaN. Integers have no NaN: such a
  pixel counts as no data at all, except where the bands that it lacks hold 0, which stays.
- Several files give bands of one scene; pixels of coarser ones are repeated to the grid of the finest.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ground.rasters.raster import Raster, RasterError
from hal.camera import CameraError
from hal.scene_file import SceneForm
from kernels.imaging.georeference import Georeference

_KEPT = ("uint8", "uint16")
_EXACT_MAX = 1 << 24  # above it, float32 does not represent every integer
_NOT_A_NAME = re.compile(r"[^ -~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The user's options. `nodata`: the stored number that marks no data; `is_raw`: keep the stored numbers."""

    names: tuple[str, ...] = ()
    nodata: float | None = None
    scales: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()
    is_raw: bool = False
    dtype: str | None = None


@dataclass(slots=True, kw_only=True)
class ImportedScene:
    """The content of a scene file: `dn` (band, row, column), `names` of the bands, `valid` (row, column)."""

    dn: NDArray[Any]
    names: tuple[str, ...]
    valid: NDArray[np.uint8]
    place: Georeference
    notes: list[str] = field(default_factory=list)


def scene_of(rasters: Sequence[Raster], wish: Wish) -> ImportedScene:
    """One scene of all rasters. Raises RasterError if they do not fit together or a node cannot read the result."""
    raster = _joined(rasters)
    raster.data &= _is_data(raster.numbers, wish.nodata)
    scales, offsets = _scales_and_offsets(raster, wish)
    dn = _stands_for(raster, scales, offsets)
    dn = _as_wished(dn, raster.data, wish.dtype)
    valid = _valid(raster, is_real=dn.dtype.kind == "f")
    names = _names(raster, wish.names)
    try:
        SceneForm(is_packed=False, dtype=dn.dtype.name, shape=dn.shape, bands=names, valid_shape=valid.shape)
    except CameraError as error:
        raise RasterError(str(error)) from None
    return ImportedScene(dn=dn, names=names, valid=valid, place=raster.place, notes=raster.notes)


def _joined(rasters: Sequence[Raster]) -> Raster:
    """One raster of all bands, on the grid of the finest."""
    if len(rasters) == 1:
        return rasters[0]
    rows, columns = (max(one.numbers.shape[axis] for one in rasters) for axis in (1, 2))
    finest = next(one for one in rasters if one.numbers.shape[1:] == (rows, columns) or one is rasters[-1])
    repeated = [_repeated(one, finest, number) for number, one in enumerate(rasters)]
    types = {one.numbers.dtype.name for one in repeated}
    if len(types) > 1:
        raise RasterError(f"files of {', '.join(sorted(types))}, expected one type for all bands")
    named = all(one.names for one in rasters)
    notes = list(dict.fromkeys(note for one in repeated for note in one.notes))
    return Raster(
        numbers=np.concatenate([one.numbers for one in repeated]),
        data=np.concatenate([one.data for one in repeated]),
        names=tuple(name for one in rasters for name in one.names) if named else (),
        scales=tuple(scale for one in rasters for scale in _each(one.scales, 1.0, len(one.numbers))),
        offsets=tuple(offset for one in rasters for offset in _each(one.offsets, 0.0, len(one.numbers))),
        place=finest.place,
        notes=notes,
    )


def _repeated(one: Raster, finest: Raster, number: int) -> Raster:
    """`one` with its pixels repeated to the grid of `finest`. Raises RasterError if the grids are not aligned."""
    (rows, columns), fine = one.numbers.shape[1:], finest.numbers.shape[1:]
    times = fine[0] // rows
    here, there = one.place, finest.place
    off = max(abs(here.easting_m - there.easting_m), abs(here.northing_m - there.northing_m)) / there.pixel_m
    if (rows * times, columns * times) != fine or here.epsg != there.epsg or off > 0.5:
        raise RasterError(
            f"file {number + 1} has {rows} x {columns} pixels of {here.pixel_m:g} from {here.easting_m:.9g}, "
            f"{here.northing_m:.9g}, another {fine[0]} x {fine[1]} of {there.pixel_m:g} from {there.easting_m:.9g}, "
            f"{there.northing_m:.9g}: expected one grid, or whole times one"
        )
    if times == 1:
        return one
    numbers, data = (array.repeat(times, axis=1).repeat(times, axis=2) for array in (one.numbers, one.data))
    note = f"pixels of {here.pixel_m:g} repeated {times} x {times} times"
    return Raster(numbers=numbers, data=data, notes=[*one.notes, note])


def _is_data(numbers: NDArray[Any], nodata: float | None) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = np.isfinite(numbers) if numbers.dtype.kind == "f" else np.ones(numbers.shape, bool)
    return known if nodata is None else known & (numbers != nodata)


def _each(values: tuple[float, ...], usual: float, bands: int) -> tuple[float, ...]:
    """One value per band: those given, one for all bands, or `usual`."""
    if len(values) not in (0, 1, bands):
        raise RasterError(f"{len(values)} scales or offsets for {bands} bands, expected 1 or {bands}")
    return values if len(values) == bands else (values or (usual,)) * bands


def _scales_and_offsets(raster: Raster, wish: Wish) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scale and offset by band: the user's, or else the file's, or 1 and 0."""
    bands = len(raster.numbers)
    given = (wish.scales or raster.scales, wish.offsets or (() if wish.scales else raster.offsets))
    if wish.is_raw:
        given = ((), ())
    scales, offsets = np.array(_each(given[0], 1.0, bands)), np.array(_each(given[1], 0.0, bands))
    if (scales != 1).any() or (offsets != 0).any():
        raster.notes.append("scale and offset are applied to the stored numbers; --raw keeps them as they are")
    return scales, offsets


def _stands_for(raster: Raster, scales: NDArray[np.float64], offsets: NDArray[np.float64]) -> NDArray[Any]:
    """The values of the numbers, in a type that a scene may have."""
    numbers = raster.numbers
    if numbers.dtype.kind == "c":
        raise RasterError(f"{numbers.dtype.name} numbers: give their magnitude, or its logarithm, as real ones")
    if (scales != 1).any() or (offsets != 0).any():
        real = np.empty(numbers.shape, np.float32)
        for place, band in enumerate(numbers):
            real[place] = band * scales[place] + offsets[place]
        return _blanked(real, raster)
    if numbers.dtype == bool:
        return numbers.view(np.uint8)
    if numbers.dtype.name in _KEPT:
        return numbers
    if numbers.dtype.kind in "iu":
        beyond = int(
            max(
                abs(int(numbers.max(where=raster.data, initial=0))), abs(int(numbers.min(where=raster.data, initial=0)))
            )
        )
        if beyond > _EXACT_MAX:
            raise RasterError(
                f"{numbers.dtype.name} numbers up to {beyond}, expected {_EXACT_MAX} at most: give a --scale"
            )
    return _blanked(_real(numbers, raster), raster)


def _real(numbers: NDArray[Any], raster: Raster) -> NDArray[np.float32]:
    with np.errstate(over="ignore", invalid="ignore"):
        real = numbers.astype(np.float32)
    lost = raster.data & ~np.isfinite(real)
    if lost.any():
        raise RasterError(f"{int(lost.sum())} numbers are larger than float32 holds: give a --scale")
    if numbers.dtype.itemsize > 4 and (real.astype(numbers.dtype) != numbers)[raster.data].any():
        raster.notes.append(f"{numbers.dtype.name} rounded to float32, by 6e-8 of a number at most")
    return real


def _blanked(real: NDArray[np.float32], raster: Raster) -> NDArray[np.float32]:
    """`real` with NaN where there is no data, band by band."""
    real[~raster.data] = np.nan
    return real


def _as_wished(dn: NDArray[Any], data: NDArray[np.bool_], dtype: str | None) -> NDArray[Any]:
    """`dn` converted to `dtype`. Raises RasterError unless that represents all numbers exactly."""
    if dtype is None or dn.dtype.name == dtype:
        return dn
    with np.errstate(invalid="ignore"):
        other = np.where(data, dn, 0).astype(dtype)
    if (other != dn)[data].any():
        wrong = dn[data & (other != dn)]
        raise RasterError(f"{wrong.size} numbers cannot be {dtype}, such as {wrong[0]}: give a --scale or another type")
    if dtype == "float32":
        other[~data] = np.nan
    return other


def _valid(raster: Raster, *, is_real: bool) -> NDArray[np.uint8]:
    """The mask of pixels: data where any band is; for integers, only if the bands without data hold 0."""
    any_band, all_bands = raster.data.any(axis=0), raster.data.all(axis=0)
    if not is_real and (any_band != all_bands).any():
        spoilt = any_band & (~raster.data & (raster.numbers != 0)).any(axis=0)
        if spoilt.any():
            raster.notes.append(f"{int(spoilt.sum())} pixels lack data in some of their bands and count as no data")
        any_band &= ~spoilt
    return np.asarray(any_band, np.uint8)


def _names(raster: Raster, wished: tuple[str, ...]) -> tuple[str, ...]:
    bands = len(raster.numbers)
    if wished:
        if len(wished) != bands:
            raise RasterError(f"{len(wished)} names for {bands} bands: {', '.join(wished)}")
        return wished
    if raster.names:
        return tuple(_NOT_A_NAME.sub("?", name).strip()[:40] for name in raster.names)
    raster.notes.append("its bands have no names: band1, band2 ...; --bands gives them")
    return tuple(f"band{number}" for number in range(1, bands + 1))
