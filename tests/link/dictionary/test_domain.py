"""What people type for a field, and what they are told when it cannot be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.dictionary.curves import Linear
from link.dictionary.domain import read_text
from link.dictionary.kinds import Boolean, Enumeration, Field, Integer, Octets, Real, Text, Time

MODES = Enumeration({"safe": 0, "payload": 2})


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Integer(8), "0x1F", 31),
        (Integer(8, signed=True), "-5", -5),
        (Real(32), "2.5", 2.5),
        (Boolean(), "On", True),
        (Boolean(), "false", False),
        (MODES, "payload", "payload"),
        (MODES, "7", 7),
        (Text(5), "a b", "a b"),
        (Octets(2), "0aFF", b"\x0a\xff"),
        (Time(), "5", 5),
    ],
)
def test_text_is_read_as_its_kind_asks(kind, text, value):
    assert read_text(Field(name="x", kind=kind), text) == value


@given(st.floats(-1e6, 1e6))
def test_a_scaled_integer_is_typed_as_its_value(value):
    assert read_text(Field(name="x", kind=Integer(16), calibration=Linear(0.1)), repr(value)) == value


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        (Integer(8), "many", "x = 'many', expected 0..255"),
        (Boolean(), "maybe", "x = 'maybe', expected true or false"),
        (Octets(2), "xy", "x = 'xy', expected 2 octets"),
        (Real(64), "", "x = '', expected a number"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(kind, text, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole sentence is compared
        read_text(Field(name="x", kind=kind), text)
    assert str(caught.value) == sentence
