"""Packets as written for other ground systems say the same: worked by hand, field by field."""

import msgspec
import pytest

from link.dictionary.codec.record import Codec
from link.dictionary.conditions import All, Comparison
from link.dictionary.curves import Linear, Polynomial
from link.dictionary.definition import Definition
from link.dictionary.kinds import (
    Boolean,
    Enumeration,
    Field,
    Group,
    Integer,
    Octets,
    Reference,
    Rest,
    Text,
    Time,
)
from link.dictionary.limits import Limits
from link.dictionary.model import Container
from link.dictionary.xtce.lower import lowered

N = Field(name="n", kind=Integer(8))
EPOCH = "1958-01-01T00:00:00Z"


def made(*fields, dialect="portable", requests=False):
    one = (Container(name="P", fields=fields),)
    whole = Definition(name="T", packets=() if requests else one, requests=one if requests else ())
    found = lowered(whole, dialect)
    return (found.requests if requests else found.packets)[0].fields


@pytest.mark.parametrize(
    ("curve", "value"),
    [(Polynomial((1.0, 2.0)), 7.0), (Polynomial((1.0, 2.0, 10.0)), 97.0), (Polynomial((1.0,)), 1.0)],
)
def test_a_polynomial_keeps_all_its_terms(curve, value):
    (field,) = made(Field(name="x", kind=Integer(8), calibration=curve))
    assert Codec((field,)).decode(b"\x03") == [value]


def test_a_straight_line_is_said_as_one():
    (field,) = made(Field(name="x", kind=Integer(8), calibration=Polynomial((1.0, 2.0))))
    assert field.calibration == Linear(2.0, 1.0)


@pytest.mark.parametrize("requests", [False, True])
def test_what_is_not_always_there_has_no_portable_words(requests):
    word = "argument" if requests else "entry"
    with pytest.raises(
        ValueError, match=rf"P\.x: not all other ground systems read an {word} that is not always there"
    ):
        made(N, Field(name="x", kind=Integer(8), when=Comparison("n", 1)), requests=requests)


def test_a_group_that_is_not_always_there_is_so_in_all_its_parts():
    there = Comparison("P_n", 1)
    parts = (Field(name="a", kind=Integer(8)), Field(name="b", kind=Integer(8), when=Comparison("n", 3, "<")))
    group = Field(name="g", kind=Group(parts), when=Comparison("n", 1))
    _, first, second = made(N, group, dialect="yamcs")
    assert first.when == there
    assert second.when == All((there, Comparison("P_n", 3, "<")))


@pytest.mark.parametrize("dialect", ["portable", "yamcs"])
def test_conditions_on_values_are_of_the_values_that_they_were_of(dialect):
    """A raw one stays raw, a calibrated one calibrated; labels and truth values are compared by their numbers."""
    several = (
        Field(name="v", kind=Integer(8), calibration=Linear(0.5)),
        Field(name="e", kind=Enumeration({"off": 0, "on": 1})),
        Field(name="b", kind=Boolean(8)),
    )
    asked = All(
        (
            Comparison("v", 3, raw=True),
            Comparison("v", 1.5),
            Comparison("e", "on"),
            Comparison("b", 1),
        )
    )
    packets = (
        Container(name="P", fields=several, abstract=True),
        Container(name="Q", fields=(), base="P", criteria=asked),
    )
    (_, child) = lowered(Definition(name="T", packets=packets), dialect).packets
    assert child.criteria == All(
        (
            Comparison("v", 3, raw=True),
            Comparison("v", 1.5),
            Comparison("e", 1, raw=True),
            Comparison("b", 1, raw=True),
        )
    )


@pytest.mark.parametrize(("dialect", "kept"), [("portable", False), ("yamcs", True)])
def test_validity_has_words_for_yamcs_only(dialect, kept):
    _, field = made(N, Field(name="x", kind=Integer(8), valid=Comparison("n", 1)), dialect=dialect)
    assert field.valid == (Comparison("P_n", 1) if kept else None)


@pytest.mark.parametrize(
    ("dialect", "ends", "said"),
    [("portable", None, ""), ("portable", "", ""), ("yamcs", None, None), ("yamcs", "", "")],
)
def test_where_a_text_of_fixed_size_ends_is_told_to_yamcs(dialect, ends, said):
    (field,) = made(Field(name="x", kind=Text(4, ends=ends)), dialect=dialect)
    assert field.kind == Text(4, ends=said)


@pytest.mark.parametrize(
    ("size", "is_whole"),
    [
        (Reference("n"), True),
        (Reference("n", 1, 0, 8), True),  # bits
        (Reference("n", 2, 0, 16), True),
        (Reference("n", 3, 3, 4), True),
        (Reference("n", 1, 0, 16), False),
        (Reference("n", 2, 1, 16), False),
        (Reference("n", 8, 0, 3), False),
    ],
)
def test_a_size_has_whole_bits(size, is_whole):
    if is_whole:
        _, field = made(N, Field(name="x", kind=Octets(size)))
        assert field.kind == Octets(msgspec.structs.replace(size, field="P_n"))
        return
    with pytest.raises(ValueError, match="a size in fractions of"):
        made(N, Field(name="x", kind=Octets(size)))


@pytest.mark.parametrize("bits", [4, 8])
def test_the_rest_of_a_packet_has_whole_octets(bits):
    names = {"length": Integer(16), "a": Integer(bits), "x": Octets(Rest())}
    fields = tuple(Field(name=name, kind=kind) for name, kind in names.items())
    packets = (Container(name="P", fields=fields),)
    whole = Definition(name="T", packets=packets, size=Reference("length", 1, 1))
    if bits == 8:
        assert lowered(whole).packets[0].fields[2].kind == Octets(Reference("P_length", 1, 1 - 3))
        return
    with pytest.raises(ValueError, match="the rest of a packet whose other fields vary"):
        lowered(whole)


@pytest.mark.parametrize(("dialect", "epoch"), [("portable", ""), ("yamcs", EPOCH)])
def test_a_time_too_long_for_a_number_is_seconds_and_a_fraction(dialect, epoch):
    """Its seconds still count from the epoch of CUC (CCSDS 301.0-B-4 §3.2.2)."""
    seconds, fraction = made(Field(name="t", kind=Time(4, 5)), dialect=dialect)
    assert (seconds.kind, seconds.epoch, seconds.unit) == (Integer(32), epoch, "s")
    assert (fraction.kind, fraction.calibration, fraction.unit) == (Integer(40), Linear(2.0**-40), "s")


def test_a_time_of_whole_seconds_is_one_number():
    (seconds,) = made(Field(name="t", kind=Time(4, 0)))
    assert (seconds.kind, seconds.calibration, seconds.unit) == (Integer(32), None, "s")


@pytest.mark.parametrize(("dialect", "kind"), [("portable", Enumeration({"False": 0, "True": 1}, 4)),
                                               ("yamcs", Boolean(4))])  # fmt: skip
def test_truth_is_an_enumeration_where_clients_know_none(dialect, kind):
    (field,) = made(Field(name="x", kind=Boolean(4)), dialect=dialect)
    assert field.kind == kind


def test_names_that_xtce_gives_a_meaning_are_others_wherever_they_stand():
    packets = (
        Container(name="a.b", fields=(N,), abstract=True),
        Container(name="c/d", fields=(Field(name="x[0]", kind=Integer(8)),), base="a.b", criteria=Comparison("n", 1)),
    )
    first, second = lowered(Definition(name="my:T", packets=packets)).packets
    assert (first.name, second.name, second.base, second.fields[0].name) == ("a_b", "c_d", "a_b", "c_d_x_0_")
    assert second.criteria == Comparison("n", 1)


def test_a_request_is_not_limited_and_has_no_validity():
    """Both are of telemetry; a default and a range are of requests."""
    field = Field(
        name="x", kind=Integer(8), valid=Comparison("n", 1), limits=Limits(warning=(1, 2)), default=3, range=(0, 9)
    )
    for requests in (False, True):
        _, found = made(N, field, dialect="yamcs", requests=requests)
        assert (found.valid is None, found.limits is None) == (requests, requests)
        assert (found.default, found.range) == ((3, (0, 9)) if requests else (None, None))


def test_spare_bits_of_a_request_are_zero():
    """At most 64 of them in one piece."""
    fields = made(Field(name="x", kind=Integer(8), skip_bits=72), requests=True)
    assert [(one.kind, one.default) for one in fields] == [(Integer(64), 0), (Integer(8), 0), (Integer(8), None)]
