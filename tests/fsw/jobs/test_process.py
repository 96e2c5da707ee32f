"""Whatever a worker does, its job has one outcome, and the caller's process never notices more than that."""

import hashlib
import os
import select
import signal
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fsw.jobs.job import Job, JobsFullError
from fsw.jobs.process import JobLimits, ProcessRunner
from hal.linux.clock import HostClock

LIMITS = JobLimits(workers=1, waiting_max=8, memory_octets=200 << 20, timeout_s=30.0, attempts=2)
SAMPLES = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)


@contextmanager
def running(limits):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        one = ProcessRunner(HostClock(), limits, {"deed": "pipelines_that_fail"})
        yield one
        one.close()


@pytest.fixture(scope="module")
def runner():
    with running(LIMITS) as one:
        yield one


@pytest.fixture(scope="module")
def impatient():
    with running(replace(LIMITS, timeout_s=0.3)) as one:
        yield one


def job(number, deed, **parameters):
    return Job(id=number, pipeline="deed", samples=SAMPLES, parameters={"deed": deed, **parameters})


def outcomes(runner, count, seconds=60.0):
    found, end = [], time.monotonic() + seconds
    while len(found) < count and time.monotonic() < end:
        select.select([runner.fileno()] if runner.fileno() >= 0 else [], [], [], 0.05)
        found += runner.poll()
    assert len(found) == count
    assert runner.unfinished == 0
    return found


def run(runner, one):
    runner.submit(one)
    return outcomes(runner, 1)[0]


def test_answer_and_provenance(runner):
    before = HostClock().utc_ns()
    outcome = run(runner, job(1, "sum"))
    assert (outcome.job_id, outcome.answer, outcome.failure, outcome.attempts) == (1, b"276", "", 1)
    assert outcome.input_sha256 == hashlib.sha256(SAMPLES.tobytes()).hexdigest()
    assert before <= outcome.start_utc_ns < outcome.end_utc_ns
    assert outcome.cpu_s >= 0


@pytest.mark.parametrize(
    ("deed", "failure", "attempts"),
    [
        ("segfault", "worker ended by SIGSEGV", 2),
        ("memory", "out of memory (209715200 octets)", 2),
        ("exit", "worker ended with status 7", 2),
        ("raise", "IndexError: index out of range", 1),
        ("change", "ValueError: cannot set WRITEABLE flag to True of this array", 1),
        ("flood", "OSError: [Errno 27] File too large", 1),
    ],
)
def test_failure_is_contained_and_told(runner, deed, failure, attempts):
    outcome = run(runner, job(2, deed))
    assert (outcome.answer, outcome.failure, outcome.attempts) == (None, failure, attempts)
    assert run(runner, job(3, "sum")).answer == b"276"


@pytest.mark.parametrize("deed", ["hang", "spin"])
def test_a_job_that_does_not_end_is_ended(impatient, deed):
    outcome = run(impatient, job(2, deed))
    assert (outcome.answer, outcome.failure, outcome.attempts) == (None, "timeout (0.3 s)", 2)
    assert outcome.wall_s >= 0.6


@pytest.mark.parametrize("deed", ["segfault", "exit"])
def test_a_second_attempt_saves_the_job(runner, deed, tmp_path):
    outcome = run(runner, job(4, deed, only_once=str(tmp_path / deed)))
    assert (outcome.answer, outcome.attempts) == (b"second attempt", 2)


def test_jobs_wait_in_line_up_to_the_limit(runner):
    for number in range(9):
        runner.submit(job(number, "sum"))
    with pytest.raises(JobsFullError):
        runner.submit(job(9, "sum"))
    assert [outcome.job_id for outcome in outcomes(runner, 9)] == list(range(9))


def test_every_job_has_a_worker_of_its_own(runner):
    pids = {run(runner, job(number, "pid")).answer for number in range(3)}
    assert len(pids) == 3
    assert str(os.getpid()).encode() not in pids


def test_the_zygotes_death_costs_one_attempt(runner):
    runner.submit(job(5, "pid"))
    os.kill(runner._zygote.pid, signal.SIGKILL)
    (outcome,) = outcomes(runner, 1)
    assert outcome.attempts == 2
    assert outcome.answer


def test_a_zygote_that_cannot_live_is_not_restarted_for_ever(capfd):
    broken = ProcessRunner(HostClock(), LIMITS, {"deed": "no_such_module"})
    outcome = run(broken, job(6, "sum"))
    assert (outcome.answer, outcome.failure, outcome.attempts) == (None, "worker ended by SIGKILL", 2)
    broken.close()
    assert capfd.readouterr().err.count("ModuleNotFoundError") == 2


def test_close_leaves_no_process_behind():
    with running(LIMITS) as one:
        worker = int(run(one, job(7, "pid")).answer)
        one.submit(job(8, "hang"))
        children = Path(f"/proc/{one._zygote.pid}/task/{one._zygote.pid}/children")
        while not children.read_text():
            time.sleep(0.001)
        workers = [worker, *map(int, children.read_text().split())]
    assert one._zygote.returncode == 0
    assert len(workers) == 2
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def test_no_descriptor_is_left_open(runner):
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for number, deed in enumerate(["sum", "raise", "segfault"]):
        run(runner, job(number, deed))
    assert set(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
