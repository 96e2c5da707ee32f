"""What a definition may say is bounded where it is read, in every format: one sentence, bounded time and memory."""

import csv
from enum import IntEnum

import pytest

from link.dictionary import Dictionary, Int8ub, Telemetry, wire
from link.dictionary.bounds import (
    DECLARED_OCTETS_MAX,
    FIELDS_MAX,
    NESTED_MAX,
    WIDE,
    check_finite,
    check_name,
    check_number,
    short,
)
from link.dictionary.definition import Definition
from link.dictionary.domain import check_range
from link.dictionary.exchange.ccsdspy import read_csv
from link.dictionary.kinds import Array, Field, Group, Integer, Octets
from link.dictionary.xtce.reader import read_xtce

SPACE = '<SpaceSystem name="S" xmlns="http://www.omg.org/spec/XTCE/20180204">{}</SpaceSystem>'
TYPES = "<TelemetryMetaData><ParameterTypeSet>{}</ParameterTypeSet></TelemetryMetaData>"


def in_a_container(form: str) -> bytes:
    """A file with one container of one parameter of the type t."""
    types = f"<ParameterTypeSet>{form}</ParameterTypeSet>"
    parameter = '<ParameterSet><Parameter name="p" parameterTypeRef="t"/></ParameterSet>'
    entries = '<EntryList><ParameterRefEntry parameterRef="p"/></EntryList>'
    containers = f'<ContainerSet><SequenceContainer name="C">{entries}</SequenceContainer></ContainerSet>'
    return SPACE.format(f"<TelemetryMetaData>{types}{parameter}{containers}</TelemetryMetaData>").encode()


def integer_type(inside: str) -> bytes:
    encoding = f'<IntegerDataEncoding sizeInBits="8">{inside}</IntegerDataEncoding>'
    return in_a_container(f'<IntegerParameterType name="t">{encoding}</IntegerParameterType>')


def polynomial(term: str) -> bytes:
    return integer_type(f"<DefaultCalibrator><PolynomialCalibrator>{term}</PolynomialCalibrator></DefaultCalibrator>")


def octets_of(size: str) -> bytes:
    fixed = f"<SizeInBits><FixedValue>{size}</FixedValue></SizeInBits>"
    encoding = f"<BinaryDataEncoding>{fixed}</BinaryDataEncoding>"
    return in_a_container(f'<BinaryParameterType name="t">{encoding}</BinaryParameterType>')


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (b"<" * 4_000_001, "more than 4000000 tags"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "entities are not supported"),
        (b"<a>" * 65 + b"</a>" * 65, "elements nested more than 64 deep"),
        (octets_of("1" + 20 * "0"), "line 1: FixedValue 100000000000000000000, expected a whole number"),
        (octets_of("800000"), "line 1: .*, expected"),
        (polynomial('<Term exponent="64" coefficient="1"/>'), r"line 1: Term: exponent = 64, expected -63..63"),
        (polynomial('<Term exponent="2147483648" coefficient="1"/>'), "exponent = 2.14748e.09, expected"),
        (polynomial('<Term exponent="0" coefficient="few"/>'), "coefficient = few, expected a number"),
        (polynomial('<Term exponent="0" coefficient="nan"/>'), "coefficient = nan, expected a number"),
        (polynomial('<Term exponent="0" coefficient="inf"/>'), "is no finite number|expected"),
    ],
)
def test_xtce(octets, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_xtce(octets)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("A,uint,8\nB,uint\n", "row 3: bit_length is missing"),
        ("A,uint,8,9,10\n", "row 2: more columns than the first row names"),
        ("A,uint," + "8" * (csv.field_size_limit() + 1), "row .*: field larger than field limit"),
    ],
)
def test_ccsdspy(rows, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_csv("name,data_type,bit_length\n" + rows, "P")


def test_ccsdspy_with_more_rows_than_a_packet_has_fields():
    with pytest.raises(ValueError, match=f"more fields than a packet can have, {FIELDS_MAX}"):
        read_csv("name,data_type,bit_length\n" + "A,uint,1\n" * (FIELDS_MAX + 1), "P")


@pytest.mark.parametrize("read", [Definition.from_json, Dictionary.from_json])
def test_json_nested_without_end(read):
    with pytest.raises(ValueError, match="nested too deep"):
        read(b'{"unknown": ' + b"[" * 100_000)


def test_structures_nested_too_deep():
    kind = Integer(8)
    for _ in range(15):
        kind = Array(kind, 1)
    with pytest.raises(ValueError, match="nested more than 16 deep"):
        Array(Array(kind, 1), 1)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2.0 * WIDE, -2 * WIDE])
def test_numbers_that_are_none_or_have_no_end(value):
    with pytest.raises(ValueError, match="x = "):
        check_number(value, "x")


def test_one_of_several_numbers_that_is_none():
    check_finite((1.0, 2.0), "points")
    with pytest.raises(ValueError, match="points: inf is no finite number"):
        check_finite((1.0, float("inf")), "points")


@pytest.mark.parametrize("name", ["", "a" * 256, "a\nb", "\x1b[31m"])
def test_names_that_are_none(name):
    with pytest.raises(ValueError, match="expected 1 to 255 printable characters"):
        check_name(name)
    check_name("a" * 255)


def test_a_long_value_is_short_in_a_sentence():
    assert short(10**100) == "a number of 333 bits"
    assert short("a" * 100) == "a" * 40 + "..."
    assert short(DECLARED_OCTETS_MAX) == "65542"


def test_each_of_many_values_is_looked_at():
    array = Field(name="x", kind=Array(Integer(8), 2))
    group = Field(name="g", kind=Group((Field(name="a", kind=Integer(8)),)))
    check_range(array, [1, 2])
    check_range(group, {"a": 1})
    for field, value in ((array, [1, float("inf")]), (group, {"a": float("nan")})):
        with pytest.raises(ValueError, match="expected"):
            check_range(field, value)


def test_a_type_within_itself():
    member = '<Member name="m" typeRef="t"/>'
    octets = in_a_container(
        f'<AggregateParameterType name="t"><MemberList>{member}</MemberList></AggregateParameterType>'
    )
    with pytest.raises(ValueError, match="line 1: AggregateParameterType t stands in itself"):
        read_xtce(octets)


class Switch(IntEnum):
    OFF = 0
    ON = 1
    OPEN = 1


def test_a_second_name_of_a_value_is_no_label():
    class Report(Telemetry, id=0x71):
        """One."""

        switch: Switch = wire(Int8ub)

    assert Report.__fields__[0].kind.labels == {"off": 0, "on": 1}


class Mode(IntEnum):
    ON = 1
    on = 2


def test_labels_that_differ_in_their_case_alone_are_refused():
    with pytest.raises(TypeError, match="differs only in the case of its letters"):

        class Report(Telemetry, id=0x70):
            """One."""

            mode: Mode = wire(Int8ub)


def test_a_structure_that_stands_in_another_many_times_is_counted_as_often():
    """Said once each, ten in ten in ten ... are more than a memory holds, however small each is."""
    kind = Octets(0)
    for _ in range(4):
        kind = Group(tuple(Field(name=f"f{number}", kind=kind) for number in range(10)))
    with pytest.raises(ValueError, match=f"more than {NESTED_MAX} fields in arrays and groups"):
        Array(Group(tuple(Field(name=f"f{number}", kind=kind) for number in range(10))), 1)


def test_containers_that_stand_in_another_many_times_are_counted_as_often():
    repeated = "<RepeatEntry><Count><FixedValue>1</FixedValue></Count></RepeatEntry>"
    once = f'<ContainerRefEntry containerRef="C">{repeated}</ContainerRefEntry>'
    octet = in_a_container(
        '<IntegerParameterType name="t"><IntegerDataEncoding sizeInBits="8"/></IntegerParameterType>'
    )
    entry = b'<ParameterRefEntry parameterRef="p"/>'
    many = octet.replace(entry, entry * 130).replace(
        b"</ContainerSet>",
        f'<SequenceContainer name="D"><EntryList>{once * 130}</EntryList></SequenceContainer></ContainerSet>'.encode(),
    )
    with pytest.raises(ValueError, match=f"SequenceContainer D: more than {NESTED_MAX} fields"):
        read_xtce(many)
