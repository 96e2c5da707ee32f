"""XTCE files as elements whose every child has to be known: nothing is passed over in silence."""

import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from xml.parsers import expat

from link.dictionary.bounds import WIDE

Version = Literal["1.1", "1.2", "1.3"]
"""Of the schema; 1.0 and 1.1 share a namespace, and what is read here of them is the same."""
NAMESPACES: dict[str, Version] = {
    "": "1.2",
    "http://www.omg.org/space/xtce": "1.1",
    "http://www.omg.org/spec/XTCE/20180204": "1.2",
    "https://www.omg.org/spec/XTCE/20180204/SpaceSystem.xsd": "1.2",  # the schema's place, which some take for its name
    "http://www.omg.org/spec/XTCE/20250214": "1.3",
}
Element = ElementTree.Element
INCLUDE = "xi:include"
_XINCLUDE = "http://www.w3.org/2001/XInclude"
_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_TAGS_MAX, _DEPTH_MAX = 4_000_000, 64
LEFT_OUT = "-"
"""Tag of what the reader was told to leave out."""
_ABOUT = frozenset(("AliasSet", "AncillaryDataSet", "LongDescription", "Header", LEFT_OUT))
"""Children that are for people; they may stand anywhere."""
SKIPPED = frozenset(
    (
        *("StreamSet", "AlgorithmSet", "MessageSet", "ServiceSet", "ShortDescription", "DefaultRateInStream"),
        *("RateInStreamSet", "SystemName", "PhysicalAddressSet", "TimeAssociation", "ErrorDetectCorrect", "ToString"),
        *("SizeRangeInCharacters", "ContextAlarmList", "BinaryContextAlarmList", "ContextSignificanceList"),
        *("VerifierSet", "Interlock", "ParameterToSetList", "ParametersToSuspendAlarmsOnSet", "BlockMetaCommand"),
        *("AlarmConditions", "CustomAlarm", "ChangeAlarmRanges", "ChangePerSecondAlarmRanges", "AlarmMultiRanges"),
        *("EnumerationAlarmList", "StringAlarmList", "OffsetFrom", "SevereRange"),
    )
)
"""Children that say nothing about how values are written; they are passed over, and told (`skipped`)."""
_WHOLE = re.compile(r"\s*([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]([0-7]+)|0[bB]([01]+)|([0-9]+))\s*")
_DIGITS_MAX = 80


class UnsupportedError(ValueError):
    """Something in a file is not supported or not right. `element` is where; `others` were found beside it."""

    def __init__(self, element: Element, said: str, others: "Sequence[UnsupportedError]" = ()) -> None:
        super().__init__(said)
        self.element = element
        self.others = tuple(others)


class UnencodedError(UnsupportedError):
    """A type does not say how it is written: its values are the ground's own."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file: its name for sentences, what it holds, and the files that it includes, by how it refers to them."""

    name: str
    octets: bytes
    included: Mapping[str, "Source"] = field(default_factory=dict)


@dataclass(slots=True)
class Document:
    """A file that was read."""

    source: Source
    root: Element
    version: Version
    _lines: dict[int, int] = field(default_factory=dict)

    def line_of(self, wanted: Element) -> int | None:
        """The line on which `wanted` begins, from 1; None if it does not stand here."""
        if not self._lines:
            lines = _lines_of(self.source.octets)
            self._lines = {id(element): line for element, line in zip(self.root.iter(), lines, strict=True)}
        return self._lines.get(id(wanted))


def _lines_of(octets: bytes) -> list[int]:
    """Of each element."""
    lines: list[int] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda _name, _attributes: lines.append(parser.CurrentLineNumber)
    parser.Parse(octets, True)
    return lines


def parse(source: Source, without: Collection[str] = ()) -> Document:
    """The file, tags without namespace. Raises ValueError."""
    octets = source.octets
    if octets.count(b"<") > _TAGS_MAX:
        raise ValueError(f"more than {_TAGS_MAX} tags")
    if b"<!ENTITY" in octets:
        raise ValueError("entities are not supported: they may stand for more than a memory holds")
    try:
        root = ElementTree.fromstring(octets)
    except (ElementTree.ParseError, LookupError, ValueError) as error:  # what it cannot decode, too
        raise ValueError(f"not XML: {error}") from None
    _check_depth(root)
    seen = set()
    for element in root.iter():
        if not isinstance(element.tag, str):  # pragma: no cover  # comments are not kept
            continue
        namespace, _, tag = element.tag.rpartition("}")
        namespace = namespace.removeprefix("{")
        if namespace == _XINCLUDE and tag == "include":
            element.tag = INCLUDE
            continue
        element.tag = LEFT_OUT if tag in without else tag
        seen.add(namespace)
    if root.tag != "SpaceSystem":
        raise ValueError(f"not XTCE: the outermost element is {root.tag}, expected SpaceSystem")
    unknown = seen - set(NAMESPACES)
    if unknown:
        raise ValueError(f"unknown namespace {min(unknown)}")
    return Document(source, root, _version(seen))


def _version(seen: set[str]) -> Version:
    """Of the namespaces in a file, the named one."""
    return NAMESPACES[max(seen, key=len)]


def includes_of(octets: bytes) -> list[str]:
    """The files that a file includes, as it refers to them. None for what is no XML, which `parse` will say."""
    if b"XInclude" not in octets:
        return []
    try:
        root = ElementTree.fromstring(octets)
    except (ElementTree.ParseError, LookupError, ValueError):
        return []
    return [element.get("href", "") for element in root.iter(f"{{{_XINCLUDE}}}include")]


def _check_depth(root: Element) -> None:
    """Raises ValueError for elements in elements in elements ...: whoever reads them goes as deep."""
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > _DEPTH_MAX:
            raise ValueError(f"elements nested more than {_DEPTH_MAX} deep")
        level = [child for element in level for child in element]


def is_passed_over(element: Element) -> bool:
    """Whether nothing that stands in it is read."""
    return element.tag in _ABOUT or element.tag in SKIPPED


def skipped(root: Element) -> Iterator[Element]:
    """All that is passed over, without what stands in it."""
    for child in root:
        if child.tag in SKIPPED:
            yield child
        elif child.tag not in _ABOUT:
            yield from skipped(child)


def children(element: Element, known: Collection[str]) -> Iterator[Element]:
    """The children that say something. Behind them, raises UnsupportedError for those that are not `known`."""
    wrong = []
    for child in element:
        if child.tag in known:
            yield child
        elif not is_passed_over(child):
            wrong.append(UnsupportedError(child, f"{named(child)} is not supported in {named(element)}"))
    if wrong:
        raise UnsupportedError(wrong[0].element, str(wrong[0]), wrong[1:])


def parts(element: Element, known: Collection[str]) -> dict[str, Element]:
    """The children by their tags. Raises UnsupportedError for one that is not `known`, or stands there twice."""
    found: dict[str, Element] = {}
    for child in children(element, known):
        if child.tag in found:
            raise UnsupportedError(child, f"a second {named(child)} is not supported in {named(element)}")
        found[str(child.tag)] = child
    return found


def only(element: Element, known: Collection[str]) -> Element | None:
    """The one child of those `known`, or None. Raises UnsupportedError for more than one."""
    if not len(element):
        return None  # as most: it takes no list to see that
    found = list(children(element, known))
    if len(found) > 1:
        raise UnsupportedError(found[1], f"a second {named(found[1])} is not supported in {named(element)}")
    return found[0] if found else None


def need(element: Element, known: Sequence[str]) -> Element:
    """The one child of those `known`. Raises UnsupportedError if there is none."""
    found = only(element, known)
    if found is None:
        raise UnsupportedError(element, f"{named(element)} needs one of {', '.join(known)}")
    return found


def text(element: Element, name: str, default: str | None = None) -> str:
    """An attribute. Raises UnsupportedError if it is missing and has no default."""
    value = element.get(name, default)
    if value is None:
        raise UnsupportedError(element, f"{named(element)} has no attribute {name}")
    return value


def content(element: Element) -> str:
    """The text in an element, without spaces around it."""
    return (element.text or "").strip()


def integer(element: Element, name: str, default: int | None = None) -> int:
    """An attribute as a whole number."""
    said = text(element, name, None if default is None else str(default))
    try:
        return whole(said)
    except ValueError:
        raise UnsupportedError(element, f"{named(element)}: {name} = {said[:40]}, expected a whole number") from None


def whole_number(element: Element) -> int:
    """The content of an element, a whole number."""
    said = content(element)
    try:
        return whole(said)
    except ValueError:
        raise UnsupportedError(element, f"{named(element)} {said[:40]}, expected a whole number") from None


def whole(said: str) -> int:
    """A whole number as xs:integer writes it, zeros in front and all, or behind 0x, 0o or 0b. Raises ValueError."""
    found = _WHOLE.fullmatch(said)
    if not found or len(said) > _DIGITS_MAX:
        raise ValueError(said)
    value = next(int(digits, base) for digits, base in zip(found.groups()[1:], (16, 8, 2, 10), strict=True) if digits)
    if value > 2 * WIDE:
        raise ValueError(value.bit_length())
    return -value if found[1] == "-" else value


def number(element: Element, name: str, default: float | None = None) -> float:
    """An attribute as a number."""
    said = text(element, name, None if default is None else str(default))
    try:
        value = float(said)
    except ValueError:
        raise UnsupportedError(element, f"{named(element)}: {name} = {said[:40]}, expected a number") from None
    if math.isnan(value):
        raise UnsupportedError(element, f"{named(element)}: {name} = {said}, expected a number")
    return value


def truth(element: Element, name: str, default: bool) -> bool:
    """An attribute as true or false."""
    said = text(element, name, str(default).lower())
    if said not in ("true", "false", "1", "0"):
        raise UnsupportedError(element, f"{named(element)}: {name} = {said}, expected true or false")
    return said in ("true", "1")


def among(element: Element, name: str, default: str, known: Collection[str]) -> str:
    """An attribute that has to be one of those `known`."""
    said = element.get(name, default)
    if said not in known:
        raise UnsupportedError(element, f"{named(element)}: {name} = {said} is not supported")
    return said


def description(element: Element) -> str:
    """What the file says for people: the short description, then the long one."""
    short = element.get("shortDescription", "").strip()
    long = (element.findtext("LongDescription") or "").strip() if len(element) else ""
    return f"{short}\n{long}" if short and long else short or long


def named(element: Element) -> str:
    """An element in a sentence."""
    name = element.get("name")
    return f"{element.tag} {name}" if name else str(element.tag)
