"""What a field of an app may ask for: by its annotation the executive hands it in, when the node is put together.

    @dataclass
    class Thermal(App, period_ms=1000, budget_ms=5):
        clock: Clock
        log: Log
        jobs: Jobs
        products: Queue[ProductReady] = subscribe(capacity=8, policy="drop_old")
        table: Folder = folder(octets_max=10_000)
        gain: float = parameter(Float32b, default=1.0, range=(0, 5))

All other fields have a default, or a value that the mission gives beside the app's file.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from enum import IntEnum
from math import isfinite
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from fsw.executive.app import App
from fsw.executive.bus import Policy, Queue
from fsw.own.folder import Folder
from fsw.own.jobs import Jobs
from fsw.own.log import Log
from hal.board import Board
from hal.camera import Camera
from hal.clock import Clock
from kernels.usage import did_you_mean
from link.dictionary.codec.record import Codec
from link.dictionary.declare import app_name, parameters_of
from link.dictionary.domain import check_range

HANDED_IN = "Board, Camera, Clock, Jobs, Log, Queue[TOPIC] = subscribe(...) or Folder = folder(...)"
_PLAIN = (Board, Camera, Clock, Jobs, Log)
_CAPACITY_MAX, _OCTETS_MAX = 10_000, 1 << 40
_ASKS = "asks for"


class Subscription(NamedTuple):
    """A queue of messages of `topic` and of the classes that inherit from it."""

    topic: type
    capacity: int
    policy: Policy


class Room(NamedTuple):
    """A folder of at most `octets_max` octets."""

    octets_max: int


Wanted = type | Subscription | Room
"""What a field asks for: a device or service by its class, a queue, or a folder."""


def subscribe(*, capacity: int, policy: Policy = "drop_old") -> Any:
    """A field, annotated `Queue[TOPIC]`: a queue of `capacity` messages of the bus (fsw/executive/bus.py)."""
    allowed = ("drop_new", "drop_old", "latest")  # an app that refuses messages would stop those who send them
    if policy not in allowed:
        raise TypeError(f"policy {policy!r}, expected {' or '.join(allowed)}")
    if not 1 <= capacity <= _CAPACITY_MAX:
        raise TypeError(f"capacity {capacity}, expected 1..{_CAPACITY_MAX}")
    return dataclasses.field(kw_only=True, metadata={_ASKS: Subscription(object, capacity, policy)})


def folder(*, octets_max: int) -> Any:
    """A field, annotated `Folder`: a folder of the app's own that survives restarts."""
    if not 1 <= octets_max <= _OCTETS_MAX:
        raise TypeError(f"octets_max {octets_max}, expected 1..{_OCTETS_MAX}")
    return dataclasses.field(kw_only=True, metadata={_ASKS: Room(octets_max)})


def wanted_by(kind: type[App]) -> dict[str, Wanted]:
    """What each field of an app's class asks for. Raises ValueError for one that asks in a wrong way."""
    found = {name: _wanted(name, item, hint) for name, item, hint in _fields(kind)}
    return {name: one for name, one in found.items() if one is not None}


def check_complete(kind: type[App], given: Mapping[str, Any]) -> None:
    """Raises ValueError for a field that nobody fills: neither the executive, nor a default, nor the mission."""
    if "__dataclass_fields__" not in vars(kind) and _looks_like_fields(kind):
        raise ValueError(f"{kind.__name__} has fields, expected @dataclass above the class")
    wanted = wanted_by(kind)
    for name, item, hint in _fields(kind):
        if name not in wanted and name not in given and not _has_default(item):
            raise ValueError(
                f"{kind.__name__}.{name}: a {_shown(hint)} cannot be handed in, and there is no default; "
                f"expected {HANDED_IN}, or a default, or a value in the mission"
            )


def initial_values(kind: type[App], said: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a mission gives to fields, as the app has them. Raises ValueError naming the key."""
    wanted, hints = wanted_by(kind), {name: hint for name, _, hint in _fields(kind) if not name.startswith("_")}
    known = [name for name in hints if name not in wanted]
    for key in said:
        if key not in known:
            listed = ", ".join(known) or "none"
            raise ValueError(f"{key}: unknown key, expected file, name or one of {listed}{did_you_mean(key, known)}")
    values = {key: _value(key, hints[key], value) for key, value in said.items()}
    for entry in parameters_of(kind, app_name(kind)):
        if entry.field.name in values:
            value = values[entry.field.name]
            plain = value.name.lower() if isinstance(value, IntEnum) else value
            check_range(entry.field, plain)
            Codec((entry.field,)).encode([plain])
    return values


def _fields(kind: type[App]) -> list[tuple[str, dataclasses.Field[Any], Any]]:
    """Name, declaration and annotation of the fields that are given when the app is made."""
    if not dataclasses.is_dataclass(kind):
        return []
    hints = get_type_hints(kind)
    return [(item.name, item, hints[item.name]) for item in dataclasses.fields(kind) if item.init]


def _wanted(name: str, item: dataclasses.Field[Any], hint: Any) -> Wanted | None:
    asked = item.metadata.get(_ASKS)
    if get_origin(hint) is Queue or hint is Queue:
        topic = next(iter(get_args(hint)), None)
        if not isinstance(asked, Subscription) or not isinstance(topic, type):
            raise ValueError(f"{name}: expected Queue[TOPIC] = subscribe(capacity=..., policy=...), TOPIC a class")
        return asked._replace(topic=topic)
    if hint is Folder:
        if not isinstance(asked, Room):
            raise ValueError(f"{name}: expected Folder = folder(octets_max=...)")
        return asked
    if asked:
        expected = "Folder" if isinstance(asked, Room) else "Queue[TOPIC]"
        raise ValueError(f"{name}: annotated {_shown(hint)}, expected {expected}")
    return hint if hint in _PLAIN else None


def _has_default(item: dataclasses.Field[Any]) -> bool:
    return item.default is not dataclasses.MISSING or item.default_factory is not dataclasses.MISSING


def _looks_like_fields(kind: type) -> bool:
    annotated = vars(kind).get("__annotations__", {})
    declared = any(isinstance(one, dataclasses.Field) for one in vars(kind).values())
    return declared or any("ClassVar" not in str(hint) for hint in annotated.values())


def _shown(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)


def _value(key: str, hint: Any, value: Any) -> Any:
    """A value of TOML as one of the annotated type: exact, but that a whole number is a float, too."""
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        labels = {member.name.lower(): member for member in hint}
        if value not in labels:
            raise ValueError(f"{key} = {value!r}, expected {' or '.join(labels)}")
        return labels[value]
    try:
        made = msgspec.convert(value, hint)
    except msgspec.ValidationError as error:
        message = str(error).replace("`", "")
        raise ValueError(f"{key}: {message[0].lower()}{message[1:]}") from None
    except TypeError:
        raise ValueError(f"{key}: a {_shown(hint)} cannot be given in a mission") from None
    if not all(map(isfinite, _floats(made))):
        raise ValueError(f"{key} = {made}, expected finite numbers")
    return made


def _floats(value: Any) -> Iterator[float]:
    """All floats in a value of TOML."""
    if isinstance(value, float):
        yield value
    elif isinstance(value, list | tuple | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _floats(one)
