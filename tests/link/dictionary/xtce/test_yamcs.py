"""Yamcs reads our XTCE files: values, alarms and commands are ours."""

import csv
import io
import math
import random
from datetime import datetime

import msgspec
import pytest

from kernels.coding.crc import crc16
from link.dictionary.codec.packets import PacketReader
from link.dictionary.conditions import Comparison
from link.dictionary.kinds import Counted, Field, Integer, Text
from link.dictionary.model import CommandEntry
from link.dictionary.xtce.lower import lowered
from link.dictionary.xtce.writer import write_xtce
from link.pus.definition import definition_of
from link.pus.packets import TcPacket
from link.pus.services.functions import PerformFunction
from tests.link.dictionary.xtce.mission import mission, packets_of, value_of
from tests.link.dictionary.xtce.yamcs import INSTANCE, Yamcs, absent

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(absent()), reason=absent() or "never")]
REALTIME = f"/api/processors/{INSTANCE}/realtime"


def test_portable_packets_alarms_and_commands(tmp_path):
    dictionary = mission()
    whole = definition_of(dictionary)
    packets = list(packets_of(dictionary, 10_000))
    reader = PacketReader(lowered(whole).packets)
    expected = [reader.decode(octets) for octets in packets]
    assert len({packet.name for packet in expected}) >= 20
    with Yamcs(tmp_path, write_xtce(whole)) as yamcs:
        yamcs.send(packets)
        assert_equal(values_in(yamcs, lowered(whole)), expected)
        assert alarms_in(yamcs) == out_of_limits(lowered(whole), expected)
        assert_commands(yamcs, dictionary, "portable")


def test_the_richer_dialect(tmp_path):
    """Truth values, times, validity, and fields that are not always there."""
    dictionary = mission(seed=2)
    optional = Field(name="extra", kind=Integer(8), when=Comparison("f0", 100, ">"))
    first = msgspec.structs.replace(dictionary.reports[0], fields=(Field(name="f0", kind=Integer(8)), optional))
    words = (Field(name="words", kind=Text(Counted(8))),)
    say = CommandEntry(id=500, name="app.say", fields=words, constraint=Comparison("Report0.f0", 0, ">="))
    never = CommandEntry(id=501, name="app.never", constraint=Comparison("Report0.f0", 0, "<"))
    dictionary = msgspec.structs.replace(
        dictionary, reports=(first, *dictionary.reports[1:]), commands=(never, *dictionary.commands, say)
    )
    whole = definition_of(dictionary)
    with Yamcs(tmp_path, write_xtce(whole, "yamcs")) as yamcs:
        packets = list(packets_of(dictionary, 500, optional={"extra": lambda values: values["f0"] > 100}))
        yamcs.send(packets)
        reader = PacketReader(lowered(whole, "yamcs").packets)
        assert_equal(values_in(yamcs, lowered(whole, "yamcs")), [reader.decode(octets) for octets in packets])
        yamcs.post(f"{REALTIME}/commands/mission/app_never", {"args": {}})  # its constraint keeps it from the link
        sent = msgspec.structs.replace(dictionary, commands=dictionary.commands[1:])
        assert_commands(yamcs, sent, "yamcs")


def values_in(yamcs, definition):
    """What Yamcs decoded: a row for each packet, texts by parameter."""
    names = sorted({f"/mission/{field.name}" for container in definition.packets for field in container.fields})
    wanted = {"parameters": names, "delimiter": "TAB"}
    table = yamcs.post(f"/api/archive/{INSTANCE}:exportParameterValues", wanted, raw=True)
    for row in csv.DictReader(io.StringIO(table), delimiter="\t"):
        yield {name.removeprefix("/mission/"): value for name, value in row.items() if value}


def assert_equal(rows, expected):
    for row, packet in zip(rows, expected, strict=True):
        for name, value in packet.values.items():
            assert same(row.get(name, ""), value), (packet.name, name, row.get(name), value)


def same(text, value):
    """Whether Yamcs's text says our value; its curves and ours may differ in the last bit."""
    match value:
        case None:
            return text == ""
        case bool():
            return text == str(value).lower()
        case int() | float() if "T" in text:
            since = datetime.fromisoformat(text) - datetime.fromisoformat("1970-01-01T00:00:00Z")
            return math.isclose(since.total_seconds() + 378_691_200, value, abs_tol=60)  # TAI, with leap seconds
        case int() | float():
            return math.isclose(float(text), value, rel_tol=1e-13)
        case bytes():
            return text == value.hex().upper()
    return text.rstrip("\0") == value


def alarms_in(yamcs):
    return {alarm["id"]["name"] for alarm in yamcs.get(f"{REALTIME}/alarms")["alarms"]}


def out_of_limits(definition, packets):
    limits = {field.name: field.limits for one in definition.packets for field in one.fields if field.limits}
    return {
        name
        for packet in packets
        for name, value in packet.values.items()
        if name in limits and not limits[name].warning[0] <= value <= limits[name].warning[1]
    }


def assert_commands(yamcs, dictionary, dialect):
    """Every kind of command goes through, and what is out of range does not."""
    rng = random.Random(3)
    for command in dictionary.commands:
        arguments = {field.name: value_of(rng, field) for field in command.fields}
        path = f"{REALTIME}/commands/mission/{command.name.replace('.', '_')}"
        said = {name: typed(value, dialect) for name, value in arguments.items()}
        yamcs.post(path, {"args": said})
        packet = TcPacket.decode(sealed(yamcs.commands.recv(3000)))
        request = PerformFunction.decode(packet.data)
        assert dictionary.decode_command(request.function, request.arguments) == (command, arguments)
        for field in (field for field in command.fields if field.range):
            status, message = yamcs.post(path, {"args": {**said, field.name: 101}})
            assert (status, "not in the range" in message) == (400, True)


def typed(value, dialect):
    """As Yamcs wants it; in the portable subset truth values are labels."""
    if isinstance(value, bool) and dialect == "portable":
        return str(value)
    return value.hex() if isinstance(value, bytes) else value


def sealed(octets):
    """With the length and the CRC that this Yamcs was not configured to fill in."""
    octets = octets[:4] + (len(octets) - 7).to_bytes(2) + octets[6:-2]
    return octets + crc16(octets).to_bytes(2)
