"""`python -m tests.fsw.jobs.trials`: workers come to harm, and each answer is bit by bit that of calm.

What, where in the job and how often is drawn from a seed. The loop that waits goes on meanwhile: it never blocks, each
job has one outcome, and in the end neither a process nor a descriptor is left.
"""

import argparse
import os
import select
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np

from fsw.jobs.job import Job
from fsw.jobs.kin import children
from tests.fsw.jobs.jobs import running
from tests.fsw.jobs.pipelines_in_trouble import HARMS, run
from tests.patience import PATIENCE_S

_TIMEOUT_S, _ATTEMPTS = 3.0, 3


class Trial:
    """What trial `number` of a seed does to its workers, and the answer that it must have all the same."""

    def __init__(self, seed: int, number: int, marks: Path) -> None:
        random = Random(f"{seed}/{number}")
        self.harm, self.times = random.choice(HARMS), random.randint(1, _ATTEMPTS - 1)
        generator = np.random.default_rng(random.getrandbits(64))
        samples = generator.integers(0, 1 << 16, (3, random.randint(1, 40), random.randint(1, 40)), dtype=np.uint16)
        marks.mkdir()
        parameters = {"harm": self.harm, "at": random.randrange(16), "times": self.times, "marks": str(marks)}
        self.job = Job(id=number, pipeline="deed", samples=samples, parameters=parameters)
        self.right = run(samples, {**parameters, "times": 0})


def try_all(seed: int, count: int, folder: Path) -> Counter[str]:
    """Run the trials; returns how many there were of each harm. Raises AssertionError for one that ends wrongly."""
    harms, descriptors = Counter[str](), len(list(Path("/proc/self/fd").iterdir()))
    limits = {"timeout_s": _TIMEOUT_S, "attempts": _ATTEMPTS, "memory_octets": 400 << 20}
    with running(module="pipelines_in_trouble", **limits) as runner:
        for number in range(count):
            trial = Trial(seed, number, folder / str(number))
            _try(runner, trial, f"seed {seed}, trial {number}, {trial.harm} x {trial.times}")
            shutil.rmtree(folder / str(number))
            harms[trial.harm] += 1
    assert not children(os.getpid()), "processes are left"
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors, "descriptors are left"
    return harms


def _try(runner, trial, where):
    runner.submit(trial.job)
    found, turns, end_s = [], 0, time.monotonic() + PATIENCE_S
    while runner.unfinished and time.monotonic() < end_s:
        waits = [runner.fileno()] if runner.fileno() >= 0 else []
        if runner.next_wake_ns() != 0:
            select.select(waits, [], [], 0.02)
        found += runner.poll()
        turns += 1
    assert [one.job_id for one in found] == [trial.job.id], f"{where}: {len(found)} outcomes"
    assert found[0].answer == trial.right, f"{where}: another answer, {found[0].failure}"
    assert found[0].attempts == 1 + (0 if trial.harm == "none" else trial.times), (
        f"{where}: {found[0].attempts} attempts"
    )
    assert turns >= 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fsw.jobs.trials")
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        harms = try_all(given.seed, given.trials, Path(folder))
    print(
        f"{given.trials} trials, every answer right: "
        + ", ".join(f"{count} {name}" for name, count in sorted(harms.items()))
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
