"""Values by name where a name means more than one: a field that stands in a packet twice, or a container repeated."""

from collections.abc import Iterator, Sequence
from typing import Any

from link.dictionary.kinds import Array, Field, Group


def has_instances(fields: Sequence[Field]) -> bool:
    """Whether a name among `fields` may have more values than one."""
    return len({field.name for field in fields}) < len(fields) or any(_inline(field) for field in fields)


def instances_of(fields: Sequence[Field], values: Sequence[Any]) -> dict[str, Any]:
    """The value of each name; of one that is there several times, or in what is repeated, the list in their order."""
    found: dict[str, list[Any]] = {}
    repeated: set[str] = set()
    for field, value in zip(fields, values, strict=True):
        for name, several, instances in _instances(field, value):
            found.setdefault(name, []).extend(instances)
            if several:
                repeated.add(name)
    return {name: one if name in repeated or len(one) > 1 else (one or [None])[0] for name, one in found.items()}


def _instances(field: Field, value: Any) -> Iterator[tuple[str, bool, list[Any]]]:
    """Names, whether they are repeated, and the instances that there are."""
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
    """All, once each, with those of inline groups."""
    names = (_names(group.fields) if (group := _inline(field)) else [field.name] for field in fields)
    return list(dict.fromkeys(name for some in names for name in some))


def _inline(field: Field) -> Group | None:
    group = field.kind.of if isinstance(field.kind, Array) else field.kind
    return group if isinstance(group, Group) and group.inline else None
