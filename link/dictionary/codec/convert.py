"""Conversion of raw values to the values that people use, and back: labels, booleans, text, time, engineering units.

`converter(field)` gives (value_of_raw, raw_of_value), or None where raw and value are the same.
"""

from collections.abc import Callable
from enum import Enum
from operator import index
from typing import Any

import msgspec

from link.dictionary.codec.invalid import Invalid
from link.dictionary.codec.texts import place_of_tail, text_converter
from link.dictionary.curves import Curve
from link.dictionary.kinds import (
    AnyKind,
    Array,
    Boolean,
    Counted,
    Enumeration,
    Field,
    Group,
    Integer,
    Octets,
    Size,
    Terminated,
    Text,
    Time,
    fixed_bits,
)
from link.errors import DecodeError
from link.time.binary import Cuc

Converter = tuple[Callable[[Any], Any], Callable[[Any], Any]]


def converter(field: Field, labels: type[Enum] | None = None, *, lenient: bool = False) -> Converter | None:
    """Converter of `field` in both directions. `labels` is the class that an enumeration's labels are members of.

    A `lenient` one gives `Invalid` in place of a DecodeError, and for a number without a label.
    """
    if is_structured(field.kind):
        return None  # its members are converted one by one
    if isinstance(field.kind, Array):
        return each(converter(msgspec.structs.replace(field, kind=field.kind.of), labels, lenient=lenient))
    pair = _scalar(field, labels, lenient)
    return (_marked(pair[0]), pair[1]) if lenient and pair else pair


def is_structured(kind: AnyKind) -> bool:
    """Whether a value has parts with codecs of their own: a group, or an array whose elements vary in size."""
    if isinstance(kind, Array):
        return isinstance(kind.of, Array | Group) or fixed_bits(kind.of) is None
    return isinstance(kind, Group)


def _marked(value_of: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def marked(raw: Any) -> Any:
        try:
            return value_of(raw)
        except (DecodeError, ArithmeticError) as error:
            return Invalid(raw, str(error))

    return marked


def _scalar(field: Field, labels: type[Enum] | None, lenient: bool) -> Converter | None:
    kind = field.kind
    if field.calibration is not None:
        return calibrated(kind, field.calibration)
    match kind:
        case Boolean():
            return bool, _flag
        case Enumeration():
            return _members(labels) if labels else _labels(kind, lenient)
        case Text():
            return text_converter(kind, _exactly(kind.size, kind.unit))
        case Octets():
            return _as_is, _exactly(kind.size)
        case Time():
            code = Cuc(kind.coarse, kind.fine)
            return code.decode, lambda value: code.encode(index(value))  # numpy's integers would overflow
    return None


def each(pair: Converter | None) -> Converter | None:
    """A converter of lists that applies `pair` to every element."""
    if pair is None:
        return None
    value_of, raw_of = pair
    return lambda raws: [value_of(raw) for raw in raws], lambda values: [raw_of(value) for value in values]


def calibrated(kind: AnyKind, curve: Curve) -> Converter:
    """Converter of numbers of this kind by a calibration, in both directions."""
    if not isinstance(kind, Integer):
        return curve.value, curve.raw
    return curve.value, lambda value: round(curve.raw(value))


def _flag(value: Any) -> int:
    """1 or 0 of a boolean; also of numpy's booleans, without an import of numpy."""
    if not isinstance(value, bool) and str(getattr(value, "dtype", "")) != "bool":
        raise ValueError("neither true nor false")
    return int(value)


def _labels(kind: Enumeration, lenient: bool) -> Converter:
    by_value = {value: label for label, value in kind.labels.items()}

    def raw(value: str | int) -> int:
        return kind.labels[value] if isinstance(value, str) else value

    def label(number: int) -> str | int:
        found = by_value.get(number)
        if found is None:
            found = next((said for low, high, said in kind.ranges if low <= number <= high), None)
        if found is None and lenient:
            raise DecodeError(f"{number} has no label")
        return number if found is None else found

    return label, raw


def _members(labels: type[Enum]) -> Converter:
    by_value = {member.value: member for member in labels}

    def member(number: int) -> Enum:
        try:
            return by_value[number]
        except KeyError:
            raise DecodeError(f"{number} is no {labels.__name__}") from None

    return member, lambda value: value.value if type(value) is labels else labels(value).value


def _as_is(octets: bytes) -> bytes:
    return octets


def _exactly(size: Size, unit: int = 1) -> Callable[[bytes], bytes]:
    """Function that returns octets that fit `size` and raises ValueError for others."""
    least, most = size_bounds(size)

    def checked(octets: bytes) -> bytes:
        if not least <= len(octets) <= most or (
            isinstance(size, Terminated) and place_of_tail(size.tail, octets, unit) >= 0
        ):
            raise ValueError(f"{len(octets)} octets")
        return bytes(octets)

    return checked


def size_bounds(size: Size) -> tuple[int, float]:
    """Minimum and maximum of a size."""
    match size:
        case Counted():
            return 0, size.greatest
        case int():
            return size, size
    return 0, float("inf")
