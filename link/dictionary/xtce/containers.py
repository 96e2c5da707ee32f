"""Containers of XTCE to lists of fields: entries, locations, repetitions and conditions (660.1-B-2 §4.3.4.5).

A container that another one refers to becomes part of it. If it is repeated or conditional, it stays together as an
inline group; so does each container based on it, because which one a packet holds depends on values read before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Protocol

import msgspec

from link.dictionary.bounds import FIELDS_MAX
from link.dictionary.conditions import All, Condition
from link.dictionary.kinds import Array, Field, Group, Integer, Size, check_nested, sum_bits
from link.dictionary.model import Container
from link.dictionary.xtce.document import (
    Element,
    UnsupportedError,
    among,
    description,
    integer,
    known_children,
    named,
    need,
    only,
    parts,
    text,
    truth,
    whole_number,
)
from link.dictionary.xtce.library import Library
from link.dictionary.xtce.names import Found, System
from link.dictionary.xtce.types.encodings import CRITERIA
from link.dictionary.xtce.types.sizes import VALUES, read_size
from link.dictionary.xtce.types.types import TypeReader

IN_CONTAINER = ("EntryList", "BaseContainer", "BinaryEncoding")
_IN_ENTRY = ("LocationInContainerInBits", "RepeatEntry", "IncludeCondition", "DimensionList")
_ARGUMENTS = ("ArgumentRefEntry", "ArrayArgumentRefEntry")
_ENTRIES = ("ParameterRefEntry", "ContainerRefEntry", "ArrayParameterRefEntry")
_COMMAND_ENTRIES = (*_ENTRIES, *_ARGUMENTS, "FixedValueEntry")
_NESTED_MAX = 64
_PLACES = ("previousEntry", "containerStart")


class Commands(Protocol):
    """What the reader of containers needs of the reader of commands."""

    types: TypeReader
    """Reader of argument types."""

    def declared(self, container: Found, entry: Element) -> Found:
        """The argument that an entry refers to. Raises UnsupportedError."""

    def arguments(self, container: Found) -> Mapping[str, Field]:
        """Arguments, by name, of the command that a container belongs to."""

    def base(self, container: Found, reference: str) -> Found | None:
        """The base container of a command's container; None where it belongs to no command."""


@dataclass(slots=True)
class ContainerReader:
    """Reads containers, each once."""

    library: Library
    types: TypeReader
    _read: dict[int, tuple[Field, ...]] = field(default_factory=dict)
    _open: list[int] = field(default_factory=list)
    _children: dict[int, list[Found]] = field(default_factory=dict)
    _padded: set[int] = field(default_factory=set)
    referred: set[int] = field(default_factory=set)
    """Elements of the containers that others refer to in an entry."""
    commands: "Commands | None" = None

    def containers(self) -> Iterator[Container]:
        """All telemetry containers, in the order of the files, without those that cannot be read."""
        every = list(self.library.names.all("container"))
        for found in every:
            with self.library.ledger.collecting(found.element):
                base = self.base(found)
                if base is not None:
                    self._children.setdefault(id(base.element), []).append(found)
        for found in every:
            if not found.is_command:
                with self.library.ledger.collecting(found.element):
                    yield self._container(found)

    def base(self, found: Found) -> Found | None:
        """The base of a container; None if it has none."""
        base = parts(found.element, IN_CONTAINER).get("BaseContainer")
        if base is None:
            return None
        of_command = self.commands.base(found, text(base, "containerRef")) if self.commands else None
        return of_command or self._find(base, "containerRef", "container", found)

    def criteria(self, found: Found) -> Condition | None:
        """The restriction criteria by which a container differs from others with the same base."""
        base = parts(found.element, IN_CONTAINER).get("BaseContainer")
        criteria = None if base is None else only(base, ("RestrictionCriteria",))
        if criteria is None:
            return None
        only_next = parts(criteria, (*CRITERIA, "NextContainer"))
        if "NextContainer" in only_next:
            raise UnsupportedError(only_next["NextContainer"], "NextContainer is not supported in RestrictionCriteria")
        return self.library.condition(need(criteria, CRITERIA), found.system)

    def fields(self, found: Found) -> tuple[Field, ...]:
        """The container's own fields, without those of its bases."""
        here = id(found.element)
        if here not in self._read:
            if here in self._open:
                raise UnsupportedError(found.element, f"{named(found.element)} stands in itself")
            if len(self._open) >= _NESTED_MAX:
                raise UnsupportedError(found.element, f"containers nested more than {_NESTED_MAX} deep")
            self._open.append(here)
            try:
                made: list[Field] = []
                entries = parts(found.element, IN_CONTAINER).get("EntryList")
                known = _COMMAND_ENTRIES if found.is_command else _ENTRIES
                for entry in known_children(entries, known) if entries is not None else ():
                    with self.library.ledger.collecting(entry):
                        made.extend(self.entry(entry, found, made))
                    if len(made) > FIELDS_MAX:
                        raise UnsupportedError(found.element, f"more fields than a packet can have, {FIELDS_MAX}")
                _check_nested(found, made)
                self._read[here] = tuple(made)
                self._read[here] += tuple(self._padding(found))
            finally:
                self._open.pop()
        return self._read[here]

    def inherited(self, found: Found, below: tuple[int, ...] = ()) -> tuple[Field, ...]:
        """The fields of all bases of a container, then its own."""
        if id(found.element) in below or len(below) >= _NESTED_MAX:
            raise UnsupportedError(found.element, f"{named(found.element)} builds on itself, or on too many others")
        base = self.base(found)
        above = () if base is None else self.inherited(base, (*below, id(found.element)))
        return (*above, *self.fields(found))

    def entry(self, entry: Element, found: Found, before: list[Field]) -> Iterator[Field]:
        """The fields of an entry, `before` being those before it in the same container."""
        if not len(entry) and entry.tag != "FixedValueEntry":
            yield from self._referred(entry, found)
            return
        inside = parts(entry, _IN_ENTRY)
        skip_bits = self._skip_bits(inside.get("LocationInContainerInBits"), found, before)
        condition = inside.get("IncludeCondition")
        when = None if condition is None else self.library.condition(need(condition, CRITERIA), found.system)
        for one in self._repeated(entry, inside, found, together=when is not None):
            name = _own_name(one.name, before) if entry.tag == "FixedValueEntry" else one.name
            both = _both(when, one.when)
            yield msgspec.structs.replace(one, name=name, when=both, skip_bits=one.skip_bits + skip_bits)
            skip_bits = 0

    def _repeated(self, entry: Element, inside: dict[str, Element], found: Found, *, together: bool) -> Iterator[Field]:
        listed, repeat = inside.get("DimensionList"), inside.get("RepeatEntry")
        if listed is not None:
            yield self._dimensioned(entry, listed, found)
            return
        fields = tuple(self._referred(entry, found))
        if entry.tag == "ContainerRefEntry" and (together or repeat is not None):
            inner = self._find(entry, "containerRef", "container", found)
            fields = (Field(name=inner.label, kind=Group(fields, inline=True)),)
        for one in fields:
            if repeat is not None:
                yield msgspec.structs.replace(one, kind=Array(one.kind, self._repeat(repeat, found.system)))
            else:
                yield one

    def _repeat(self, repeat: Element, system: System) -> Size:
        inside = parts(repeat, ("Count", "Offset"))
        if "Count" not in inside:
            raise UnsupportedError(repeat, "RepeatEntry needs a Count")
        offset = inside.get("Offset")
        if offset is not None and read_size(self.library, need(offset, VALUES), 1, system) != 0:
            raise UnsupportedError(offset, "an Offset between repetitions is not supported")
        return read_size(self.library, need(inside["Count"], VALUES), 1, system)

    def _dimensioned(self, entry: Element, listed: Element, found: Found) -> Field:
        """An array whose number of elements is given by its entry."""
        if entry.tag == "ArrayArgumentRefEntry" and self.commands:
            array, types = self.commands.declared(found, entry), self.commands.types
            said = text(array.element, "argumentTypeRef")
        else:
            array, types = self._find(entry, "parameterRef", "parameter", found), self.types
            said = text(array.element, "parameterTypeRef")
        of = types.elements(self.library.names.find(types.kind, array.element, said, array.system))
        kind = types.dimensioned(of.kind, listed, found.system)
        return msgspec.structs.replace(of, name=array.label, text=description(array.element) or of.text, kind=kind)

    def _referred(self, entry: Element, found: Found) -> Iterator[Field]:
        if entry.tag == "ContainerRefEntry":
            inner = self._find(entry, "containerRef", "container", found)
            self.referred.add(id(inner.element))
            yield from self.inherited(inner)
            yield from self._variants(inner)
        elif entry.tag == "FixedValueEntry":
            yield _fixed(entry)
        elif entry.tag in _ARGUMENTS:
            yield self._argument(entry, found)
        else:
            yield self.library.parameter(self._find(entry, "parameterRef", "parameter", found))

    def _argument(self, entry: Element, found: Found) -> Field:
        name = text(entry, "argumentRef")
        given = self.commands.arguments(found) if self.commands else {}
        if name not in given:
            raise UnsupportedError(entry, f"no argument is called {name}")
        return given[name]

    def _find(self, entry: Element, attribute: str, kind: str, found: Found) -> Found:
        return self.library.names.find(kind, entry, text(entry, attribute), found.system)

    def _variants(self, found: Found) -> Iterator[Field]:
        """Inline groups of the containers based on one that an entry refers to, each with its criteria as condition."""
        for child in self._children.get(id(found.element), ()):
            own = (*self.fields(child), *self._variants(child))
            if own:
                yield Field(name=child.label, kind=Group(own, inline=True), when=self.criteria(child) or All(()))

    def _skip_bits(self, location: Element | None, found: Found, before: list[Field]) -> int:
        """Spare bits in front of an entry with a location; negative where it overlaps those before."""
        if location is None:
            return 0
        bits = whole_number(need(location, ("FixedValue",)))
        if among(location, "referenceLocation", "previousEntry", _PLACES) == "previousEntry":
            return bits
        base = self.base(found)
        above = () if base is None else self.inherited(base)
        here = sum_bits((*above, *before))
        if here is None:
            raise UnsupportedError(location, "an entry at a fixed place after entries that vary is not supported")
        return bits - here

    def _padding(self, found: Found) -> Iterator[Field]:
        """Spare bits up to a container's declared size. Raises UnsupportedError where its entries take more."""
        encoding = parts(found.element, IN_CONTAINER).get("BinaryEncoding")
        if encoding is None:
            return
        among(encoding, "byteOrder", "mostSignificantByteFirst", ("mostSignificantByteFirst",))
        among(encoding, "bitOrder", "mostSignificantBitFirst", ("mostSignificantBitFirst",))
        size = parts(encoding, ("SizeInBits",)).get("SizeInBits")
        fixed = None if size is None else only(size, VALUES)
        if fixed is None or fixed.tag != "FixedValue":
            return
        bits, whole = sum_bits(self.inherited(found)), whole_number(fixed)
        if bits is None:
            raise UnsupportedError(fixed, f"{named(found.element)} of {whole} bits, but its entries vary in size")
        if bits > whole:
            raise UnsupportedError(fixed, f"{named(found.element)} of {whole} bits, but its entries take {bits}")
        if bits < whole:
            self._padded.add(id(found.element))
            yield Field(name="", kind=Group((), inline=True), skip_bits=whole - bits)

    def _container(self, found: Found) -> Container:
        base = self.base(found)
        if base is not None and base.is_command:
            raise UnsupportedError(found.element, f"{named(found.element)} builds on a command")
        if base is not None:
            self.inherited(found)  # refuses a container based on itself here, where its line is known
            if id(base.element) in self._padded:
                said = "is larger than its entries: it is not clear where the entries of a container based on it begin"
                raise UnsupportedError(found.element, f"{named(base.element)} {said}")
        return Container(
            name=found.label,
            fields=self.fields(found),
            base="" if base is None else base.label,
            criteria=self.criteria(found),
            abstract=truth(found.element, "abstract", False),
            text=description(found.element),
        )


def _check_nested(found: Found, fields: list[Field]) -> None:
    try:
        check_nested(field.kind for field in fields)
    except ValueError as error:
        raise UnsupportedError(found.element, f"{named(found.element)}: {error}") from None


def _fixed(entry: Element) -> Field:
    said = text(entry, "binaryValue").strip()
    bits = integer(entry, "sizeInBits", 4 * len(said))
    try:
        octets = bytes.fromhex(said)
    except ValueError:
        raise UnsupportedError(entry, f"binaryValue = {said[:40]}, expected octets in hexadecimal") from None
    kind = Integer(bits)  # checks the number of bits before the bound is computed, which could be huge
    value = int.from_bytes(octets) & kind.bounds[1]  # by the schema, excess bits in front are dropped
    return Field(name=entry.get("name") or "fixed", kind=kind, default=value)


def _own_name(name: str, before: list[Field]) -> str:
    """A name for a fixed value that no field before has, so that it is not taken as another instance of that field."""
    taken = {one.name for one in before}
    return next(one for one in chain((name,), (f"{name}_{number}" for number in count(2))) if one not in taken)


def _both(one: Condition | None, other: Condition | None) -> Condition | None:
    return All((one, other)) if one and other else one or other
