"""Plain values are finite, of bounded size and not too deep, or the place of the first that is not is named."""

import pytest

from link.plain import DEPTH_MAX, TEXT_MAX, check_plain


def nested(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [{"a": [1, -0.0, 1e308, True, "coast é", None]}, 2**63 - 1, -(2**63), nested(DEPTH_MAX), "x" * TEXT_MAX]
)
def test_what_may_be(value):
    check_plain(value)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"a": {"b": [0.0, float("inf")]}}, r"^a\.b\[1\] = inf, expected a finite number"),
        ({"a": float("nan")}, "^a = nan"),
        ({"a": 2**63}, "^a: an integer of more than 64 bits"),
        ({"a": -(2**63) - 1}, "^a: an integer of more than 64 bits"),
        ({"a": "x" * (TEXT_MAX + 1)}, "^a: a text of 4097 characters"),
        ({"a": "\x1b[2J"}, r"^a = '\\x1b\[2J', expected a text without control characters"),
        ({"a": "\u202eevil"}, "without control characters"),
        ({"a\0": 1}, "^a key = .* without control characters"),
        (nested(DEPTH_MAX + 1), "nested more than 32 deep"),
        (nested(900), "nested more than 32 deep"),
    ],
)
def test_what_may_not(value, sentence):
    with pytest.raises(ValueError, match=sentence):
        check_plain(value)
