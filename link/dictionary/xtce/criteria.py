"""Match criteria of XTCE: comparisons, lists of them and expressions (660.1-B-2 §4.3.3.4)."""

from link.dictionary.conditions import OPERATORS, All, Comparison, Condition, Either
from link.dictionary.kinds import Array, Enumeration, Field, Group, Octets, Text
from link.dictionary.xtce.document import (
    Element,
    UnsupportedError,
    content,
    integer,
    known_children,
    need,
    read_whole,
    text,
    truth,
)
from link.dictionary.xtce.library import Library
from link.dictionary.xtce.names import REFERENCES, System

_EXPRESSIONS = ("Condition", "ANDedConditions", "ORedConditions")


def read_criterion(library: Library, element: Element, system: System) -> Condition:
    """The condition of a Comparison, ComparisonList, BooleanExpression, or their parent. Raises UnsupportedError."""
    if element.tag == "Comparison":
        return _comparison(library, element, system)
    if element.tag == "ComparisonList":
        return all_of(tuple(_comparison(library, one, system) for one in known_children(element, ("Comparison",))))
    return _expression(library, need(element, _EXPRESSIONS), system)


def all_of(conditions: tuple[Condition, ...]) -> Condition:
    """The conditions joined by `and`; a single one as it is."""
    return conditions[0] if len(conditions) == 1 else All(conditions)


def _expression(library: Library, element: Element, system: System) -> Condition:
    if element.tag == "Condition":
        return _condition(library, element, system)
    read = tuple(_expression(library, part, system) for part in known_children(element, _EXPRESSIONS))
    return All(read) if element.tag == "ANDedConditions" else Either(read)


def _condition(library: Library, element: Element, system: System) -> Comparison:
    parts = list(known_children(element, (*REFERENCES, "ComparisonOperator", "Value")))
    if len(parts) != 3 or [part.tag for part in parts[1:]] != ["ComparisonOperator", "Value"]:
        raise UnsupportedError(element, "a Condition of a parameter, an operator and a value is expected")
    return _compared(library, parts[0], content(parts[1]), content(parts[2]), system)


def _comparison(library: Library, element: Element, system: System) -> Comparison:
    return _compared(library, element, element.get("comparisonOperator", "=="), text(element, "value"), system)


def _compared(library: Library, element: Element, operator: str, said: str, system: System) -> Comparison:
    if integer(element, "instance", 0):
        raise UnsupportedError(element, "a comparison with an earlier instance is not supported")
    if operator not in OPERATORS:
        raise UnsupportedError(element, f"the operator {operator} is not supported")
    name, field = library.reference(element, system)
    raw = not truth(element, "useCalibratedValue", True)
    if field is None:
        number = _number(said)
        return Comparison(name, said if number is None else number, OPERATORS[operator], raw)
    raw = raw and not isinstance(field.kind, Text)
    try:
        return Comparison(name, _value(element, field, said, raw), OPERATORS[operator], raw)
    except UnsupportedError:
        raise
    except ValueError as error:
        raise UnsupportedError(element, str(error)) from None


def _value(element: Element, field: Field, said: str, raw: bool) -> int | float | str:
    match field.kind:
        case Text():
            return said
        case Octets():
            return said.lower().removeprefix("0x")
        case Enumeration(labels=labels) if said in labels and not raw:
            return said
        case Array() | Group():
            raise UnsupportedError(element, f"{field.name} has several values, expected one to compare")
    found = _number(said)
    if found is None:
        expected = "a label or a number" if isinstance(field.kind, Enumeration) else "a number"
        raise UnsupportedError(element, f"{field.name} is compared with {said[:40]}, expected {expected}")
    return found


def _number(said: str) -> int | float | None:
    """A number, with true as 1 and false as 0; None for any other text."""
    return int(said.lower() == "true") if said.lower() in ("true", "false") else constant(said)


def constant(said: str) -> int | float | None:
    """A number, which may have leading zeros; None for any other text."""
    for read in (read_whole, float):
        try:
            return read(said)
        except ValueError:
            continue
    return None
