"""Conditions on earlier values: they decide whether a field is present or valid, or which container a packet is.

Their text form is `mode == payload and level > 3`; `parse_condition` reads it.
"""

import operator
import re
from collections.abc import Callable
from typing import Any, Literal, get_args

import msgspec

from link.dictionary.bounds import WIDE, check_number

ComparisonSign = Literal["==", "!=", "<", "<=", ">", ">="]
OPERATORS: dict[str, ComparisonSign] = {operator: operator for operator in get_args(ComparisonSign)}
"""Operators by their text, one object each: msgspec leaves a default out of JSON only if it is the same object."""
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TERM = re.compile(r"\s*([\w.]+)\s*(==|!=|<=|>=|<|>)\s*(\S+)\s*")


class Comparison(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="condition", tag="compare"):
    """`field` against `value`: the calibrated value or label, or the number on the wire if `raw`."""

    field: str
    value: int | float | str
    op: ComparisonSign = OPERATORS["=="]
    raw: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.value, str):
            check_number(self.value, f"{self.field} is compared, value", -WIDE, 2 * WIDE)

    def holds(self, look_up: Callable[["Comparison"], Any]) -> bool:
        """Whether the comparison is true; False where `look_up` gives None or a value that cannot be compared."""
        found = look_up(self)
        if found is None:
            return False
        try:
            return _COMPARE[self.op](found, self.value)
        except TypeError:
            return self.op == "!="

    def __str__(self) -> str:
        return f"{self.field} {self.op} {self.value}"


class All(msgspec.Struct, frozen=True, tag_field="condition", tag="all"):
    """All of several conditions."""

    of: tuple["Condition", ...]

    def holds(self, look_up: Callable[[Comparison], Any]) -> bool:
        """Whether every condition holds."""
        return all(condition.holds(look_up) for condition in self.of)

    def __str__(self) -> str:
        return " and ".join(map(str, self.of))


class Either(msgspec.Struct, frozen=True, tag_field="condition", tag="either"):
    """At least one of several conditions."""

    of: tuple["Condition", ...]

    def holds(self, look_up: Callable[[Comparison], Any]) -> bool:
        """Whether any condition holds."""
        return any(condition.holds(look_up) for condition in self.of)

    def __str__(self) -> str:
        return "(" + " or ".join(map(str, self.of)) + ")"


Condition = Comparison | All | Either


def parse_condition(text: str) -> Condition:
    """Read `field op value`, several of them joined by `and`. Raises ValueError."""
    terms = tuple(_parse_term(term) for term in re.split(r"\band\b", text))
    return terms[0] if len(terms) == 1 else All(terms)


def _parse_term(text: str) -> Comparison:
    found = _TERM.fullmatch(text)
    if not found:
        raise ValueError(f"condition {text.strip()!r}, expected `field == value`")
    return Comparison(found[1], constant_of(found[3]), OPERATORS[found[2]])


def constant_of(text: str) -> int | float | str:
    """The value of a comparison: a number if the text is one, else the text as a label."""
    for read in (lambda: int(text, 0), lambda: float(text)):
        try:
            return read()
        except ValueError:
            continue
    return text


def comparisons_of(condition: Condition) -> list[Comparison]:
    """All comparisons in a condition."""
    if isinstance(condition, Comparison):
        return [condition]
    return [one for part in condition.of for one in comparisons_of(part)]
