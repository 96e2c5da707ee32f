"""Real-time priority of this process (sched(7)), for those who keep time beside busy workers."""

import os
from contextlib import suppress


def raise_priority(level: int, *, is_inherited: bool = False) -> str:
    """Have this process scheduled before all that have no real-time priority (SCHED_FIFO); its forks only if inherited.

    `level`: 1..99. Returns why not, or nothing where it was granted.
    """
    policy = os.SCHED_FIFO if is_inherited else os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
    try:
        os.sched_setscheduler(0, policy, os.sched_param(level))
    except OSError as error:
        return f"no real-time priority ({error.strerror})"
    return ""


def drop_priority() -> None:
    """Have this process scheduled as most others."""
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
