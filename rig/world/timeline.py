"""True time, shared by all that takes part in a world: it jumps to whatever is due next.

Nothing here reads the host's clock or its random numbers, so that a seed reproduces a fault.
"""

from collections.abc import Callable
from typing import Protocol

from hal.sim.clock import VirtualClock
from rig.world.trace import Trace

SECOND = 1_000_000_000
NEVER = 1 << 62
_TURNS_MAX = 2_000  # of one member at one true time: more is an endless loop


class BrokenError(AssertionError):
    """Something that must hold does not."""


class Member(Protocol):
    """What takes part. Times are true nanoseconds."""

    name: str

    @property
    def next_ns(self) -> int:
        """The time at which it has something to do next."""
        ...

    def turn(self) -> None:
        """Do what is due."""
        ...


class Timeline:
    """The clock, the trace and the `members`, in the order in which those that are due together have their turns."""

    def __init__(self, report: Callable[[str], None] | None = None) -> None:
        self.clock, self.trace = VirtualClock(), Trace(report)
        self.members: list[Member] = []

    @property
    def now_ns(self) -> int:
        """The true time."""
        return self.clock.monotonic_ns()

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass, or less of it if `until` holds before; returns whether it holds. Raises BrokenError."""
        end_ns, turns = self.now_ns + int(seconds * SECOND), 0
        while not until():
            now_ns = self.now_ns
            due = [member for member in self.members if member.next_ns <= now_ns]
            for member in due:
                self._turn(member)
            turns += 1
            if turns > _TURNS_MAX:
                raise BrokenError(f"nothing lets time go on: {', '.join(member.name for member in due)}")
            if not due:
                if now_ns >= end_ns:
                    return until()
                turns = 0
                self.clock.advance(min(end_ns, *(member.next_ns for member in self.members)) - now_ns)
        return True

    @staticmethod
    def _turn(member: Member) -> None:
        try:
            member.turn()
        except BrokenError as error:
            raise BrokenError(f"{member.name}: {error}") from error
