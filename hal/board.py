"""The computer underneath: its name and the power it draws. A joule is never told without its source."""

from dataclasses import dataclass
from typing import Literal, Protocol

Source = Literal["measured", "modelled"]


@dataclass(frozen=True, slots=True)
class Power:
    """`watts` of the whole board, read from its rails (measured) or computed from its load (modelled)."""

    watts: float
    source: Source


class Board(Protocol):
    """A Raspberry Pi, a Jetson, a laptop, or a simulated one."""

    @property
    def name(self) -> str:
        """For people and telemetry, as "Raspberry Pi 5"."""
        ...

    def power(self, busy_cores: float) -> Power:
        """Power now; `busy_cores`, the mean number of cores at work, is what a model goes by.

        Never raises: joules are the least of a product. What cannot be measured now is modelled, and says so.
        """
        ...
