"""Conditions: read as people write them, judged on what is there."""

import pytest

from link.dictionary.conditions import All, Comparison, Either, comparisons_of, parse_condition

VALUES = {"mode": "payload", "level": 3, "share": 0.5}


def holds(condition):
    return condition.holds(lambda one: VALUES.get(one.field))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mode == payload", True),
        ("mode != payload", False),
        ("level > 2 and level<=3", True),
        ("level >= 4", False),
        ("share < 0.75", True),
        ("level == 0x3", True),
        ("absent == 1", False),
        ("mode > 3", False),
        ("mode != 3", True),
    ],
)
def test_a_condition_as_people_write_it(text, expected):
    assert holds(parse_condition(text)) is expected


def test_either_of_several():
    both = (Comparison("mode", "safe"), Comparison("level", 3))
    assert holds(Either(both))
    assert not holds(All(both))
    assert comparisons_of(All((Either(both), both[0]))) == [*both, both[0]]


def test_for_people():
    condition = All((Comparison("a", 1, "<"), Either((Comparison("b", "x"), Comparison("c", 2)))))
    assert str(condition) == "a < 1 and (b == x or c == 2)"


@pytest.mark.parametrize("text", ["", "mode", "mode = 1", "mode ==", "and"])
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(ValueError, match="expected `field == value`"):
        parse_condition(text)
