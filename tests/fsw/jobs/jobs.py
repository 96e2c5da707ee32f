"""Runners of pipelines that misbehave, and what comes out of them."""

import select
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fsw.jobs.job import Job
from fsw.jobs.process import JobLimits, ProcessRunner
from hal.linux.clock import HostClock
from tests.patience import PATIENCE_S

LIMITS = JobLimits(workers=1, waiting_max=8, memory_octets=200 << 20, timeout_s=30.0, attempts=2)
SAMPLES = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)


@contextmanager
def running(limits=LIMITS, module="pipelines_that_fail", clock=None, **changes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        one = ProcessRunner(clock or HostClock(), replace(limits, **changes), {"deed": module})
        try:
            yield one
        finally:
            one.close()


def job(number, deed, **parameters):
    return Job(id=number, pipeline="deed", samples=SAMPLES, parameters={"deed": deed, **parameters})


def outcomes(runner, count, seconds=PATIENCE_S, unfinished=0):
    found, end = [], time.monotonic() + seconds
    while len(found) < count and time.monotonic() < end:
        if runner.next_wake_ns() != 0:
            select.select([runner.fileno()] if runner.fileno() >= 0 else [], [], [], 0.05)
        found += runner.poll()
    assert len(found) == count
    assert runner.unfinished == unfinished
    return found


def run(runner, one):
    runner.submit(one)
    return outcomes(runner, 1)[0]


def is_alive(process):
    """Whether it runs, a zombie being no more."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
