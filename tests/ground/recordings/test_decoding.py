"""Packets into values, and what is said of them."""

import pytest

from ground.recordings.decoding import Decoder
from link.dictionary.conditions import Comparison
from link.dictionary.definition import Definition
from link.dictionary.exchange.ccsdspy import PRIMARY_HEADER
from link.dictionary.kinds import Field, Group, Integer, Text, Time
from link.dictionary.model import Container
from link.packets.index import PacketIndex
from link.packets.space_packet import SpacePacket
from link.time.binary import Cuc

BASE = Container(name="Base", fields=(Field(name="id", kind=Integer(8)),), abstract=True)


def definition(*fields):
    child = Container(name="Status", fields=fields, base="Base", criteria=Comparison("id", 1))
    return Definition(name="D", packets=(BASE, child))


def test_kinds_and_what_is_not_described():
    decoder = Decoder(definition(Field(name="x", kind=Integer(8))))
    assert decoder.read(b"\x01\x05").values == {"id": 1, "x": 5}
    assert decoder.read(b"\x02\x05") is None
    assert decoder.read(b"") is None
    account = decoder.account()
    assert account["kinds"] == [{"name": "Status", "packets": 1, "seconds": None, "rate_hz": None}]
    assert sorted(row["packets"] for row in account["unread"]) == [1, 1]
    assert {"reason": "no container describes this Base", "packets": 1} in account["unread"]


@pytest.mark.parametrize(
    ("field", "time_field", "octets"),
    [
        (Field(name="t", kind=Integer(8)), "t", lambda s: bytes([s])),
        (Field(name="t", kind=Integer(8), epoch="1970-01-01T00:00:00Z"), "", lambda s: bytes([s])),
        (Field(name="t", kind=Time()), "", lambda s: Cuc(4, 3).encode(10**18 + s * 10**9)),
    ],
)
def test_rates_by_the_time_inside(field, time_field, octets):
    decoder = Decoder(definition(field), time_field)
    for second in (10, 12, 14):
        decoder.read(b"\x01" + octets(second))
    (kind,) = decoder.account()["kinds"]
    assert kind["seconds"] == pytest.approx(4)
    assert kind["rate_hz"] == pytest.approx(0.5)


def test_a_time_within_what_is_not_always_there():
    clock = Field(name="t", kind=Integer(8), epoch="1970-01-01T00:00:00Z")
    inside = Field(name="g", kind=Group((clock,), inline=True), when=Comparison("id", 1))
    decoder = Decoder(definition(inside))
    assert decoder.utc_ns(decoder.read(b"\x01\x05").values) == 5 * 10**9


def test_an_epoch_that_is_not_known_is_reported():
    decoder = Decoder(definition(Field(name="t", kind=Integer(8), epoch="launch")))
    assert decoder.timeless == ["t"]
    assert decoder.utc_ns(decoder.read(b"\x01\x05").values) is None


def test_values_that_cannot_be_are_counted():
    decoder = Decoder(definition(Field(name="s", kind=Text(1))))
    for octets in (b"\x01\xff", b"\x01a", b"\x01\xfe"):
        assert decoder.read(octets)
    (row,) = decoder.account()["invalid"]
    assert (row["field"], row["values"]) == ("s", 2)
    assert row["reason"].startswith("not a text: 'utf-8' codec can't decode byte 0xff")


def test_times_that_stand_still_give_no_rate():
    decoder = Decoder(definition(Field(name="t", kind=Integer(8))), "t")
    decoder.read(b"\x01\x07")
    assert decoder.account()["kinds"] == [{"name": "Status", "packets": 1, "seconds": 0.0, "rate_hz": None}]


def test_a_time_field_that_is_not_there():
    with pytest.raises(ValueError, match="no field is called clock"):
        Decoder(definition(), "clock")


def test_kinds_without_the_time_have_no_rate():
    other = Container(name="Other", fields=(), base="Base", criteria=Comparison("id", 2))
    timed = definition(Field(name="t", kind=Integer(8)))
    decoder = Decoder(Definition(name="D", packets=(*timed.packets, other)), "t")
    decoder.read(b"\x02")
    assert decoder.account()["kinds"] == [{"name": "Other", "packets": 1, "seconds": None, "rate_hz": None}]


@pytest.mark.parametrize(
    ("field", "time_field", "octets", "utc_ns"),
    [
        (Field(name="t", kind=Time()), "", Cuc(4, 3).encode(10**18), 10**18),
        (Field(name="t", kind=Integer(32)), "t", (10**9).to_bytes(4), 10**18),
        (Field(name="t", kind=Integer(32), epoch="2001-09-09T01:46:00Z"), "", (40).to_bytes(4), 10**18),
        (Field(name="t", kind=Integer(32), epoch="1958-01-01T00:00:00Z"), "", (1_378_691_232).to_bytes(4), 10**18),
        (Field(name="t", kind=Integer(32), epoch="1980-01-06T00:00:00Z"), "", (684_035_213).to_bytes(4), 10**18),
        (Field(name="t", kind=Integer(32), epoch="at launch"), "", (7).to_bytes(4), None),
        (Field(name="x", kind=Integer(32)), "", (7).to_bytes(4), None),
    ],
)
def test_times_of_any_epoch(field, time_field, octets, utc_ns):
    """2001-09-09T01:46:40, when TAI was 32 s and GPS time 13 s ahead of UTC."""
    decoder = Decoder(definition(field), time_field)
    assert decoder.utc_ns(decoder.read(b"\x01" + octets).values) == utc_ns


@pytest.mark.parametrize("first", [1, 2])
def test_many_at_once_are_counted_as_one_by_one(first):
    """Packets of a definition with space packet headers, the first of a kind that is not described."""
    head = tuple(Field(name=name, kind=Integer(bits)) for name, bits in PRIMARY_HEADER)
    base = Container(name="Packet", fields=head, abstract=True)
    child = Container(
        name="Status", fields=(Field(name="t", kind=Integer(32)),), base="Packet", criteria=Comparison(head[3].name, 5)
    )
    whole = Definition(name="D", packets=(base, child))
    packets = [SpacePacket(5 if n >= first else 6, n, n.to_bytes(4)).encode() for n in range(6)]
    bulk, alone = Decoder(whole, "t"), Decoder(whole, "t")
    index = PacketIndex.of(packets)
    tables, left = bulk.read_tables(index)
    for number in left:
        bulk.read(index.packet(number))
    for packet in packets:
        alone.read(packet)
    assert [table.columns["t"].tolist() for table in tables] == [list(range(first, 6))]
    assert bulk.account() == alone.account()
