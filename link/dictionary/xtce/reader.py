"""Reader of XTCE: from files to a definition, over space systems and the names in them (660.1-B-2 §4.3.2, §4.3.4.5).

Parts that are not supported are refused, all in one run with file and line; elements that do not define how values are
written are skipped and reported.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

import msgspec

from link.dictionary.codec.packets import nodes_of, root_candidates
from link.dictionary.codec.places import part_of
from link.dictionary.conditions import Condition
from link.dictionary.definition import Definition
from link.dictionary.kinds import Field
from link.dictionary.model import Container
from link.dictionary.xtce.attributes import DEFAULTS, unknown
from link.dictionary.xtce.commands import CommandReader
from link.dictionary.xtce.containers import ContainerReader
from link.dictionary.xtce.criteria import read_criterion
from link.dictionary.xtce.document import (
    INCLUDE,
    Document,
    Element,
    UnencodedError,
    UnsupportedError,
    XtceFile,
    description,
    known_children,
    named,
    need,
    parse_document,
    parts,
    text,
)
from link.dictionary.xtce.ledger import Ledger
from link.dictionary.xtce.lower import Dialect
from link.dictionary.xtce.names import Found, System, XtceNames
from link.dictionary.xtce.types.encodings import CRITERIA
from link.dictionary.xtce.types.types import FORMS, TypeReader

_TYPES = tuple(f"{form}ParameterType" for form in FORMS)
_ARGUMENT_TYPES = tuple(f"{form}ArgumentType" for form in FORMS)
_SETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "ParameterTypeSet": ("type", _TYPES),
    "ParameterSet": ("parameter", ("Parameter", "ParameterRef")),
    "ContainerSet": ("container", ("SequenceContainer",)),
    "ArgumentTypeSet": ("argument type", _ARGUMENT_TYPES),
    "MetaCommandSet": ("command", ("MetaCommand", "MetaCommandRef")),
    "CommandContainerSet": ("container", ("SequenceContainer", "CommandContainer")),
}
_IN_SYSTEM = ("TelemetryMetaData", "CommandMetaData", "SpaceSystem", INCLUDE)
_OF_COMMANDS = ("ArgumentTypeSet", "MetaCommandSet", "CommandContainerSet")
DatabasePart = Literal["all", "telemetry"]


@dataclass(frozen=True, slots=True)
class DatabaseReading:
    """The definition in XTCE files. `skipped`: sentences about skipped elements, in the order of files."""

    definition: Definition
    skipped: tuple[str, ...]


def read_xtce(octets: bytes, without: Collection[str] = (), dialect: Dialect = "portable") -> Definition:
    """Read one XTCE file, as `read_database` reads several."""
    return read_database([XtceFile("", octets)], without, dialect).definition


def read_database(
    sources: Sequence[XtceFile],
    without: Collection[str] = (),
    dialect: Dialect = "portable",
    part: DatabasePart = "all",
) -> DatabaseReading:
    """Read XTCE files as one database. Elements named in `without` are left out, on the caller's responsibility; `part`
    "telemetry" leaves out commands.

    In the dialect of Yamcs the LeadingSize of a string counts octets; otherwise it is refused, because tools disagree.

    Raises ValueError; an XtceRefusedError lists everything that is wrong or not supported, with its file and line.
    """
    reader = _Reader(dialect, Ledger([]))
    for source in sources:
        reader.add(source, without)
    return reader.read(part)


@dataclass(slots=True)
class _Reader:
    dialect: Dialect
    ledger: Ledger
    names: XtceNames = field(init=False)
    _types: TypeReader = field(init=False)
    _containers: ContainerReader = field(init=False)
    _fields: dict[int, Field] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = XtceNames(self.ledger)
        self._types = TypeReader(self, "type")
        self._containers = ContainerReader(self, self._types)

    def add(self, source: XtceFile, without: Collection[str], path: tuple[str, ...] = ()) -> None:
        """Add a file and those that it includes. Raises ValueError for a file that is not XTCE."""
        try:
            document = parse_document(source, without)
        except ValueError as error:
            raise ValueError(f"{source.name}: {error}" if source.name else str(error)) from None
        self.ledger.documents.append(document)
        self._collect(document.root, document, path, without)

    def read(self, part: DatabasePart) -> DatabaseReading:
        """Read all files that were added. Raises XtceRefusedError."""
        self.names.label_all()
        self._check_attributes(part)
        packets = tuple(self._containers.containers())
        commands = CommandReader(self, TypeReader(self, "argument type"), self._containers)
        requests = tuple(commands.requests()) if part == "all" else ()
        self.ledger.check()
        self._check_references(packets)
        self.ledger.check()
        first = self.ledger.documents[0].root
        definition = Definition(
            name=first.get("name", ""),
            packets=packets,
            requests=requests,
            roots=self._roots(packets),
            text=description(first),
        )
        return DatabaseReading(definition, tuple(self.ledger.skipped()))

    def parameter(self, found: Found) -> Field:
        """A parameter as a field."""
        here = id(found.element)
        if here not in self._fields:
            self._fields[here] = self._parameter(found)
        return self._fields[here]

    def reference(self, element: Element, system: System) -> tuple[str, Field | None]:
        """The target of a `parameterRef` or `argumentRef`: the path in a packet, and the field there, if known."""
        if element.tag == "ArgumentInstanceRef":
            return text(element, "argumentRef"), None
        said = text(element, "parameterRef")
        for begin, rest in _splits(said):
            if self.names.look_up("parameter", element, begin, system) is not None:
                found = self.names.find("parameter", element, begin, system)
                return found.label + rest, self._part(element, found, rest)
        raise UnsupportedError(element, f"no parameter is called {said[:80]}")

    def _part(self, element: Element, found: Found, rest: str) -> Field | None:
        try:
            whole = self.parameter(found)
        except UnencodedError:
            return None
        inside = part_of(whole, rest)
        if inside is None:
            raise UnsupportedError(element, f"{found.label} has no part {rest[:80]}")
        return inside

    def condition(self, element: Element, system: System) -> Condition:
        """A match criterion."""
        return read_criterion(self, element, system)

    def _collect(self, element: Element, document: Document, path: tuple[str, ...], without: Collection[str]) -> None:
        with self.ledger.collecting(element):
            system = System((*path, text(element, "name")), document)
            for part in known_children(element, _IN_SYSTEM):
                if part.tag == "SpaceSystem":
                    self._collect(part, document, system.path, without)
                elif part.tag == INCLUDE:
                    self._include(part, document, system.path, without)
                else:
                    self._collect_sets(part, system)

    def _include(self, element: Element, document: Document, path: tuple[str, ...], without: Collection[str]) -> None:
        href = text(element, "href")
        if href not in document.source.included:
            raise UnsupportedError(element, f"the included file {href[:80]} was not given")
        self.add(document.source.included[href], without, path)

    def _collect_sets(self, data: Element, system: System) -> None:
        for part in known_children(data, _SETS):
            kind, tags = _SETS[str(part.tag)]
            for element in known_children(part, tags):
                with self.ledger.collecting(element):
                    self._collect_one(kind, element, system, is_command=part.tag == "CommandContainerSet")

    def _collect_one(self, kind: str, element: Element, system: System, *, is_command: bool) -> None:
        if element.tag in ("ParameterRef", "MetaCommandRef"):
            said = text(element, "parameterRef") if element.tag == "ParameterRef" else ""
            if "/" in said:
                self.names.add(kind, element, system, said.rpartition("/")[2])
            return
        self.names.add(kind, element, system, text(element, "name"), is_command=is_command)

    def _parameter(self, found: Found) -> Field:
        element = found.element
        kind = self._types.find(element, "parameterTypeRef", found.system)
        properties = parts(element, ("ParameterProperties",)).get("ParameterProperties")
        condition = None if properties is None else parts(properties, ("ValidityCondition",)).get("ValidityCondition")
        valid = None if condition is None else self.condition(need(condition, CRITERIA), found.system)
        return msgspec.structs.replace(kind, name=found.label, text=description(element) or kind.text, valid=valid)

    def _check_attributes(self, part: DatabasePart) -> None:
        """Refuse unknown attributes in elements that define how values are written; skip those in other elements."""
        for document in self.ledger.documents:
            for element, name, known in unknown(document.root, _OF_COMMANDS if part == "telemetry" else ()):
                if known is None:
                    self.ledger.pass_over(element, f"attribute {name} of {element.tag}")
                    continue
                meant = get_close_matches(name, known, 1)
                if meant and element.get(name) == DEFAULTS.get((str(element.tag), meant[0])):  # changes nothing
                    self.ledger.pass_over(element, f"attribute {name} of {element.tag}")
                    continue
                hint = f"; did you mean {meant[0]}?" if meant else ""
                self.ledger.refuse(element, f"{named(element)}: attribute {name[:80]} is not supported{hint}")

    def _roots(self, packets: Iterable[Container]) -> tuple[str, ...]:
        """The containers that a packet may begin with, without those that are only parts of others."""
        referred = {one.label for one in self.names.all("container") if id(one.element) in self._containers.referred}
        return tuple(root_candidates(packets, referred)) if referred else ()

    def _check_references(self, packets: Iterable[Container]) -> None:
        """Refuse conditions and sizes that refer to fields that do not come before them."""
        elements = {found.label: found.element for found in self.names.all("container") if not found.is_command}
        for name, node in nodes_of(packets).items():
            with self.ledger.collecting(elements[name]):
                node.check()


_MEMBERS = re.compile(r"(.*/)?([^/.\[]+)([.\[][^/]*)")


def _splits(said: str) -> Iterator[tuple[str, str]]:
    """Possible splits of a reference into a parameter and a part of it: `P.member[2]`; Yamcs also writes `P/member`."""
    yield said, ""
    found = _MEMBERS.fullmatch(said)
    if found is not None:
        yield (found[1] or "") + found[2], found[3]
    steps = said.split("/")
    for level in range(len(steps) - 1, 0, -1):
        if steps[level - 1] not in ("", ".", ".."):
            yield "/".join(steps[:level]), "." + ".".join(steps[level:])
