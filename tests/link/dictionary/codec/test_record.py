"""The fast codec equals Construct on random fields, is total, and refuses with a sentence."""

import math
import struct

import numpy as np
import pytest
from construct import ConstructError
from hypothesis import given
from hypothesis import strategies as st

from link.dictionary.codec.record import Codec
from link.dictionary.conditions import Comparison
from link.dictionary.curves import Linear, Polynomial
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
from link.errors import DecodeError, TruncatedError
from link.time.binary import Cuc
from tests.examples import examples
from tests.link.dictionary.oracle import Oracle
from tests.link.dictionary.random_fields import field_lists
from tests.link.dictionary.strategies import values_of

few = examples(40)  # each compiles two codecs


@st.composite
def cases(draw):
    fields = draw(field_lists())
    return fields, draw(values_of(fields))


def as_numpy(value):
    """The same value as numpy gives it; an integer in the smallest type that holds it."""
    match value:
        case bool():
            return np.bool_(value)
        case int() if -(2**63) <= value < 2**64:
            return np.min_scalar_type(value).type(value)
        case float():
            return np.float64(value)
        case list():
            return [as_numpy(one) for one in value]
        case dict():
            return {name: as_numpy(one) for name, one in value.items()}
    return value


@few
@given(cases())
def test_what_numpy_gives_is_written_as_what_python_gives(case):
    fields, values = case
    codec = Codec(fields)
    assert codec.encode(as_numpy(values)) == codec.encode(values)


@pytest.mark.parametrize("value", [5.0, np.float32(5), np.array([1, 2])])
@pytest.mark.parametrize("kind", [Integer(16), Integer(12, signed=True), Integer(24, order="little")])
def test_what_is_no_integer_is_refused_in_these_words(kind, value):
    fields = (Field(name="spare", kind=Integer(4)), Field(name="count", kind=kind))
    with pytest.raises(ValueError, match=r"^count = .*, expected an integer, -?\d+\.\.\d+$"):
        Codec(fields).encode([1, value])


@pytest.mark.parametrize("value", [1, 0, 1.0, np.int64(1), np.array([True, False]), "true", None])
def test_what_is_neither_true_nor_false_is_refused(value):
    with pytest.raises(ValueError, match="expected true or false"):
        Codec((Field(name="warm", kind=Boolean()),)).encode([value])


def named(fields, values):
    return dict(zip([field.name for field in fields], values, strict=True))


@few
@given(cases())
def test_encode_equals_construct(case):
    fields, values = case
    assert Codec(fields).encode(values) == Oracle(fields).build(named(fields, values))


@few
@given(cases())
def test_decode_inverts_encode_as_construct_does(case):
    fields, values = case
    octets = Codec(fields).encode(values)
    read_back = Codec(fields).decode(octets)
    assert Codec(fields).encode(read_back) == octets
    parsed = Oracle(fields).parse(octets)
    assert repr([plain(parsed[field.name]) for field in fields]) == repr(read_back)
    if not any(is_time(field.kind) for field in fields):  # a time is rounded to its ticks
        assert read_back == values


@few
@given(field_lists(), st.binary(max_size=60))
def test_decode_is_total(fields, octets):
    """Any octets give values, as Construct reads them too, or a DecodeError; never anything else."""
    try:
        values = Codec(fields).decode(octets)
    except DecodeError:
        with pytest.raises((ConstructError, DecodeError, UnicodeDecodeError, StopIteration, AssertionError)):
            raise AssertionError(Oracle(fields).parse(octets)) from None
        return
    parsed = Oracle(fields).parse(octets)
    assert repr([plain(parsed[field.name]) for field in fields]) == repr(values)


def plain(value):
    """Construct's containers as lists and dicts."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key != "_io"}
    return [plain(item) for item in value] if isinstance(value, list) else value


def is_time(kind):
    inner = kind.fields if isinstance(kind, Group) else ()
    return (
        isinstance(kind, Time) or (isinstance(kind, Array) and is_time(kind.of)) or any(is_time(f.kind) for f in inner)
    )


def sized(name, kind, offset):
    return Field(name=name, kind=kind(size=Reference("count", 1, offset)))


@given(values_of([Field(name="count", kind=Integer(8, signed=True)), sized("a", Octets, 2), sized("b", Octets, 0)]))
def test_one_count_for_two_sizes_asks_for_none_below_zero(values):
    count, a, b = values
    assert (len(a), len(b)) == (count + 2, count)


@few
@given(cases())
def test_truncation_at_every_octet(case):
    fields, values = case
    codec = Codec(fields)
    octets = codec.encode(values)
    for size in range(len(octets)):
        with pytest.raises(DecodeError):
            codec.decode(octets[:size])
    with pytest.raises(DecodeError, match="1 octets more"):
        codec.decode(octets + b"\0")
    assert codec.size in (None, len(octets))


def test_vector():
    """By hand: 3 bits 5, 13 signed bits -2, a spare octet, 0x1234 little-endian, "ab" with a count, the rest."""
    fields = [
        Field(name="a", kind=Integer(3)),
        Field(name="b", kind=Integer(13, signed=True)),
        Field(name="c", kind=Integer(16, order="little"), skip_bits=8),
        Field(name="d", kind=Text(Counted(8))),
        Field(name="e", kind=Octets(Rest())),
    ]
    octets = bytes.fromhex("bffe 00 3412 02 6162 ff")
    assert Codec(fields).encode([5, -2, 0x1234, "ab", b"\xff"]) == octets
    assert Codec(fields).decode(octets) == [5, -2, 0x1234, "ab", b"\xff"]


def test_what_takes_the_rest_leaves_room_for_what_follows():
    fields = [Field(name="data", kind=Array(Integer(16), Rest())), Field(name="crc", kind=Integer(16))]
    assert Codec(fields).decode(bytes.fromhex("0001 0002 beef")) == [[1, 2], 0xBEEF]
    assert Codec(fields).encode([[1, 2], 0xBEEF]) == bytes.fromhex("0001 0002 beef")
    with pytest.raises(TruncatedError):
        Codec(fields).decode(b"\1")
    with pytest.raises(ValueError, match="data: only fields of fixed size can follow"):
        Codec([fields[0], Field(name="text", kind=Text(Counted()))])


def test_a_condition_is_kept_both_ways():
    fields = [
        Field(name="mode", kind=Enumeration({"safe": 0, "payload": 2})),
        Field(name="level", kind=Integer(8), when=Comparison("mode", "payload")),
    ]
    codec = Codec(fields)
    assert [codec.decode(octets) for octets in (b"\0", b"\2\7")] == [["safe", None], ["payload", 7]]
    with pytest.raises(ValueError, match="level is missing, though mode == payload"):
        codec.encode(["payload", None])
    with pytest.raises(ValueError, match="level is given, but not that mode == payload"):
        codec.encode(["safe", 1])


@pytest.mark.parametrize("of", [Integer(1), Group((Field(name="x", kind=Text(Counted(8))),)), Group(())])
def test_a_count_that_is_garbled_takes_no_memory(of):
    """Found by Hypothesis: 2^52 elements of one bit were prepared before it was seen that there are none."""
    codec = Codec([Field(name="n", kind=Integer(67)), Field(name="a", kind=Array(of, Reference("n")), skip_bits=5)])
    for octets in (b"\x00\x10" + bytes(7), b"\xff" * 20):
        with pytest.raises(TruncatedError):
            codec.decode(octets)
    assert codec.decode(bytes(9)) == [0, []]


def test_sizes_that_other_fields_give_are_kept_both_ways():
    fields = [
        Field(name="bits", kind=Integer(8)),
        Field(name="data", kind=Octets(Reference("bits", scale=1, offset=-8, divisor=8))),
        Field(name="more", kind=Octets(Lookup(((Comparison("bits", 8), 1), (Comparison("bits", 16), 0))))),
    ]
    codec = Codec(fields)
    assert codec.decode(b"\x08a") == [8, b"", b"a"]
    assert codec.encode([16, b"a", b""]) == b"\x10a"
    wrong = [(b"\0", "asks for a size of -1"), (b"\x09ab", "size of 0.125"), (b"\x18ab", "none of the conditions")]
    for octets, sentence in wrong:
        with pytest.raises(DecodeError, match=sentence):
            codec.decode(octets)
    with pytest.raises(ValueError, match="data = b'ab', expected octets"):
        codec.encode([16, b"ab", b""])
    with pytest.raises(ValueError, match="x: no field called bits comes before"):
        Codec([Field(name="x", kind=Octets(Reference("bits")))])


def test_a_structure_inside_names_its_field():
    point = Group((Field(name="x", kind=Integer(8)), Field(name="y", kind=Integer(8))))
    codec = Codec([Field(name="points", kind=Array(point, Counted(8)))])
    assert codec.decode(b"\2\1\2\3\4") == [[{"x": 1, "y": 2}, {"x": 3, "y": 4}]]
    for wrong, sentence in [
        ([{"x": 1, "y": 256}], "y = 256, expected 0..255"),
        ([{"x": 1, "z": 2}], "no field is called z; known: x, y"),
        (5, "points = 5, expected up to 255 values, each x: 0..255; y: 0..255"),
    ]:
        with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole sentence is compared
            codec.encode([wrong])
        assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        (Integer(4), 16, "x = 16, expected 0..15 V"),
        (Integer(8, signed=True), -129, "x = -129, expected -128..127 V"),
        (Integer(24, order="little"), 1 << 24, "x = 16777216, expected 0..16777215 V"),
        (Integer(3, signed=True), 4, "x = 4, expected -4..3 V"),
        (Integer(16), 1.5, "x = 1.5, expected an integer, 0..65535 V"),
        (Integer(16), None, "x = None, expected 0..65535 V"),
        (Integer(16), "many", "x = 'many', expected 0..65535 V"),
        (Real(32), "hot", "x = 'hot', expected a number in V"),
        (Real(32), 1e300, "x = 1e+300, expected a number in V"),
        (Boolean(), 2, "x = 2, expected true or false"),
        (Enumeration({"off": 0, "on": 1, "auto": 2}), "maybe", "x = 'maybe', expected off, on or auto"),
        (Text(3), "four", "x = 'four', expected a text of up to 3 octets"),
        (Text(Counted(8, 3)), "four", "x = 'four', expected a text of up to 3 octets"),
        (Text(3), "a\0", "x = 'a\\x00', expected a text of up to 3 octets"),
        (Text(Terminated()), "a\0", "x = 'a\\x00', expected a text of octets"),
        (Octets(2), b"abc", "x = b'abc', expected 2 octets"),
        (Octets(Rest()), 5, "x = 5, expected octets"),
        (Array(Integer(8), 2), [1, 256], "x = [1, 256], expected 2 values, each 0..255 V"),
        (Array(Integer(8), 2), [1], "x = [1], expected 2 values, each 0..255 V"),
        (Time(), -(10**18), "x = -1000000000000000000, expected a time in ns since 1970-01-01 UTC"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(kind, value, sentence):
    fields = [Field(name="w", kind=Integer(8)), Field(name="x", kind=kind, unit="V")]
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole sentence is compared
        Codec(fields).encode([0, value])
    assert str(caught.value) == sentence


def test_scaled_values_are_rounded_to_the_nearest_step():
    field = Field(name="bus", kind=Integer(16), unit="V", calibration=Linear(0.001))
    assert Codec([field]).decode(Codec([field]).encode([7.4004])) == [7.4]
    for wrong in (65.6, -0.001, math.nan, math.inf):
        with pytest.raises(ValueError, match=r"bus = .*, expected 0\.\.65\.535 V"):
            Codec([field]).encode([wrong])


def test_every_element_of_an_array_is_calibrated():
    field = Field(name="x", kind=Array(Integer(8), 3), calibration=Polynomial((1.0, 0.5)))
    assert Codec([field]).decode(b"\0\1\2") == [[1.0, 1.5, 2.0]]
    assert Codec([field]).encode([[1.0, 1.5, 2.0]]) == b"\0\1\2"


def test_a_received_size_over_the_maximum_is_refused():
    codec = Codec([Field(name="x", kind=Octets(Counted(8, 2)))])
    assert codec.decode(b"\2ab") == [b"ab"]
    with pytest.raises(DecodeError, match="a size of 3, at most 2"):
        codec.decode(b"\3abc")


def test_fields_may_lie_over_each_other_to_be_read():
    kinds = [(Integer(8), 0), (Integer(3), -8), (Integer(5), 0), (Octets(1), -8), (Integer(4), 0), (Boolean(1), -2)]
    fields = [Field(name=f"f{at}", kind=kind, skip_bits=skip) for at, (kind, skip) in enumerate(kinds)]
    codec = Codec(fields)
    assert codec.decode(b"\xa5\x2f") == [0xA5, 5, 5, b"\xa5", 2, True]
    with pytest.raises(ValueError, match="can be read but not written"):
        codec.encode([0xA5, 5, 5, b"\xa5", 2, True])
    with pytest.raises(DecodeError):
        codec.decode(b"\xa5")


def test_errors_carry_their_facts():
    with pytest.raises(TruncatedError) as caught:
        Codec([Field(name="x", kind=Integer(32))]).decode(b"abc")
    assert (caught.value.needed, caught.value.given) == (4, 3)
    with pytest.raises(DecodeError, match="x: not a text"):
        Codec([Field(name="x", kind=Text(1))]).decode(b"\xff")


def test_an_integer_has_bits():
    with pytest.raises(ValueError, match="bits = 0, expected 1"):
        Integer(0)


@pytest.mark.parametrize(("bits", "order"), [(12, "little"), (32, "1234x"), (32, "124"), (16, "11")])
def test_an_integer_that_cannot_be_is_refused(bits, order):
    with pytest.raises(ValueError, match="byte order"):
        Integer(bits, order=order)


def test_a_calibrated_float_is_not_rounded():
    codec = Codec([Field(name="x", kind=Real(64), calibration=Linear(2.0, 1.0))])
    assert codec.encode([1.5]) == struct.pack(">d", 0.25)
    assert codec.decode(struct.pack(">d", 0.25)) == [1.5]


def test_arrays_of_texts_and_of_arrays():
    """Each element is converted once, whether it is a number in a row or a structure."""
    double = Linear(2.0)
    fields = [
        Field(name="a", kind=Array(Text(Counted(8)), 2)),
        Field(name="b", kind=Array(Array(Integer(8), 2), 1), calibration=double),
        Field(name="c", kind=Array(Array(Time(4, 0), 1), 1)),
        Field(name="d", kind=Array(Array(Text(2), 1), 1)),
    ]
    octets, values = (
        b"\1a\2bc\7\10" + bytes(4) + b"x\0",
        [["a", "bc"], [[14, 16]], [[Cuc(4, 0).decode(bytes(4))]], [["x"]]],
    )
    assert Codec(fields).decode(octets) == values
    assert Codec(fields).encode(values) == octets


def test_the_oracle_reads_what_takes_the_rest():
    fields = [Field(name="data", kind=Array(Integer(16), Rest()))]
    assert list(Oracle(fields).parse(b"\0\1\0\2")["data"]) == Codec(fields).decode(b"\0\1\0\2")[0] == [1, 2]


def test_a_text_longer_than_its_count_allows_is_refused():
    with pytest.raises(ValueError, match="t = 'abc', expected a text of up to 2 octets"):
        Codec([Field(name="t", kind=Text(Counted(8, 2)))]).encode(["abc"])
    with pytest.raises(ValueError, match="a = "):
        Codec([Field(name="a", kind=Array(Integer(8), Counted(8, 2)))]).encode([[1, 2, 3]])


@pytest.mark.parametrize(
    ("bits", "octets", "value"),
    [
        (16, "3c00", 1.0), (16, "c000", -2.0), (16, "7bff", 65504.0), (16, "0001", 2.0**-24), (16, "fc00", -math.inf),
        (32, "3f800000", 1.0), (32, "c0490fdb", -3.1415927410125732), (64, "3ff0000000000000", 1.0),
    ],
)  # fmt: skip
def test_real_numbers_are_those_of_ieee_754(bits, octets, value):
    whole = bytes.fromhex(octets)
    for order, wire in (("big", whole), ("little", whole[::-1])):
        codec = Codec((Field(name="x", kind=Real(bits, order)),))
        assert codec.decode(wire) == [value]
        assert codec.encode([value]) == wire
