"""Requests as an operator types them, by name: the commands of apps, and those of the services that the node offers.

    imaging.capture target=coast
    test.ping
    housekeeping.create_structure structure=200 interval=10 parameters=NodeStatus.loop_load,reporter.repeats
    parameters.set_values reporter.repeats=1
    scheduling.insert_activities at=2026-11-22T22:00:00Z request="imaging.capture target=coast"
    event_actions.add_action event=ParameterAlarm request="imaging.capture target=coast"

A list is written with commas, or as JSON where its elements have members. An argument left out is empty or 0; an
APID left out is the node's.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from ground.commands.names import Names
from kernels.usage import did_you_mean
from link.dictionary.codec.record import Codec
from link.dictionary.conditions import Condition
from link.dictionary.dictionary import Dictionary
from link.dictionary.domain import read_text, refuse
from link.dictionary.exchange.pages import Asked
from link.dictionary.kinds import Array, Boolean, Field, Group, Rest, Text, Value
from link.errors import DecodeError
from link.pus.catalogue import SERVICES, requests_of
from link.pus.message import Request
from link.pus.packets import TcPacket
from link.pus.services.event_actions import AddAction
from link.pus.services.functions import PerformFunction
from link.pus.services.parameters import SetValues
from link.pus.services.scheduling import InsertActivities, insert_of
from link.pus.source import TcSource
from link.time.calendar import decode_ascii

_HUMP = re.compile(r"(?<!^)(?=[A-Z])")
_TYPED = Field(name="request", kind=Text(Rest()), text="a request in quotes, as it is typed")
_AT = Field(name="at", kind=Text(Rest()), text="when it is released, as 2026-11-22T22:00:00Z")
_VALUE = Field(name="NAME", kind=Text(Rest()), text="the value of the parameter called so, for each to be set")
_FIELDS: dict[type[Request], tuple[Field, ...]] = {
    InsertActivities: (_AT, *InsertActivities.__fields__[:1], _TYPED),
    AddAction: (*AddAction.__fields__[:2], _TYPED),
    SetValues: (_VALUE,),
}
"""The arguments as typed, for messages that themselves hold packets or encoded values."""


@dataclass(frozen=True, slots=True)
class ReadyRequest:
    """A request that can be sent. `inside`: the request in it, which the node releases at `at_ns` (UTC) or on an event.

    `constraint` is checked on the node's last samples; not for a request inside, which is released later. `arming`: the
    request to send before it, as the node executes a hazardous command only if it was armed.
    """

    name: str
    request: Request
    arguments: dict[str, Any]
    hazardous: bool = False
    inside: "Inside | None" = None
    constraint: Condition | None = None
    arming: "ReadyRequest | None" = None


class Inside(NamedTuple):
    """A request that another one contains, with its packet; `arming` is contained before it, for the same time."""

    order: ReadyRequest
    packet: TcPacket
    at_ns: int | None
    arming: "Inside | None" = None


def offers(dictionary: Dictionary) -> list[Asked]:
    """The requests of the node's services as they are typed, without functions: those are the dictionary's commands."""
    return [
        Asked(
            name=name,
            type=f"{form.__service__},{form.__subtype__}",
            text=(form.__doc__ or "").partition("\n")[0],
            fields=_FIELDS.get(form, form.__fields__),
        )
        for name, form in _forms(dictionary)
    ]


def _forms(dictionary: Dictionary) -> Iterator[tuple[str, type[Request]]]:
    for service in dictionary.services:
        for _, form in sorted(requests_of(service).items()):
            if form is not PerformFunction:
                yield f"{SERVICES[service]}.{_HUMP.sub('_', form.__name__).lower()}", form


class Requests:
    """Makes the requests that the node of `dictionary` understands."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary, self._names = dictionary, dictionary.derived(Names)
        self._forms = dict(_forms(dictionary))

    def make(self, name: str, arguments: Mapping[str, Value], source: TcSource) -> ReadyRequest:
        """The request called `name`; a request inside it takes its sequence count from `source`.

        Raises ValueError for a name or argument that is not known or allowed.
        """
        form = self._forms.get(name)
        if form is None:
            self._check_known(name)
            return self._function(name, arguments)
        if form is SetValues:
            return self._set(name, arguments)
        fields = _FIELDS.get(form, form.__fields__)
        if unknown := [one for one in arguments if one not in {field.name for field in fields}]:
            known = [field.name for field in fields]
            near = did_you_mean(unknown[0], known)
            raise ValueError(f"{name}: no argument is called {unknown[0]}; known: {', '.join(known) or 'none'}{near}")
        try:
            if form is InsertActivities:
                return self._scheduled(name, arguments, source)
            if form is AddAction:
                return self._acting(name, arguments, source)
            return ReadyRequest(name, self._filled(form, arguments), dict(arguments))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None

    def _check_known(self, name: str) -> None:
        known = [entry.name for entry in self._dictionary.commands]
        if name not in known:
            near = did_you_mean(name, [*known, *self._forms])
            raise ValueError(f"no command is called {name}; known: {', '.join(known)}{near}")

    def _function(self, name: str, arguments: Mapping[str, Value]) -> ReadyRequest:
        number, octets = self._dictionary.encode_command(name, arguments)
        entry, values = self._dictionary.decode_command(number, octets)
        request = PerformFunction(function=number, arguments=octets)
        arming = None
        if entry.armed_by:
            (field,) = self._dictionary.command(entry.armed_by).fields
            arming = self._function(entry.armed_by, {field.name: number})
        return ReadyRequest(name, request, values, entry.hazardous, constraint=entry.constraint, arming=arming)

    def _set(self, name: str, arguments: Mapping[str, Value]) -> ReadyRequest:
        table, values = self._names.table, {}
        for called, given in arguments.items():
            number = self._names.number("parameter", called)
            if number not in table.entries:
                raise ValueError(f"{name}: no parameter is called {called}")
            values[number] = self._read(table.entries[number].field, given)
        return ReadyRequest(name, table.set_values(values), dict(arguments))

    def _scheduled(self, name: str, arguments: Mapping[str, Value], source: TcSource) -> ReadyRequest:
        at_ns = _utc_ns(str(arguments.get("at", "")))
        order = self._inside(arguments, source)
        arming = Inside(order.arming, source.packet(order.arming.request), at_ns) if order.arming else None
        inside = Inside(order, source.packet(order.request), at_ns, arming)
        activities = [(at_ns, one.packet.encode()) for one in (arming, inside) if one]
        sub_schedule = self._value(InsertActivities.__fields__[0], arguments.get("sub_schedule"))
        request = insert_of(sub_schedule, activities)
        return ReadyRequest(name, request, dict(arguments), order.hazardous, inside)

    def _acting(self, name: str, arguments: Mapping[str, Value], source: TcSource) -> ReadyRequest:
        order = self._inside(arguments, source)
        if order.arming:
            raise ValueError(f"{order.name} is hazardous and must be armed first, which no event does")
        packet = source.packet(order.request)
        request = self._filled(AddAction, {**arguments, "request": packet.encode()})
        return ReadyRequest(name, request, dict(arguments), order.hazardous, Inside(order, packet, None))

    def _inside(self, arguments: Mapping[str, Value], source: TcSource) -> ReadyRequest:
        """The request typed as an argument of another one."""
        words = shlex.split(str(arguments.get("request", "")))
        if not words:
            raise ValueError('request is missing, as in request="imaging.capture target=coast"')
        pairs = (word.partition("=") for word in words[1:])
        order = self.make(words[0], {key: value for key, _, value in pairs}, source)
        if order.inside:
            raise ValueError(f"{order.name} cannot be in another request")
        return order

    def _filled(self, form: type[Request], arguments: Mapping[str, Value]) -> Request:
        values = [self._value(field, arguments.get(field.name)) for field in form.__fields__]
        return form.decode(Codec(form.__fields__).encode(values))

    def _value(self, field: Field, given: Any) -> Any:
        if given is None:
            return self._missing(field)
        if isinstance(field.kind, Array):
            return self._elements(field, field.kind, given)
        if isinstance(field.kind, Group):
            if not isinstance(given, dict):
                raise refuse(field, given)
            return self._members(field.kind, given)
        return self._read(field, self._names.number(field.name, given))

    def _members(self, kind: Group, given: dict[str, Any]) -> dict[str, Any]:
        """The members of one element of a list; a member left out is 0."""
        if unknown := given.keys() - {one.name for one in kind.fields}:
            raise ValueError(f"no member is called {min(unknown)}")
        values: dict[str, Any] = {}
        for one in kind.fields:
            there = one.when is None or one.when.holds(lambda other: values[other.field])
            values[one.name] = self._value(one, given.get(one.name)) if there else None
        return values

    def _missing(self, field: Field) -> Any:
        if field.name == "apid":
            return self._dictionary.apid
        kinds: dict[type, Any] = {Text: "", Boolean: False, Array: []}
        return kinds.get(type(field.kind), 0)

    def _elements(self, field: Field, kind: Array, given: Any) -> list[Any]:
        one = msgspec.structs.replace(field, kind=kind.of)
        if isinstance(given, str) and isinstance(kind.of, Group):
            given = _json(given)
        elements = given.split(",") if isinstance(given, str) else given
        return [self._value(one, element) for element in (elements if isinstance(elements, list) else [elements])]

    @staticmethod
    def _read(field: Field, given: Any) -> Any:
        return read_text(field, given) if isinstance(given, str) else given


def _json(text: str) -> Any:
    """The JSON value that a person typed. Raises ValueError."""
    try:
        return msgspec.json.decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _utc_ns(text: str) -> int:
    try:
        return decode_ascii(text.encode())
    except DecodeError:
        raise ValueError(f"at = {text!r}, expected a time as 2026-11-22T22:00:00Z") from None
