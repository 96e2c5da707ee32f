"""Real-time priority of this process (sched(7)), for those who keep time beside busy workers."""

import os
from contextlib import suppress


def take_priority(level: int) -> str:
    """Have this process, but not those that it will fork, scheduled before all that have none (SCHED_FIFO).

    `level`: 1..99. Returns why not, or nothing where it was granted.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(level))
    except OSError as error:
        return f"no real-time priority ({error.strerror})"
    return ""


def drop_priority() -> None:
    """Have this process scheduled as most others."""
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
