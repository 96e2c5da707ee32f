"""A simulated pulse of each second, with edges that noise makes and pulses that do not come."""

from dataclasses import dataclass, field

from hal.clock import Clock

_NS = 1_000_000_000


@dataclass
class SimPulse:
    """`PulseInput` whose seconds begin at `offset_ns` of `clock`'s monotonic time, and last `second_ns` of it.

    `noise` holds the times of edges that are no pulses; while `is_on` is false, no pulse comes.
    """

    clock: Clock
    offset_ns: int = 0
    second_ns: int = _NS
    noise: list[int] = field(default_factory=list)
    is_on: bool = True
    _given_ns: int = -1

    def drain(self) -> list[int]:
        """The edges since the last call."""
        now_ns = self.clock.monotonic_ns()
        first = (self._given_ns - self.offset_ns) // self.second_ns + 1
        last = (now_ns - self.offset_ns) // self.second_ns
        pulses = [self.offset_ns + number * self.second_ns for number in range(first, last + 1)]
        edges = [ns for ns in self.noise if self._given_ns < ns <= now_ns]
        self._given_ns = now_ns
        return sorted(edges + pulses if self.is_on else edges)
