"""Values by name where a name has several: a field that occurs twice in a packet, or in a repeated container."""

from collections.abc import Iterator, Sequence
from typing import Any

from link.dictionary.kinds import Array, Field, Group


def has_instances(fields: Sequence[Field]) -> bool:
    """Whether a name among `fields` may have several values."""
    return len({field.name for field in fields}) < len(fields) or any(_inline(field) for field in fields)


def instances_of(fields: Sequence[Field], values: Sequence[Any]) -> dict[str, Any]:
    """The value of each name; for a name that occurs several times or is repeated, the list of values in order."""
    found: dict[str, list[Any]] = {}
    repeated: set[str] = set()
    for field, value in zip(fields, values, strict=True):
        for name, several, instances in _instances(field, value):
            found.setdefault(name, []).extend(instances)
            if several:
                repeated.add(name)
    return {name: one if name in repeated or len(one) > 1 else (one or [None])[0] for name, one in found.items()}


def _instances(field: Field, value: Any) -> Iterator[tuple[str, bool, list[Any]]]:
    """Names in a field, whether each is repeated, and its instances."""
    group = _inline(field)
    if group is None:
        yield field.name, False, [] if value is None else [value]
    elif isinstance(field.kind, Array):
        rows = [instances_of(group.fields, row) for row in value or ()]
        for name in _names(group.fields):
            yield name, True, [row[name] for row in rows]
    else:
        inside = value if value is not None else [None] * len(group.fields)
        for member, one in zip(group.fields, inside, strict=True):
            yield from _instances(member, one)


def _names(fields: Sequence[Field]) -> list[str]:
    """All names of fields, once each, with those in inline groups."""
    names = (_names(group.fields) if (group := _inline(field)) else [field.name] for field in fields)
    return list(dict.fromkeys(name for some in names for name in some))


def _inline(field: Field) -> Group | None:
    group = field.kind.of if isinstance(field.kind, Array) else field.kind
    return group if isinstance(group, Group) and group.inline else None
