"""What names mean in packets: the nearest that is there, members and elements, and what stands in inline groups."""

import pytest

from link.dictionary.codec.invalid import Invalid, invalid_in, without_invalid
from link.dictionary.codec.packets import PacketReader
from link.dictionary.codec.places import part_of, place_of
from link.dictionary.codec.record import Codec
from link.dictionary.conditions import All, Comparison
from link.dictionary.curves import Linear, Polynomial, Spline
from link.dictionary.kinds import (
    Array,
    Boolean,
    Enumeration,
    Field,
    Group,
    Integer,
    Octets,
    Real,
    Reference,
    Terminated,
    Text,
)
from link.dictionary.model import Container
from link.errors import DecodeError

U8 = Integer(8)
PAIR = Group((Field(name="n", kind=U8), Field(name="flag", kind=U8)))


def decoded(fields, octets):
    return PacketReader((Container(name="P", fields=tuple(fields)),)).decode(octets).values


def test_a_size_and_a_condition_ask_for_members_and_elements():
    fields = (
        Field(name="head", kind=PAIR),
        Field(name="sizes", kind=Array(U8, 2)),
        Field(name="a", kind=Array(U8, Reference("head.n"))),
        Field(name="b", kind=Octets(Reference("sizes[1]"))),
        Field(name="c", kind=U8, when=Comparison("head.flag", 1)),
    )
    values = [{"n": 1, "flag": 1}, [9, 2], [5], b"xy", 7]
    octets = bytes([1, 1, 9, 2, 5, *b"xy", 7])
    assert Codec(fields).encode(values) == octets
    assert Codec(fields).decode(octets) == values


def test_a_member_that_is_written_is_asked_for_by_its_number():
    member = Field(name="n", kind=U8, calibration=Linear(2.0))
    fields = (Field(name="head", kind=Group((member,))), Field(name="a", kind=Array(U8, Reference("head.n"))))
    assert Codec(fields).encode([{"n": 4.0}, [1, 2]]) == b"\2\1\2"


def test_elements_of_groups_within_arrays():
    fields = (
        Field(name="heads", kind=Array(PAIR, 2)),
        Field(name="a", kind=Array(U8, Reference("heads[1].n"))),
        Field(name="more", kind=Array(Group((Field(name="x", kind=PAIR),)), 1)),
        Field(name="b", kind=Array(U8, Reference("more[0].x.flag"))),
    )
    assert Codec(fields).decode(bytes([0, 0, 1, 0, 7, 5, 1, 9])) == [
        [{"n": 0, "flag": 0}, {"n": 1, "flag": 0}], [7], [{"x": {"n": 5, "flag": 1}}], [9],
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["head.z", "head.n.z", "head[0]", "sizes.n", "sizes[x]", "sizes[", "later", "sizesn"])
def test_what_no_name_means(name):
    fields = (Field(name="head", kind=PAIR), Field(name="sizes", kind=Array(U8, 2)))
    with pytest.raises(ValueError, match="no field called"):
        place_of(name, (fields,))


def test_an_element_that_is_not_there_is_no_value():
    fields = (
        Field(name="n", kind=U8),
        Field(name="some", kind=Array(U8, Reference("n"))),
        Field(name="a", kind=U8, when=Comparison("some[1]", 5)),
    )
    assert Codec(fields).decode(b"\1\5") == [1, [5], None]
    assert Codec(fields).decode(b"\2\1\5\7") == [2, [1, 5], 7]


def test_of_two_of_one_name_the_nearest_that_is_there_is_meant():
    fields = (
        Field(name="mode", kind=U8),
        Field(name="n", kind=U8),
        Field(name="n", kind=U8, when=Comparison("mode", 1)),
        Field(name="a", kind=Array(U8, Reference("n"))),
    )
    assert decoded(fields, b"\1\7\2\5\6") == {"mode": 1, "n": [7, 2], "a": [5, 6]}
    assert decoded(fields, b"\0\1\5") == {"mode": 0, "n": 1, "a": [5]}


def test_parts_of_a_field():
    field = Field(name="heads", kind=Array(PAIR, 2))
    assert part_of(field, "[1].flag").name == "flag"
    assert part_of(field, "") == field
    assert part_of(field, ".flag") is None


ROW = Group((Field(name="n", kind=U8), Field(name="items", kind=Array(U8, Reference("n")))), inline=True)


def test_what_is_repeated_together_is_a_list_of_each():
    fields = (
        Field(name="k", kind=U8),
        Field(name="row", kind=Array(ROW, Reference("k"))),
        Field(name="last", kind=Octets(Reference("n"))),
    )
    assert decoded(fields, b"\2\1\x0a\2\x0b\x0cxy") == {"k": 2, "n": [1, 2], "items": [[10], [11, 12]], "last": b"xy"}
    assert decoded(fields, b"\0") == {"k": 0, "n": [], "items": [], "last": b""}
    assert Codec(fields).encode([1, [[1, [10]]], b"x"]) == b"\1\1\x0ax"


def test_what_is_left_out_together_is_none_of_each():
    inner = Group((Field(name="a", kind=U8), Field(name="deep", kind=ROW)), inline=True)
    fields = (Field(name="k", kind=U8), Field(name="in", kind=inner, when=Comparison("k", 1)), Field(name="z", kind=U8))
    assert decoded(fields, b"\0\5") == {"k": 0, "a": None, "n": None, "items": None, "z": 5}
    assert decoded(fields, b"\1\7\1\2\5") == {"k": 1, "a": 7, "n": 1, "items": [2], "z": 5}


def test_names_that_repeat_within_what_repeats():
    row = Group((Field(name="a", kind=U8), Field(name="a", kind=U8), Field(name="b", kind=ROW)), inline=True)
    fields = (Field(name="row", kind=Array(row, 2)),)
    assert decoded(fields, bytes([1, 2, 0, 3, 4, 0])) == {"a": [[1, 2], [3, 4]], "n": [0, 0], "items": [[], []]}


TEMPERATURE = Field(name="t", kind=U8, calibration=Spline(((10, 1), (20, 2))))


def test_one_value_that_cannot_be_leaves_the_others():
    labelled = Field(name="mode", kind=Enumeration({"off": 0, "on": 1}, ranges=((4, 5, "on"),)))
    fields = (labelled, Field(name="name", kind=Text(2)), TEMPERATURE, Field(name="x", kind=U8))
    packet = PacketReader((Container(name="P", fields=fields),)).decode(b"\7\xff\xfe\0\5")
    assert packet.values["x"] == 5
    assert {name: value.raw for name, value in packet.invalid} == {"mode": 7, "name": b"\xff\xfe", "t": 0}
    assert [str(packet.values[name]) for name in ("mode", "name")] == ["7(invalid)", "fffe(invalid)"]
    assert PacketReader((Container(name="P", fields=(labelled,)),)).decode(b"\5").values == {"mode": "on"}
    assert Codec(fields).encode(["on", "a", 2.0, 1]) == b"\1a\0\x14\1"


def test_invalid_values_within_others():
    group = Group((TEMPERATURE, Field(name="u", kind=U8)))
    fields = (
        Field(name="all", kind=Array(U8, 2), calibration=TEMPERATURE.calibration),
        Field(name="g", kind=group),
        Field(name="texts", kind=Array(Text(Terminated()), 1)),
    )
    packet = PacketReader((Container(name="P", fields=fields),)).decode(b"\0\x0a\0\5\xff\0")
    assert [name for name, _ in packet.invalid] == ["all", "g.t", "texts"]
    assert without_invalid(packet.values) == {"all": [None, 1.0], "g": {"t": None, "u": 5}, "texts": [None]}
    assert without_invalid([Invalid(1, "")], 0.5) == [0.5]
    assert invalid_in("x", 5) == []


def test_a_condition_on_what_means_nothing_does_not_hold():
    fields = (TEMPERATURE, Field(name="a", kind=U8, when=Comparison("t", 1.5, "<")))
    assert decoded(fields, b"\0")["a"] is None
    assert decoded(fields, b"\x0a\7")["a"] == 7


def test_octets_are_compared_in_hexadecimal():
    fields = (Field(name="o", kind=Octets(2)), Field(name="a", kind=U8, when=Comparison("o", "cafe")))
    assert decoded(fields, b"\xca\xfe\7")["a"] == 7
    assert decoded(fields, b"\xca\xff\7")["a"] is None
    absent = (Field(name="o", kind=Octets(1), when=All((Comparison("k", 1),))), fields[1])
    assert decoded((Field(name="k", kind=U8), *absent), b"\0")["a"] is None


CONTEXTS = ((Comparison("mode", 1), Linear(5.0)), (Comparison("mode", 2), Spline(((0, 0), (1, 1)))))


def test_a_calibration_that_depends_on_others():
    fields = (Field(name="mode", kind=U8), Field(name="x", kind=U8, contexts=CONTEXTS, calibration=Linear(1.0, 1.0)))
    assert [decoded(fields, bytes([mode, 10]))["x"] for mode in (0, 1)] == [11.0, 50.0]
    assert decoded(fields, b"\2\x0a")["x"].raw == 10
    bare = (fields[0], Field(name="x", kind=Array(U8, 2), contexts=CONTEXTS[:1]))
    assert decoded(bare, b"\1\2\3")["x"] == [10.0, 15.0]
    assert decoded(bare, b"\0\2\3")["x"] == [2, 3]
    inside = (fields[0], Field(name="g", kind=Group((fields[1],))))
    assert decoded(inside, b"\1\2")["g"] == {"x": 10.0}
    with pytest.raises(ValueError, match="x: a calibration that depends on other fields has no inverse"):
        Codec(fields).encode([1, 50.0])


def test_the_value_of_one_that_others_calibrate_cannot_be_compared():
    fields = (
        Field(name="mode", kind=U8),
        Field(name="x", kind=U8, contexts=CONTEXTS),
        Field(name="a", kind=U8, when=Comparison("x", 5)),
    )
    with pytest.raises(ValueError, match="x has a calibration by other fields, so its value cannot be compared"):
        Codec(fields)


@pytest.mark.parametrize(
    ("kind", "octets", "sentence"),
    [(Real(32), "7f800000", "asks for a size of inf"), (Real(32), "7fc00000", "asks for a size of nan"),
     (Octets(1), "31", "the field that gives the size is no number"),
     (Array(U8, 1), "01", "the field that gives the size is no number")],
)  # fmt: skip
def test_a_size_that_is_none(kind, octets, sentence):
    fields = (Field(name="n", kind=kind), Field(name="a", kind=Array(U8, Reference("n"))))
    with pytest.raises(DecodeError, match=sentence):
        Codec(fields).decode(bytes.fromhex(octets))


def test_a_size_by_its_calibrated_value():
    count = Field(name="n", kind=U8, calibration=Polynomial((1.0, 2.0)))
    fields = (count, Field(name="a", kind=Array(U8, Reference("n", calibrated=True))))
    assert decoded(fields, b"\1abc")["a"] == [97, 98, 99]
    truth = (Field(name="n", kind=Boolean()), Field(name="a", kind=Array(U8, Reference("n"))))
    assert decoded(truth, b"\1a")["a"] == [97]


def test_what_a_packet_asks_for_is_looked_at_first():
    with pytest.raises(ValueError, match="P: a: no field called n comes before"):
        PacketReader((Container(name="P", fields=(Field(name="a", kind=Array(U8, Reference("n"))),)),))
    base = Container(name="B", fields=(Field(name="n", kind=U8),))
    child = Container(name="C", fields=(), base="B", criteria=Comparison("m", 1))
    with pytest.raises(ValueError, match="B: no field called m comes before"):
        PacketReader((base, child))


def test_the_root_is_said_or_clear():
    one, two = (Container(name=name, fields=(Field(name=name.lower(), kind=U8),)) for name in ("One", "Two"))
    assert PacketReader((one, two), "Two").decode(b"\5").values == {"two": 5}
    assert PacketReader((one, two), "", ("One",)).decode(b"\5").values == {"one": 5}
    with pytest.raises(ValueError, match="no container is called one; did you mean One"):
        PacketReader((one, two), "one")
    with pytest.raises(ValueError, match="which container is the root"):
        PacketReader((one, two), "", ("One", "Two"))


def test_a_range_is_of_a_label():
    with pytest.raises(ValueError, match="a range of values for c, which is no label"):
        Enumeration({"a": 1}, ranges=((1, 2, "c"),))
    with pytest.raises(ValueError, match="a = 3, expected"):
        Enumeration({"a": 1}, ranges=((3, 2, "a"),))
