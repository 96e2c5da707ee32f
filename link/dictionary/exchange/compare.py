"""Differences between two dictionaries as lines for people: entry by entry and field by field."""

from collections.abc import Iterator
from typing import Any

import msgspec

_Named = dict[str, dict[str, Any]]


def differences(old: Any, new: Any) -> Iterator[str]:
    """A line for each difference of two dictionaries or definitions; none if they are equal."""
    yield from _compare("", msgspec.to_builtins(old), msgspec.to_builtins(new))


def _compare(where: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _tables(where, old, new)
    elif (was := _by_name(old)) is not None and (now := _by_name(new)) is not None:
        yield from _entries(where, was, now)
    else:
        yield f"{where}: {_shown(old)} -> {_shown(new)}"


def _tables(where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for key in old | new:
        path = f"{where}.{key}" if where else key
        if key not in old:
            yield f"{path}: {_shown(new[key])} is new"
        elif key not in new:
            yield f"{path}: {_shown(old[key])} is gone"
        else:
            yield from _compare(path, old[key], new[key])


def _entries(where: str, old: _Named, new: _Named) -> Iterator[str]:
    for name in old | new:
        if name not in old:
            yield f"{where} {name} is new"
        elif name not in new:
            yield f"{where} {name} is gone"
        else:
            yield from _compare(f"{where} {name}", old[name], new[name])
    if [name for name in old if name in new] != [name for name in new if name in old]:
        yield f"{where}: another order, {', '.join(new)}"


def _by_name(entries: Any) -> _Named | None:
    """Entries or fields by name; None for another kind of value."""
    if not isinstance(entries, list | tuple) or not all(isinstance(one, dict) and "name" in one for one in entries):
        return None
    return {one["name"]: one for one in entries}


def _shown(value: Any) -> str:
    """A value as text, cut to 60 characters."""
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
