"""Sizes and counts of XTCE: fixed, from a parameter, or looked up; bits in XTCE become octets or elements here."""

from fractions import Fraction
from math import lcm

from link.dictionary.bounds import WIDE
from link.dictionary.conditions import All, Condition
from link.dictionary.kinds import Array, Field, Group, Lookup, Octets, Reference, Size, Text
from link.dictionary.xtce.document import (
    Element,
    UnsupportedError,
    Version,
    integer,
    known_children,
    need,
    parts,
    text,
    truth,
    whole_number,
)
from link.dictionary.xtce.library import Library
from link.dictionary.xtce.names import REFERENCES, System

VALUES = ("FixedValue", "DynamicValue", "DiscreteLookupList")
_DEFAULT_SLOPE: dict[Version, str] = {"1.1": "0", "1.2": "1", "1.3": "1"}
"""Default slope of a LinearAdjustment by version of the schema; 1.2 has none, so there it is 1."""


def read_size(library: Library, size: Element, unit_bits: int, system: System) -> Size:
    """Read a size, an element with one of `VALUES`, in units of `unit_bits`. Raises UnsupportedError."""
    match size.tag:
        case "FixedValue":
            return _units(size, whole_number(size), unit_bits)
        case "DynamicValue":
            return read_dynamic(library, size, unit_bits, system)
    cases = [
        (_condition(library, one, system), _value(one, unit_bits)) for one in known_children(size, ("DiscreteLookup",))
    ]
    if size.get("defaultValue") is not None:  # XTCE 1.3: the value if no case holds
        cases.append((All(()), _units(size, integer(size, "defaultValue"), unit_bits)))
    return Lookup(tuple(cases))


def read_dynamic(library: Library, dynamic: Element, unit_bits: int, system: System) -> Reference:
    """A DynamicValue: a size from a parameter or argument, with its linear adjustment."""
    inside = parts(dynamic, (*REFERENCES, "LinearAdjustment"))
    reference = inside.get("ParameterInstanceRef", inside.get("ArgumentInstanceRef"))
    if reference is None:
        raise UnsupportedError(dynamic, "DynamicValue needs a reference to a parameter")
    if integer(reference, "instance", 0):
        raise UnsupportedError(reference, "a size from an earlier instance is not supported")
    name, field = library.reference(reference, system)
    calibrated = field is not None and _is_calibrated(reference, name, field)
    slope, intercept = _adjustment(inside.get("LinearAdjustment"), system.document.version)
    try:
        return _reference(name, slope / unit_bits, intercept / unit_bits, calibrated)
    except ValueError as error:
        raise UnsupportedError(dynamic, str(error)) from None


def _is_calibrated(reference: Element, name: str, field: Field) -> bool:
    """Whether the calibrated value is used, not the raw one. Raises UnsupportedError for what is no number."""
    if isinstance(field.kind, Text | Octets | Array | Group):
        raise UnsupportedError(reference, f"{name} is no number, it cannot be a size")
    if not truth(reference, "useCalibratedValue", True):
        return False
    if field.contexts:
        raise UnsupportedError(reference, f"{name} has a calibration by other fields, so it cannot be a size")
    return field.calibration is not None


def _reference(name: str, slope: Fraction, intercept: Fraction, calibrated: bool) -> Reference:
    """The size slope * number + intercept as a Reference, whose numbers are whole."""
    divisor = lcm(slope.denominator, intercept.denominator)
    return Reference(name, int(slope * divisor), int(intercept * divisor), divisor, calibrated)


def _adjustment(adjust: Element | None, version: Version) -> tuple[Fraction, Fraction]:
    if adjust is None:
        return Fraction(1), Fraction(0)
    if adjust.get("slope") is None and _DEFAULT_SLOPE[version] == "0":
        raise UnsupportedError(
            adjust, f"a LinearAdjustment without slope has slope 0 in XTCE {version}: give it a slope"
        )
    return _fraction(adjust, "slope", _DEFAULT_SLOPE[version]), _fraction(adjust, "intercept", "0")


def _fraction(adjust: Element, name: str, default: str) -> Fraction:
    said = text(adjust, name, default).strip()
    try:
        value = Fraction(said) if len(said) <= 40 and "/" not in said else None
    except (ValueError, ZeroDivisionError):
        value = None
    if value is None or abs(value) > WIDE or value.denominator > WIDE:
        raise UnsupportedError(adjust, f"LinearAdjustment: {name} = {said[:40]}, expected a number")
    return value


def _condition(library: Library, case: Element, system: System) -> Condition:
    return library.condition(need(case, ("Comparison", "ComparisonList", "BooleanExpression")), system)


def _value(case: Element, unit_bits: int) -> int:
    return _units(case, integer(case, "value"), unit_bits)


def _units(element: Element, bits: int, unit_bits: int) -> int:
    if bits % unit_bits or bits < 0:
        what = (
            f"a size of {bits} bits is not supported, only of whole octets" if unit_bits > 1 else f"a count of {bits}"
        )
        raise UnsupportedError(element, what)
    return bits // unit_bits
