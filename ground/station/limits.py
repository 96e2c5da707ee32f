"""Limit checking: values compared with the limits that the dictionary declares."""

from collections import Counter
from typing import NamedTuple

from ground.records import Severity
from link.dictionary import Limits, Sample
from link.dictionary.model import Bounds, Field

LEVELS: dict[str, Severity] = {"watch": "info", "warning": "low", "distress": "medium", "critical": "high"}
"""The levels of `Limits`, the gravest last, and the severity of the event when a value leaves their band."""


class Crossing(NamedTuple):
    """A parameter left the band of `level`, or came back into all bands (`level` is empty)."""

    parameter: str
    value: float
    unit: str
    level: str
    band: Bounds | None

    @property
    def severity(self) -> Severity:
        """The severity of the event."""
        return LEVELS.get(self.level, "info")

    @property
    def message(self) -> str:
        """The event's sentence."""
        value = f"{self.parameter} = {self.value:g} {self.unit}".rstrip()
        if self.band is None:
            return f"{value} is within limits again."
        return f"{value} is out of limits ({self.level}: {self.band[0]:g}..{self.band[1]:g})."


class LimitWatch:
    """Keeps which parameters are out of which band, and for how many consecutive samples.

    `outside`: the gravest level violated by each parameter that is out of limits now.
    """

    def __init__(self) -> None:
        self.outside: dict[str, str] = {}
        self._in_a_row: Counter[tuple[str, str]] = Counter()

    def check(self, sample: Sample) -> list[Crossing]:
        """Check a sample; return the crossings that it brings. What has no valid value stays as it was judged."""
        crossings, known = [], sample.known
        for field in sample.entry.limited:
            value = known[field.name]
            if field.limits and isinstance(value, int | float):
                crossings += self._check(f"{sample.name}.{field.name}", field, field.limits, value)
        return crossings

    def of(self, sample: Sample) -> dict[str, str]:
        """The violated level of each field of this report that is out of limits, and has a value now."""
        if not self.outside:
            return {}
        known = sample.known
        fields = (field.name for field in sample.entry.limited if known[field.name] is not None)
        names = {field: f"{sample.name}.{field}" for field in fields}
        return {field: self.outside[name] for field, name in names.items() if name in self.outside}

    def _check(self, parameter: str, field: Field, limits: Limits, value: float) -> list[Crossing]:
        level = self._gravest(parameter, limits, value)
        if level == self.outside.get(parameter, ""):
            return []
        if level:
            self.outside[parameter] = level
        else:
            del self.outside[parameter]
        return [Crossing(parameter, value, field.unit, level, getattr(limits, level) if level else None)]

    def _gravest(self, parameter: str, limits: Limits, value: float) -> str:
        """The gravest level violated by enough consecutive samples; empty for none."""
        gravest = ""
        for level in LEVELS:
            band: Bounds | None = getattr(limits, level)
            if band is None:
                continue
            key = parameter, level
            self._in_a_row[key] = 0 if band[0] <= value <= band[1] else self._in_a_row[key] + 1
            if self._in_a_row[key] >= limits.persistence:
                gravest = level
        return gravest
