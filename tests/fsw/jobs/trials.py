"""`python -m tests.fsw.jobs.trials`: workers come to harm, and each answer is bit by bit that of calm.

What, where in the job and how often is drawn from a seed. The loop that waits goes on meanwhile: it never blocks, each
job has one outcome, and in the end neither a process nor a descriptor is left.
"""

import argparse
import os
import resource
import select
import shutil
import sys
import tempfile
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np

from fsw.jobs.job import Job, Outcome
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

    def check(self, outcome: Outcome, where: str) -> None:
        """The answer is that of calm, after as many attempts as harm was done."""
        assert outcome.answer == self.right, f"{where}: another answer, {outcome.failure}"
        attempts = 1 + (0 if self.harm == "none" else self.times)
        assert outcome.attempts == attempts, f"{where}: {outcome.attempts} attempts"


def try_all(seed: int, count: int, folder: Path, at_once: int = 1) -> tuple[Counter[str], float]:
    """Run the trials, so many `at_once`; returns how many there were of each harm, and the longest call of the runner
    in seconds. Raises AssertionError for one that ends wrongly.
    """
    harms, descriptors, longest_s = Counter[str](), len(list(Path("/proc/self/fd").iterdir())), 0.0
    limits = {"timeout_s": _TIMEOUT_S, "attempts": _ATTEMPTS, "memory_octets": 400 << 20, "workers": at_once}
    trials, open_ = iter(range(count)), dict[int, Trial]()
    with running(module="pipelines_in_trouble", **limits) as runner:
        end_s = time.monotonic() + PATIENCE_S
        while True:
            for number in islice(trials, at_once - len(open_)):
                open_[number] = trial = Trial(seed, number, folder / str(number))
                runner.submit(trial.job)
            if not open_:
                break
            assert time.monotonic() < end_s, f"seed {seed}: {len(open_)} trials do not end, the first is {min(open_)}"
            found, took_s = _turn(runner)
            longest_s = max(longest_s, took_s)
            for outcome in found:
                trial = open_.pop(outcome.job_id)
                trial.check(outcome, f"seed {seed}, trial {outcome.job_id}, {trial.harm} x {trial.times}")
                shutil.rmtree(folder / str(outcome.job_id))
                harms[trial.harm] += 1
                end_s = time.monotonic() + PATIENCE_S
        assert not runner.unfinished, f"{runner.unfinished} jobs too many"
    assert not children(os.getpid()), "processes are left"
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors, "descriptors are left"
    return harms, longest_s


def _turn(runner):
    """One turn of a loop as the node's: wait a little, then take what has ended; how long that took."""
    if runner.next_wake_ns() != 0:
        select.select([runner.fileno()] if runner.fileno() >= 0 else [], [], [], 0.02)
    begin_s = time.monotonic()
    return list(runner.poll()), time.monotonic() - begin_s


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fsw.jobs.trials")
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=8, help="workers; most of them wait for the end of their time")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        harms, longest_s = try_all(given.seed, given.trials, Path(folder), given.at_once)
    kinds = ", ".join(f"{count} {name}" for name, count in sorted(harms.items()))
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu_s = sum(one.ru_utime + one.ru_stime for one in used)
    print(f"{given.trials} trials, every answer right: {kinds}")
    print(f"{cpu_s:.1f} s of the processor; the loop waited {1e3 * longest_s:.1f} ms for the runner at most")
    return 0


if __name__ == "__main__":
    sys.exit(main())
