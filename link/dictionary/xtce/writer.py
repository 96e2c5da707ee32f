"""Writer of XTCE 1.2 files, from a lowered definition (lower.py)."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable
from math import isinf
from typing import Any

import msgspec

from link.dictionary.conditions import All, Comparison, Condition
from link.dictionary.curves import Curve, Linear, Polynomial, Spline
from link.dictionary.definition import Definition
from link.dictionary.kinds import (
    Array,
    Boolean,
    Counted,
    Enumeration,
    Field,
    Integer,
    Octets,
    Real,
    Reference,
    Size,
    Terminated,
    Text,
)
from link.dictionary.limits import Bounds, Limits
from link.dictionary.model import Container
from link.dictionary.xtce.document import Element
from link.dictionary.xtce.lower import Dialect, lowered

_NAMESPACE = "http://www.omg.org/spec/XTCE/20180204"
_SCHEMA = "https://www.omg.org/spec/XTCE/20180204/SpaceSystem.xsd"


def write_xtce(definition: Definition, dialect: Dialect = "portable") -> bytes:
    """The file's octets. Raises ValueError naming a field that `dialect` cannot express, or two of one name."""
    plain = lowered(definition, dialect)
    root = _element(
        "SpaceSystem",
        name=plain.name,
        xmlns=_NAMESPACE,
        **{
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:schemaLocation": f"{_NAMESPACE} {_SCHEMA}",
        },
    )
    _describe(root, plain.text)
    _Telemetry(_child(root, "TelemetryMetaData"), dialect).write(plain.packets)
    if plain.requests:
        _Commands(_child(root, "CommandMetaData"), dialect).write(plain.requests)
    ElementTree.indent(root, " ")
    octets: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return octets + b"\n"


def _element(tag: str, **attributes: Any) -> Element:
    return Element(tag, {name: _value(value) for name, value in attributes.items() if value is not None})


def _child(parent: Element, tag: str, said: str | None = None, /, **attributes: Any) -> Element:
    made = _element(tag, **attributes)
    made.text = said
    parent.append(made)
    return made


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, float) else str(value)


def _describe(element: Element, text: str) -> None:
    if text:
        _child(element, "LongDescription", text)


class _Types:
    """Writer of a ParameterTypeSet or ArgumentTypeSet; `form` is "Parameter" or "Argument"."""

    def __init__(self, types: Element, form: str, dialect: Dialect) -> None:
        self._set, self.form, self.dialect = types, form, dialect
        self._names: dict[bytes, str] = {}

    def name_of(self, field: Field) -> str:
        """The name of the field's type: that of the first field with this type, with _t behind."""
        bare = msgspec.structs.replace(field, name="", text="", default=None, when=None, valid=None)
        key = msgspec.json.encode(bare)
        if key not in self._names:
            self._names[key] = f"{field.name}_t"
            self._write(field)
        return self._names[key]

    def _write(self, field: Field) -> None:
        if isinstance(field.kind, Array):
            self._array(field, field.kind)
            return
        tag, encode = self._kind(field)
        element = _child(self._set, f"{tag}{self.form}Type", name=f"{field.name}_t")
        if tag == "Integer":
            element.set("signed", _value(isinstance(field.kind, Integer) and field.kind.signed))
        if tag in ("Integer", "Float"):
            element.set("sizeInBits", "64" if tag == "Float" else str(_client_bits(field.kind)))
        if tag == "AbsoluteTime":
            self._time(element, field)
            return
        units = _child(element, "UnitSet")
        if field.unit:
            _child(units, "Unit", field.unit)
        encode(element, field)
        if field.limits and tag in ("Integer", "Float") and self.form == "Parameter":
            _write_limits(element, field.limits)
        if field.range and self.form == "Argument":
            ranges = _child(element, "ValidRangeSet", validRangeAppliesToCalibrated=True)
            _write_bounds(ranges, "ValidRange", field.range)

    def _kind(self, field: Field) -> tuple[str, Callable[[Element, Field], None]]:
        match field.kind:
            case Integer() if field.epoch and self.dialect == "yamcs":
                return "AbsoluteTime", _encode_number
            case Integer():
                return "Float" if field.calibration else "Integer", _encode_number
            case Real():
                return "Float", _encode_number
            case Enumeration():
                return "Enumerated", _encode_labels
            case Boolean():
                return "Boolean", _encode_number
            case Text():
                return "String", self._encode_text
            case Octets():
                return "Binary", self._encode_octets
        raise AssertionError(field)  # lowering leaves nothing else

    def _array(self, field: Field, kind: Array) -> None:
        of = self.name_of(msgspec.structs.replace(field, name=f"{field.name}_element", kind=kind.of))
        element = _child(self._set, f"Array{self.form}Type", name=f"{field.name}_t", arrayTypeRef=of)
        dimension = _child(_child(element, "DimensionList"), "Dimension")
        _child(_child(dimension, "StartingIndex"), "FixedValue", "0")
        assert isinstance(kind.count, Reference)
        last = Reference(kind.count.field, kind.count.scale, kind.count.offset - 1)
        self._dynamic(_child(dimension, "EndingIndex"), last, 1)

    def _time(self, element: Element, field: Field) -> None:
        scale = field.calibration.scale if isinstance(field.calibration, Linear) else 1.0
        _encode_bare(_child(element, "Encoding", scale=scale, units="seconds"), field)
        epoch = "TAI" if field.epoch.startswith("1958") else field.epoch
        _child(_child(element, "ReferenceTime"), "Epoch", epoch)

    def _encode_text(self, element: Element, field: Field) -> None:
        assert isinstance(field.kind, Text)
        encoding = _child(element, "StringDataEncoding", encoding="UTF-8")
        size = field.kind.size
        if isinstance(size, int):
            sized = _child(encoding, "SizeInBits")
            _child(_child(sized, "Fixed"), "FixedValue", str(8 * size))
            if field.kind.ends is None:
                _child(sized, "TerminationChar", "00")
            return
        variable = _child(encoding, "Variable", maxSizeInBits=8 * 65535)
        match size:
            case Counted(bits=bits):
                _child(variable, "LeadingSize", sizeInBitsOfSizeTag=bits)
            case Terminated(octet=octet):
                _child(variable, "TerminationChar", f"{octet:02x}")
            case _:
                self._size(variable, size)

    def _encode_octets(self, element: Element, field: Field) -> None:
        assert isinstance(field.kind, Octets)
        self._size(_child(_child(element, "BinaryDataEncoding"), "SizeInBits"), field.kind.size)

    def _size(self, parent: Element, size: Size) -> None:
        match size:
            case int():
                _child(parent, "FixedValue", str(8 * size))
            case Reference():  # pragma: no branch  # nothing else is left
                self._dynamic(parent, size, 8)

    def _dynamic(self, parent: Element, size: Reference, unit_bits: int) -> None:
        dynamic = _child(parent, "DynamicValue")
        reference = {f"{self.form.lower()}Ref": size.field}
        _child(dynamic, f"{self.form}InstanceRef", **reference)
        slope, offset = size.scale * unit_bits // size.divisor, size.offset * unit_bits // size.divisor
        if (slope, offset) != (1, 0):
            _child(dynamic, "LinearAdjustment", slope=slope, intercept=offset)


class _Telemetry:
    def __init__(self, telemetry: Element, dialect: Dialect) -> None:
        self._telemetry = telemetry
        self._types = _Types(_child(telemetry, "ParameterTypeSet"), "Parameter", dialect)

    def write(self, containers: tuple[Container, ...]) -> None:
        fields = [field for container in containers for field in container.fields]
        _check_unique(fields)
        parameters = _child(self._telemetry, "ParameterSet")
        for field in fields:
            self._parameter(parameters, field)
        sets = _child(self._telemetry, "ContainerSet")
        for container in containers:
            self._container(sets, container)

    def _parameter(self, parameters: Element, field: Field) -> None:
        kind = self._types.name_of(field)
        parameter = _child(parameters, "Parameter", name=field.name, parameterTypeRef=kind)
        _describe(parameter, field.text)
        if field.valid:
            properties = _child(parameter, "ParameterProperties")
            _write_criteria(_child(properties, "ValidityCondition"), field.valid)

    def _container(self, sets: Element, container: Container) -> None:
        element = _child(sets, "SequenceContainer", name=container.name, abstract=container.abstract or None)
        _describe(element, container.text)
        entries = _child(element, "EntryList")
        for field in container.fields:
            tag = "ArrayParameterRefEntry" if isinstance(field.kind, Array) else "ParameterRefEntry"
            entry = _child(entries, tag, parameterRef=field.name)
            if field.when:
                _write_criteria(_child(entry, "IncludeCondition"), field.when)
        if container.base:
            base = _child(element, "BaseContainer", containerRef=container.base)
            if container.criteria:
                _write_criteria(_child(base, "RestrictionCriteria"), container.criteria)


class _Commands:
    """Writer of requests: a base becomes an abstract MetaCommand, fixed values become ArgumentAssignments."""

    def __init__(self, commands: Element, dialect: Dialect) -> None:
        self._commands = commands
        self._types = _Types(_child(commands, "ArgumentTypeSet"), "Argument", dialect)

    def write(self, containers: tuple[Container, ...]) -> None:
        sets = _child(self._commands, "MetaCommandSet")
        for container in containers:
            self._command(sets, container)

    def _command(self, sets: Element, container: Container) -> None:
        command = _child(sets, "MetaCommand", name=container.name, abstract=container.abstract or None)
        _describe(command, container.text)
        if container.base:
            base = _child(command, "BaseMetaCommand", metaCommandRef=container.base)
            _write_assignments(base, container.criteria)
        if container.fields:
            arguments = _child(command, "ArgumentList")
            for field in container.fields:
                self._argument(arguments, container, field)
        entries = _child(_child(command, "CommandContainer", name=container.name), "EntryList")
        for field in container.fields:
            _child(entries, "ArgumentRefEntry", argumentRef=field.name)
        if container.base:
            _child(command[-1], "BaseContainer", containerRef=container.base)
        if container.constraint:
            constraints = _child(command, "TransmissionConstraintList")
            _write_criteria(_child(constraints, "TransmissionConstraint"), container.constraint)
        if container.hazardous:
            _child(command, "DefaultSignificance", consequenceLevel="critical")

    def _argument(self, arguments: Element, container: Container, field: Field) -> None:
        kind = self._types.name_of(msgspec.structs.replace(field, name=f"{container.name}_{field.name}"))
        initial = None if field.default is None else _value(field.default)
        argument = _child(arguments, "Argument", name=field.name, argumentTypeRef=kind, initialValue=initial)
        _describe(argument, field.text)


def _write_assignments(base: Element, criteria: Condition | None) -> None:
    if criteria is None:
        return
    assigned = _child(base, "ArgumentAssignmentList")
    for one in _assignments(criteria):
        _child(assigned, "ArgumentAssignment", argumentName=one.field, argumentValue=one.value)


def _assignments(criteria: Condition) -> list[Comparison]:
    if isinstance(criteria, Comparison):
        return [criteria]
    assert isinstance(criteria, All), criteria  # lowering has refused all others
    return [one for part in criteria.of for one in _assignments(part)]


def _check_unique(fields: Iterable[Field]) -> None:
    seen: set[str] = set()
    for field in fields:
        if field.name in seen:
            raise ValueError(f"two fields would be called {field.name}")
        seen.add(field.name)


def _client_bits(kind: Any) -> int:
    """Bits of the value on the ground: the next larger size that every client supports."""
    return 32 if kind.bits <= 32 else 64


def _encode_number(element: Element, field: Field) -> None:
    encoding = _encode_bare(element, field)
    if field.calibration:
        _write_curve(_child(encoding, "DefaultCalibrator"), field.calibration)


def _encode_bare(element: Element, field: Field) -> Element:
    kind = field.kind
    order = "leastSignificantByteFirst" if getattr(kind, "order", "big") == "little" else None
    if isinstance(kind, Real):
        return _child(element, "FloatDataEncoding", sizeInBits=kind.bits, byteOrder=order)
    assert isinstance(kind, Integer | Enumeration | Boolean), kind
    signed = isinstance(kind, Integer | Enumeration) and kind.signed
    form = "twosComplement" if signed else "unsigned"
    return _child(element, "IntegerDataEncoding", encoding=form, sizeInBits=kind.bits, byteOrder=order)


def _encode_labels(element: Element, field: Field) -> None:
    _encode_bare(element, field)
    assert isinstance(field.kind, Enumeration)
    labels = _child(element, "EnumerationList")
    for label, value in field.kind.labels.items():
        _child(labels, "Enumeration", value=value, label=label)
    for low, high, label in field.kind.ranges:
        _child(labels, "Enumeration", value=low, maxValue=high if high != low else None, label=label)


def _write_curve(parent: Element, curve: Curve) -> None:
    match curve:
        case Linear(scale=scale, offset=offset):
            _write_curve(parent, Polynomial((offset, scale)))
        case Polynomial(coefficients=coefficients):
            polynomial = _child(parent, "PolynomialCalibrator")
            for exponent, coefficient in enumerate(coefficients):
                _child(polynomial, "Term", coefficient=float(coefficient), exponent=exponent)
        case Spline(points=points, order=order, extrapolate=extrapolate):  # pragma: no branch  # nothing else is left
            spline = _child(parent, "SplineCalibrator", order=order, extrapolate=extrapolate)
            for raw, value in points:
                _child(spline, "SplinePoint", raw=float(raw), calibrated=float(value))


def _write_limits(element: Element, limits: Limits) -> None:
    alarm = _child(element, "DefaultAlarm", minViolations=limits.persistence)
    ranges = _child(alarm, "StaticAlarmRanges")
    bands = {"Watch": limits.watch, "Warning": limits.warning, "Distress": limits.distress, "Critical": limits.critical}
    for name, band in bands.items():
        if band:
            _write_bounds(ranges, f"{name}Range", band)


def _write_bounds(parent: Element, tag: str, bounds: Bounds) -> None:
    low, high = (None if isinf(bound) else int(bound) if bound == int(bound) else bound for bound in bounds)
    _child(parent, tag, minInclusive=low, maxInclusive=high)


def _write_criteria(parent: Element, condition: Condition) -> None:
    if isinstance(condition, Comparison):
        _write_comparison(parent, condition)
    elif isinstance(condition, All) and all(isinstance(one, Comparison) for one in condition.of):
        comparisons = _child(parent, "ComparisonList")
        for one in condition.of:
            assert isinstance(one, Comparison)
            _write_comparison(comparisons, one)
    else:
        _write_expression(_child(parent, "BooleanExpression"), condition)


def _write_comparison(parent: Element, one: Comparison) -> None:
    attributes: dict[str, Any] = {"parameterRef": one.field, "value": one.value}
    operator = None if one.op == "==" else one.op
    _child(
        parent, "Comparison", **attributes, comparisonOperator=operator, useCalibratedValue=False if one.raw else None
    )


def _write_expression(parent: Element, condition: Condition) -> None:
    if isinstance(condition, Comparison):
        element = _child(parent, "Condition")
        _child(
            element,
            "ParameterInstanceRef",
            parameterRef=condition.field,
            useCalibratedValue=False if condition.raw else None,
        )
        _child(element, "ComparisonOperator", condition.op)
        _child(element, "Value", _value(condition.value))
        return
    group = _child(parent, "ANDedConditions" if isinstance(condition, All) else "ORedConditions")
    for one in condition.of:
        _write_expression(group, one)
