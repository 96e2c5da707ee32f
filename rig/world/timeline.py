"""True time, shared by all that takes part in a world: it jumps to whatever is due next.

Nothing here reads the host's clock or its random numbers, so that a seed reproduces a fault.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

from hal.sim.clock import VirtualClock
from rig.world.trace import Trace

SECOND = 1_000_000_000
NEVER = 1 << 62
_TURNS_MAX = 2_000  # of one member at one true time: more is an endless loop


class BrokenError(AssertionError):
    """Something that must hold does not."""


class Wait(NamedTuple):
    """To let time pass until something holds, `seconds` at most."""

    seconds: float
    until: Callable[[], bool] = lambda: False


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
        return self.clock.now_ns

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass, or less of it if `until` holds before; returns whether it holds. Raises BrokenError."""
        return self._run_to(self.now_ns + int(seconds * SECOND), until)

    def run_all(self, waiting: Mapping[str, Iterator[Wait]]) -> None:
        """Let time pass until none of those who are waiting, by name, waits any more. Raises BrokenError."""
        ends: dict[str, tuple[int, Callable[[], bool]]] = {}

        def go_on(name: str) -> None:
            ends.pop(name, None)
            if wait := _next(name, waiting[name]):
                ends[name] = self.now_ns + int(wait.seconds * SECOND), wait.until

        for name in waiting:
            go_on(name)
        while ends:
            self._run_to(min(end_ns for end_ns, _ in ends.values()), lambda: any(until() for _, until in ends.values()))
            for name, (end_ns, until) in list(ends.items()):
                if self.now_ns >= end_ns or until():
                    go_on(name)

    def _run_to(self, end_ns: int, until: Callable[[], bool]) -> bool:
        turns, times = 0, [member.next_ns for member in self.members]
        while not until():
            now_ns = self.now_ns
            due = [member for member, next_ns in zip(self.members, times, strict=True) if next_ns <= now_ns]
            for member in due:
                self._turn(member)
            turns += 1
            if turns > _TURNS_MAX:
                raise BrokenError(f"nothing lets time go on: {', '.join(member.name for member in due)}")
            if due:  # only what happens makes anybody due, no time that passes
                times = [member.next_ns for member in self.members]
            elif now_ns >= end_ns:
                return until()
            else:
                turns = 0
                self.clock.advance(min(end_ns, *times) - now_ns)
        return True

    @staticmethod
    def _turn(member: Member) -> None:
        try:
            member.turn()
        except Exception as error:
            raise _broken(member.name, error) from error


def _next(name: str, waits: Iterator[Wait]) -> Wait | None:
    try:
        return next(waits, None)
    except Exception as error:
        raise _broken(name, error) from error


def _broken(name: str, error: Exception) -> BrokenError:
    """What did not hold, at whom; an exception that left node or ground does not hold either, and is the cause then."""
    return BrokenError(f"{name}: {error}" if isinstance(error, BrokenError) else f"{name}: {error!r}")
