"""MetaCommands of XTCE to requests: their argument assignments, arguments and constraints (660.1-B-2 §4.3.5)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from link.dictionary.conditions import Comparison, Condition
from link.dictionary.kinds import Field, Integer
from link.dictionary.model import Container
from link.dictionary.xtce.containers import ContainerReader
from link.dictionary.xtce.criteria import all_of, constant
from link.dictionary.xtce.document import (
    Element,
    UnsupportedError,
    description,
    known_children,
    named,
    need,
    only,
    parts,
    text,
    truth,
)
from link.dictionary.xtce.library import Library
from link.dictionary.xtce.names import Found, System
from link.dictionary.xtce.types.encodings import CRITERIA
from link.dictionary.xtce.types.types import TypeReader, initial

_IN_COMMAND = (
    *("BaseMetaCommand", "ArgumentList", "CommandContainer", "TransmissionConstraintList", "DefaultSignificance"),
)
_BASES_MAX = 64
_REFUSED = Field(name="", kind=Integer(8))
"""Placeholder of an argument that was refused, so that references to it are not refused as well."""


@dataclass(slots=True)
class CommandReader:
    """Reads MetaCommands; `types` reads argument types. It is the `Commands` of `containers`."""

    library: Library
    types: TypeReader
    containers: ContainerReader
    _owners: dict[int, Found] = field(default_factory=dict)
    _arguments: dict[int, dict[str, Field]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.containers.commands = self
        for found in self.library.names.all("command"):
            container = found.element.find("CommandContainer")
            if container is not None:
                self._owners[id(container)] = found

    def requests(self) -> Iterator[Container]:
        """All commands as requests, in the order of the files, without those that cannot be read."""
        for found in self.library.names.all("command"):
            with self.library.ledger.collecting(found.element):
                yield self._request(found)

    def arguments(self, container: Found) -> dict[str, Field]:
        """Arguments, by name, of the command that a container belongs to, and of all its base commands."""
        owner = self._owners.get(id(container.element))
        if owner is None:
            return {}
        here = id(owner.element)
        if here not in self._arguments:
            self._arguments[here] = {name: one for each in self._line(owner) for name, one in self._own(each)}
        return self._arguments[here]

    def declared(self, container: Found, entry: Element) -> Found:
        """The argument that an entry refers to. Raises UnsupportedError."""
        name, owner = text(entry, "argumentRef"), self._owners.get(id(container.element))
        for found in reversed(self._line(owner)) if owner is not None else ():
            for one in _listed(found):
                if one.get("name") == name:
                    return Found(one, found.system, label=name)
        raise UnsupportedError(entry, f"no argument is called {name}")

    def base(self, container: Found, reference: str) -> Found | None:
        """The base container, in one of the base commands or else in any command; None if there is none."""
        owner = self._owners.get(id(container.element))
        if owner is None:
            return None
        name = reference.rpartition("/")[2]
        above = list(self._line(owner))[-2::-1]
        for found in (*above, *self.library.names.all("command")):
            own = _container_of(found)
            if own is not None and own.element is not container.element and own.element.get("name") == name:
                return own
        return None

    def _line(self, found: Found) -> list[Found]:
        """A command and all its base commands, the outermost base first."""
        line = [found]
        while True:
            base = parts(line[0].element, _IN_COMMAND).get("BaseMetaCommand")
            if base is None:
                return line
            line.insert(0, self._command(base, line[0].system))
            if len(line) > _BASES_MAX:
                said = f"{named(found.element)} builds on itself, or on too many others"
                raise UnsupportedError(found.element, said)

    def _own(self, found: Found) -> Iterator[tuple[str, Field]]:
        for one in _listed(found):
            argument = _REFUSED
            with self.library.ledger.collecting(one):
                if self._waits(one, found.system):
                    continue
                argument = self._argument(one, found.system)
            yield one.get("name", ""), argument

    def _waits(self, argument: Element, system: System) -> bool:
        """Whether an argument is an array whose size is given by the container's entry."""
        kind = self.types.find_element(argument, "argumentTypeRef", system).element
        return kind.tag == "ArrayArgumentType" and kind.find("DimensionList") is None

    def _request(self, found: Found) -> Container:
        inside = parts(found.element, _IN_COMMAND)
        above = self._line(found)[-2:-1]
        conditions = list(_assigned(inside["BaseMetaCommand"])) if above else []
        fields: tuple[Field, ...] = ()
        own = _container_of(found)
        if own is not None:
            base = self.containers.base(own)
            is_above = base is None or any(base.element is one.element for one in map(_container_of, above) if one)
            fields = self.containers.fields(own) if is_above else self.containers.inherited(own)
            above = above if is_above else []
            fixed = self.containers.criteria(own)
            conditions += [fixed] if fixed is not None else []
        significance = inside.get("DefaultSignificance")
        level = "none" if significance is None else text(significance, "consequenceLevel", "normal")
        return Container(
            name=found.label,
            fields=fields,
            base=above[0].label if above else "",
            criteria=all_of(tuple(conditions)) if conditions else None,
            abstract=truth(found.element, "abstract", False),
            text=description(found.element),
            hazardous=level not in ("none", "normal"),
            constraint=self._constraint(inside.get("TransmissionConstraintList"), found.system),
        )

    def _command(self, base: Element, system: System) -> Found:
        return self.library.names.find("command", base, text(base, "metaCommandRef"), system)

    def _argument(self, argument: Element, system: System) -> Field:
        made = self.types.find(argument, "argumentTypeRef", system)
        default = initial(argument, made.kind) if argument.get("initialValue") is not None else made.default
        said = description(argument) or made.text
        return msgspec.structs.replace(made, name=text(argument, "name"), text=said, default=default)

    def _constraint(self, constraints: Element | None, system: System) -> Condition | None:
        if constraints is None:
            return None
        held = tuple(self._held(one, system) for one in known_children(constraints, ("TransmissionConstraint",)))
        return all_of(held) if held else None

    def _held(self, element: Element, system: System) -> Condition:
        if element.get("timeOut") is not None:
            raise UnsupportedError(element, "a TransmissionConstraint with a timeout is not supported")
        return self.library.condition(need(element, CRITERIA), system)


def _listed(found: Found) -> Iterator[Element]:
    """The arguments of a command, without those of its bases."""
    listed = parts(found.element, _IN_COMMAND).get("ArgumentList")
    yield from known_children(listed, ("Argument",)) if listed is not None else ()


def _container_of(found: Found) -> Found | None:
    """The CommandContainer of a command; None if it has none."""
    container = found.element.find("CommandContainer")
    return None if container is None else Found(container, found.system, is_command=True)


def _assigned(base: Element) -> Iterator[Condition]:
    """The ArgumentAssignments of a command, as comparisons for equality."""
    assignments = only(base, ("ArgumentAssignmentList",))
    for one in known_children(assignments, ("ArgumentAssignment",)) if assignments is not None else ():
        said = text(one, "argumentValue")
        number = constant(said)
        yield Comparison(text(one, "argumentName"), said if number is None else number)
