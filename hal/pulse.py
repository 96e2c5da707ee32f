"""A pulse at the beginning of each second of UTC: of a receiver of navigation satellites (PPS), or of a bus."""

from typing import Protocol


class PulseInput(Protocol):
    """An input whose rising edges are stamped.

    - `drain` never blocks; each edge is given once, in the order of time.
    - Any edge is given, also one that noise made: who listens decides.
    """

    def drain(self) -> list[int]:
        """The monotonic times of the edges since the last call, in nanoseconds."""
        ...


class NoPulse:
    """A board without such an input."""

    def drain(self) -> list[int]:
        """None."""
        return []
