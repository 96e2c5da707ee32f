"""Parameter and argument types of XTCE to fields without a name (660.1-B-2 §4.3.2, §4.3.4)."""

from dataclasses import dataclass, field
from itertools import pairwise

import msgspec

from link.dictionary.bounds import KIND_DEPTH_MAX
from link.dictionary.curves import Curve, Linear, Rounded, is_whole
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
    Size,
    Text,
)
from link.dictionary.xtce.criteria import constant
from link.dictionary.xtce.document import (
    Element,
    UnencodedError,
    UnsupportedError,
    among,
    content,
    description,
    integer,
    known_children,
    named,
    need,
    number_of,
    only,
    parts,
    text,
    truth,
    whole_number,
)
from link.dictionary.xtce.ledger import Ledger
from link.dictionary.xtce.library import Library
from link.dictionary.xtce.names import Found, System
from link.dictionary.xtce.types.encodings import ENCODINGS, NUMBER_ENCODINGS, Number, number_kind, read_number
from link.dictionary.xtce.types.epochs import read_epoch
from link.dictionary.xtce.types.ranges import read_limits, read_range
from link.dictionary.xtce.types.sizes import VALUES, read_dynamic, read_size
from link.dictionary.xtce.types.texts import read_text_kind

FORMS = (
    *("Integer", "Float", "Enumerated", "Boolean", "String", "Binary"),
    *("AbsoluteTime", "RelativeTime", "Array", "Aggregate"),
)
_UNITS = {"seconds": "s", "days": "d"}
_TIME_UNITS = ("seconds", "days", "months", "years", "picoSeconds")
_COMMON = ("UnitSet", "DefaultAlarm", *ENCODINGS)


@dataclass(slots=True)
class TypeReader:
    """Reads types, each once; `kind` is "type" or "argument type"."""

    library: Library
    kind: str
    _read: dict[int, Field] = field(default_factory=dict)
    _open: list[int] = field(default_factory=list)
    _wrong: dict[int, UnsupportedError] = field(default_factory=dict)

    def find(self, element: Element, attribute: str, system: System) -> Field:
        """The type that an attribute of `element` refers to, as a field whose `name` is to be replaced."""
        return self.field(self.find_element(element, attribute, system))

    def find_element(self, element: Element, attribute: str, system: System) -> Found:
        """The type that an attribute of `element` refers to, as an element."""
        return self.library.names.find(self.kind, element, text(element, attribute), system)

    def field(self, found: Found) -> Field:
        """A type as a field whose `name` is to be replaced. Raises UnsupportedError."""
        here = id(found.element)
        if here in self._read:
            return self._read[here]
        if here in self._wrong:
            raise self._wrong[here]
        if here in self._open:
            raise UnsupportedError(found.element, f"{named(found.element)} stands in itself")
        if len(self._open) > KIND_DEPTH_MAX:
            raise UnsupportedError(found.element, f"types nested more than {KIND_DEPTH_MAX} deep")
        self._open.append(here)
        try:
            made = self._read[here] = self._field(found)
        except UnsupportedError as error:
            self._wrong[here] = error
            raise
        finally:
            self._open.pop()
        return made

    def _field(self, found: Found) -> Field:
        own = found.element
        whole = self._with_base(found)
        form = own.tag.removesuffix("ParameterType").removesuffix("ArgumentType")
        try:
            made = self._of_form(form, whole, found.system)
            default = initial(whole, made.kind) if whole.get("initialValue") is not None else None
        except UnsupportedError as error:
            if error.element is whole:
                raise type(error)(own, str(error)) from None
            raise
        except ValueError as error:  # a size that no packet can have
            raise UnsupportedError(own, f"{named(own)}: {error}") from None
        return msgspec.structs.replace(made, name=found.name, text=description(whole), default=default)

    def _of_form(self, form: str, element: Element, system: System) -> Field:
        match form:
            case "Integer" | "Float":
                return self._numeric(element, system)
            case "Enumerated":
                return _enumerated(self.library.ledger, element)
            case "Boolean":
                return _boolean(self.library.ledger, element)
            case "String" | "Binary":
                return self._octets(element, system)
            case "AbsoluteTime" | "RelativeTime":
                return self._time(element, system)
            case "Array":
                return self._array(element, system)
        return self._aggregate(element, system)  # the reader takes no other forms

    def _with_base(self, found: Found) -> Element:
        """A type merged with its bases: inherited are attributes, and children whose tags it does not have itself."""
        element, said, below = found.element, found.element.get("baseType"), [id(found.element)]
        system = found.system
        while said:
            base = self.library.names.find(self.kind, element, said, system)
            if id(base.element) in below:
                raise UnsupportedError(found.element, f"{named(found.element)}: {said} cannot be its base")
            below.append(id(base.element))
            element, said, system = _merged(base.element, element), base.element.get("baseType"), base.system
        return element

    def _numeric(self, element: Element, system: System) -> Field:
        inside = parts(element, (*_COMMON, "ValidRange", "ValidRangeSet"))
        encoding = _encoding(element, inside, NUMBER_ENCODINGS, "a number")
        read = read_number(self.library.ledger, encoding, lambda one: self.library.condition(one, system))
        ledger, whole = self.library.ledger, element.tag.startswith("Integer")
        if whole and self.kind == "type":
            read = self._rounded(encoding, read, unsigned=not truth(element, "signed", True))
        made = Field(name="", kind=read.kind, calibration=read.calibration, contexts=read.contexts)
        calibrated = read.calibration is not None or bool(read.contexts)
        with ledger.collecting(encoding):
            made = msgspec.structs.replace(made, unit=_unit(inside.get("UnitSet")))
        with ledger.collecting(encoding):
            found = read_range(ledger, element, inside, whole=whole, calibrated=calibrated)
            made = msgspec.structs.replace(made, range=found)
        with ledger.collecting(encoding):
            bands = read_limits(ledger, inside.get("DefaultAlarm"), whole=whole, calibrated=calibrated)
            return msgspec.structs.replace(made, limits=bands)
        return made

    def _rounded(self, encoding: Element, read: Number, *, unsigned: bool) -> Number:
        """A calibration to whole numbers, rounded as in Yamcs; other tools do not round, and no schema defines it."""
        curves = [curve for _, curve in read.contexts] + ([read.calibration] if read.calibration else [])
        if isinstance(read.kind, Real) and not curves:  # Yamcs truncates the number
            self.library.ledger.pass_over(encoding, "the rounding of a real number to a whole one")
        if all(is_whole(curve) for curve in curves):
            return read
        if self.library.dialect != "yamcs":
            self.library.ledger.pass_over(encoding, "the rounding of what is calibrated to a whole number")
            return read
        return Number(
            read.kind,
            None if read.calibration is None else _to_whole(read.calibration, unsigned),
            tuple((condition, _to_whole(curve, unsigned)) for condition, curve in read.contexts),
        )

    def _octets(self, element: Element, system: System) -> Field:
        inside = parts(element, _COMMON)
        unit = _unit(inside.get("UnitSet"))
        if element.tag.startswith("String"):
            encoding = _encoding(element, inside, ("StringDataEncoding",), "a string")
            return Field(name="", kind=read_text_kind(self.library, encoding, system), unit=unit)
        encoding = _encoding(element, inside, ("BinaryDataEncoding",), "octets")
        return Field(name="", kind=self._binary(encoding, system), unit=unit)

    def _binary(self, encoding: Element, system: System) -> Octets:
        among(encoding, "bitOrder", "mostSignificantBitFirst", ("mostSignificantBitFirst",))
        among(encoding, "byteOrder", "mostSignificantByteFirst", ("mostSignificantByteFirst",))
        undone = ("ToBinaryTransformAlgorithm",) if self.kind == "type" else ()  # telemetry is only read
        inside = parts(encoding, ("SizeInBits", *undone))
        if "SizeInBits" not in inside:
            raise UnsupportedError(encoding, "BinaryDataEncoding needs SizeInBits")
        size = need(inside["SizeInBits"], VALUES)
        return Octets(read_size(self.library, size, 8, system))

    def _time(self, element: Element, system: System) -> Field:
        inside = parts(element, ("UnitSet", "Encoding", "ReferenceTime", "DefaultAlarm"))
        if "Encoding" not in inside:
            raise UnencodedError(element, f"{named(element)} has no Encoding")
        encoding = inside["Encoding"]
        inner = need(encoding, (*NUMBER_ENCODINGS, "BinaryDataEncoding"))
        if inner.tag == "BinaryDataEncoding":  # its algorithm is skipped, so the time is unknown
            return Field(name="", kind=self._binary(inner, system))
        read = read_number(self.library.ledger, inner, lambda one: self.library.condition(one, system))
        unit = among(encoding, "units", "seconds", _TIME_UNITS)
        return Field(
            name="",
            kind=read.kind,
            unit=_UNITS.get(unit, unit),
            calibration=_scaled(encoding, read),
            epoch=_epoch(inside.get("ReferenceTime")),
        )

    def _array(self, element: Element, system: System) -> Field:
        listed = only(element, ("DimensionList",))
        of = self.find(element, "arrayTypeRef", system)
        if listed is None:
            raise UnsupportedError(element, f"{named(element)} has no DimensionList, nor has the entry")
        return msgspec.structs.replace(of, kind=self.dimensioned(of.kind, listed, system))

    def elements(self, found: Found) -> Field:
        """The element type of an array type, as a field."""
        return self.find(found.element, "arrayTypeRef", found.system)

    def dimensioned(self, kind: AnyKind, listed: Element, system: System) -> AnyKind:
        """An array of `kind` in the dimensions of a DimensionList, the last the innermost."""
        dimensions = list(known_children(listed, ("Dimension", "Size")))
        if not dimensions:
            raise UnsupportedError(listed, "DimensionList has no Dimension")
        for dimension in reversed(dimensions):
            kind = Array(kind, self._count(dimension, system))
        return kind

    def _count(self, dimension: Element, system: System) -> Size:
        """Number of elements of one Dimension, from its first index to its last; or its Size, as in XTCE 1.0."""
        if dimension.tag == "Size":
            return read_size(self.library, need(dimension, VALUES), 1, system)
        indices = parts(dimension, ("StartingIndex", "EndingIndex"))
        if len(indices) != 2:
            raise UnsupportedError(dimension, "Dimension needs a StartingIndex and an EndingIndex")
        start, end = (need(indices[tag], ("FixedValue", "DynamicValue")) for tag in ("StartingIndex", "EndingIndex"))
        if start.tag != "FixedValue":
            raise UnsupportedError(start, "an array whose first index varies is not supported")
        before = whole_number(start)
        if end.tag == "FixedValue":
            count = whole_number(end) + 1 - before
            if count < 0 or before < 0:
                raise UnsupportedError(dimension, f"an array from index {before} to {before + count - 1} is impossible")
            return count
        found = read_dynamic(self.library, end, 1, system)
        return msgspec.structs.replace(found, offset=found.offset + (1 - before) * found.divisor)

    def _aggregate(self, element: Element, system: System) -> Field:
        members = need(element, ("MemberList",))
        fields: list[Field] = []
        wrong: list[UnsupportedError] = []
        for member in known_children(members, ("Member",)):
            try:
                of, name = self.find(member, "typeRef", system), text(member, "name")
                fields.append(msgspec.structs.replace(of, name=name, text=description(member) or of.text))
            except UnsupportedError as error:
                wrong += [error, *error.others]
        if wrong:
            raise type(wrong[0])(wrong[0].element, str(wrong[0]), wrong[1:])
        return Field(name="", kind=Group(tuple(fields)))


def _to_whole(curve: Curve, unsigned: bool) -> Curve:
    return curve if isinstance(curve, Rounded) else Rounded(curve, unsigned)


def _merged(base: Element, own: Element) -> Element:
    """`own` merged over `base`; an encoding replaces any other. From a base of another form, only the attributes and
    children that all forms have are inherited.
    """
    made = Element(own.tag, {**base.attrib, **own.attrib})
    said = {_slot(child) for child in own}
    alike = base.tag == own.tag
    made.extend(child for child in base if _slot(child) not in said and (alike or child.tag in _COMMON))
    made.extend(own)
    return made


def _slot(child: Element) -> str:
    return "encoding" if child.tag in ENCODINGS else str(child.tag)


def _encoding(element: Element, inside: dict[str, Element], known: tuple[str, ...], what: str) -> Element:
    """The encoding of a type, which must be one of those `known`."""
    found = [inside[tag] for tag in ENCODINGS if tag in inside]
    if not found:
        raise UnencodedError(element, f"{named(element)} has no encoding as {what}")
    if found[0].tag not in known or len(found) > 1:
        raise UnsupportedError(found[-1], f"{found[-1].tag} is not supported in {named(element)}")
    return found[0]


def _whole(ledger: Ledger, element: Element, inside: dict[str, Element]) -> Integer:
    """The encoding of an enumeration or boolean, as a whole number without calibration."""
    encoding = _encoding(element, inside, ("IntegerDataEncoding",), "a whole number")
    kind = number_kind(ledger, encoding, only(encoding, ("ByteOrderList",)))
    assert isinstance(kind, Integer)
    return kind


def _enumerated(ledger: Ledger, element: Element) -> Field:
    inside = parts(element, (*_COMMON, "EnumerationList"))
    kind = _whole(ledger, element, inside)
    if "EnumerationList" not in inside:
        raise UnsupportedError(element, f"{named(element)} has no EnumerationList")
    labels: dict[str, int] = {}
    ranges: list[tuple[int, int, str]] = []
    taken: list[tuple[int, int, str]] = []
    for one in known_children(inside["EnumerationList"], ("Enumeration",)):
        with ledger.collecting(one):
            low, label = integer(one, "value"), text(one, "label")
            high = integer(one, "maxValue", low)
            taken.append((low, high, label))
            if label in labels or high != low:
                ranges.append((low, high, label))
            labels.setdefault(label, low)
    _check_apart(inside["EnumerationList"], sorted(taken))
    made = Enumeration(labels, kind.bits, kind.signed, kind.order, tuple(ranges))
    return Field(name="", kind=made, unit=_unit(inside.get("UnitSet")))


def _check_apart(listed: Element, taken: list[tuple[int, int, str]]) -> None:
    """Raises UnsupportedError for a value that has two labels."""
    for (low, high, label), (after, _, other) in pairwise(taken):
        if high < low:
            raise UnsupportedError(listed, f"label {label} has an empty range, from {low} to {high}")
        if after <= high and label != other:
            raise UnsupportedError(listed, f"{after} has two labels, {label} and {other}")


def _boolean(ledger: Ledger, element: Element) -> Field:
    inside = parts(element, _COMMON)
    kind = _whole(ledger, element, inside)
    off, on = element.get("zeroStringValue", "False"), element.get("oneStringValue", "True")
    unit = _unit(inside.get("UnitSet"))
    if (off, on) == ("False", "True") and kind.order == "big":
        return Field(name="", kind=Boolean(kind.bits), unit=unit)
    low, high = kind.bounds
    ranges = [(first, last, on) for first, last in ((low, -1), (2, high)) if first <= last]
    return Field(
        name="", kind=Enumeration({off: 0, on: 1}, kind.bits, kind.signed, kind.order, tuple(ranges)), unit=unit
    )


def _unit(units: Element | None) -> str:
    if units is None:
        return ""
    return " ".join(filter(None, (_power(one) for one in known_children(units, ("Unit",)))))


def _power(unit: Element) -> str:
    power = number_of(unit, "power", 1)
    return content(unit) + (f"^{power:g}" if power != 1 else "")


def initial(element: Element, kind: AnyKind) -> float | int | bool | str | None:
    """The initialValue of a type or an argument; None for a time, an array or a group."""
    said = text(element, "initialValue")
    if isinstance(kind, Boolean):
        if said.lower() not in ("true", "false", "1", "0"):
            raise UnsupportedError(element, f"initialValue = {said[:40]}, expected true or false")
        return said.lower() in ("true", "1")
    if isinstance(kind, Array | Group) or "Time" in element.tag:
        return None
    if isinstance(kind, Enumeration | Text | Octets):
        return said
    found = constant(said)
    if found is None:
        raise UnsupportedError(element, f"initialValue = {said[:40]}, expected a number")
    return found


def _scaled(encoding: Element, read: Number) -> Linear | None:
    """Scale and offset of a time's Encoding, combined with the calibrator of the number in it."""
    scale, offset = number_of(encoding, "scale", 1), number_of(encoding, "offset", 0)
    inner = read.calibration
    if read.contexts:
        raise UnsupportedError(encoding, "a time with a calibration by other fields is not supported")
    if inner is None:
        return Linear(scale, offset) if (scale, offset) != (1, 0) else None
    if not isinstance(inner, Linear):
        raise UnsupportedError(encoding, "a time with a calibrator that is no straight line is not supported")
    return Linear(inner.scale * scale, inner.offset * scale + offset)


def _epoch(reference: Element | None) -> str:
    """The epoch of a ReferenceTime; "" where the time counts from another parameter."""
    epoch = None if reference is None else only(reference, ("Epoch",))
    return "" if epoch is None else read_epoch(epoch)
