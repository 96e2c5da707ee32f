"""A node's dictionary as whole packets: every PUS report and request from its first bit to its CRC.

A dictionary describes the data of messages; other ground systems want whole packets as containers. XTCE export,
reference pages and dissectors are made from these.
"""

from collections.abc import Collection, Iterable, Iterator

import msgspec

from link.dictionary.conditions import All, Comparison
from link.dictionary.curves import Linear
from link.dictionary.definition import Definition
from link.dictionary.dictionary import Dictionary
from link.dictionary.kinds import Field, Int8ub, Int16ub, Int24ub, Int32ub, Integer, Reference, odd_bits
from link.dictionary.model import CommandEntry, Container, EventEntry, ReportEntry
from link.pus.catalogue import MessageType, reports_of, requests_of
from link.pus.message import Message
from link.pus.packets import PUS_VERSION, AckFlags
from link.pus.services import events, functions, housekeeping

EPOCH = "1958-01-01T00:00:00Z"
_PRIMARY = (
    Field(name="version", kind=Integer(3)),
    Field(name="type", kind=Integer(1)),
    Field(name="secondary_header", kind=Integer(1)),
    Field(name="apid", kind=Integer(11)),
    Field(name="sequence_flags", kind=Integer(2), default=3),
    Field(name="sequence_count", kind=Integer(14), default=0),
    Field(name="data_length", kind=Int16ub, unit="octets", text="Octets after this field, less one.", default=0),
)
_REPORT = (
    Field(name="pus_version", kind=Integer(4)),
    Field(name="time_status", kind=Integer(4)),
    Field(name="service", kind=Int8ub),
    Field(name="subtype", kind=Int8ub),
    Field(name="type_counter", kind=Int16ub),
    Field(name="destination", kind=Int16ub),
    Field(name="time_s", kind=Int32ub, unit="s", epoch=EPOCH, text="Seconds of TAI since 1958."),
    Field(name="time_fraction", kind=Int24ub, unit="s", calibration=Linear(2**-24), text="Parts of a second."),
)
_REQUEST = (
    Field(name="pus_version", kind=Integer(4)),
    Field(name="acknowledge", kind=Integer(4), default=int(AckFlags.ALL)),
    Field(name="service", kind=Int8ub),
    Field(name="subtype", kind=Int8ub),
    Field(name="source", kind=Int16ub, default=0),
)
_CRC = Field(name="crc", kind=Int16ub, text="CRC-16 over everything before.", default=0)
_FUNCTIONS = (functions.PerformFunction.__service__, functions.PerformFunction.__subtype__)
BASIC = frozenset({*((1, subtype) for subtype in range(1, 11)), *((5, subtype) for subtype in range(1, 5)),
                   (3, 25), (8, 1), (17, 1), (17, 2)})  # fmt: skip
"""The message types of verification, housekeeping reports, event reports, functions, Ping and Pong."""
_SIZE = Reference("data_length", 1, 7)


def definition_of(dictionary: Dictionary, services: Collection[MessageType] = BASIC) -> Definition:
    """All packets of a node that speaks these message types, (service, subtype), both ways."""
    return Definition(
        name=dictionary.node,
        packets=tuple(_packets(dictionary, services)),
        requests=tuple(_requests(dictionary, services)),
        size=_SIZE,
        text=f"Dictionary {dictionary.version} of {dictionary.node}.",
    )


def _packets(dictionary: Dictionary, services: Collection[MessageType]) -> Iterator[Container]:
    yield Container(name="CCSDSPacket", fields=_PRIMARY, abstract=True, text="Space packet, CCSDS 133.0-B-2.")
    yield _base("PusReport", _REPORT, _equal(type=0, secondary_header=1, apid=dictionary.apid, version=0))
    for service, subtype in sorted(services):
        form = reports_of(service).get(subtype)
        if form is None:
            continue
        if issubclass(form, housekeeping.HousekeepingReport):
            yield from _family(form, "structure", dictionary.reports)
        elif issubclass(form, events.EventReport):
            entries = [one for one in dictionary.events if events.form_of(one.severity) is form]
            yield from _family(form, "event", entries)
        else:
            yield _message(form, "PusReport", _sealed(form.__fields__))


def _family(form: type[Message], key: str, entries: Iterable[ReportEntry | EventEntry]) -> Iterator[Container]:
    """The containers of a message type whose first field, `key`, selects the dictionary entry of the rest."""
    yield _message(form, "PusReport", form.__fields__[:1], abstract=True)
    for entry in entries:
        yield Container(
            name=entry.name,
            fields=_sealed(entry.fields),
            base=form.__name__,
            criteria=_equal(**{key: entry.id}),
            text=entry.text,
        )


def _requests(dictionary: Dictionary, services: Collection[MessageType]) -> Iterator[Container]:
    yield Container(name="CCSDSPacket", fields=_PRIMARY, abstract=True, text="Space packet, CCSDS 133.0-B-2.")
    yield _base("PusRequest", _REQUEST, _equal(type=1, secondary_header=1, apid=dictionary.apid, version=0))
    for service, subtype in sorted(services):
        form = requests_of(service).get(subtype)
        if form and (service, subtype) != _FUNCTIONS:
            yield _message(form, "PusRequest", _sealed(form.__fields__))
    yield _message(functions.PerformFunction, "PusRequest", functions.PerformFunction.__fields__[:1], abstract=True)
    for command in dictionary.commands:
        yield _command(command)


def _command(command: CommandEntry) -> Container:
    return Container(
        name=command.name,
        fields=_sealed(command.fields),
        base=functions.PerformFunction.__name__,
        criteria=_equal(function=command.id),
        text=command.text,
        hazardous=command.hazardous,
        constraint=command.constraint,
    )


def _sealed(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """The fields with the CRC after them, which begins on a whole octet."""
    bits = odd_bits(fields)
    if bits is None:
        raise ValueError(
            f"{fields[-1].name}: its size in bits varies, so the CRC after it might not begin on a whole octet"
        )
    return (*fields, msgspec.structs.replace(_CRC, skip_bits=-bits % 8))


def _base(name: str, fields: tuple[Field, ...], criteria: All) -> Container:
    text = "Secondary header, ECSS-E-ST-70-41C §7.4."
    return Container(name=name, fields=fields, base="CCSDSPacket", criteria=criteria, abstract=True, text=text)


def _message(form: type[Message], base: str, fields: tuple[Field, ...], *, abstract: bool = False) -> Container:
    return Container(
        name=form.__name__,
        fields=fields,
        base=base,
        criteria=_equal(pus_version=PUS_VERSION, service=form.__service__, subtype=form.__subtype__),
        abstract=abstract,
        text=(form.__doc__ or "").strip(),
    )


def _equal(**values: int) -> All:
    return All(tuple(Comparison(name, value) for name, value in values.items()))
