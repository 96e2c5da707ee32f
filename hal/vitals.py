"""How a computer is: processor time, memory, descriptors, room, heat. What a board cannot measure is None, never 0."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Protocol


class Throttling(IntFlag):
    """Why a board runs slower than it could, now; in the order of the Raspberry Pi's firmware (get_throttled)."""

    UNDER_VOLTAGE = 1
    CAPPED = 2
    SLOWED = 4
    SOFT_LIMIT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """One reading. `cpu_s` and `resident_octets` are those of this process, `descriptors` how many it has open.

    `load`: mean number of processes that run or want to, in the last minute; `free_octets`: room where the state is
    kept; `heat_degc`: of the hottest place that is measured.
    """

    cpu_s: float | None = None
    load: float | None = None
    resident_octets: int | None = None
    descriptors: int | None = None
    free_octets: int | None = None
    heat_degc: float | None = None
    throttling: Throttling | None = None


class VitalSigns(Protocol):
    """The sensors of a board and its operating system."""

    def read(self) -> Vitals:
        """A reading now. Never raises: what does not answer is None."""
        ...


class NoVitalSigns:
    """A board that measures nothing."""

    def read(self) -> Vitals:
        """Nothing."""
        return Vitals()
