"""Invalid values: what was on the wire, marked so that it cannot be mistaken for a value."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Invalid:
    """An invalid value: `raw`, the number or the octets of a text on the wire, and the `reason`."""

    raw: Any
    reason: str

    def __str__(self) -> str:
        return f"{self.raw.hex() if isinstance(self.raw, bytes) else self.raw}(invalid)"


def without_invalid(value: Any, missing: Any = None) -> Any:
    """`value` with `missing` in place of each Invalid, also of elements and members; for tables, which have no mark."""
    match value:
        case Invalid():
            return missing
        case list():
            return [without_invalid(one, missing) for one in value]
        case dict():
            return {name: without_invalid(one, missing) for name, one in value.items()}
    return value


def invalid_in(name: str, value: Any) -> "list[tuple[str, Invalid]]":
    """All Invalid in the value called `name`, each with its name: `group.member` for a member, the list's name for an
    element.
    """
    match value:
        case Invalid():
            return [(name, value)]
        case list():
            return [found for one in value for found in invalid_in(name, one)]
        case dict():
            return [found for member, one in value.items() for found in invalid_in(f"{name}.{member}", one)]
    return []
