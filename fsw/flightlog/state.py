"""The whole state of a node as one digest: equal for two nodes that behaved equally and will go on to do so."""

import hashlib
from collections import deque
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from random import Random
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from fsw.flightlog.devices import Twin
from link import dictionary

_OURS = {"fsw", "link"}
_USERS = "app_"
"""Begins the names of modules of apps of the user's own (fsw/apps/own.py)."""
_CODE = (FunctionType, MethodType, BuiltinFunctionType)
_PLAIN = (int, float, str, bytes, bytearray, bool, type(None), Path)


def state_digest(node: object, without: Iterable[object] = ()) -> str:
    """SHA-256 of all that the parts of `node` hold, in hexadecimal; devices and the things `without` are left out.

    Code has no state: functions and methods are all alike, of iterators only the kind counts.
    """
    digest = hashlib.sha256()
    numbers: dict[int, int] = {}
    held: list[object] = []  # as long as it is held, no other object gets its number
    skipped = {id(one) for one in without}
    waiting: list[Any] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, _PLAIN) and not isinstance(one, Enum):
            digest.update(f"{type(one).__name__} {one!r}\n".encode(errors="backslashreplace"))
            continue
        if isinstance(one, _CODE):
            digest.update(b"code\n")
            continue
        if id(one) in numbers:
            digest.update(f"again {numbers[id(one)]}\n".encode())
            continue
        numbers[id(one)] = len(numbers)
        held.append(one)
        parts = [part for part in _parts(one) if id(part) not in skipped and not isinstance(part, Twin)]
        digest.update(f"{type(one).__qualname__} {len(parts)}\n".encode())
        waiting += reversed(parts)
    return digest.hexdigest()


def _parts(one: Any) -> list[Any]:
    """What an object is made of, in an order that depends on its content only."""
    match one:
        case Enum():
            return [one.name]
        case type():
            return [one.__qualname__]
        case Mapping():
            return [part for pair in one.items() for part in pair]
        case list() | tuple() | deque():
            return [*one]
        case set() | frozenset():
            return sorted(one, key=repr)
        case Random():
            return [one.getstate()]
        case _ if _has_state(type(one).__module__):
            return [part for name in _fields(one) for part in (name, getattr(one, name))]
    return []


def _has_state(module: str) -> bool:
    """Whether objects of a class in this module may change; those of the dictionary do not."""
    if module.startswith(dictionary.__name__):
        return False
    return module.partition(".")[0] in _OURS or module.startswith(_USERS)


def _fields(one: object) -> list[str]:
    slots = (name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ()))
    names = [*getattr(one, "__dict__", ()), *(name for name in slots if hasattr(one, name))]
    return sorted(name for name in names if not name.startswith("__"))
