"""The same fields in Construct's own words: the definition that the fast codec is held to, slow and independent of it.

Everything is laid out in a stream of bits, one octet of 0 or 1 each, as Construct's `Bitwise` does it.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import construct as cs

from link.dictionary.conditions import Comparison
from link.dictionary.kinds import (
    AnyKind,
    Array,
    Boolean,
    Counted,
    Enumeration,
    Field,
    Group,
    Integer,
    Lookup,
    Octets,
    Real,
    Reference,
    Rest,
    Size,
    Terminated,
    Text,
    Time,
)
from link.time.binary import Cuc

_REAL = {
    (16, "big"): cs.Float16b,
    (32, "big"): cs.Float32b,
    (64, "big"): cs.Float64b,
    (16, "little"): cs.Float16l,
    (32, "little"): cs.Float32l,
    (64, "little"): cs.Float64l,
}


class Oracle:
    """`fields` as a Construct, padded with zero bits to a whole octet; `Rest` may stand last only."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields, self.bits = tuple(fields), _struct(fields)

    def parse(self, octets: bytes) -> dict[str, Any]:
        """Values by name. Raises ConstructError or what an adapter raises."""
        stream = BytesIO(cs.bytes2bits(octets))
        values = self.bits.parse_stream(stream)
        if 8 * len(octets) - stream.tell() >= 8:
            raise cs.ConstructError("octets are left over")
        return {name: value for name, value in values.items() if not name.startswith("_")}

    def build(self, values: dict[str, Any]) -> bytes:
        """The octets of a value for each name."""
        bits = self.bits.build(_complete(Group(self.fields), values))
        octets: bytes = cs.bits2bytes(bits + bytes(-len(bits) % 8))
        return octets


def _complete(kind: AnyKind, value: Any) -> Any:
    """None for what is not there, which Construct needs to be given."""
    if value is None:
        return None
    if isinstance(kind, Array):
        return [_complete(kind.of, item) for item in value]
    if isinstance(kind, Group):
        return {field.name: _complete(field.kind, value.get(field.name)) for field in kind.fields}
    return value


def _struct(fields: Sequence[Field]) -> Any:
    return cs.Struct(*(part for field in fields for part in _parts(field)))


def _parts(field: Field) -> list[Any]:
    value = _calibrated(field, field.kind)
    if field.when is None:
        return [cs.Padding(field.skip_bits), field.name / value]
    whole = cs.FocusedSeq("value", cs.Padding(field.skip_bits), "value" / value)
    condition = field.when
    return [field.name / cs.If(lambda context: condition.holds(lambda one: _find(context, one)), whole)]


def _find(context: Any, comparison: Comparison) -> Any:
    """The value of the nearest structure that has the field."""
    while comparison.field not in context:
        context = context._
    return context[comparison.field]


def _calibrated(field: Field, kind: AnyKind) -> Any:
    if isinstance(kind, Array):
        return _array(kind.count, _calibrated(field, kind.of))
    raw, curve = _raw(kind), field.calibration
    if curve is None:
        return raw
    whole = isinstance(kind, Integer)
    return cs.ExprAdapter(
        raw,
        lambda number, _: curve.value(number),
        lambda value, _: round(curve.raw(value)) if whole else curve.raw(value),
    )


def _raw(kind: AnyKind) -> Any:
    match kind:
        case Integer():
            return _integer(kind)
        case Real(bits=bits, order=order):
            return cs.Bytewise(_REAL[bits, order])
        case Boolean(bits=bits):
            return cs.ExprAdapter(cs.BitsInteger(bits), lambda raw, _: bool(raw), lambda value, _: int(value))
        case Enumeration():
            return _labelled(kind)
        case Text(size=size):
            return _text(size)
        case Octets(size=size):
            return _octets(size)
        case Time(coarse=coarse, fine=fine):
            code = Cuc(coarse, fine)
            octets = cs.Bytewise(cs.Bytes(code.size))
            return cs.ExprAdapter(octets, lambda raw, _: code.decode(raw), lambda value, _: code.encode(value))
        case Group(fields=fields):
            return _struct(fields)
    raise AssertionError(kind)


def _integer(kind: Integer | Enumeration) -> Any:
    if kind.order in ("big", "little"):
        return cs.BitsInteger(kind.bits, signed=kind.signed, swapped=kind.order == "little")
    places = [int(digit) - 1 for digit in kind.order]
    return cs.ExprAdapter(
        cs.Bytewise(cs.Bytes(len(places))),
        lambda octets, _: int.from_bytes(_gathered(octets, places), signed=kind.signed),
        lambda number, _: bytes(number.to_bytes(len(places), signed=kind.signed)[place] for place in places),
    )


def _gathered(octets: bytes, places: list[int]) -> bytes:
    return bytes(octet for _, octet in sorted(zip(places, octets, strict=True)))


def _labelled(kind: Enumeration) -> Any:
    labels = {value: label for label, value in kind.labels.items()}
    return cs.ExprAdapter(
        _integer(kind), lambda raw, _: labels.get(raw, raw), lambda value, _: kind.labels.get(value, value)
    )


def _text(size: Size) -> Any:
    def padded(value: str) -> bytes:
        return value.encode().ljust(size, b"\0") if isinstance(size, int) else value.encode()

    return cs.ExprAdapter(
        _octets(size),
        lambda octets, _: (octets.split(b"\0")[0] if isinstance(size, int) else octets).decode(),
        lambda value, _: padded(value),
    )


def _octets(size: Size) -> Any:
    match size:
        case Counted():
            count = cs.Rebuild(_count(size), lambda context: len(context.value))
            return cs.FocusedSeq("value", "count" / count, "value" / cs.Bytewise(cs.Bytes(cs.this.count)))
        case Rest():
            return cs.Bytewise(cs.GreedyBytes)
        case Terminated(octet=octet):
            return cs.Bytewise(cs.NullTerminated(cs.GreedyBytes, term=bytes([octet])))
    return cs.Bytewise(cs.Bytes(_expression(size)))


def _array(size: Size, each: Any) -> Any:
    match size:
        case Counted():
            count = cs.Rebuild(_count(size), lambda context: len(context.value))
            return cs.FocusedSeq("value", "count" / count, "value" / cs.Array(cs.this.count, each))
        case Rest():
            return cs.GreedyRange(each)
    return cs.Array(_expression(size), each)


def _count(size: Counted) -> Any:
    return cs.ExprValidator(cs.BitsInteger(size.bits), lambda count, _: count <= size.greatest)


def _expression(size: Size) -> Any:
    """What gives a size from the context."""
    match size:
        case Reference():
            return lambda context: (
                (_find(context, Comparison(size.field, 0)) * size.scale + size.offset) // size.divisor
            )
        case Lookup(cases=cases):
            return lambda context: next(n for test, n in cases if test.holds(lambda one: _find(context, one)))
    return size
