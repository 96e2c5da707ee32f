"""A board that is only a power model: the power it draws idle, and what each busy core adds."""

from dataclasses import dataclass

from hal.board import PowerReading


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBoard:
    """`Board` by a linear model; the mission file gives, and cites, its two numbers."""

    name: str
    idle_watts: float
    core_watts: float

    def power(self, busy_cores: float) -> PowerReading:
        """idle + busy_cores x core_watts, always marked as modelled."""
        return PowerReading(self.idle_watts + self.core_watts * busy_cores, "modelled")
