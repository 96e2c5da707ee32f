"""Hypothesis strategies from a dictionary: values that its fields can hold. For tests; needs the `dev` extra."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from hypothesis import strategies as st

from link.dictionary.codec.convert import converter, size_bounds
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
    Size,
    Terminated,
    Text,
    Time,
)

Values = dict[str, Any]
_SIZE_MAX = 6  # enough to find what depends on sizes, small enough to shrink well


def values_of(fields: Sequence[Field], outer: tuple[Values, ...] = ()) -> st.SearchStrategy[list[Any]]:
    """A value for each field in order, None for one whose condition does not hold."""

    @st.composite
    def draw_all(draw: st.DrawFn) -> list[Any]:
        values: Values = {}
        for field in fields:
            scopes = (*outer, values)
            there = field.when is None or field.when.holds(partial(_find, scopes))
            values[field.name] = draw(_value(field, fields, scopes)) if there else None
        return list(values.values())

    return draw_all()


def _find(scopes: tuple[Values, ...], comparison: Comparison) -> Any:
    return next(scope[comparison.field] for scope in reversed(scopes) if comparison.field in scope)


def _value(field: Field, fields: Sequence[Field], scopes: tuple[Values, ...]) -> st.SearchStrategy[Any]:
    """Any value; of a field that sizes of others refer to, one that asks for a small size and for none below zero."""
    sizes = [size for size in map(_size_of, (other.kind for other in fields)) if isinstance(size, Reference)]
    counted = [size for size in sizes if size.field == field.name]
    return _counting(field.kind, counted) if counted else _of_kind(field, field.kind, scopes)


def _counting(kind: AnyKind, sizes: Sequence[Reference]) -> st.SearchStrategy[int]:
    assert isinstance(kind, Integer), "only integers count"
    low, high = kind.bounds
    first = sizes[0]
    asked = [(number * first.divisor - first.offset) / first.scale for number in range(_SIZE_MAX + 1)]
    whole = [int(number) for number in asked if low <= number <= high and number == int(number)]
    return st.sampled_from([number for number in whole if all(_asked(size, number) >= 0 for size in sizes)])


def _asked(size: Reference, number: int) -> int:
    return (number * size.scale + size.offset) // size.divisor


def _size_of(kind: AnyKind) -> Size | None:
    match kind:
        case Text(size=size) | Octets(size=size) | Array(count=size):
            return size
    return None


def _of_kind(field: Field, kind: AnyKind, scopes: tuple[Values, ...]) -> st.SearchStrategy[Any]:
    match kind:
        case Integer():
            return _number(field, kind)
        case Real(bits=bits):
            return st.floats(*(field.range or (None, None)), width=bits, allow_nan=False)
        case Boolean():
            return st.booleans()
        case Enumeration():
            known: list[Any] = list(kind.labels)
            return st.sampled_from(known or [0])
        case Text(size=size):
            low, high = _sizes(size, scopes)
            return st.text(max_size=high).filter(lambda text: _fits(text, size, low, high))
        case Octets(size=size):
            low, high = _sizes(size, scopes)
            octets = st.integers(0, 255).filter(lambda octet: not _ends(size, octet))
            return st.lists(octets, min_size=low, max_size=high).map(bytes)
        case Time():
            return st.integers(0, 2**61)
        case Array(of=of, count=count):
            low, high = _sizes(count, scopes)
            return st.lists(_of_kind(field, of, scopes), min_size=low, max_size=high)
        case Group(fields=fields):  # pragma: no branch  # nothing else is left
            names = [one.name for one in fields]
            return values_of(fields, scopes).map(lambda values: dict(zip(names, values, strict=True)))


def _number(field: Field, kind: Integer) -> st.SearchStrategy[Any]:
    low, high = field.range or (None, None)
    if field.calibration is None:
        return st.integers(kind.bounds[0] if low is None else int(low), kind.bounds[1] if high is None else int(high))
    pair = converter(field)
    assert pair is not None
    values = st.integers(*kind.bounds).map(pair[0])
    return values.filter(lambda value: low is None or low <= value <= high)


def _sizes(size: Size, scopes: tuple[Values, ...]) -> tuple[int, int]:
    match size:
        case Counted():
            return 0, min(_SIZE_MAX, size.greatest)
        case Reference():
            asked = _asked(size, _find(scopes, Comparison(size.field, 0)))
            return asked, asked
        case Lookup(cases=cases):
            asked = next(number for test, number in cases if test.holds(lambda one: _find(scopes, one)))
            return asked, asked
    low, high = size_bounds(size)
    return low, int(min(high, max(_SIZE_MAX, low)))


def _fits(text: str, size: Size, low: int, high: int) -> bool:
    octets = text.encode()
    if isinstance(size, int):
        return len(octets) <= high and "\0" not in text
    return low <= len(octets) <= high and not any(_ends(size, octet) for octet in octets)


def _ends(size: Size, octet: int) -> bool:
    return isinstance(size, Terminated) and octet == size.octet
