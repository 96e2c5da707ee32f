"""The same fields in Construct's own words: the definition that the fast codec is held to, slow and independent of it.

`construct_of(fields)` parses octets to a Container of the fields' values and builds octets from a mapping.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import construct as cs

from link.dictionary.kinds import (
    Boolean,
    Counted,
    Enumeration,
    Integer,
    Octets,
    Real,
    Rest,
    Size,
    Text,
    Time,
    fixed_bits,
)
from link.dictionary.model import Field
from link.time_code import Cuc


def construct_of(fields: Sequence[Field]) -> Any:
    """A Construct of all `fields` over a stream of bits, padded to a whole octet, with nothing after it."""
    return cs.Bitwise(cs.Struct(*_parts(fields), cs.Terminated))


def _parts(fields: Sequence[Field]) -> Iterator[Any]:
    bits = 0
    for field in fields:
        size = fixed_bits(field.kind)
        if size is None:  # stands on an octet
            yield cs.Padding(-bits % 8)
        yield cs.Padding(field.skip_bits)
        yield field.name / _value(field)
        bits = 0 if size is None else bits + field.skip_bits + size
    yield cs.Padding(-bits % 8)


def _value(field: Field) -> Any:
    raw = _raw(field)
    curve = field.calibration
    if curve is None:
        return raw
    whole = isinstance(field.kind, Integer)
    return cs.ExprAdapter(
        raw,
        lambda number, _: curve.value(number),
        lambda value, _: round(curve.raw(value)) if whole else curve.raw(value),
    )


def _raw(field: Field) -> Any:
    match field.kind:
        case Integer() as kind:
            return _integer(kind)
        case Real(bits=bits, order=order):
            big = {16: cs.Float16b, 32: cs.Float32b, 64: cs.Float64b}
            little = {16: cs.Float16l, 32: cs.Float32l, 64: cs.Float64l}
            return cs.Bytewise((big if order == "big" else little)[bits])
        case Boolean(bits=bits):
            return cs.ExprAdapter(cs.BitsInteger(bits), lambda raw, _: bool(raw), lambda value, _: int(value))
        case Enumeration() as kind:
            return _labelled(kind)
        case Text(size=size):
            return cs.Bytewise(_text(size))
        case Octets(size=size):
            return cs.Bytewise(_octets(size))
        case Time(coarse=coarse, fine=fine):
            code = Cuc(coarse, fine)
            octets = cs.Bytewise(cs.Bytes(code.size))
            return cs.ExprAdapter(octets, lambda raw, _: code.decode(raw), lambda value, _: code.encode(value))


def _integer(kind: Integer | Enumeration) -> Any:
    return cs.BitsInteger(kind.bits, signed=kind.signed, swapped=kind.order == "little")


def _labelled(kind: Enumeration) -> Any:
    labels = {value: label for label, value in kind.labels.items()}
    return cs.ExprAdapter(
        _integer(kind), lambda raw, _: labels.get(raw, raw), lambda value, _: kind.labels.get(value, value)
    )


def _octets(size: Size) -> Any:
    match size:
        case Counted(bits=bits):
            return cs.Prefixed(cs.BytesInteger(bits // 8), cs.GreedyBytes)
        case Rest():
            return cs.GreedyBytes
    return cs.Bytes(size)


def _text(size: Size) -> Any:
    match size:
        case Counted(bits=bits):
            return cs.PascalString(cs.BytesInteger(bits // 8), "utf8")
        case Rest():
            return cs.GreedyString("utf8")
    return cs.PaddedString(size, "utf8")
