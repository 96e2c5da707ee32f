"""Attributes of each element in the schemas of XTCE 1.0 to 1.3, so that a misspelt one is not taken as missing.

An element that defines how values are written may have these alone: with `sizeInbits="16"` a value would have 8 bits.
In other elements an unknown attribute is skipped and reported.
"""

from collections.abc import Collection, Iterator

from link.dictionary.xtce.document import Element, is_passed_over

_EVERYWHERE = frozenset(("name", "shortDescription"))
_BOUNDS = ("minInclusive", "maxInclusive", "minExclusive", "maxExclusive")
_ORDER = ("bitOrder", "byteOrder")
_COMPARED = ("parameterRef", "argumentRef", "instance", "useCalibratedValue")

_LAYOUT: dict[str, tuple[str, ...]] = {
    "IntegerDataEncoding": (*_ORDER, "encoding", "sizeInBits", "changeThreshold"),
    "FloatDataEncoding": (*_ORDER, "encoding", "sizeInBits", "changeThreshold"),
    "StringDataEncoding": (*_ORDER, "encoding"),
    "BinaryDataEncoding": _ORDER,
    "BinaryEncoding": _ORDER,
    "SizeInBits": (),
    "Fixed": (),
    "FixedValue": (),
    "Variable": ("maxSizeInBits",),
    "LeadingSize": ("sizeInBitsOfSizeTag",),
    "TerminationChar": (),
    "DynamicValue": (),
    "LinearAdjustment": ("slope", "intercept"),
    "DiscreteLookupList": ("defaultValue",),
    "DiscreteLookup": ("value",),
    "Byte": ("byteSignificance",),
    "Encoding": ("units", "scale", "offset"),
    "DefaultCalibrator": (),
    "ContextCalibrator": (),
    "PolynomialCalibrator": (),
    "Term": ("coefficient", "exponent"),
    "SplineCalibrator": ("order", "extrapolate"),
    "SplinePoint": ("raw", "calibrated", "order"),
    "Enumeration": ("value", "maxValue", "label"),
    "Member": ("typeRef", "initialValue"),
    "Dimension": (),
    "Comparison": ("comparisonOperator", "value", *_COMPARED),
    "ParameterInstanceRef": ("inputName", *_COMPARED),
    "ArgumentInstanceRef": ("inputName", *_COMPARED),
    "SequenceContainer": ("abstract", "idlePattern"),
    "CommandContainer": ("abstract", "idlePattern"),
    "BaseContainer": ("containerRef",),
    "ParameterRefEntry": ("parameterRef",),
    "ContainerRefEntry": ("containerRef",),
    "ArgumentRefEntry": ("argumentRef",),
    "ArrayParameterRefEntry": ("parameterRef", "lastEntryForThisArrayInstance"),
    "ArrayArgumentRefEntry": ("argumentRef", "parameterRef", "lastEntryForThisArrayInstance"),
    "FixedValueEntry": ("binaryValue", "sizeInBits"),
    "LocationInContainerInBits": ("referenceLocation",),
    "RepeatEntry": (),
    "Count": (),
    "Offset": ("offsetSizeInBits",),
    "MetaCommand": ("abstract",),
    "BaseMetaCommand": ("metaCommandRef",),
    "ArgumentAssignment": ("argumentName", "argumentValue"),
    "Argument": ("argumentTypeRef", "initialValue", "value"),
}
"""Elements that define how values are written, or which value is meant."""
_OTHER: dict[str, tuple[str, ...]] = {
    "Parameter": ("parameterTypeRef", "initialValue"),
    "ParameterProperties": ("dataSource", "persistence", "readOnly"),
    "ValidRange": (*_BOUNDS, "validRangeAppliesToCalibrated"),
    "ValidRangeSet": ("validRangeAppliesToCalibrated",),
    "DefaultAlarm": ("defaultAlarmLevel", "disabled", "minConformance", "minViolations"),
    "StaticAlarmRanges": ("appliesToCalibratedValues", "rangeForm", "timeUnits"),
    "WatchRange": _BOUNDS,
    "WarningRange": _BOUNDS,
    "DistressRange": _BOUNDS,
    "CriticalRange": _BOUNDS,
    "Epoch": (),
    "Unit": ("description", "factor", "form", "power"),
    "DefaultSignificance": ("consequenceLevel", "reasonForWarning", "spaceSystemAtRisk"),
    "TransmissionConstraint": ("suspendable", "timeOut"),
}
_OF_TYPES = (
    *("arrayTypeRef", "baseType", "characterWidth", "initialValue", "numberOfDimensions", "oneStringValue"),
    *("restrictionPattern", "signed", "sizeInBits", "validRangeAppliesToCalibrated", "zeroStringValue"),
)
DEFAULTS = {("IntegerDataEncoding", "sizeInBits"): "8", ("FloatDataEncoding", "sizeInBits"): "32"}
"""Default values of some attributes."""
_TYPES = ("ParameterType", "ArgumentType")


def unknown(root: Element, without: Collection[str] = ()) -> Iterator[tuple[Element, str, tuple[str, ...] | None]]:
    """Elements with an unknown attribute, its name, and the known ones where it must be refused, else None.

    Skipped elements and children named in `without` are not searched.
    """
    for name in root.attrib:
        known = _known(str(root.tag))
        if known is not None and name not in known and name not in _EVERYWHERE and not name.startswith("{"):
            yield root, name, known if root.tag in _LAYOUT else None
    for child in root:
        if child.tag not in without and not is_passed_over(child):
            yield from unknown(child, without)


def _known(tag: str) -> tuple[str, ...] | None:
    """The attributes of an element in the schemas; None for an element that is not listed here."""
    if tag.endswith(_TYPES):
        return _OF_TYPES
    return _LAYOUT.get(tag, _OTHER.get(tag))
