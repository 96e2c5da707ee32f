"""XTCE out and in: what is written reads back equal, whatever the packets are."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from link.dictionary.codec.packets import PacketReader
from link.dictionary.codec.record import Codec
from link.dictionary.conditions import All, Comparison, Either, comparisons_of
from link.dictionary.curves import Linear, Polynomial, Powers, Spline
from link.dictionary.definition import Definition
from link.dictionary.kinds import (
    Array,
    Boolean,
    Counted,
    Enumeration,
    Field,
    Group,
    Integer,
    Lookup,
    Octets,
    Real,
    Reference,
    Rest,
    Terminated,
    Text,
    Time,
)
from link.dictionary.limits import Limits
from link.dictionary.model import Container
from link.dictionary.xtce.lower import lowered
from link.dictionary.xtce.reader import read_xtce
from link.dictionary.xtce.writer import write_xtce
from tests.examples import examples
from tests.link.dictionary.random_fields import portable_fields
from tests.link.dictionary.strategies import values_of

ROOT = Container(
    name="Packet",
    fields=(Field(name="length", kind=Integer(16)), Field(name="id", kind=Integer(8), default=0)),
    abstract=True,
    text="Every packet.",
)
SIZE = Reference("length", 1, 0)


def plain(whole):
    """Containers field by field, for a readable difference."""
    return [
        (one.name, one.base, one.criteria, one.abstract, field)
        for one in (*whole.packets, *whole.requests)
        for field in (one.text, *one.fields)
    ]


def child(fields, number=1, name="One", **said):
    return Container(name=name, fields=tuple(fields), base="Packet", criteria=Comparison("id", number), **said)


def definition(*fields, requests=False):
    containers = (ROOT, child(fields))
    return Definition(
        name="Test", packets=() if requests else containers, requests=containers if requests else (), size=SIZE
    )


@examples(30)
@given(portable_fields(), st.sampled_from(("portable", "yamcs")), st.booleans())
def test_what_is_written_reads_back_equal(fields, dialect, requests):
    whole = definition(*fields, requests=requests)
    if (requests or dialect == "portable") and any(field.when for field in fields):
        with pytest.raises(ValueError, match="that is not always there"):
            write_xtce(whole, dialect)
        return
    read_back, expected = read_xtce(write_xtce(whole, dialect), (), dialect), lowered(whole, dialect)
    assert plain(read_back) == plain(expected)


@examples(30)
@given(portable_fields(), st.sampled_from(("portable", "yamcs")), st.data())
def test_lowered_packets_are_the_same_on_the_wire(fields, dialect, data):
    fields = [field for field in fields if dialect == "yamcs" or not field.when]
    values = data.draw(values_of(fields))
    octets = Codec(fields).encode(values)
    (_, plain) = lowered(definition(*fields), dialect).packets
    codec = Codec([replace(one, calibration=None) if one.epoch else one for one in plain.fields])
    assert codec.encode(codec.decode(octets)) == octets


def test_a_time_for_yamcs_is_a_double_of_seconds():
    """56 bits of CUC are three more than a double holds: seen as seconds, a time of today is exact to half its ulp."""
    ticks = (2_168_000_000 << 24) | 0xABCDEF
    (_, plain) = lowered(definition(Field(name="t", kind=Time(4, 3))), "yamcs").packets
    (seconds,) = Codec(plain.fields).decode(ticks.to_bytes(7))
    assert abs(Fraction(seconds) - Fraction(ticks, 1 << 24)) <= Fraction(math.ulp(seconds)) / 2 < Fraction(1, 4_000_000)
    assert Codec([replace(one, calibration=None) for one in plain.fields]).decode(ticks.to_bytes(7)) == [ticks]


LIMITS = Limits(watch=(0, 8), warning=(1, 7.5), distress=(2, 6), critical=(3, 5), persistence=3)
EVERYTHING = (
    Field(name="a", kind=Integer(12, signed=True), unit="V", calibration=Polynomial((1.5, 0.5, 0.25)), text="Words."),
    Field(name="b", kind=Integer(4), skip_bits=72, limits=LIMITS),
    Field(name="c", kind=Integer(16, order="little"), calibration=Spline(((0.0, 1.0), (10.0, 5.0)), extrapolate=True)),
    Field(name="d", kind=Real(32, "little")),
    Field(name="e", kind=Enumeration({"off": 0, "on": 1}, 2, signed=False)),
    Field(name="f", kind=Boolean(6)),
    Field(name="g", kind=Text(4)),
    Field(name="h", kind=Octets(3)),
    Field(name="i", kind=Time()),
    Field(name="j", kind=Array(Integer(8), 2)),
    Field(name="k", kind=Group((Field(name="x", kind=Integer(8)), Field(name="y", kind=Real(64))))),
    Field(name="l", kind=Integer(8), when=All((Comparison("e", "on"), Comparison("b", 3, ">")))),
    Field(name="m", kind=Integer(8), when=Either((Comparison("f", 1), Comparison("b", 3, "!=")))),
    Field(name="n", kind=Octets(Reference("b", 1, 2)), valid=Comparison("e", "on")),
    Field(name="p", kind=Text(Counted(8))),
)  # fmt: skip


@pytest.mark.parametrize("dialect", ["portable", "yamcs"])
def test_everything_at_once(dialect):
    whole = definition(*(field for field in EVERYTHING if dialect == "yamcs" or not field.when))
    read_back = read_xtce(write_xtce(whole, dialect), (), dialect)
    assert plain(read_back) == plain(lowered(whole, dialect))
    assert read_back.name == "Test"


def test_every_octet_but_the_fixed_ones():
    whole = definition(Field(name="x", kind=Octets(Rest())), Field(name="crc", kind=Integer(16)))
    reader = PacketReader(read_xtce(write_xtce(whole)).packets)
    packet = reader.decode(b"\0\7\1ab\xbe\xef")
    assert (packet.values["One_x"], packet.values["One_crc"], packet.left_octets) == (b"ab", 0xBEEF, 0)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (Integer(65), "other ground systems do not read 65 bits in the byte order big"),
        (Integer(16, order="21"), "other ground systems do not read 16 bits in the byte order 21"),
        (Real(16), "other ground systems do not read a float of 16 bits"),
        (Array(Integer(8), Counted()), "not all other ground systems read an array whose size varies"),
        (Octets(Lookup(())), "other ground systems do not read a size from a table of conditions"),
        (Text(Terminated()), "not all other ground systems read a size given by a terminator"),
        (
            Octets(Reference("id", 1, 0, 3)),
            "other ground systems do not read a size in fractions of 1/3",
        ),
        (
            Octets(Reference("id", calibrated=True)),
            "other ground systems do not read a size given by the calibrated value of id",
        ),
        (Octets(Reference("g.n")), "other ground systems do not read a reference to g.n, a part of a field"),
        (Text(4, "utf-16"), "other ground systems do not read a text in utf-16"),
        (Text(4, leading_bits=8), "other ground systems do not read a text with a leading size"),
        (Text(4, ends="0a"), "other ground systems do not read a text that ends at 0a within its size"),
        (
            Text(Reference("id"), ends=""),
            "other ground systems do not read a text that ends at nothing within its size",
        ),
        (
            Array(Group((Field(name="n", kind=Integer(8)),), inline=True), Reference("id")),
            "not all other ground systems read an array whose size varies",
        ),
    ],
)
def test_what_has_no_words_is_refused(kind, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole sentence is compared
        write_xtce(definition(Field(name="x", kind=kind)))
    assert str(caught.value) == f"One.x: {sentence}"


@pytest.mark.parametrize(
    "said", [{"calibration": Powers(((1.0, -1.0),))}, {"contexts": ((Comparison("id", 1), Linear(2.0)),)}]
)
def test_calibrations_that_have_no_words_are_refused(said):
    with pytest.raises(
        ValueError,
        match=r"One.x: other ground systems do not read a calibration (by powers|that depends on other values)",
    ):
        write_xtce(definition(Field(name="x", kind=Integer(8), **said)))


SEVERAL = Enumeration({"off": 0, "on": 1}, ranges=((3, 5, "on"), (7, 7, "off")))


def test_labels_of_several_values_are_written_and_not_compared():
    several = Field(name="e", kind=SEVERAL)
    whole = definition(several)
    assert plain(read_xtce(write_xtce(whole))) == plain(lowered(whole))
    conditional = definition(several, Field(name="x", kind=Integer(8), when=Comparison("e", "on")))
    with pytest.raises(ValueError, match="a label of several values can be compared by no other ground system"):
        write_xtce(conditional, "yamcs")


def test_a_container_within_is_written_field_by_field():
    """It is there where its condition holds, and may be padded."""
    inner = (
        Field(name="a", kind=Integer(8), when=Comparison("n", 9, "<")),
        Field(name="b", kind=Integer(8), skip_bits=3),
    )
    spare = Field(name="", kind=Group((), inline=True), skip_bits=5)
    group = Field(name="g", kind=Group((*inner, spare), inline=True), when=Comparison("n", 1, ">"), skip_bits=2)
    whole = definition(N8, group, Field(name="z", kind=Integer(8), when=Comparison("b", 4)))
    reader = PacketReader(read_xtce(write_xtce(whole, "yamcs")).packets)
    octets = bytes.fromhex("0007 01 05") + (0b00_00000111_000_00000100_00000_00000110_000000).to_bytes(5)
    values = reader.decode(octets).values
    assert (values["One_a"], values["One_b"], values["One_z"]) == (7, 4, 6)


def test_two_fields_of_one_name_are_refused():
    fields = (Field(name="a_s", kind=Integer(8)), Field(name="a", kind=Time()))
    with pytest.raises(ValueError, match="two fields would be called One_a_s"):
        write_xtce(definition(*fields))


N8 = Field(name="n", kind=Integer(8))
VARYING = Field(name="v", kind=Octets(Reference("n")))
EITHER = Either((Comparison("n", 1), All((Comparison("n", 2, ">"), Comparison("n", 9, "<")))))
LABEL = Field(name="e", kind=Enumeration({"off": 0, "on": 1}))


@pytest.mark.parametrize(
    "fields",
    [
        (N8, Field(name="a", kind=Array(Integer(8), Reference("n", 2, 1)))),
        (N8, Field(name="a", kind=Array(Real(32), Counted(8)), when=Comparison("n", 1))),
        (N8, Field(name="a", kind=Array(Integer(16), Reference("n")), valid=EITHER)),
        (N8, Field(name="t", kind=Text(Terminated(10)))),
        (N8, Field(name="a", kind=Array(Integer(8), Reference("n", 1, 1)))),
        (Field(name="z", kind=Integer(8), limits=Limits(warning=(1, 2))),),
        (Field(name="y", kind=Integer(8), calibration=Polynomial((1.0, 2.0))),),
        (N8, Field(name="o", kind=Octets(Counted(16)))),
        (N8, Field(name="g", kind=Group((LABEL, Field(name="x", kind=Integer(8)))), when=EITHER)),
        (N8, Field(name="g", kind=Group((Field(name="x", kind=Integer(8), when=Comparison("n", 3)),)), when=EITHER)),
        (LABEL, Field(name="x", kind=Integer(8), valid=Comparison("e", 1, raw=True))),
        (N8, Field(name="s", kind=Integer(8), calibration=Spline(((0, 1.0), (9, 3.0)), order=0), limits=LIMITS)),
    ],
)
def test_the_richer_dialect(fields):
    whole = definition(*fields)
    assert plain(read_xtce(write_xtce(whole, "yamcs"), (), "yamcs")) == plain(lowered(whole, "yamcs"))


def test_requests():
    """What is fixed of a base is assigned; defaults, ranges and significance go along."""
    fields = (
        Field(name="to", kind=Integer(8), range=(0, 9.5), default=3, text="Where."),
        LABEL,
        Field(name="words", kind=Text(Counted(8))),
    )
    root = (*ROOT.fields, N8)
    fixed = All((Comparison("id", 1), Comparison("n", 2)))
    go = Container(name="Go.to", fields=fields, base="Packet", criteria=fixed, hazardous=True)
    bare = Container(name="Bare", fields=(), base="Packet")
    packet = Container(name="Packet", fields=root, abstract=True)
    whole = Definition(name="Test", requests=(packet, go, bare), size=SIZE)
    read_back = read_xtce(write_xtce(whole, "yamcs"), (), "yamcs")
    assert plain(read_back) == plain(lowered(whole, "yamcs"))
    assert [one.hazardous for one in read_back.requests] == [False, True, False]
    assert read_back.requests[1].fields[0].range == (0, 9.5)


@pytest.mark.parametrize(
    "constraint",
    [
        Comparison("Status.n", 3, ">"),
        Comparison("Status.e", "on"),
        All((Comparison("Status.n", 3), Comparison("Status.e", "on", "!="))),
        Either((Comparison("Status.n", 3), Comparison("Status.n", 5))),
    ],
)
@pytest.mark.parametrize("dialect", ["portable", "yamcs"])
def test_constraints_of_requests_are_those_of_telemetry(constraint, dialect):
    status = Container(name="Status", fields=(N8, LABEL))
    go = Container(name="Go", fields=(), constraint=constraint)
    whole = Definition(name="Test", packets=(status,), requests=(go,), size=None)
    read_back = read_xtce(write_xtce(whole, dialect), (), dialect)
    assert plain(read_back) == plain(lowered(whole, dialect))
    assert {one.field for one in comparisons_of(read_back.requests[0].constraint)} <= {"Status_n", "Status_e"}


@pytest.mark.parametrize("field", ["Status.m", "State.n", "n"])
def test_constraints_ask_for_what_packets_tell(field):
    status = Container(name="Status", fields=(N8,))
    go = Container(name="Go", fields=(), constraint=Comparison(field, 1))
    with pytest.raises(ValueError, match=f"Go: its constraint asks for {field}, which no packet has"):
        lowered(Definition(name="Test", packets=(status,), requests=(go,), size=None))


@pytest.mark.parametrize(
    ("fields", "dialect", "sentence"),
    [
        ((Field(name="x", kind=Integer(8), skip_bits=-8),), "yamcs", "One.x: .* do not read fields that overlap"),
        ((N8, VARYING, Field(name="r", kind=Octets(Rest()))), "yamcs", "One.r: .* the rest of a packet whose"),
        ((Field(name="a", kind=Array(Group((N8,)), Counted(8))),), "yamcs", "an array whose size varies"),
        ((Field(name="a", kind=Array(Integer(8), Rest())),), "yamcs", "do not read an array of such a size"),
        ((Field(name="b", kind=Integer(4)), Field(name="t", kind=Text(2))), "portable",
         "One: One_t must begin on a whole octet"),
        ((Field(name="o", kind=Octets(Terminated())),), "yamcs", "Yamcs does not read a size given by a terminator"),
    ],
)  # fmt: skip
def test_what_clients_cannot_read_is_refused(fields, dialect, sentence):
    with pytest.raises(ValueError, match=sentence):
        write_xtce(definition(*fields), dialect)


@pytest.mark.parametrize("criteria", [Comparison("id", 1, ">"), Either((Comparison("id", 1), Comparison("id", 2)))])
def test_a_request_cannot_ask_for_more_than_a_value(criteria):
    whole = Definition(name="Test", requests=(ROOT, Container(name="Go", fields=(), base="Packet", criteria=criteria)))
    with pytest.raises(ValueError, match="Go: a request fixes fields to values"):
        write_xtce(whole)


def test_a_packet_may_be_its_base_and_nothing_more():
    whole = Definition(name="Test", packets=(ROOT, Container(name="All", fields=(N8,), base="Packet")))
    assert plain(read_xtce(write_xtce(whole))) == plain(lowered(whole))


def test_the_file_of_a_definition_reads_back():
    whole = definition(*EVERYTHING)
    assert Definition.from_json(whole.to_json()) == whole
