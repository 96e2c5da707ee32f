"""Parameter and argument types of XTCE to fields without a name (660.1-B-2 §4.3.2, §4.3.4)."""

from collections.abc import Callable
from typing import Any

import msgspec

from link.dictionary.bounds import TERMS_MAX, short
from link.dictionary.conditions import constant
from link.dictionary.curves import Curve, Linear, Polynomial, Spline
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
)
from link.dictionary.limits import Bounds, Limits
from link.dictionary.xtce.document import (
    Element,
    UnsupportedError,
    among,
    children,
    description,
    integer,
    need,
    number,
    only,
    text,
    truth,
    whole_number,
)
from link.dictionary.xtce.lower import Dialect

_NUMBERS = ("IntegerDataEncoding", "FloatDataEncoding")
_SIGNED = ("twosComplement", "twosCompliment")  # 1.1 wrote it so
_EPOCHS = {"UNIX": "1970-01-01T00:00:00Z", "TAI": "1958-01-01T00:00:00Z", "GPS": "1980-01-06T00:00:00Z"}
Named = Callable[[Element, str], str]
"""Turns the reference in an element to a parameter into the name of its field."""
Conditioned = Callable[[Element], Any]
"""Reads a match criterion."""


class TypeReader:
    """Reads the types of one space system; `types` finds one by reference, `name_of` gives a parameter's field name."""

    def __init__(
        self, types: Callable[[Element, str], Element], name_of: Named, condition: Conditioned, dialect: Dialect
    ) -> None:
        self._types, self._name_of, self._condition, self._dialect = types, name_of, condition, dialect
        self._read: dict[int, Field] = {}

    def field(self, element: Element) -> Field:
        """The type as a field, whose `name` is to be replaced."""
        found = self._read.get(id(element))
        if found is None:
            try:
                found = self._read[id(element)] = self._field(element)
            except UnsupportedError:
                raise
            except ValueError as error:  # a size that no packet can have
                raise UnsupportedError(element, f"{element.tag} {element.get('name')}: {error}") from None
        return found

    def _field(self, element: Element) -> Field:
        if element.get("baseType"):
            raise UnsupportedError(element, f"{element.tag} {element.get('name')}: baseType is not supported")
        form = element.tag.removesuffix("ParameterType").removesuffix("ArgumentType")
        found: Field = getattr(self, f"_{form.lower()}")(element)  # the reader takes no other forms
        default = initial(element, found.kind) if element.get("initialValue") is not None else None
        return msgspec.structs.replace(found, name=text(element, "name"), text=description(element), default=default)

    def _integer(self, element: Element) -> Field:
        known = ("UnitSet", *_NUMBERS, "ToString", "ValidRange", "ValidRangeSet", "DefaultAlarm")
        return self._numeric(element, known)

    def _float(self, element: Element) -> Field:
        return self._integer(element)

    def _numeric(self, element: Element, known: tuple[str, ...]) -> Field:
        parts = {child.tag: child for child in children(element, known)}
        encoding = parts.get("IntegerDataEncoding", parts.get("FloatDataEncoding"))
        if encoding is None:
            raise UnsupportedError(element, f"{element.tag} {element.get('name')} has no encoding as a number")
        return Field(
            name="",
            kind=_number_kind(encoding),
            unit=_unit(parts.get("UnitSet")),
            calibration=_calibrator(encoding),
            range=_range(parts.get("ValidRange"), parts.get("ValidRangeSet")),
            limits=_limits(parts.get("DefaultAlarm")),
        )

    def _enumerated(self, element: Element) -> Field:
        parts = {child.tag: child for child in children(element, ("UnitSet", "IntegerDataEncoding", "EnumerationList"))}
        kind = _whole(element, parts.get("IntegerDataEncoding"))
        labels = {
            text(one, "label"): _enumerated_value(one) for one in children(parts["EnumerationList"], ("Enumeration",))
        }
        return Field(
            name="",
            kind=Enumeration(labels, kind.bits, kind.signed, kind.order),
            unit=_unit(parts.get("UnitSet")),
        )

    def _boolean(self, element: Element) -> Field:
        parts = {child.tag: child for child in children(element, ("UnitSet", "IntegerDataEncoding"))}
        kind = _whole(element, parts.get("IntegerDataEncoding"))
        off, on = element.get("zeroStringValue", "False"), element.get("oneStringValue", "True")
        if (off, on) != ("False", "True"):
            labelled = Enumeration({off: 0, on: 1}, kind.bits, kind.signed, kind.order)
            return Field(name="", kind=labelled)
        return Field(name="", kind=Boolean(kind.bits))

    def _string(self, element: Element) -> Field:
        parts = {
            child.tag: child for child in children(element, ("UnitSet", "StringDataEncoding", "SizeRangeInCharacters"))
        }
        encoding = parts.get("StringDataEncoding")
        if encoding is None:
            raise UnsupportedError(element, f"{element.tag} {element.get('name')} has no encoding as a string")
        among(encoding, "encoding", "UTF-8", ("UTF-8", "US-ASCII"))
        size = need(encoding, ("SizeInBits", "Variable"))
        return Field(name="", kind=Text(self._text_size(size)))

    def _text_size(self, size: Element) -> Size:
        if size.tag == "Variable":
            return self._size(need(size, ("DynamicValue", "DiscreteLookupList", "TerminationChar", "LeadingSize")), 8)
        parts = {part.tag: part for part in children(size, ("Fixed", "TerminationChar", "LeadingSize"))}
        if "LeadingSize" in parts:
            return self._size(parts["LeadingSize"], 8)
        if "Fixed" not in parts:
            return self._size(parts["TerminationChar"], 8)
        if "TerminationChar" in parts and _termination(parts["TerminationChar"]) != 0:
            raise UnsupportedError(parts["TerminationChar"], "in a string of fixed size only 00 can end it")
        return self._size(need(parts["Fixed"], ("FixedValue",)), 8)

    def _binary(self, element: Element) -> Field:
        parts = {child.tag: child for child in children(element, ("UnitSet", "BinaryDataEncoding"))}
        if "BinaryDataEncoding" not in parts:
            raise UnsupportedError(element, f"{element.tag} {element.get('name')} has no encoding as octets")
        size = need(
            need(parts["BinaryDataEncoding"], ("SizeInBits",)), ("FixedValue", "DynamicValue", "DiscreteLookupList")
        )
        return Field(name="", kind=Octets(self._size(size, 8)))

    def _size(self, size: Element, unit_bits: int) -> Size:
        """A size in bits as one in units."""
        match size.tag:
            case "FixedValue":
                return _units(size, whole_number(size), unit_bits)
            case "DynamicValue":
                return self._dynamic(size, unit_bits)
            case "DiscreteLookupList":
                return Lookup(tuple(self._case(one, unit_bits) for one in children(size, ("DiscreteLookup",))))
            case "TerminationChar":
                return Terminated(_termination(size))
        if self._dialect == "yamcs":
            return Counted(integer(size, "sizeInBitsOfSizeTag", 16))
        raise UnsupportedError(size, "LeadingSize is not supported: some tools count bits in it, some octets")

    def _case(self, case: Element, unit_bits: int) -> tuple[Any, int]:
        condition = self._condition(need(case, ("Comparison", "ComparisonList")))
        return condition, _units(case, integer(case, "value"), unit_bits)

    def _dynamic(self, dynamic: Element, unit_bits: int) -> Reference:
        parts = {
            part.tag: part
            for part in children(dynamic, ("ParameterInstanceRef", "ArgumentInstanceRef", "LinearAdjustment"))
        }
        reference = parts.get("ParameterInstanceRef", parts.get("ArgumentInstanceRef"))
        if reference is None:
            raise UnsupportedError(dynamic, "DynamicValue needs a reference to a parameter")
        adjust = parts.get("LinearAdjustment")
        slope, intercept = (
            (number(adjust, "slope", 0), number(adjust, "intercept", 0)) if adjust is not None else (1.0, 0.0)
        )
        name = reference.get("parameterRef") or text(reference, "argumentRef")
        if slope != int(slope) or intercept != int(intercept):
            raise UnsupportedError(dynamic, "a LinearAdjustment of whole numbers is expected")
        scale, offset, divisor = int(slope), int(intercept), unit_bits
        if scale % divisor == 0 and offset % divisor == 0:
            scale, offset, divisor = scale // divisor, offset // divisor, 1
        return Reference(self._name_of(reference, name), scale, offset, divisor)

    def _absolutetime(self, element: Element) -> Field:
        return self._time(element, ("Encoding", "ReferenceTime"))

    def _relativetime(self, element: Element) -> Field:
        return self._time(element, ("Encoding",))

    def _time(self, element: Element, known: tuple[str, ...]) -> Field:
        parts = {child.tag: child for child in children(element, known)}
        if "Encoding" not in parts:
            raise UnsupportedError(element, f"{element.tag} {element.get('name')} has no Encoding")
        encoding = parts["Encoding"]
        inner = need(encoding, _NUMBERS)
        scale, offset = number(encoding, "scale", 1), number(encoding, "offset", 0)
        unit = among(encoding, "units", "seconds", ("seconds", "days", "months", "years", "picoSeconds"))
        return Field(
            name="",
            kind=_number_kind(inner),
            unit={"seconds": "s", "days": "d"}.get(unit, unit),
            calibration=Linear(scale, offset) if (scale, offset) != (1, 0) else _calibrator(inner),
            epoch=_epoch(parts.get("ReferenceTime")),
        )

    def _array(self, element: Element) -> Field:
        dimensions = need(element, ("DimensionList",))
        of = self.field(self._types(element, text(element, "arrayTypeRef")))
        kind: AnyKind = of.kind
        for dimension in reversed(list(children(dimensions, ("Dimension",)))):
            kind = Array(kind, self.count(dimension))
        return msgspec.structs.replace(of, kind=kind)

    def count(self, dimension: Element) -> Size:
        """Elements of one Dimension: from 0 to the ending index."""
        start, end = (
            need(part, ("FixedValue", "DynamicValue")) for part in children(dimension, ("StartingIndex", "EndingIndex"))
        )
        if start.tag != "FixedValue" or whole_number(start):
            raise UnsupportedError(start, "an array that does not start at index 0 is not supported")
        if end.tag == "FixedValue":
            return whole_number(end) + 1
        found = self._dynamic(end, 1)
        return msgspec.structs.replace(found, offset=found.offset + 1)

    def repeat(self, count: Element) -> Size:
        """The Count of a RepeatEntry."""
        return self._size(need(count, ("FixedValue", "DynamicValue", "DiscreteLookupList")), 1)

    def _aggregate(self, element: Element) -> Field:
        members = need(element, ("MemberList",))
        fields = []
        for member in children(members, ("Member",)):
            found = self.field(self._types(member, text(member, "typeRef")))
            fields.append(msgspec.structs.replace(found, name=text(member, "name")))
        return Field(name="", kind=Group(tuple(fields)))


def _number_kind(encoding: Element) -> Integer | Real:
    among(encoding, "bitOrder", "mostSignificantBitFirst", ("mostSignificantBitFirst",))
    order = among(
        encoding, "byteOrder", "mostSignificantByteFirst", ("mostSignificantByteFirst", "leastSignificantByteFirst")
    )
    octets = "little" if order.startswith("least") else "big"
    if encoding.tag == "FloatDataEncoding":
        among(encoding, "encoding", "IEEE754_1985", ("IEEE754_1985", "IEEE754"))
        bits = integer(encoding, "sizeInBits", 32)
        if bits not in (16, 32, 64):
            raise UnsupportedError(encoding, f"a float of {bits} bits is not supported")
        return Real(bits, octets)  # type: ignore[arg-type]  # both were checked
    signed = among(encoding, "encoding", "unsigned", ("unsigned", *_SIGNED)) in _SIGNED
    return Integer(integer(encoding, "sizeInBits", 8), signed, octets)


def _whole(element: Element, encoding: Element | None) -> Integer:
    """The encoding of labels or truth, as a whole number without calibration."""
    if encoding is None:
        raise UnsupportedError(element, f"{element.tag} {element.get('name')} has no IntegerDataEncoding")
    only(encoding, ())
    kind = _number_kind(encoding)
    assert isinstance(kind, Integer)
    return kind


def _enumerated_value(one: Element) -> int:
    if one.get("maxValue") not in (None, one.get("value")):
        raise UnsupportedError(one, "an Enumeration with a maxValue is not supported")
    return integer(one, "value")


def _unit(units: Element | None) -> str:
    if units is None:
        return ""
    return " ".join(filter(None, (_power(one) for one in children(units, ("Unit",)))))


def _power(unit: Element) -> str:
    power = unit.get("power")
    return (unit.text or "").strip() + (f"^{power}" if power and float(power) != 1 else "")


def _calibrator(encoding: Element) -> Curve | None:
    default = only(encoding, ("DefaultCalibrator",))
    if default is None:
        return None
    calibrator = need(default, ("PolynomialCalibrator", "SplineCalibrator"))
    if calibrator.tag == "SplineCalibrator":
        points = [(number(one, "raw"), number(one, "calibrated")) for one in children(calibrator, ("SplinePoint",))]
        try:
            return Spline(
                tuple(sorted(points)), integer(calibrator, "order", 1), truth(calibrator, "extrapolate", False)
            )
        except ValueError as error:
            raise UnsupportedError(calibrator, str(error)) from None
    terms = {_exponent(term): number(term, "coefficient") for term in children(calibrator, ("Term",))}
    coefficients = tuple(terms.get(exponent, 0.0) for exponent in range(max(terms, default=0) + 1))
    return Linear(coefficients[1], coefficients[0]) if len(coefficients) == 2 else Polynomial(coefficients)


def _exponent(term: Element) -> int:
    exponent = integer(term, "exponent")
    if not 0 <= exponent < TERMS_MAX:
        raise UnsupportedError(term, f"Term: exponent = {short(exponent)}, expected 0..{TERMS_MAX - 1}")
    return exponent


def _range(single: Element | None, several: Element | None) -> Bounds | None:
    found = single if single is not None else None if several is None else need(several, ("ValidRange",))
    return None if found is None else _bounds(found)


def _bounds(element: Element) -> Bounds:
    """Inclusive bounds; an open end is infinite."""
    for excluded in ("minExclusive", "maxExclusive"):
        if element.get(excluded) is not None:
            raise UnsupportedError(element, f"{element.tag}: {excluded} is not supported, {excluded[:3]}Inclusive is")
    return number(element, "minInclusive", float("-inf")), number(element, "maxInclusive", float("inf"))


def _limits(alarm: Element | None) -> Limits | None:
    if alarm is None:
        return None
    ranges = need(alarm, ("StaticAlarmRanges",))
    among(ranges, "rangeForm", "outside", ("outside",))
    names = {"WatchRange": "watch", "WarningRange": "warning", "DistressRange": "distress", "CriticalRange": "critical"}
    bands = {names[str(one.tag)]: _bounds(one) for one in children(ranges, names)}
    return Limits(**bands, persistence=integer(alarm, "minViolations", 1))


def initial(element: Element, kind: AnyKind) -> float | int | bool | str:
    """The initialValue of a type or an argument."""
    said = text(element, "initialValue")
    if isinstance(kind, Boolean):
        return said.lower() == "true"
    return said if isinstance(kind, Enumeration | Text | Octets) else _number(element, said)


def _number(element: Element, said: str) -> int | float:
    found = constant(said)
    if isinstance(found, str):
        raise UnsupportedError(element, f"initialValue = {said}, expected a number")
    return found


def _termination(element: Element) -> int:
    said = (element.text or "00").strip()
    if len(said) != 2:
        raise UnsupportedError(element, f"a TerminationChar of one octet is expected, not {said}")
    return int(said, 16)


def _units(element: Element, bits: int, unit_bits: int) -> int:
    if bits % unit_bits or bits < 0:
        raise UnsupportedError(element, f"a size of {bits} bits is not supported, only of whole octets")
    return bits // unit_bits


def _epoch(reference: Element | None) -> str:
    if reference is None:
        return ""
    said = (need(reference, ("Epoch",)).text or "").strip()
    return _EPOCHS.get(said, said)
