"""The domain of a field: the values that it may hold, in words and as a check, and how typed text becomes one."""

from collections.abc import Mapping
from math import isfinite
from operator import index
from typing import Any
from unicodedata import category

import msgspec

from kernels.usage import did_you_mean
from link.dictionary.bounds import short
from link.dictionary.codec.convert import size_bounds
from link.dictionary.conditions import Condition, comparisons_of
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
_STEERING = ("Cc", "Cf", "Cs")  # Unicode categories: controls, formats such as a change of direction, surrogates
_EXPECTED_MAX = 400
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
    """Minimum and maximum of a numeric field, by its range or else by its width; None where it is unbounded."""
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
    """Maximum octets of a value of this kind, its count or terminator included; infinite where it is unbounded."""
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
    """The error, as a sentence, for a value that `field` cannot hold."""
    shown = short(repr(value) if isinstance(value, str | bytes) else value)
    whole = "an integer, " if _is_fractional(field, value) else ""
    return ValueError(f"{field.name} = {shown}, expected {whole}{short_list(expected(field))}")


def _is_fractional(field: Field, value: object) -> bool:
    """Whether a number stands where only integers can, such as 5.0."""
    if not isinstance(field.kind, Integer) or field.calibration is not None or not hasattr(value, "__float__"):
        return False
    try:
        index(value)  # type: ignore[arg-type]  # that is the question
    except TypeError:
        return True
    return False


def check_range(field: Field, value: Any) -> None:
    """Raises ValueError for a number that is not finite or outside the field's declared range, and for a text with
    control characters, which would control the terminal that shows it.
    """
    if isinstance(value, list):
        for one in value:
            check_range(field, one)
    elif isinstance(field.kind, Group) and isinstance(value, dict):
        for member in field.kind.fields:
            check_range(member, value.get(member.name))
    elif _is_out(field, value):
        raise refuse(field, value)


def _is_out(field: Field, value: Any) -> bool:
    if isinstance(value, float) and not isfinite(value):
        return True
    if isinstance(value, str) and isinstance(field.kind, Text):
        return any(category(one) in _STEERING for one in value)
    return field.range is not None and value is not None and not field.range[0] <= value <= field.range[1]


def check_labels(condition: Condition | None, fields: Mapping[str, Field]) -> None:
    """Raises ValueError for a comparison of one of `fields`, by name, with a label that it does not have."""
    for one in comparisons_of(condition) if condition else ():
        kind = fields[one.field].kind if one.field in fields else None
        if isinstance(kind, Enumeration) and isinstance(one.value, str) and one.value not in kind.labels:
            known = short_list(_listed(list(kind.labels)))
            raise ValueError(f"{one}: expected {known}{did_you_mean(one.value, kind.labels)}")


def short_list(words: str) -> str:
    """A list of expected values for a sentence, cut if it is too long to read."""
    return words if len(words) <= _EXPECTED_MAX else f"{words[:_EXPECTED_MAX]}..."


def read_text(field: Field, text: str) -> Value:
    """The value that a person typed for `field`. Raises ValueError naming what was expected."""
    if isinstance(field.kind, Enumeration):
        return _read_label(field, field.kind, text)
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


def _read_label(field: Field, kind: Enumeration, text: str) -> str | int:
    """The label that the text means, in any case of letters if that is unambiguous; or a number without a label."""
    meant = [label for label in kind.labels if label.lower() == text.lower()]
    if text in kind.labels or len(meant) == 1:
        return text if text in kind.labels else meant[0]
    try:
        return int(text, 0)
    except ValueError:
        raise ValueError(f"{refuse(field, text)}{did_you_mean(text, kind.labels)}") from None


_READ: dict[type, Any] = {
    Boolean: _read_flag,
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
