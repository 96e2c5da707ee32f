"""XTCE files as elements whose every child has to be known: nothing is ignored silently."""

import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from xml.parsers import expat

from link.dictionary.bounds import WIDE

Version = Literal["1.1", "1.2", "1.3"]
"""Version of the schema; 1.0 and 1.1 share a namespace, and the parts of them that are read here are equal."""
NAMESPACES: dict[str, Version] = {
    "": "1.2",
    "http://www.omg.org/space/xtce": "1.1",
    "http://www.omg.org/spec/XTCE/20180204": "1.2",
    "https://www.omg.org/spec/XTCE/20180204/SpaceSystem.xsd": "1.2",  # its location, which some use
    "http://www.omg.org/spec/XTCE/20250214": "1.3",
}
Element = ElementTree.Element
INCLUDE = "xi:include"
_XINCLUDE = "http://www.w3.org/2001/XInclude"
_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_TAGS_MAX, _DEPTH_MAX = 4_000_000, 64
LEFT_OUT = "-"
"""Tag of the elements that the caller asked to leave out."""
_ABOUT = frozenset(("AliasSet", "AncillaryDataSet", "LongDescription", "Header", LEFT_OUT))
"""Children that are documentation; they may be in any element."""
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
"""Children that do not define how values are written; they are skipped and reported (`skipped`)."""
_WHOLE = re.compile(r"\s*([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]([0-7]+)|0[bB]([01]+)|([0-9]+))\s*")
_DIGITS_MAX = 80


class UnsupportedError(ValueError):
    """Something in a file is wrong or not supported. `element` is its place; `others` are further such errors."""

    def __init__(self, element: Element, said: str, others: "Sequence[UnsupportedError]" = ()) -> None:
        super().__init__(said)
        self.element = element
        self.others = tuple(others)


class UnencodedError(UnsupportedError):
    """A type has no encoding: its values exist on the ground only."""


@dataclass(frozen=True, slots=True)
class XtceFile:
    """A file: its name for error sentences, its octets, and the files that it includes, by their references."""

    name: str
    octets: bytes
    included: Mapping[str, "XtceFile"] = field(default_factory=dict)


@dataclass(slots=True)
class Document:
    """A file whose XML was parsed."""

    source: XtceFile
    root: Element
    version: Version
    _lines: dict[int, int] = field(default_factory=dict)

    def line_of(self, wanted: Element) -> int | None:
        """The line on which `wanted` begins, from 1; None if it is not in this file."""
        if not self._lines:
            lines = _lines_of(self.source.octets)
            self._lines = {id(element): line for element, line in zip(self.root.iter(), lines, strict=True)}
        return self._lines.get(id(wanted))


def _lines_of(octets: bytes) -> list[int]:
    """The line of each element, in the order of their start tags."""
    lines: list[int] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda _name, _attributes: lines.append(parser.CurrentLineNumber)
    parser.Parse(octets, True)
    return lines


def parse_document(source: XtceFile, without: Collection[str] = ()) -> Document:
    """Parse a file; tags lose their namespace. Raises ValueError."""
    octets = source.octets
    if octets.count(b"<") > _TAGS_MAX:
        raise ValueError(f"more than {_TAGS_MAX} tags")
    if b"<!ENTITY" in octets:
        raise ValueError("XML entities are not supported: expanded, they may fill the memory")
    try:
        root = ElementTree.fromstring(octets)
    except (ElementTree.ParseError, LookupError, ValueError) as error:  # LookupError: an unknown encoding
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
    """The version of XTCE by the namespaces in a file."""
    return NAMESPACES[max(seen, key=len)]


def includes_of(octets: bytes) -> list[str]:
    """The references to files that a file includes; none for a file that is not XML, refused by `parse_document`."""
    if b"XInclude" not in octets:
        return []
    try:
        root = ElementTree.fromstring(octets)
    except (ElementTree.ParseError, LookupError, ValueError):
        return []
    return [element.get("href", "") for element in root.iter(f"{{{_XINCLUDE}}}include")]


def _check_depth(root: Element) -> None:
    """Raises ValueError for elements nested too deep, because the readers recurse as deep."""
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > _DEPTH_MAX:
            raise ValueError(f"elements nested more than {_DEPTH_MAX} deep")
        level = [child for element in level for child in element]


def is_passed_over(element: Element) -> bool:
    """Whether an element is skipped with all its children."""
    return element.tag in _ABOUT or element.tag in SKIPPED


def skipped(root: Element) -> Iterator[Element]:
    """All skipped elements, without their children."""
    for child in root:
        if child.tag in SKIPPED:
            yield child
        elif child.tag not in _ABOUT:
            yield from skipped(child)


def known_children(element: Element, known: Collection[str]) -> Iterator[Element]:
    """The children that are not skipped; after the last one, raises UnsupportedError for those that are not `known`."""
    wrong = []
    for child in element:
        if child.tag in known:
            yield child
        elif not is_passed_over(child):
            wrong.append(UnsupportedError(child, f"{named(child)} is not supported in {named(element)}"))
    if wrong:
        raise UnsupportedError(wrong[0].element, str(wrong[0]), wrong[1:])


def parts(element: Element, known: Collection[str]) -> dict[str, Element]:
    """The children by their tags. Raises UnsupportedError for one that is not `known`, or occurs twice."""
    found: dict[str, Element] = {}
    for child in known_children(element, known):
        if child.tag in found:
            raise UnsupportedError(child, f"a second {named(child)} is not supported in {named(element)}")
        found[str(child.tag)] = child
    return found


def only(element: Element, known: Collection[str]) -> Element | None:
    """The one child of those `known`, or None. Raises UnsupportedError for more than one."""
    if not len(element):
        return None  # the most frequent case, decided without the list of children
    found = list(known_children(element, known))
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
    """An attribute as text. Raises UnsupportedError if it is missing and has no default."""
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
        return read_whole(said)
    except ValueError:
        raise UnsupportedError(element, f"{named(element)}: {name} = {said[:40]}, expected a whole number") from None


def whole_number(element: Element) -> int:
    """The content of an element, a whole number."""
    said = content(element)
    try:
        return read_whole(said)
    except ValueError:
        raise UnsupportedError(element, f"{named(element)} {said[:40]}, expected a whole number") from None


def read_whole(said: str) -> int:
    """A whole number: xs:integer, leading zeros allowed, or with the prefix 0x, 0o or 0b. Raises ValueError."""
    found = _WHOLE.fullmatch(said)
    if not found or len(said) > _DIGITS_MAX:
        raise ValueError(said)
    value = next(int(digits, base) for digits, base in zip(found.groups()[1:], (16, 8, 2, 10), strict=True) if digits)
    if value > 2 * WIDE:
        raise ValueError(value.bit_length())
    return -value if found[1] == "-" else value


def number_of(element: Element, name: str, default: float | None = None) -> float:
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
    """The documentation of an element: the short description, then the long one."""
    short = element.get("shortDescription", "").strip()
    long = (element.findtext("LongDescription") or "").strip() if len(element) else ""
    return f"{short}\n{long}" if short and long else short or long


def named(element: Element) -> str:
    """An element's tag and name, for an error sentence."""
    name = element.get("name")
    return f"{element.tag} {name}" if name else str(element.tag)
