"""The topics of a bridge: classes of telemetry and events, each known on the wire by a digest of its declaration.

Two nodes understand each other where both declare a topic alike: name, identifier and every field.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from types import ModuleType
from typing import Any

import msgspec

from fsw.mission import BridgeSection
from kernels.usage import UsageError, did_you_mean
from link.dictionary import Event, Telemetry
from link.dictionary.declare import Record, event_entry, report_entry

BusTopic = type[Telemetry] | type[Event]
DIGEST_OCTETS = 8


@dataclass(frozen=True, slots=True)
class Bridged:
    """A record of another node, as it came over the bridge `bridge`. Apps subscribe to this class.

    It is published for the apps of this node, and goes neither down nor over another bridge.
    """

    bridge: str
    record: Telemetry | Event


def topics_in(modules: Iterable[ModuleType]) -> Mapping[str, BusTopic]:
    """The topics that modules declare, by name."""
    found = (one for module in modules for one in vars(module).values() if isinstance(one, type))
    declared = (one for one in found if issubclass(one, Telemetry | Event) and one not in (Telemetry, Event))
    return {one.__name__: one for one in declared}


def topic_digest(topic: BusTopic) -> bytes:
    """The DIGEST_OCTETS octets that stand for a topic on the wire."""
    entry: Any = event_entry(topic) if issubclass(topic, Event) else report_entry(topic)
    return blake2b(msgspec.json.encode(entry), digest_size=DIGEST_OCTETS).digest()


def check_bridges(bridges: Iterable[BridgeSection], topics: Mapping[str, BusTopic]) -> None:
    """Raises UsageError for a topic that the node does not declare."""
    for number, bridge in enumerate(bridges):
        for key in ("topics_out", "topics_in"):
            for name in getattr(bridge, key):
                if name not in topics:
                    near = did_you_mean(name, topics)
                    raise UsageError(f"bridge[{number}].{key}: the node has no report or event {name!r}{near}")


def is_finite(record: Record) -> bool:
    """Whether every number in a record that another node made is finite."""
    return all(math.isfinite(value) for value in _numbers(type(record).__values__(record)))


def _numbers(values: Iterable[Any]) -> Iterator[float]:
    for value in values:
        if isinstance(value, float):
            yield value
        elif isinstance(value, list | tuple):
            yield from _numbers(value)
        elif isinstance(value, Record):
            yield from _numbers(type(value).__values__(value))
