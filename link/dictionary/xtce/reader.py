"""XTCE to containers: space systems, parameters, entries, inheritance and criteria (660.1-B-2 §4.3.2, §4.3.4.5)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

import msgspec

from link.dictionary.conditions import OPERATORS, All, Comparison, Condition, Either, constant
from link.dictionary.definition import Definition
from link.dictionary.kinds import Array, Enumeration, Field, Integer, Text, sum_bits
from link.dictionary.model import Container
from link.dictionary.xtce.document import (
    LEFT_OUT,
    Element,
    UnsupportedError,
    among,
    children,
    description,
    integer,
    line_of,
    need,
    only,
    parse,
    text,
    truth,
    whole_number,
)
from link.dictionary.xtce.lower import Dialect
from link.dictionary.xtce.types import TypeReader, initial

_FORMS = (
    *("Integer", "Float", "Enumerated", "Boolean", "String", "Binary"),
    *("AbsoluteTime", "RelativeTime", "Array", "Aggregate"),
)
_TYPES = tuple(f"{form}ParameterType" for form in _FORMS)
_ARGUMENT_TYPES = tuple(f"{form}ArgumentType" for form in _FORMS)
_KINDS = ("type", "parameter", "container", "argument type", "command")
_TELEMETRY = {
    "ParameterTypeSet": ("type", _TYPES),
    "ParameterSet": ("parameter", ("Parameter",)),
    "ContainerSet": ("container", ("SequenceContainer",)),
}
_COMMANDS = {
    "ArgumentTypeSet": ("argument type", _ARGUMENT_TYPES),
    "MetaCommandSet": ("command", ("MetaCommand",)),
}
_CRITERIA = ("Comparison", "ComparisonList", "BooleanExpression")


def read_xtce(octets: bytes, without: Collection[str] = (), dialect: Dialect = "portable") -> Definition:
    """Read an XTCE file. Elements named in `without` are left out, for whoever can do without what they say.

    In the dialect of Yamcs the LeadingSize of a string counts octets; otherwise it is refused, for tools disagree.

    Raises ValueError naming what is not supported, and the line.
    """
    root = parse(octets)
    for element in root.iter() if without else ():
        if element.tag in without:
            element.tag = LEFT_OUT
    if root.tag != "SpaceSystem":
        raise ValueError(f"not XTCE: the outermost element is {root.tag}, expected SpaceSystem")
    try:
        reader = _Reader(root, dialect)
        packets, requests = tuple(reader.containers()), tuple(reader.requests())
        return Definition(name=text(root, "name"), packets=packets, requests=requests, text=description(root))
    except RecursionError:
        raise ValueError("types or containers that stand in each other without end") from None
    except UnsupportedError as error:
        raise ValueError(f"line {line_of(octets, root, error.element)}: {error}") from None


@dataclass(slots=True)
class _Found:
    """An element with a name, and the path of the space system that it is in ("" for the outermost)."""

    element: Element
    path: str

    @property
    def name(self) -> str:
        """Its name, after that of the inner space system that it is in."""
        own = text(self.element, "name")
        return f"{self.path.replace('/', '.')}.{own}" if self.path else own


@dataclass(slots=True)
class _Reader:
    root: Element
    dialect: Dialect
    _known: dict[str, dict[str, _Found]] = field(default_factory=lambda: {kind: {} for kind in _KINDS})
    _types: dict[str, TypeReader] = field(default_factory=dict)
    _fields: dict[int, Field] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._collect(self.root, "")

    def containers(self) -> Iterator[Container]:
        """All containers, those of inner space systems after."""
        for found in self._known["container"].values():
            yield self._container(found)

    def requests(self) -> Iterator[Container]:
        """All commands, as containers whose criteria are the arguments that they fix."""
        for found in self._known["command"].values():
            yield self._request(found)

    def _collect(self, system: Element, path: str) -> None:
        self._types[path] = TypeReader(
            lambda element, name: self._find("type", element, name, path).element,
            partial(self._name_of, path),
            partial(self._condition, path),
            self.dialect,
        )
        for part in children(system, ("Header", "TelemetryMetaData", "CommandMetaData", "SpaceSystem")):
            if part.tag == "SpaceSystem":
                self._collect(part, f"{path}/{text(part, 'name')}".lstrip("/"))
            elif part.tag != "Header":
                self._collect_sets(part, path, _TELEMETRY if part.tag == "TelemetryMetaData" else _COMMANDS)

    def _collect_sets(self, data: Element, path: str, sets: dict[str, tuple[str, tuple[str, ...]]]) -> None:
        for part in children(data, sets):
            kind, tags = sets[str(part.tag)]
            known = self._known[kind]
            for element in children(part, tags):
                known[f"{path}/{text(element, 'name')}".lstrip("/")] = _Found(element, path)

    def _find(self, kind: str, element: Element, name: str, path: str) -> _Found:
        """What `name` refers to from the space system `path`: there, or in one around it (§4.3.1.3)."""
        known = self._known[kind]
        if name.startswith("/"):
            path, name = "", name.removeprefix("/").partition("/")[2]
        while True:
            found = known.get(f"{path}/{name}" if path else name)
            if found is not None:
                return found
            if not path:
                raise UnsupportedError(element, f"no {kind} is called {name}")
            path = path.rpartition("/")[0]

    def _name_of(self, path: str, element: Element, name: str) -> str:
        """The field that a reference to a parameter or an argument means."""
        return name if element.tag == "ArgumentInstanceRef" else self._find("parameter", element, name, path).name

    def _container(self, found: _Found) -> Container:
        element = found.element
        base = only_of(element, "BaseContainer", ("EntryList", "BaseContainer"))
        fields = tuple(self._entries(found))
        criteria = None if base is None else only(base, ("RestrictionCriteria",))
        condition = None if criteria is None else self._condition(found.path, need(criteria, _CRITERIA))
        return Container(
            name=found.name,
            fields=fields,
            base="" if base is None else self._base(base, found).name,
            criteria=condition,
            abstract=truth(element, "abstract", False),
            text=description(element),
        )

    def _entries(self, found: _Found) -> Iterator[Field]:
        entries = only_of(found.element, "EntryList", ("EntryList", "BaseContainer"))
        fields: list[Field] = []
        for entry in children(entries, _ENTRIES) if entries is not None else ():
            for one in self._entry(entry, found, fields):
                fields.append(one)
                yield one

    def _entry(self, entry: Element, found: _Found, before: list[Field]) -> Iterator[Field]:
        if not len(entry):
            yield from self._referred(entry, found)
            return
        parts = {
            part.tag: part for part in children(entry, ("LocationInContainerInBits", "RepeatEntry", "IncludeCondition"))
        }
        when = None
        if "IncludeCondition" in parts:
            when = self._condition(found.path, need(parts["IncludeCondition"], _CRITERIA))
        skip_bits = self._skip_bits(parts.get("LocationInContainerInBits"), found, before)
        for one in self._referred(entry, found):
            kind = one.kind
            if "RepeatEntry" in parts:
                count = need(parts["RepeatEntry"], ("Count",))
                kind = Array(kind, self._types[found.path].repeat(count))
            yield msgspec.structs.replace(
                one, kind=kind, when=_both(when, one.when), skip_bits=one.skip_bits + skip_bits
            )
            skip_bits = 0

    def _referred(self, entry: Element, found: _Found) -> Iterator[Field]:
        if entry.tag == "ContainerRefEntry":
            inner = self._find("container", entry, text(entry, "containerRef"), found.path)
            yield from self._inherited(inner)
        else:
            yield self._field(self._find("parameter", entry, text(entry, "parameterRef"), found.path))

    def _inherited(self, found: _Found) -> Iterator[Field]:
        """The fields of a container and of all that it builds on."""
        base = only_of(found.element, "BaseContainer", ("EntryList", "BaseContainer"))
        if base is not None:
            yield from self._inherited(self._base(base, found))
        yield from self._entries(found)

    def _skip_bits(self, location: Element | None, found: _Found, before: list[Field]) -> int:
        """Spare bits in front of an entry that says where it stands."""
        if location is None:
            return 0
        bits = whole_number(need(location, ("FixedValue",)))
        if among(location, "referenceLocation", "previousEntry", _PLACES) == "previousEntry":
            return bits
        base = only_of(found.element, "BaseContainer", ("EntryList", "BaseContainer"))
        above = () if base is None else self._inherited(self._base(base, found))
        here = sum_bits(tuple(chain(above, before)))
        if here is None:
            raise UnsupportedError(location, "an entry at a fixed place after entries that vary is not supported")
        return bits - here

    def _base(self, base: Element, found: _Found) -> _Found:
        return self._find("container", base, text(base, "containerRef"), found.path)

    def _field(self, found: _Found) -> Field:
        field = self._fields.get(id(found.element))
        if field is None:
            field = self._fields[id(found.element)] = self._parameter(found)
        return field

    def _parameter(self, found: _Found) -> Field:
        element = found.element
        of = self._find("type", element, text(element, "parameterTypeRef"), found.path)
        properties = only(element, ("ParameterProperties",))
        valid = None
        if properties is not None:
            condition = only(properties, ("ValidityCondition",))
            valid = None if condition is None else self._condition(found.path, need(condition, _CRITERIA))
        kind = self._types[of.path].field(of.element)
        return msgspec.structs.replace(kind, name=found.name, text=description(element) or kind.text, valid=valid)

    def _request(self, found: _Found) -> Container:
        known = (
            "BaseMetaCommand", "ArgumentList", "CommandContainer", "TransmissionConstraintList", "DefaultSignificance",
        )  # fmt: skip
        parts = {part.tag: part for part in children(found.element, known)}
        arguments = parts.get("ArgumentList")
        given = {text(one, "name"): one for one in children(arguments, ("Argument",))} if arguments is not None else {}
        base, container = parts.get("BaseMetaCommand"), parts.get("CommandContainer")
        entries = None if container is None else only_of(container, "EntryList", ("EntryList", "BaseContainer"))
        entry_list = children(entries, ("ArgumentRefEntry", "FixedValueEntry")) if entries is not None else ()
        significance = parts.get("DefaultSignificance")
        level = "none" if significance is None else text(significance, "consequenceLevel", "normal")
        return Container(
            name=found.name,
            fields=tuple(self._argument(entry, given, found.path) for entry in entry_list),
            base="" if base is None else self._find("command", base, text(base, "metaCommandRef"), found.path).name,
            criteria=None if base is None else _assigned(base),
            abstract=truth(found.element, "abstract", False),
            text=description(found.element),
            hazardous=level not in ("none", "normal"),
            constraint=self._constraint(found.path, parts.get("TransmissionConstraintList")),
        )

    def _constraint(self, path: str, constraints: Element | None) -> Condition | None:
        if constraints is None:
            return None
        return _joined(tuple(self._held(path, one) for one in children(constraints, ("TransmissionConstraint",))))

    def _held(self, path: str, element: Element) -> Condition:
        if element.get("timeOut") is not None:
            raise UnsupportedError(element, "a TransmissionConstraint that is waited for is not supported")
        return self._condition(path, need(element, _CRITERIA))

    def _argument(self, entry: Element, given: dict[str, Element], path: str) -> Field:
        only(entry, ())
        if entry.tag == "FixedValueEntry":
            bits, said = integer(entry, "sizeInBits"), text(entry, "binaryValue")
            return Field(name=entry.get("name", "fixed"), kind=Integer(bits), default=int(said, 16))
        name = text(entry, "argumentRef")
        if name not in given:
            raise UnsupportedError(entry, f"no argument is called {name}")
        argument = given[name]
        of = self._find("argument type", argument, text(argument, "argumentTypeRef"), path)
        made = self._types[of.path].field(of.element)
        default = initial(argument, made.kind) if argument.get("initialValue") is not None else made.default
        return msgspec.structs.replace(made, name=name, text=description(argument) or made.text, default=default)

    def _condition(self, path: str, element: Element) -> Condition:
        match element.tag:
            case "Comparison":
                return self._comparison(path, element)
            case "ComparisonList":
                parts = tuple(self._comparison(path, one) for one in children(element, ("Comparison",)))
                return _joined(parts)
            case "BooleanExpression":
                return self._expression(path, need(element, ("Condition", "ANDedConditions", "ORedConditions")))
        raise AssertionError(element.tag)

    def _expression(self, path: str, element: Element) -> Condition:
        if element.tag == "Condition":
            return self._condition_of_parts(path, element)
        parts = children(element, ("Condition", "ANDedConditions", "ORedConditions"))
        read = tuple(self._expression(path, part) for part in parts)
        return All(read) if element.tag == "ANDedConditions" else Either(read)

    def _condition_of_parts(self, path: str, element: Element) -> Comparison:
        parts = list(children(element, ("ParameterInstanceRef", "ComparisonOperator", "Value")))
        if [part.tag for part in parts] != ["ParameterInstanceRef", "ComparisonOperator", "Value"]:
            raise UnsupportedError(element, "a Condition of a parameter, an operator and a value is expected")
        reference, operator, value = parts
        return self._compared(path, reference, (operator.text or "").strip(), (value.text or "").strip())

    def _comparison(self, path: str, element: Element) -> Comparison:
        return self._compared(path, element, element.get("comparisonOperator", "=="), text(element, "value"))

    def _compared(self, path: str, reference: Element, operator: str, value: str) -> Comparison:
        if integer(reference, "instance", 0):
            raise UnsupportedError(reference, "a comparison with an earlier instance is not supported")
        if operator not in OPERATORS:
            raise UnsupportedError(reference, f"the operator {operator} is not supported")
        found = self._find("parameter", reference, text(reference, "parameterRef"), path)
        kind = self._field(found).kind
        raw = not truth(reference, "useCalibratedValue", True)
        as_is = isinstance(kind, Text) or (isinstance(kind, Enumeration) and value in kind.labels and not raw)
        read = value if as_is else {"true": 1, "false": 0}.get(value.lower(), constant(value))
        return Comparison(found.name, read, OPERATORS[operator], raw and not isinstance(kind, Text))


def _assigned(base: Element) -> Condition | None:
    """What a command fixes of those that it builds on."""
    assignments = only(base, ("ArgumentAssignmentList",))
    if assignments is None:
        return None
    parts = tuple(
        Comparison(text(one, "argumentName"), constant(text(one, "argumentValue")))
        for one in children(assignments, ("ArgumentAssignment",))
    )
    return _joined(parts)


def _joined(parts: tuple[Condition, ...]) -> Condition:
    return parts[0] if len(parts) == 1 else All(parts)


_PLACES = ("previousEntry", "containerStart")
_ENTRIES = ("ParameterRefEntry", "ContainerRefEntry", "ArrayParameterRefEntry")


def only_of(element: Element, wanted: str, known: tuple[str, ...]) -> Element | None:
    """The child `wanted` among those `known`, if it is there."""
    return next((child for child in children(element, known) if child.tag == wanted), None)


def _both(one: Condition | None, other: Condition | None) -> Condition | None:
    return All((one, other)) if one and other else one or other
