"""Conditions over a node: what they may name is in its dictionary, as `Report.field` or `app.parameter`."""

from collections.abc import Mapping

from kernels.usage import did_you_mean
from link.dictionary.conditions import Comparison, Condition, comparisons_of, parse_condition
from link.dictionary.dictionary import Dictionary
from link.dictionary.domain import check_labels
from link.dictionary.kinds import Array, Boolean, Enumeration, Field, Group, Octets, Text


def nameable(dictionary: Dictionary) -> dict[str, Field]:
    """The fields of reports and the parameters of apps, by the names that conditions use."""
    told = {f"{report.name}.{field.name}": field for report in dictionary.reports for field in report.fields}
    return {**{entry.name: entry.field for entry in dictionary.parameters}, **told}


def condition_on(text: str, known: Mapping[str, Field]) -> Condition:
    """Read a condition on what is `known`, by name. Raises ValueError for a name or a value that makes no sense."""
    condition = parse_condition(text)
    for one in comparisons_of(condition):
        if one.field not in known:
            raise ValueError(f"{one}: nothing is called {one.field}{did_you_mean(one.field, known)}")
        _check_comparable(one, known[one.field])
    check_labels(condition, known)
    return condition


def _check_comparable(one: Comparison, field: Field) -> None:
    is_text = isinstance(one.value, str)
    match field.kind:
        case Array() | Group() | Octets():
            raise ValueError(f"{one}: {one.field} is no single number or text")
        case Enumeration() | Text():
            if not is_text or one.op not in ("==", "!="):
                raise ValueError(f"{one}: a text is equal (==) or not (!=) to another")
        case Boolean():
            if one.value not in (0, 1):
                raise ValueError(f"{one}: {one.field} is 0 or 1")
        case _:
            if is_text:
                raise ValueError(f"{one}: {one.field} is compared with a number")
