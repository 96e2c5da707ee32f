"""Raw values to the values people use, and back: labels, truth, text, time, engineering units.

`converter(field)` gives (value_of_raw, raw_of_value), or None where raw and value are the same.
"""

from collections.abc import Callable
from enum import Enum
from operator import index
from typing import Any

import msgspec

from link.dictionary.kinds import (
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
from link.time_code import Cuc

Converter = tuple[Callable[[Any], Any], Callable[[Any], Any]]


def converter(field: Field, labels: type[Enum] | None = None) -> Converter | None:
    """Both directions for `field`. `labels` is the class whose members stand for an enumeration's labels on board."""
    kind = field.kind
    if isinstance(kind, Array):
        if isinstance(kind.of, Array | Group) or fixed_bits(kind.of) is None:
            return None  # each element is a structure, which converts what is in it
        return _each(converter(msgspec.structs.replace(field, kind=kind.of), labels))
    if field.calibration is not None:
        return _calibrated(field)
    match kind:
        case Boolean():
            return bool, _flag
        case Enumeration():
            return _members(labels) if labels else _labels(kind)
        case Text():
            return _text(kind.size)
        case Octets():
            return _as_is, _exactly(kind.size)
        case Time():
            code = Cuc(kind.coarse, kind.fine)
            return code.decode, lambda value: code.encode(index(value))  # numpy's integers would overflow
    return None


def _each(pair: Converter | None) -> Converter | None:
    """The same for every element of a list."""
    if pair is None:
        return None
    value_of, raw_of = pair
    return lambda raws: [value_of(raw) for raw in raws], lambda values: [raw_of(value) for value in values]


def _calibrated(field: Field) -> Converter:
    curve = field.calibration
    assert curve is not None
    if not isinstance(field.kind, Integer):
        return curve.value, curve.raw
    return curve.value, lambda value: round(curve.raw(value))


def _flag(value: Any) -> int:
    """Comparisons of numpy values give numpy's own true and false; `link` stays free of numpy here."""
    if not isinstance(value, bool) and str(getattr(value, "dtype", "")) != "bool":
        raise ValueError("neither true nor false")
    return int(value)


def _labels(kind: Enumeration) -> Converter:
    by_value = {value: label for label, value in kind.labels.items()}

    def raw(value: str | int) -> int:
        return kind.labels[value] if isinstance(value, str) else value

    return lambda number: by_value.get(number, number), raw


def _members(labels: type[Enum]) -> Converter:
    by_value = {member.value: member for member in labels}

    def member(number: int) -> Enum:
        try:
            return by_value[number]
        except KeyError:
            raise DecodeError(f"{number} is no {labels.__name__}") from None

    return member, lambda value: labels(value).value


def _text(size: Size) -> Converter:
    exactly = _exactly(size)
    if not isinstance(size, int):
        return _decoded, lambda value: exactly(value.encode())

    def padded(value: str) -> bytes:
        if "\0" in value:
            raise ValueError("a text of fixed size ends at its first zero")
        octets = value.encode()
        return exactly(octets + bytes(max(0, size - len(octets))))

    return lambda octets: _decoded(octets.partition(b"\0")[0]), padded


def _decoded(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        raise DecodeError(f"not a text: {error}") from None


def _as_is(octets: bytes) -> bytes:
    return octets


def _exactly(size: Size) -> Callable[[bytes], bytes]:
    """Pass octets on that fit `size`; raises ValueError for others."""
    least, most = size_bounds(size)

    def checked(octets: bytes) -> bytes:
        if not least <= len(octets) <= most or (isinstance(size, Terminated) and size.octet in octets):
            raise ValueError(f"{len(octets)} octets")
        return bytes(octets)

    return checked


def size_bounds(size: Size) -> tuple[int, float]:
    """Least and greatest number of octets."""
    match size:
        case Counted():
            return 0, size.greatest
        case int():
            return size, size
    return 0, float("inf")
