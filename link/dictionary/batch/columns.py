"""Many packets of one kind at once: a column of values for each field, cut out by the C kernel from a table of fields.

A column holds the values that `Codec.decode` gives packet by packet, except that an enumeration's column holds its
numbers. Every field must be present in every packet at the same place.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.coding import fields as kernel
from link.dictionary.curves import Curve, Powers, Rounded, Spline
from link.dictionary.kinds import (
    AnyKind,
    Array,
    Boolean,
    Enumeration,
    Field,
    Group,
    Integer,
    Octets,
    Real,
    Text,
    Time,
    fixed_bits,
    sum_bits,
)
from link.time.binary import CCSDS_EPOCH_NS
from link.time.leap_seconds import FIRST_OFFSET_S, IERS, NS

Column = NDArray[Any]
Finish = Callable[[Column], Column]
_ALIGNMENT = 8


@dataclass(frozen=True, slots=True)
class _Cut:
    """One field, or all elements of an array of this `shape`, as the kernel reads it; `finish` converts the numbers
    into values.
    """

    name: str
    bit: int
    bits: int
    form: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    finish: Finish

    def size(self, count: int) -> int:
        """Octets of the values of `count` packets, padded so that the next column begins on a whole word."""
        return -(-count * prod(self.shape) * self.dtype.itemsize // _ALIGNMENT) * _ALIGNMENT

    def records(self, out: int) -> Iterator[tuple[int, ...]]:
        """The kernel's records, one for each element; a packet's elements come out side by side."""
        width, elements = self.dtype.itemsize, prod(self.shape)
        for element in range(elements):
            yield out + element * width, elements * width, self.bit + element * self.bits, self.bits, self.form, width

    def column(self, out: NDArray[np.uint8], count: int) -> Column:
        """The values from the beginning of `out` on."""
        size = count * prod(self.shape) * self.dtype.itemsize
        return self.finish(out[:size].view(self.dtype).reshape(count, *self.shape))


class Columns:
    """Reads `fields` of many packets. Raises ValueError naming a field that has no column.

    `size` is the octets that the fields take in a packet; `names` are the columns', group.member for a group.
    """

    def __init__(self, fields: Sequence[Field]) -> None:
        self._cuts = tuple(_cuts(fields, 0, ""))
        self.names = tuple(cut.name for cut in self._cuts)
        self.size = -(-(sum_bits(tuple(fields)) or 0) // 8)

    def read(self, octets: bytes | bytearray | memoryview, offsets: NDArray[np.int64]) -> dict[str, Column]:
        """The columns of the packets whose fields begin at `offsets`: (count,), arrays (count, elements).

        Texts are numpy's octet strings, octets (count, size) uint8. Raises ValueError for a packet that is cut off.
        """
        count, starts, end = len(offsets), [], 0
        records: list[tuple[int, ...]] = []
        for cut in self._cuts:
            starts.append(end)
            records += cut.records(end)
            end += cut.size(count)
        out = np.empty(end, np.uint8)
        kernel.read_fields(octets, offsets, np.array(records, kernel.FIELD), out)
        return {cut.name: cut.column(out[start:], count) for cut, start in zip(self._cuts, starts, strict=True)}


def _cuts(fields: Sequence[Field], bit: int, prefix: str) -> Iterator[_Cut]:
    for field in fields:
        bits, name = fixed_bits(field.kind), prefix + field.name
        if bits is None or field.when:
            raise ValueError(f"{name}: a field that varies in size or place has no column")
        if field.contexts or isinstance(field.calibration, Powers | Rounded):
            raise ValueError(f"{name}: a field with such a calibration has no column")
        bit += field.skip_bits
        if isinstance(field.kind, Group):
            yield from _cuts(field.kind.fields, bit, f"{name}.")
        else:
            yield _cut(name, bit, field)
        bit += bits


def _cut(name: str, bit: int, field: Field) -> _Cut:
    shape, kind = [], field.kind
    while isinstance(kind, Array):
        assert isinstance(kind.count, int)  # of another size, the packet would have no fixed size
        shape.append(kind.count)
        kind = kind.of
    form, dtype, finish = _number(name, bit, kind)
    curve = field.calibration
    return _Cut(name, bit, fixed_bits(kind) or 0, form, dtype, tuple(shape), _calibrated(finish, curve))


def _number(name: str, bit: int, kind: AnyKind) -> tuple[int, np.dtype[Any], Finish]:
    """Form and type in which the kernel reads a value, and the function that converts the result."""
    match kind:
        case Integer() | Enumeration() if kind.bits <= 64:
            return _integer(bit, kind)
        case Boolean(bits=bits) if bits <= 64:
            return kernel.UNSIGNED, _holding("u", bits), lambda numbers: numbers != 0
        case Real(bits=bits, order=order):
            floating, whole = np.dtype(f"f{bits // 8}"), np.dtype(f"u{bits // 8}")
            if order == "big":
                return kernel.UNSIGNED, whole, lambda numbers: numbers.view(floating)
            if bit % 8 == 0:
                return kernel.LITTLE_UNSIGNED, whole, lambda numbers: numbers.view(floating)
            return kernel.UNSIGNED, whole, lambda numbers: numbers.byteswap().view(floating)
        case Text(size=int(size)) if bit % 8 == 0 and size:
            return kernel.OCTETS, np.dtype(f"S{size}"), _as_they_are
        case Octets(size=int(size)) if bit % 8 == 0 and size:
            return kernel.OCTETS, np.dtype(f"V{size}"), lambda blobs: blobs.view(np.uint8).reshape(*blobs.shape, size)
        case Time(coarse=coarse, fine=fine) if coarse <= 4 and fine <= 4:
            return kernel.UNSIGNED, np.dtype(np.uint64), lambda ticks: _utc_ns(ticks, 8 * fine)
    raise ValueError(f"{name}: {kind} at bit {bit} has no column")


def _integer(bit: int, kind: Integer | Enumeration) -> tuple[int, np.dtype[Any], Finish]:
    dtype = _holding("i" if kind.signed else "u", kind.bits)
    if kind.order == "big":
        return kernel.SIGNED if kind.signed else kernel.UNSIGNED, dtype, _as_they_are
    if kind.order == "little" and bit % 8 == 0:
        return kernel.LITTLE_SIGNED if kind.signed else kernel.LITTLE_UNSIGNED, dtype, _as_they_are
    octets = kind.bits // 8
    places = list(reversed(range(octets))) if kind.order == "little" else [int(digit) - 1 for digit in kind.order]
    return kernel.UNSIGNED, np.dtype(np.uint64), lambda numbers: _reordered(numbers, places, dtype)


def _reordered(numbers: Column, places: list[int], dtype: np.dtype[Any]) -> Column:
    """Numbers whose octet at `places[i]` was read as octet i, in octets of the big-endian number."""
    spare = 64 - 8 * len(places)
    ordered = np.zeros_like(numbers)
    for at, place in enumerate(places):
        octet = numbers >> np.uint64(8 * (len(places) - 1 - at)) & np.uint64(0xFF)
        ordered |= octet << np.uint64(56 - 8 * place)
    return ((ordered.view(np.int64) if dtype.kind == "i" else ordered) >> spare).astype(dtype)


def _holding(sign: str, bits: int) -> np.dtype[Any]:
    """The narrowest integer type for `bits`."""
    return np.dtype(f"{sign}{next(octets for octets in (1, 2, 4, 8) if bits <= 8 * octets)}")


def _as_they_are(numbers: Column) -> Column:
    return numbers


def _calibrated(finish: Finish, curve: Curve | None) -> Finish:
    if curve is None:
        return finish
    value = _on_spline(curve) if isinstance(curve, Spline) else curve.value
    return lambda numbers: np.asarray(value(finish(numbers).astype(np.float64)))  # type: ignore[arg-type]  # and arrays


def _on_spline(curve: Spline) -> Callable[[Column], Column]:
    """Values of many numbers on a spline; NaN outside its points unless it extrapolates."""
    raws, values = (np.array(column) for column in zip(*curve.points, strict=True))

    def value(numbers: Column) -> Column:
        at = np.searchsorted(raws, numbers, side="right")
        if curve.order == 0:
            found = values[np.maximum(at - 1, 0)]
        else:
            left = np.clip(at - 1, 0, len(raws) - 2)
            rise = (numbers - raws[left]) * (values[left + 1] - values[left])
            found = values[left] + rise / (raws[left + 1] - raws[left])
        inside = (numbers >= raws[0]) & (numbers <= raws[-1])
        return np.where(inside | curve.extrapolate, found, np.nan)

    return value


def _utc_ns(ticks: Column, fine_bits: int) -> Column:
    """CUC ticks as nanoseconds since 1970, the first at or after the tick, as `Cuc.decode` gives them."""
    seconds = (ticks >> np.uint64(fine_bits)).astype(np.int64)
    parts = (ticks & np.uint64((1 << fine_bits) - 1)).astype(np.int64)
    tai_ns = CCSDS_EPOCH_NS + seconds * NS - (-parts * NS >> fine_bits)
    steps = np.array([IERS.tai_ns(step) for step in IERS.steps_utc_ns])
    return np.asarray(tai_ns - (FIRST_OFFSET_S + np.searchsorted(steps, tai_ns, side="right")) * NS)
