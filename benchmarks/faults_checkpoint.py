"""A nowcast killed at any moment, repeatedly, until it is done: it loses one interval at most, and ends as undisturbed.

Each trial forks a worker and kills it (SIGKILL) after a random time, up to three times; then it may finish. Kills
before the end count as harmful. One counts as detected if the next worker finds all intervals that were reported as
saved; a false alarm is a trial whose final state is not, bit for bit, that of an undisturbed run.
"""

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from benchmarks.faults import Finding
from benchmarks.faults_water import GRID, storm
from fsw.pipelines.nowcast import Nowcast, NowcastParameters
from fsw.store.checkpoint import KEY_OCTETS, Checkpoints
from kernels.science.shallow_water import ShallowWater, ShallowWaterState

STEPS, INTERVAL, KILLS_MAX, TRIALS_MAX = 240, 20, 3, 1000


def findings(flips: int) -> Iterator[Finding]:
    trials, start = min(flips, TRIALS_MAX), storm(GRID, 1)
    right = start.copy()
    ShallowWater(GRID).run(right, STEPS)
    random, kills, sound, wrong = np.random.default_rng(1), 0, 0, 0
    for _ in range(trials):
        with tempfile.TemporaryDirectory() as folder:
            killed, took_up, octets = trial(Path(folder), start, random)
        kills += killed
        sound += took_up
        wrong += octets != right.tobytes()
    yield Finding("nowcast: worker killed at any time", "two checkpoints by turns", kills, kills, sound, trials, wrong)


def trial(folder: Path, start: ShallowWaterState, random: np.random.Generator) -> tuple[int, int, bytes]:
    """Numbers of kills before the end, and of those after which no saved interval was lost, and the final state."""
    killed = took_up = 0
    for _ in range(KILLS_MAX):
        reached, was_killed = worker_killed(folder, start, float(random.uniform(0, 0.03)))
        if not was_killed:
            break
        saved = checkpoints(folder).newest()
        killed += 1
        took_up += (saved.number if saved else 0) >= reached
    return killed, took_up, nowcast(folder, start).run().tobytes()


def checkpoints(folder: Path) -> Checkpoints:
    return Checkpoints(folder, bytes(KEY_OCTETS))


def nowcast(folder: Path, start: ShallowWaterState, progress: int | None = None) -> Nowcast:
    """A nowcast that records each interval in the file descriptor `progress`, if given."""
    said = NowcastParameters(
        south_deg=GRID.south_deg, row_deg=GRID.row_deg, col_deg=GRID.col_deg, step_s=GRID.step_s, depth_m=GRID.depth_m,
        viscosity_m2_s=GRID.viscosity_m2_s, steps=STEPS, interval_steps=INTERVAL, speed_max=150, folder=str(folder),
    )  # fmt: skip

    def note(done: int, _state: ShallowWaterState) -> None:
        if progress is not None:
            os.pwrite(progress, done.to_bytes(4, "big"), 0)

    return Nowcast(GRID, start, said, checkpoints(folder), note)


def worker_killed(folder: Path, start: ShallowWaterState, after_s: float) -> tuple[int, bool]:
    """Steps that a worker had saved when it was killed, and whether it was killed before its end."""
    progress = os.memfd_create("progress")
    worker = os.fork()
    if not worker:
        with suppress(BaseException):
            nowcast(folder, start, progress).run()
        os._exit(0)
    time.sleep(after_s)
    os.kill(worker, signal.SIGKILL)
    _, status = os.waitpid(worker, 0)
    reached = int.from_bytes(os.pread(progress, 4, 0), "big")
    os.close(progress)
    return reached, os.WIFSIGNALED(status)
