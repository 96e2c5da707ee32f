"""The fast codec equals Construct on random fields, is total, and refuses with a sentence."""

import math

import construct as cs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.dictionary.codec import Codec
from link.dictionary.kinds import Boolean, Counted, Enumeration, Integer, Octets, Real, Rest, Text, Time
from link.dictionary.model import Field, Linear
from link.dictionary.oracle import construct_of
from link.errors import DecodeError, TruncatedError

sizes = st.integers(0, 5)
varying = st.builds(Counted, st.sampled_from((8, 16)))
integers = st.builds(Integer, st.integers(1, 70), st.booleans()) | st.builds(
    Integer, st.sampled_from((8, 16, 24, 32, 40, 64)), st.booleans(), st.just("little")
)
labels = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 15), max_size=4).map(
    lambda table: {label: value for value, label in {value: label for label, value in table.items()}.items()}
)
kinds = st.one_of(
    integers,
    st.builds(Real, st.sampled_from((16, 32, 64)), st.sampled_from(("big", "little"))),
    st.builds(Boolean, st.integers(1, 9)),
    st.builds(Enumeration, labels, st.integers(4, 12)),
    st.builds(Text, sizes | varying),
    st.builds(Octets, sizes | varying),
    st.builds(Time, st.integers(4, 5), st.integers(0, 4)),
)
curves = st.builds(Linear, st.sampled_from((0.25, -2.0, 4.0)), st.sampled_from((0.0, 100.0)))


def field_of(number, kind, skip_bits, curve):
    fixed = not (isinstance(kind, Text | Octets) and not isinstance(kind.size, int))
    whole = isinstance(kind, Integer) and kind.bits <= 32  # exact in a float
    return Field(
        name=f"f{number}", kind=kind, skip_bits=skip_bits if fixed else 0, calibration=curve if whole else None
    )


field_lists = st.lists(st.tuples(kinds, st.sampled_from((0, 0, 0, 1, 8, 11)), st.none() | curves), max_size=9).map(
    lambda drawn: [field_of(number, *parts) for number, parts in enumerate(drawn)]
)


def values_of(field: Field) -> st.SearchStrategy[object]:
    match field.kind:
        case Integer() as kind:
            raw = st.integers(*kind.bounds)
            return raw.map(field.calibration.value) if field.calibration else raw
        case Real(bits=bits):
            return st.floats(width=bits, allow_nan=False)
        case Boolean():
            return st.booleans()
        case Enumeration() as kind:
            known = {value: label for label, value in kind.labels.items()}
            return st.integers(0, 15).map(lambda value: known.get(value, value))
        case Text(size=size):
            fits = size if isinstance(size, int) else 255
            return st.text(max_size=8).filter(lambda text: len(text.encode()) <= fits and not text.endswith("\0"))
        case Octets(size=size):
            return st.binary(min_size=size, max_size=size) if isinstance(size, int) else st.binary(max_size=9)
        case Time() as kind:
            return st.just(1_700_000_000_000_000_000)
    raise AssertionError(field)


@st.composite
def cases(draw):
    fields = draw(field_lists)
    return fields, [draw(values_of(field)) for field in fields]


@given(cases())
def test_encode_equals_construct(case):
    fields, values = case
    octets = Codec(fields).encode(values)
    assert octets == construct_of(fields).build(
        {field.name: value for field, value in zip(fields, values, strict=True)}
    )


@given(cases())
def test_decode_inverts_encode_as_construct_does(case):
    fields, values = case
    octets = Codec(fields).encode(values)
    assert Codec(fields).decode(octets) == values
    parsed = construct_of(fields).parse(octets)
    assert [parsed[field.name] for field in fields] == values


@given(field_lists, st.binary(max_size=60))
def test_decode_is_total(fields, octets):
    """Any octets give values, as Construct reads them too, or a DecodeError; never anything else."""
    try:
        values = Codec(fields).decode(octets)
    except DecodeError:
        return
    parsed = construct_of(fields).parse(octets)
    assert [repr(parsed[field.name]) for field in fields] == [repr(value) for value in values]


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
    assert cs.Bitwise(construct_of(fields).subcon).parse(octets).b == -2


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        (Integer(4), 16, "x = 16, expected 0..15 V"),
        (Integer(8, signed=True), -129, "x = -129, expected -128..127 V"),
        (Integer(24, order="little"), 1 << 24, "x = 16777216, expected 0..16777215 V"),
        (Integer(3, signed=True), 4, "x = 4, expected -4..3 V"),
        (Integer(16), 1.5, "x = 1.5, expected 0..65535 V"),
        (Integer(16), "many", "x = 'many', expected 0..65535 V"),
        (Real(32), "hot", "x = 'hot', expected a number in V"),
        (Real(32), 1e300, "x = 1e+300, expected a number in V"),
        (Boolean(), 2, "x = 2, expected true or false"),
        (Enumeration({"off": 0, "on": 1, "auto": 2}), "maybe", "x = 'maybe', expected off, on or auto"),
        (Text(3), "four", "x = 'four', expected a text of up to 3 octets"),
        (Text(Counted(8, 3)), "four", "x = 'four', expected a text of up to 3 octets"),
        (Text(3), "a\0", "x = 'a\\x00', expected a text of up to 3 octets"),
        (Octets(2), b"abc", "x = b'abc', expected 2 octets"),
        (Octets(Rest()), 5, "x = 5, expected octets"),
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


def test_a_received_size_over_the_maximum_is_refused():
    codec = Codec([Field(name="x", kind=Octets(Counted(8, 2)))])
    assert codec.decode(b"\2ab") == [b"ab"]
    with pytest.raises(DecodeError, match="3 octets, at most 2"):
        codec.decode(b"\3abc")


def test_errors_carry_their_facts():
    with pytest.raises(TruncatedError) as caught:
        Codec([Field(name="x", kind=Integer(32))]).decode(b"abc")
    assert (caught.value.needed, caught.value.given) == (4, 3)
    with pytest.raises(DecodeError, match="x: not a text"):
        Codec([Field(name="x", kind=Text(1))]).decode(b"\xff")
