"""An XTCE file as elements whose every child has to be known: nothing is passed over in silence."""

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Collection, Iterator
from xml.parsers import expat

from link.dictionary.bounds import WIDE

NAMESPACES = (
    "",
    "http://www.omg.org/space/xtce",
    "http://www.omg.org/spec/XTCE/20180204",
    "http://www.omg.org/spec/XTCE/20250214",
)
"""None, 1.1, 1.2 and 1.3."""
Element = ElementTree.Element
_TAGS_MAX, _DEPTH_MAX = 4_000_000, 64
LEFT_OUT = "-"
"""Tag of what the reader was told to leave out."""
_ABOUT = frozenset(
    ("AliasSet", "AncillaryDataSet", "LongDescription", "DefaultRateInStream", "RateInStreamSet", LEFT_OUT)
)
"""Children that say nothing about how data is written; they may stand anywhere."""


class UnsupportedError(ValueError):
    """Something in the file is not supported or not right. `element` is where."""

    def __init__(self, element: Element, said: str) -> None:
        super().__init__(said)
        self.element = element


def parse(octets: bytes) -> Element:
    """The root element, tags without namespace. Raises ValueError."""
    if octets.count(b"<") > _TAGS_MAX:
        raise ValueError(f"more than {_TAGS_MAX} tags")
    if b"<!ENTITY" in octets:
        raise ValueError("entities are not supported: they may stand for more than a memory holds")
    try:
        root = ElementTree.fromstring(octets)
    except ElementTree.ParseError as error:
        raise ValueError(f"not XML: {error}") from None
    _check_depth(root)
    seen = set()
    for element in root.iter():
        namespace, _, element.tag = element.tag.rpartition("}")
        seen.add(namespace)
    unknown = {namespace.removeprefix("{") for namespace in seen} - set(NAMESPACES)
    if unknown:
        raise ValueError(f"unknown namespace {min(unknown)}")
    return root


def _check_depth(root: Element) -> None:
    """Raises ValueError for elements in elements in elements ...: whoever reads them goes as deep."""
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > _DEPTH_MAX:
            raise ValueError(f"elements nested more than {_DEPTH_MAX} deep")
        level = [child for element in level for child in element]


def line_of(octets: bytes, root: Element, wanted: Element) -> int:
    """The line on which `wanted` begins, counted from 1."""
    number = next(number for number, element in enumerate(root.iter()) if element is wanted)
    lines: list[int] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda _name, _attributes: lines.append(parser.CurrentLineNumber)
    parser.Parse(octets, True)
    return lines[number]


def children(element: Element, known: Collection[str]) -> Iterator[Element]:
    """The children that say something. Raises UnsupportedError for one that is not `known`."""
    for child in element:
        if child.tag in known:
            yield child
        elif child.tag not in _ABOUT:
            raise UnsupportedError(child, f"{_named(child)} is not supported in {_named(element)}")


def only(element: Element, known: Collection[str]) -> Element | None:
    """The one child of those `known`, or None. Raises UnsupportedError for more than one."""
    if not len(element):
        return None  # as most: it takes no list to see that
    found = list(children(element, known))
    if len(found) > 1:
        raise UnsupportedError(found[1], f"a second {_named(found[1])} is not supported in {_named(element)}")
    return found[0] if found else None


def need(element: Element, known: Collection[str]) -> Element:
    """The one child of those `known`. Raises UnsupportedError if there is none."""
    found = only(element, known)
    if found is None:
        raise UnsupportedError(element, f"{_named(element)} needs one of {', '.join(known)}")
    return found


def text(element: Element, name: str, default: str | None = None) -> str:
    """An attribute. Raises UnsupportedError if it is missing and has no default."""
    value = element.get(name, default)
    if value is None:
        raise UnsupportedError(element, f"{_named(element)} has no attribute {name}")
    return value


def integer(element: Element, name: str, default: int | None = None) -> int:
    """An attribute as a whole number."""
    said = text(element, name, None if default is None else str(default))
    try:
        return _bounded(int(said, 0))
    except ValueError:
        raise UnsupportedError(element, f"{_named(element)}: {name} = {said[:40]}, expected a whole number") from None


def whole_number(element: Element) -> int:
    """The content of an element, a whole number; 0 if it is empty."""
    said = (element.text or "0").strip()
    try:
        return _bounded(int(said))
    except ValueError:
        raise UnsupportedError(element, f"{_named(element)} {said[:40]}, expected a whole number") from None


def _bounded(value: int) -> int:
    if abs(value) > 2 * WIDE:
        raise ValueError(value.bit_length())
    return value


def number(element: Element, name: str, default: float | None = None) -> float:
    """An attribute as a number."""
    said = text(element, name, None if default is None else str(default))
    try:
        value = float(said)
    except ValueError:
        raise UnsupportedError(element, f"{_named(element)}: {name} = {said[:40]}, expected a number") from None
    if math.isnan(value):
        raise UnsupportedError(element, f"{_named(element)}: {name} = {said}, expected a number")
    return value


def truth(element: Element, name: str, default: bool) -> bool:
    """An attribute as true or false."""
    said = text(element, name, str(default).lower())
    if said not in ("true", "false", "1", "0"):
        raise UnsupportedError(element, f"{_named(element)}: {name} = {said}, expected true or false")
    return said in ("true", "1")


def among(element: Element, name: str, default: str, known: Collection[str]) -> str:
    """An attribute that has to be one of those `known`."""
    said = element.get(name, default)
    if said not in known:
        raise UnsupportedError(element, f"{_named(element)}: {name} = {said} is not supported")
    return said


def description(element: Element) -> str:
    """What the file says for people: the short description, then the long one."""
    short = element.get("shortDescription", "").strip()
    long = (element.findtext("LongDescription") or "").strip() if len(element) else ""
    return f"{short}\n{long}" if short and long else short or long


def _named(element: Element) -> str:
    name = element.get("name")
    return f"{element.tag} {name}" if name else str(element.tag)
