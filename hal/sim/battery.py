"""A battery whose charge somebody sets."""

from dataclasses import dataclass


@dataclass(slots=True)
class ModelBattery:
    """`Battery` at `percent` of its charge; None: it cannot be measured."""

    percent: float | None = 80.0

    def charge_percent(self) -> float | None:
        """What was set."""
        return self.percent
