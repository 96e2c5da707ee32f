"""The computer that software runs on: its name and the power it draws, which is never reported without its source."""

from dataclasses import dataclass
from typing import Literal, Protocol

Evidence = Literal["measured", "modelled"]


@dataclass(frozen=True, slots=True)
class PowerReading:
    """`watts` of the whole board, read from its rails (measured) or computed from its load (modelled)."""

    watts: float
    source: Evidence


class Board(Protocol):
    """A Raspberry Pi, a Jetson, a laptop, or a simulated one."""

    @property
    def name(self) -> str:
        """For people and telemetry, as "Raspberry Pi 5"."""
        ...

    def power(self, busy_cores: float) -> PowerReading:
        """Power now; `busy_cores`, the mean number of cores at work, is the input of a power model.

        Never raises, because a product matters more than its energy: power that cannot be measured now is modelled,
        and marked so.
        """
        ...


class Battery(Protocol):
    """What a board is fed from when nothing else feeds it."""

    def charge_percent(self) -> float | None:
        """State of charge, 0..100; None while it cannot be measured. Never raises."""
        ...
