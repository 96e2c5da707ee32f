"""Jobs in virtual time: the same outcomes, at stated times."""

import hashlib

import numpy as np
import pytest

from fsw.jobs.inline import InlineRunner
from fsw.jobs.job import Job, JobsFullError
from hal.sim.clock import EPOCH_UTC_NS, VirtualClock

SAMPLES = np.arange(6, dtype=np.uint8)
MS = 1_000_000


def total(samples, parameters):
    return bytes([int(samples.sum()) + parameters["add"]])


def job(number, **parameters):
    return Job(id=number, pipeline="total", samples=SAMPLES, parameters=parameters)


def test_there_is_nothing_to_wait_for_but_the_clock():
    runner = InlineRunner(VirtualClock(), {"total": total}, duration_ns=10 * MS, waiting_max=1)
    assert (runner.fileno(), runner.next_wake_ns(), list(runner.poll())) == (-1, None, [])
    runner.submit(job(1, add=1))
    runner.close()
    assert (runner.unfinished, runner.next_wake_ns()) == (0, None)


def test_outcomes_come_when_their_time_has():
    clock = VirtualClock()
    start_utc_ns = clock.utc_ns()
    runner = InlineRunner(clock, {"total": total}, duration_ns=10 * MS, waiting_max=1)
    runner.submit(job(1, add=1))
    clock.advance(4 * MS)
    runner.submit(job(2, wrong=1))
    with pytest.raises(JobsFullError):
        runner.submit(job(3, add=1))
    assert (list(runner.poll()), runner.next_wake_ns(), runner.unfinished) == ([], 10 * MS, 2)
    clock.advance(6 * MS)
    (first,) = runner.poll()
    assert (first.job_id, first.answer, first.failure) == (1, b"\x10", "")
    assert (first.wall_s, first.cpu_s) == (0.01, 0.01)
    assert first.input_sha256 == hashlib.sha256(bytes(SAMPLES)).hexdigest()
    assert (first.start_utc_ns - start_utc_ns, first.end_utc_ns - start_utc_ns) == (0, 10 * MS)
    clock.wait(runner.next_wake_ns())
    assert clock.monotonic_ns() == 20 * MS
    (second,) = runner.poll()
    assert (second.job_id, second.answer, second.failure) == (2, None, "KeyError: 'add'")
    assert (second.start_utc_ns - start_utc_ns, second.end_utc_ns - start_utc_ns) == (10 * MS, 20 * MS)
    assert (runner.next_wake_ns(), runner.unfinished) == (None, 0)


def test_while_jobs_are_held_one_that_runs_ends_and_others_wait():
    clock = VirtualClock()
    runner = InlineRunner(clock, {"total": total}, duration_ns=10 * MS, waiting_max=2)
    runner.submit(job(1, add=1))
    runner.submit(job(2, add=2))
    runner.hold(is_held=True)
    clock.advance(50 * MS)
    assert [outcome.job_id for outcome in runner.poll()] == [1]
    runner.submit(job(3, add=3))
    assert (runner.unfinished, runner.next_wake_ns()) == (2, None)
    runner.hold(is_held=False)
    clock.wait(runner.next_wake_ns())
    (second,) = runner.poll()
    assert (second.job_id, second.start_utc_ns - EPOCH_UTC_NS) == (2, 50 * MS)
    clock.wait(runner.next_wake_ns())
    assert [outcome.job_id for outcome in runner.poll()] == [3]
    assert clock.monotonic_ns() == 70 * MS
