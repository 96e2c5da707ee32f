"""A value that cannot be: what was on the wire instead, marked so that nobody takes it for the value."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Invalid:
    """`raw` was on the wire, a number or the octets of a text; `reason` is why it stands for nothing."""

    raw: Any
    reason: str

    def __str__(self) -> str:
        return f"{self.raw.hex() if isinstance(self.raw, bytes) else self.raw}(invalid)"


def without_invalid(value: Any, missing: Any = None) -> Any:
    """For tables, which have no mark: `missing` instead, also of elements and members."""
    match value:
        case Invalid():
            return missing
        case list():
            return [without_invalid(one, missing) for one in value]
        case dict():
            return {name: without_invalid(one, missing) for name, one in value.items()}
    return value


def invalid_in(name: str, value: Any) -> "list[tuple[str, Invalid]]":
    """All that are in the value called `name`, each with a name; a member is `group.member`, an element its list."""
    match value:
        case Invalid():
            return [(name, value)]
        case list():
            return [found for one in value for found in invalid_in(name, one)]
        case dict():
            return [found for member, one in value.items() for found in invalid_in(f"{name}.{member}", one)]
    return []
