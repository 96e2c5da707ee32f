"""Conditions name what a dictionary has, and compare it with values that it may have."""

import pytest

from link.dictionary.naming import condition_on, nameable
from tests.fsw.sequences.small import a_dictionary

KNOWN = nameable(a_dictionary())


def test_fields_and_parameters_have_names():
    assert {"Tank.percent", "Tank.heat", "pump.rate", "pump.mode"} <= set(KNOWN)


@pytest.mark.parametrize(
    "text", ["Tank.percent >= 3.5", "pump.rate == 3 and Tank.label != b", "pump.mode == on", "Tank.valid == 0"]
)
def test_a_condition_reads_back(text):
    assert str(condition_on(text, KNOWN)) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Tank.percnt > 3", "nothing is called Tank.percnt; did you mean Tank.percent"),
        ("Tank.percent", "expected `field == value`"),
        ("Tank.percent == full", "is compared with a number"),
        ("Tank.heat == hot", "expected off or on"),
        ("Tank.heat == 1", "a text is equal"),
        ("Tank.heat < on", "a text is equal"),
        ("Tank.label > a", "a text is equal"),
        ("Tank.valid == 2", "is 0 or 1"),
        ("Tank.valid == true", "is 0 or 1"),
        ("Tank.raw == 1", "no single number or text"),
    ],
)
def test_what_makes_no_sense_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        condition_on(text, KNOWN)
