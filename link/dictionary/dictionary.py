"""A node's dictionary: everything that the ground must know of the node, as one JSON file with a version.

On board it is gathered from the declarations; on the ground it is read from the file, and every codec and check is
derived from it. The version is a hash of the content, so that two dictionaries of the same version are equal.
"""

import dataclasses
import hashlib
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import ModuleType
from typing import Annotated, Any, Self, TypeVar, cast

import msgspec
from msgspec import Meta

from kernels.usage import did_you_mean
from link.dictionary.codec.record import Codec
from link.dictionary.conditions import comparisons_of
from link.dictionary.declare import Event as EventClass
from link.dictionary.declare import Telemetry, app_name, commands_of, event_entry, parameters_of, report_entry
from link.dictionary.domain import check_labels, check_range, read_text, refuse
from link.dictionary.identifiers import Declarable, Declaration, check_apart
from link.dictionary.kinds import Field, Value
from link.dictionary.model import CommandEntry, EventEntry, ParameterEntry, ReportEntry, Severity
from link.errors import DecodeError
from link.plain import check_plain

_Entry = TypeVar("_Entry", ReportEntry, EventEntry, CommandEntry, ParameterEntry)
_Derived = TypeVar("_Derived")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """One received report: the values by field name (None for an absent field), and its dictionary entry."""

    entry: ReportEntry
    values: dict[str, Value | None]

    @property
    def name(self) -> str:
        """The report's name."""
        return self.entry.name

    @property
    def units(self) -> dict[str, str]:
        """The unit of every field that has one."""
        return self.entry.units

    @property
    def invalid(self) -> frozenset[str]:
        """Names of the fields whose value is invalid now by their validity conditions."""
        judged = ((field.name, field.valid) for field in self.entry.fields if field.valid)
        return frozenset(name for name, valid in judged if not valid.holds(lambda one: self.values.get(one.field)))

    @property
    def known(self) -> dict[str, Value | None]:
        """The values, with None for each that is absent or invalid now."""
        invalid = self.invalid
        return {name: None if name in invalid else one for name, one in self.values.items()} if invalid else self.values


@dataclasses.dataclass(frozen=True, slots=True)
class Happening:
    """One received event."""

    entry: EventEntry
    values: dict[str, Value]

    @property
    def name(self) -> str:
        """The event's name."""
        return self.entry.name

    @property
    def severity(self) -> Severity:
        """The event's severity."""
        return self.entry.severity

    @property
    def message(self) -> str:
        """The first line of the entry's text, with the values in place of {field}."""
        line = self.entry.text.partition("\n")[0]
        return _PLACEHOLDER.sub(lambda found: str(self.values.get(found[1], found[0])), line)


class FilePartners(msgspec.Struct, frozen=True, kw_only=True):
    """Entity IDs of a node's CFDP file transfer, and the APID of the space packets that carry one PDU each."""

    apid: Annotated[int, Meta(ge=0, le=2047)]
    node_entity: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    ground_entity: Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Dictionary(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Reports, events, commands and parameters of `node` on `apid`, over a link with the parameters `managed`.

    `managed` is as `Managed.to_dict` gives it.

    `services` are the PUS services that it offers; `files` is None for a node without CFDP.
    """

    node: Annotated[str, Meta(pattern=r"\A[ -~]{1,80}\Z")]
    apid: Annotated[int, Meta(ge=0, le=2047)]
    managed: dict[str, Any]
    files: FilePartners | None = None
    reports: tuple[ReportEntry, ...] = ()
    events: tuple[EventEntry, ...] = ()
    commands: tuple[CommandEntry, ...] = ()
    parameters: tuple[ParameterEntry, ...] = ()
    services: tuple[Annotated[int, Meta(ge=0, le=255)], ...] = ()

    def __post_init__(self) -> None:
        for kind in ("report", "event", "command", "parameter"):
            _check_unique(kind, getattr(self, f"{kind}s"))
        told = {f"{report.name}.{field.name}" for report in self.reports for field in report.fields}
        for command in self.commands:
            _check_constraint(command, told)
            _check_arming(command, self.commands)

    @classmethod
    def of(
        cls,
        node: str,
        apid: int,
        managed: Mapping[str, Any],
        declared: Iterable[ModuleType | type],
        files: FilePartners | None = None,
        services: Iterable[int] = (),
        arming: str = "",
    ) -> Self:
        """Gather what modules and classes declare: reports, events, and apps with commands and parameters.

        `arming` is the name of the command that arms hazardous ones, "" where they need not be armed.
        Raises ValueError where two entries share a name or an identifier.
        """
        classes = list(dict.fromkeys(_classes(declared)))
        made = cls._gathered(node, apid, managed, classes, files, services, arming)
        told = {f"{report.name}.{field.name}": field for report in made.reports for field in report.fields}
        for command in made.commands:
            check_labels(command.constraint, told)
        return made

    @classmethod
    def _gathered(
        cls,
        node: str,
        apid: int,
        managed: Mapping[str, Any],
        classes: Sequence[type],
        files: FilePartners | None,
        services: Iterable[int],
        arming: str,
    ) -> Self:
        apps = [(one, app_name(one)) for one in classes if not issubclass(one, Telemetry | EventClass)]
        reports = [(one, report_entry(one)) for one in classes if issubclass(one, Telemetry)]
        events = [(one, event_entry(one)) for one in classes if issubclass(one, EventClass)]
        commands = [(app, _armed(form.entry(name), arming)) for app, name in apps for form in commands_of(app)]
        parameters = [(app, entry) for app, name in apps for entry in parameters_of(app, name)]
        check_apart(
            Declaration(kind, entry.id, entry.name, _place(owner))
            for kind, found in _kinds(reports, events, commands, parameters)
            for owner, entry in found
        )
        return cls(
            node=node,
            apid=apid,
            managed=dict(managed),
            files=files,
            reports=tuple(entry for _, entry in reports),
            events=tuple(entry for _, entry in events),
            commands=tuple(entry for _, entry in commands),
            parameters=tuple(entry for _, entry in parameters),
            services=tuple(sorted(services)),
        )

    @cached_property
    def version(self) -> str:
        """16 hexadecimal digits: the first 64 bits of SHA-256 over the content as compact JSON."""
        return _hash(self._content)

    def to_json(self) -> bytes:
        """The dictionary file: the version, then the content; one line a value, so that people can compare files."""
        return msgspec.json.format(b'{"version":"%s",' % self.version.encode() + self._content[1:], indent=1) + b"\n"

    @classmethod
    def from_json(cls, octets: bytes) -> Self:
        """Read a dictionary file. Raises ValueError naming the key and what was expected, or a wrong version.

        An older file, without keys of today, keeps its content and its version.
        """
        try:
            found, content = msgspec.json.decode(octets, type=cls), msgspec.json.decode(octets)
        except RecursionError:
            raise ValueError("nested too deep") from None
        check_plain(found.managed, "managed")
        said = content.pop("version", None)
        if said in (None, found.version):
            return found
        vars(found).update(_content=msgspec.json.encode(content), version=said)
        if said != _hash(found._content):
            raise ValueError(
                f"version = {said}, but the content has {_hash(found._content)}: the file was changed by hand"
            )
        return found

    def decode_report(self, structure_id: int, octets: bytes) -> Sample:
        """The source data of TM[3,25] after the structure identifier. Raises DecodeError."""
        entry, codec = _known(self._reports, structure_id, "report")
        return Sample(entry, _named(codec, octets))

    def decode_event(self, event_id: int, octets: bytes) -> Happening:
        """The auxiliary data of TM[5,1..4]. Raises DecodeError."""
        entry, codec = _known(self._events, event_id, "event")
        return Happening(entry, _named(codec, octets))

    def command(self, name: str) -> CommandEntry:
        """The command called `name`. Raises ValueError with the nearest names."""
        for entry in self.commands:
            if entry.name == name:
                return entry
        raise ValueError(f"no command is called {name}; known: {', '.join(entry.name for entry in self.commands)}")

    def encode_command(self, name: str, arguments: Mapping[str, Value] | None = None) -> tuple[int, bytes]:
        """The function identifier and the arguments of TC[8,1]. Text is read as the argument's kind asks.

        Raises ValueError for an unknown command or argument, a missing one, or a value that it may not have.
        """
        entry = self.command(name)
        given, known = dict(arguments or {}), [field.name for field in entry.fields]
        if unknown := next((one for one in given if one not in known), None):
            listed = ", ".join(known) or "none"
            raise ValueError(f"{name}: no argument is called {unknown}; known: {listed}{did_you_mean(unknown, known)}")
        values = [_argument(entry, field, given) for field in entry.fields]
        try:
            return entry.id, self._commands[entry.id][1].encode(values)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None

    def decode_command(self, function_id: int, octets: bytes) -> tuple[CommandEntry, dict[str, Value]]:
        """The command and its arguments, the inverse of `encode_command`, for logs and tests. Raises DecodeError."""
        entry, codec = _known(self._commands, function_id, "command")
        return entry, _named(codec, octets)

    def derived(self, make: Callable[[Self], _Derived]) -> _Derived:
        """What `make` makes of this dictionary: made when it is first asked for, the same object from then on."""
        made = self._derivatives.get(make)
        if made is None:
            made = self._derivatives[make] = make(self)
        return cast(_Derived, made)

    @cached_property
    def _derivatives(self) -> dict[Callable[[Self], object], object]:
        return {}

    @cached_property
    def _content(self) -> bytes:
        """The content as compact JSON, decoded and encoded once more, so that 60 and 60.0 give the same text."""
        return msgspec.json.encode(msgspec.json.decode(msgspec.json.encode(self), type=Dictionary))

    @cached_property
    def _reports(self) -> dict[int, tuple[ReportEntry, Codec]]:
        return {entry.id: (entry, Codec(entry.fields)) for entry in self.reports}

    @cached_property
    def _events(self) -> dict[int, tuple[EventEntry, Codec]]:
        return {entry.id: (entry, Codec(entry.fields)) for entry in self.events}

    @cached_property
    def _commands(self) -> dict[int, tuple[CommandEntry, Codec]]:
        return {entry.id: (entry, Codec(entry.fields)) for entry in self.commands}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _kinds(*found: Iterable[tuple[type, Any]]) -> Iterator[tuple[Declarable, Iterable[tuple[type, Any]]]]:
    kinds: tuple[Declarable, ...] = ("report", "event", "command", "parameter")
    yield from zip(kinds, found, strict=True)


def _place(cls: type) -> str:
    """The file of a class, and its name there."""
    return f"{getattr(sys.modules.get(cls.__module__), '__file__', cls.__module__)}: {cls.__qualname__}"


def _classes(declared: Iterable[ModuleType | type]) -> Iterator[type]:
    """The given classes, and those with declarations that the given modules define."""
    for one in declared:
        if isinstance(one, type):
            yield one
            continue
        own = [item for item in vars(one).values() if isinstance(item, type) and item.__module__ == one.__name__]
        yield from (item for item in own if _declares(item))


def _declares(cls: type) -> bool:
    if issubclass(cls, Telemetry | EventClass):
        return True
    return any(True for _ in commands_of(cls)) or any(
        "parameter" in field.metadata for field in (dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ())
    )


def _check_unique(kind: str, entries: Sequence[ReportEntry | EventEntry | CommandEntry | ParameterEntry]) -> None:
    for key in ("id", "name"):
        seen: dict[Any, str] = {}
        for entry in entries:
            value = getattr(entry, key)
            if value in seen:
                raise ValueError(f"{kind} {entry.name} and {kind} {seen[value]} have the same {key}, {value}")
            seen[value] = entry.name


def _armed(entry: CommandEntry, arming: str) -> CommandEntry:
    return msgspec.structs.replace(entry, armed_by=arming) if entry.hazardous else entry


def _check_arming(command: CommandEntry, commands: Iterable[CommandEntry]) -> None:
    if command.armed_by and not any(one.name == command.armed_by and len(one.fields) == 1 for one in commands):
        raise ValueError(
            f"command {command.name}: {command.armed_by}, which is to arm it, is no command of one argument"
        )


def _check_constraint(command: CommandEntry, told: Collection[str]) -> None:
    for one in comparisons_of(command.constraint) if command.constraint else ():
        if one.field not in told:
            raise ValueError(f"command {command.name}: its constraint asks for {one.field}, which no report has")


def _known(table: Mapping[int, tuple[_Entry, Codec]], number: int, kind: str) -> tuple[_Entry, Codec]:
    try:
        return table[number]
    except KeyError:
        raise DecodeError(f"{kind} {number} is not in the dictionary") from None


def _named(codec: Codec, octets: bytes) -> dict[str, Any]:
    return dict(zip(codec.names, codec.decode(octets), strict=True))


def _argument(entry: CommandEntry, field: Field, given: dict[str, Value]) -> Value:
    """Take the argument `field` out of `given`, or its default, as a value in its range."""
    value = given.pop(field.name, field.default)
    if value is None:
        raise ValueError(f"{entry.name}: {field.name} is missing")
    try:
        value = read_text(field, value) if isinstance(value, str) else value
        check_range(field, value)
    except ValueError as error:
        raise ValueError(f"{entry.name}: {error}") from None
    except TypeError:
        raise ValueError(f"{entry.name}: {refuse(field, value)}") from None
    return value
