"""Limits: bands that telemetry should stay in, checked sample by sample with persistence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

Bounds = tuple[float, float]
Level = Literal["watch", "warning", "distress", "critical"]
LEVELS: tuple[Level, ...] = ("watch", "warning", "distress", "critical")


class Limits(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Bands, inclusive, from the least concern to the gravest; None is no band.

    A level is raised, and lowered again, once `persistence` samples in a row ask for it.
    """

    watch: Bounds | None = None
    warning: Bounds | None = None
    distress: Bounds | None = None
    critical: Bounds | None = None
    persistence: int = 1

    def level(self, value: float) -> Level | None:
        """The gravest level whose band `value` has left; None inside all of them. What is not a number has left all."""
        outside: list[Level] = [level for level, (low, high) in self.bands() if not low <= value <= high]
        return outside[-1] if outside else None

    def bands(self) -> Iterator[tuple[Level, Bounds]]:
        """Those that exist, the gravest last."""
        for level in LEVELS:
            bounds: Bounds | None = getattr(self, level)
            if bounds is not None:
                yield level, bounds


@dataclass(frozen=True, slots=True)
class Crossing:
    """A field that went to another level; `level` None is back to normal."""

    field: str
    value: float
    level: Level | None
    before: Level | None


@dataclass(slots=True)
class _State:
    level: Level | None = None
    asked: Level | None = None
    times: int = 0


class LimitMonitor:
    """Follows the fields of one report; `levels` holds those that are outside a band now."""

    def __init__(self, limits: Mapping[str, Limits]) -> None:
        self._limits = dict(limits)
        self._states = {name: _State() for name in self._limits}

    @property
    def levels(self) -> dict[str, Level]:
        """The level of every field that has one."""
        return {name: state.level for name, state in self._states.items() if state.level is not None}

    def check(self, values: Mapping[str, Any]) -> list[Crossing]:
        """The crossings that this sample makes; fields that are not in it keep their level."""
        found = [self._check(name, values[name]) for name in self._limits if name in values]
        return [crossing for crossing in found if crossing]

    def _check(self, name: str, value: float) -> Crossing | None:
        limits, state = self._limits[name], self._states[name]
        asked = limits.level(value)
        state.times = state.times + 1 if asked == state.asked else 1
        state.asked = asked
        if asked == state.level or state.times < limits.persistence:
            return None
        before, state.level = state.level, asked
        return Crossing(name, value, asked, before)
