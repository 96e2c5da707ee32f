"""What people type for a field, and the sentence that refuses a value that cannot be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.dictionary.curves import Linear
from link.dictionary.domain import check_range, octets_max, read_text
from link.dictionary.kinds import (
    Array,
    Boolean,
    Counted,
    Enumeration,
    Field,
    Float64b,
    Group,
    Int8ub,
    Int16ub,
    Integer,
    Octets,
    Real,
    Rest,
    Text,
    Time,
)

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
        (MODES, "PayLoad", "payload"),
        (MODES, "7", 7),
        (Enumeration({"ON": 1, "on": 2}), "on", "on"),
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
        (MODES, "paylaod", "x = 'paylaod', expected safe or payload; did you mean payload?"),
        (Enumeration({"ON": 1, "on": 2}), "On", "x = 'On', expected ON or on; did you mean on?"),
        (Octets(2), "xy", "x = 'xy', expected 2 octets"),
        (Real(64), "", "x = '', expected a number"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(kind, text, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole sentence is compared
        read_text(Field(name="x", kind=kind), text)
    assert str(caught.value) == sentence


NUMBER = Field(name="x", kind=Real(64))
HELD = Field(name="x", kind=Real(64), range=(-1, 1))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((NUMBER, value) for value in (float("inf"), float("-inf"), float("nan"))),
        *((HELD, value) for value in (float("inf"), float("nan"), 1.5, 1e308, 10**40)),
        (Field(name="x", kind=Array(Real(64), 2)), [0.0, float("nan")]),
        (Field(name="g", kind=Group((HELD,))), {"x": 2.0}),
        (Field(name="x", kind=Integer(8), calibration=Linear(0.1)), float("inf")),
        *((Field(name="x", kind=Text(40)), text) for text in ("\x1b[2J", "a\nb", "a\0", "\u202e", "\ud800")),
    ],
)
def test_what_no_command_may_be_set_to_is_refused_in_one_short_sentence(field, value):
    with pytest.raises(ValueError, match=r"^x = .*, expected ") as caught:
        check_range(field, value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("value", [0.0, -0.0, 1, -1.0])
def test_what_it_may_be_is_taken(value):
    check_range(HELD, value)
    check_range(NUMBER, 1e308)
    check_range(Field(name="x", kind=Text(40)), "coast é 海")


@pytest.mark.parametrize(
    ("kind", "octets"),
    [
        (Int16ub, 2),
        (Integer(3), 1),
        (Text(Counted(8)), 8 + 255),
        (Array(Float64b, Counted(8, 10)), 8 + 80),
        (Group((Field(name="a", kind=Int8ub), Field(name="b", kind=Text(Counted(8, 4))))), 1 + 12),
        (Octets(Rest()), float("inf")),
    ],
)
def test_the_most_that_a_value_takes(kind, octets):
    assert octets_max(kind) == octets
