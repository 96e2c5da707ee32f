"""Columns hold what the codec gives packet by packet."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.dictionary.batch.columns import Columns
from link.dictionary.codec.record import Codec
from link.dictionary.conditions import Comparison
from link.dictionary.curves import Linear, Polynomial, Powers, Spline
from link.dictionary.kinds import (
    Array,
    Counted,
    Enumeration,
    Field,
    Group,
    Integer,
    Octets,
    Real,
    Text,
    Time,
    odd_bits,
    sum_bits,
)
from link.errors import DecodeError
from tests.examples import examples
from tests.link.dictionary.random_fields import bit_kinds, curves, integers, octet_kinds, structures

CURVES = st.one_of(
    curves,
    st.just(Polynomial((1.0, -0.5, 0.25))),
    st.builds(Spline, st.just(((0.0, 0.0), (10.0, 5.0), (300.0, -7.0))), st.sampled_from((0, 1)), st.booleans()),
)


@st.composite
def column_fields(draw):
    fields = []
    for number in range(draw(st.integers(1, 6))):
        small = draw(st.booleans())
        kind = draw(bit_kinds | integers.filter(lambda one: one.bits <= 64) if small else octet_kinds | structures)
        if sum_bits((Field(name="", kind=kind),)) is None or is_wide(kind):
            continue
        plain = isinstance(kind, Integer) and kind.bits <= 32
        skip_bits = draw(st.integers(0, 9)) if small else -odd_bits(tuple(fields)) % 8
        curve = draw(st.none() | CURVES) if plain else None
        fields.append(Field(name=f"f{number}", kind=kind, skip_bits=skip_bits, calibration=curve))
    return fields


def is_wide(kind):
    """A time of more than four octets of seconds does not fit 64 bits of nanoseconds."""
    inner = [one.kind for one in kind.fields] if isinstance(kind, Group) else []
    inner += [kind.of] if isinstance(kind, Array) else []
    return (isinstance(kind, Time) and kind.coarse > 4) or any(map(is_wide, inner))


@examples(60)
@given(column_fields(), st.data())
def test_columns_equal_the_codec(fields, data):
    columns = Columns(fields)
    count, gap = data.draw(st.integers(0, 5)), data.draw(st.integers(0, 3))
    step = columns.size + gap
    octets = data.draw(st.binary(min_size=step * count, max_size=step * count))
    offsets = np.arange(count, dtype=np.int64) * step
    found = columns.read(octets, offsets)
    assert tuple(found) == columns.names
    for number, start in enumerate(offsets.tolist()):
        row = {name: column[number] for name, column in found.items()}
        for field in fields:
            assert_same(codec_value(field, fields, octets[start : start + columns.size]), row, field, field.name)


def codec_value(field, fields, octets):
    """What the codec gives for one field; None where it finds no value, as a text that is none."""
    at = next(n for n, one in enumerate(fields) if one is field)
    before = sum_bits(tuple(fields[: at + 1])) - sum_bits((Field(name="", kind=field.kind),))
    alone = Field(name="x", kind=field.kind, skip_bits=before, calibration=field.calibration)
    try:
        return Codec([alone]).decode(octets[: -(-sum_bits((alone,)) // 8)])[0]
    except DecodeError:
        return None


def assert_same(expected, row, field, name):
    if isinstance(field.kind, Group):
        for member in field.kind.fields if expected is not None else ():
            assert_same(expected[member.name], row, member, f"{name}.{member.name}")
        return
    found = row[name]
    match field.kind:
        case Enumeration(labels=labels):
            assert int(found) == labels.get(expected, expected)
        case Text() | Array(of=Text()):
            if expected is not None and "\0" not in repr(expected):
                assert [one.split(b"\0")[0] for one in np.atleast_1d(found).tolist()] == [
                    one.encode() for one in np.atleast_1d(expected).tolist()
                ]
        case Octets():
            assert found.tobytes() == expected
        case Array(of=Octets()):
            assert [one.tobytes() for one in found] == expected
        case _:
            assert_equal_numbers(found.tolist(), expected)


def assert_equal_numbers(found, expected):
    if expected is None:  # outside a curve that ends
        assert math.isnan(found)
    elif isinstance(expected, list):
        for one, other in zip(found, expected, strict=True):
            assert_equal_numbers(one, other)
    else:
        assert found == expected or (math.isnan(found) and math.isnan(expected))


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        (Field(name="x", kind=Text(Counted(8))), "x: a field that varies in size or place"),
        (Field(name="x", kind=Integer(8), when=Comparison("y", 1)), "x: a field that varies in size or place"),
        (Field(name="x", kind=Integer(65)), "x: Integer.* at bit 0 has no column"),
        (Field(name="x", kind=Octets(2), skip_bits=1), "x: Octets.* at bit 1 has no column"),
        (
            Field(name="x", kind=Integer(8), calibration=Powers(((1, 2),))),
            "x: a field with such a calibration has no column",
        ),
        (Field(name="x", kind=Time(5, 0)), "x: Time.* at bit 0 has no column"),
    ],
)
def test_what_has_no_column_is_named(field, sentence):
    with pytest.raises(ValueError, match=sentence):
        Columns([field])


def test_a_packet_that_is_cut_off_is_refused():
    with pytest.raises(ValueError, match="outside the 3 octets"):
        Columns([Field(name="x", kind=Real(32), calibration=Linear(2.0))]).read(b"abc", np.array([0]))


def test_a_little_endian_float_may_stand_on_any_bit():
    fields = [
        Field(name="a", kind=Integer(4)),
        Field(name="x", kind=Real(32, "little")),
        Field(name="b", kind=Integer(4)),
    ]
    octets = Codec(fields).encode([1, 2.5, 3])
    assert Columns(fields).read(octets, np.array([0]))["x"].tolist() == [2.5]
