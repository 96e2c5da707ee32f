"""The latest values of a node by the names of its dictionary, for conditions on board: `Report.field`, `app.parameter`.

A sample is decoded by the dictionary's own codec, as on the ground, and only once a condition asks for it.
"""

from collections.abc import Callable
from enum import Enum
from math import isnan
from typing import Any

from fsw.pus.parameters import Parameters
from link.dictionary import Dictionary, Telemetry
from link.dictionary.conditions import Comparison
from link.dictionary.kinds import Enumeration
from link.pus.services.verification import RefusedError

SampleWatcher = Callable[[str], None]
"""Accepts the name of a report of which a sample has arrived."""


class LatestValues:
    """Keeps the last sample of each report and tells `watchers` of it; `parameters` has the values of apps."""

    def __init__(self, dictionary: Dictionary, parameters: Parameters) -> None:
        self._dictionary, self._parameters = dictionary, parameters
        self._entries = {entry.name: entry for entry in dictionary.parameters}
        self._samples: dict[str, Telemetry] = {}
        self._decoded: dict[str, dict[str, Any]] = {}
        self.watchers: list[SampleWatcher] = []

    def accept(self, sample: Telemetry) -> None:
        """Take the sample of an app."""
        name = type(sample).__name__
        self._samples[name] = sample
        self._decoded.pop(name, None)
        for watcher in self.watchers:
            watcher(name)

    def look_up(self, one: Comparison) -> Any:
        """The value that a comparison names; None before the first sample, and for none that is valid.

        No number (NaN), as of a sensor that failed, is none: it would differ from whatever it is compared with.
        """
        value = self._value(one)
        return None if isinstance(value, float) and isnan(value) else value

    def _value(self, one: Comparison) -> Any:
        if one.field in self._entries:
            return self._parameter(one.field)
        report, _, field = one.field.partition(".")
        if report not in self._samples:
            return None
        if report not in self._decoded:
            self._decoded[report] = self._values(self._samples[report])
        return self._decoded[report].get(field)

    def _values(self, telemetry: Telemetry) -> dict[str, Any]:
        return self._dictionary.decode_report(telemetry.__id__, telemetry.encode()).known

    def _parameter(self, name: str) -> Any:
        entry = self._entries[name]
        try:
            value = self._parameters.read(entry.id)
        except (RefusedError, LookupError, AttributeError):
            return None
        value = value.value if isinstance(value, Enum) else value
        if isinstance(entry.field.kind, Enumeration) and not isinstance(value, str):
            return next((label for label, number in entry.field.kind.labels.items() if number == value), None)
        return value
