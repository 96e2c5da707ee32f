"""Attributes that the schemas of XTCE 1.0 to 1.3 know of each element, so that one misspelt is not taken for missing.

An element that says how values are written has to have those alone: `sizeInbits="16"` would otherwise be 8 bits. Of
elements that say something else one that is unknown is passed over, and told.
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
"""Elements that say how values are written, or which value is meant."""
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
"""What some attributes say where they are missing."""
_TYPES = ("ParameterType", "ArgumentType")


def unknown(root: Element, without: Collection[str] = ()) -> Iterator[tuple[Element, str, tuple[str, ...] | None]]:
    """Elements with an attribute that no schema knows of them, and those that it does, where that has to be refused.

    Nothing of what is passed over, nor in children named in `without`.
    """
    for name in root.attrib:
        known = _known(str(root.tag))
        if known is not None and name not in known and name not in _EVERYWHERE and not name.startswith("{"):
            yield root, name, known if root.tag in _LAYOUT else None
    for child in root:
        if child.tag not in without and not is_passed_over(child):
            yield from unknown(child, without)


def _known(tag: str) -> tuple[str, ...] | None:
    """None for elements of which nothing is known here."""
    if tag.endswith(_TYPES):
        return _OF_TYPES
    return _LAYOUT.get(tag, _OTHER.get(tag))
