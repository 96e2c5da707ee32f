"""A killed executive: how long until its successor has executed a command, over a serial port. Rates: 1 / seconds."""

import signal
import statistics
from collections.abc import Iterator
from pathlib import Path

from benchmarks.flying import FlyingNode
from benchmarks.harness import Row
from hal.linux.priority import drop_priority, raise_priority
from kernels import library
from link.pus.services.housekeeping import HousekeepingReport

NODES, KILLS = 6, 7  # of a node that fails more often the board's reset is asked for
P50_S, P99_S = 0.020, 0.200
MEMORY = "/dev/shm"
"""A disk that keeps nothing waiting; on another one each restart waits for its records to be safe there."""


def measured(folder: str | None) -> tuple[list[float], list[float]]:
    """Seconds of all restarts, sorted, and of all starts until the first housekeeping report."""
    restarts, starts = [], []
    for _ in range(NODES):
        with FlyingNode(folder) as node:
            starts.append(node.await_report(HousekeepingReport))
            for number in range(KILLS):
                node.await_standby()
                node.kill(signal.SIGSEGV if number % 2 else signal.SIGKILL)
                restarts.append(node.await_answer())
    return sorted(restarts), sorted(starts)


def rows() -> Iterator[Row]:
    """What the plan promises is held on a disk in memory, where only we are measured."""
    raise_priority(50)  # the instrument is no part of what is measured; nor may it be late where the machine is busy
    try:
        yield from measured_rows()
    finally:
        drop_priority()


def measured_rows() -> Iterator[Row]:
    memory = MEMORY if Path(MEMORY).is_dir() else None
    for where, folder, hold in (("state in memory", memory, 1.0), ("state on disk", None, None)):
        restarts, starts = measured(folder)
        p99 = restarts[min(len(restarts) - 1, round(0.99 * len(restarts)))]
        for name, seconds, limit_s in (
            ("restart p50", statistics.median(restarts), P50_S),
            ("restart p99", p99, P99_S),
            ("boot to housekeeping p50", statistics.median(starts), 1.0),
        ):
            yield Row(
                name=f"{name}, {where}",
                peer=f"plan: {1000 * limit_s:.0f} ms",
                level=library.level(),
                ours=1 / seconds,
                theirs=1 / limit_s,
                unit="1/s",
                hold=hold,
            )
