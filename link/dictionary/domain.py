"""What a field may hold, in words and as a check, and how a person's text becomes its value."""

from typing import Any

import msgspec

from link.dictionary.convert import size_bounds
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
    Value,
    fixed_bits,
)

_SIZE_OCTETS_MAX = 8
_TRUE, _FALSE = ("true", "on", "yes", "1"), ("false", "off", "no", "0")


def expected(field: Field) -> str:
    """The values that `field` may hold, for an error or a reference page: "0..65.535 V", "off or heating"."""
    match field.kind:
        case Enumeration(labels=labels):
            return _listed(list(labels))
        case Boolean():
            return "true or false"
        case Text(size=size):
            return "a text of " + _many((0, size_bounds(size)[1]), "octets")
        case Octets(size=size):
            return _many(size_bounds(size), "octets")
        case Time():
            return "a time in ns since 1970-01-01 UTC"
        case Array(of=of, count=count):
            each = expected(msgspec.structs.replace(field, kind=of))
            return f"{_many(size_bounds(count), 'values')}, each {each}"
        case Group(fields=fields):
            return "; ".join(f"{one.name}: {expected(one)}" for one in fields)
    bounds = value_bounds(field)
    if bounds is None:
        return f"a number in {field.unit}" if field.unit else "a number"
    return f"{_number(bounds[0])}..{_number(bounds[1])} {field.unit}".rstrip()


def value_bounds(field: Field) -> tuple[float, float] | None:
    """Least and greatest value of a numeric field, by its range or else by its width; None where nothing bounds it."""
    if field.range is not None:
        return field.range
    if not isinstance(field.kind, Integer):
        return None
    bounds = field.kind.bounds
    if field.calibration is None:
        return bounds
    ends = sorted(field.calibration.value(raw) for raw in bounds)
    return ends[0], ends[-1]


def octets_max(kind: AnyKind) -> float:
    """Octets that a value of this kind takes at most, with what says its size; infinite where nothing bounds it."""
    bits = fixed_bits(kind)
    if bits is not None:
        return -(-bits // 8)
    match kind:
        case Array(of=of, count=count):
            return _SIZE_OCTETS_MAX + size_bounds(count)[1] * octets_max(of)
        case Group(fields=fields):
            return sum(octets_max(one.kind) + max(one.skip_bits, 0) / 8 for one in fields)
        case Text(size=size) | Octets(size=size):
            return _SIZE_OCTETS_MAX + size_bounds(size)[1]
    raise AssertionError(kind)  # the other kinds are of fixed size


def refuse(field: Field, value: object) -> ValueError:
    """The sentence for a value that `field` cannot hold."""
    shown = repr(value) if isinstance(value, str | bytes) else str(value)
    return ValueError(f"{field.name} = {shown}, expected {expected(field)}")


def check_range(field: Field, value: Any) -> None:
    """Raises ValueError for a number outside the range that the field declares."""
    if field.range is not None and not field.range[0] <= value <= field.range[1]:
        raise refuse(field, value)


def read_text(field: Field, text: str) -> Value:
    """The value that a person typed for `field`. Raises ValueError naming what was expected."""
    try:
        return _READ[type(field.kind)](text) if type(field.kind) in _READ else _read_number(field, text)
    except (ValueError, LookupError):
        raise refuse(field, text) from None


def _read_number(field: Field, text: str) -> Value:
    return float(text) if isinstance(field.kind, Real) or field.calibration else int(text, 0)


def _read_flag(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError(text)


def _read_label(text: str) -> str | int:
    """A label as it is, or a number for a value without one."""
    return int(text, 0) if text.lstrip("-").isdigit() else text


_READ: dict[type, Any] = {
    Boolean: _read_flag,
    Enumeration: _read_label,
    Text: str,
    Octets: bytes.fromhex,
    Time: int,
}


def _listed(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _many(bounds: tuple[int, float], what: str) -> str:
    least, most = bounds
    if least == most:
        return f"{least} {what}"
    return what if most == float("inf") else f"up to {most} {what}"


def _number(value: float) -> str:
    return f"{value:.12g}"
