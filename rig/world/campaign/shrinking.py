"""The smallest schedule that fails as a larger one does: faults are left out as long as it still does (ddmin)."""

import re
from collections.abc import Callable

from msgspec.structs import replace

from rig.world.faults import Fault
from rig.world.schedule import FaultSchedule
from rig.world.timeline import BrokenError
from rig.world.world import World

_NUMBERS = re.compile(r"[0-9.]+")


def failure_of(schedule: FaultSchedule) -> str:
    """What does not hold in the world of a schedule, in words; "" if all does."""
    try:
        World(schedule).fly()
    except BrokenError as error:
        return str(error)
    return ""


def shrunk(
    schedule: FaultSchedule, failure: str, *, flights_max: int, failure_of: Callable[[FaultSchedule], str] = failure_of
) -> FaultSchedule:
    """A schedule with a part of the faults that fails alike, found in `flights_max` flights at most.

    Failures are alike if their sentences differ in numbers only: another fault of the node must not pass for this one.
    """
    kept, flights, size = list(schedule.faults), 0, max(1, len(schedule.faults) // 2)
    while size and flights < flights_max:
        at, was = 0, len(kept)
        while at < len(kept) and flights < flights_max:
            tried = kept[:at] + kept[at + size :]
            flights += 1
            if _kind(failure_of(_with(schedule, tried))) == _kind(failure):
                kept = tried
            else:
                at += size
        if size > 1 or len(kept) == was:
            size //= 2
    return _with(schedule, kept)


def _with(schedule: FaultSchedule, kept: list[Fault]) -> FaultSchedule:
    return replace(schedule, faults=tuple(kept))


def _kind(sentence: str) -> str:
    return _NUMBERS.sub("#", sentence)
