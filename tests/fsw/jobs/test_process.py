"""Whatever a worker does, its job has one outcome, and the caller's process never notices more than that."""

import hashlib
import os
import resource
import select
import signal
import time

import pytest

from fsw.jobs.job import Job, JobsFullError
from fsw.jobs.kin import children
from fsw.jobs.process import ProcessRunner
from hal.linux.clock import HostClock
from tests.fsw.jobs.jobs import LIMITS, SAMPLES, is_alive, job, outcomes, run, running
from tests.patience import PATIENCE_S


@pytest.fixture(scope="module")
def runner():
    with running() as one:
        yield one


@pytest.fixture(scope="module")
def impatient():
    with running(timeout_s=0.3) as one:
        yield one


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
        ("exit", "worker ended by itself with status 7", 2),
        ("raise", "IndexError: index out of range", 1),
        ("change", "ValueError: cannot set WRITEABLE flag to True of this array", 1),
        ("flood", "ValueError: an answer of 33554432 octets, expected 16777216 at most", 1),
    ],
)
@pytest.mark.requirement("FSW-JOB-001")
def test_failure_is_contained_and_reported(runner, deed, failure, attempts):
    outcome = run(runner, job(2, deed))
    assert (outcome.answer, outcome.failure, outcome.attempts) == (None, failure, attempts)
    assert run(runner, job(3, "sum")).answer == b"276"


@pytest.mark.parametrize("deed", ["hang", "spin"])
@pytest.mark.requirement("FSW-JOB-001")
def test_a_job_that_does_not_end_is_ended(impatient, deed):
    outcome = run(impatient, job(2, deed))
    assert (outcome.answer, outcome.failure, outcome.attempts) == (None, "timeout (0.3 s)", 2)
    assert outcome.wall_s >= 0.5  # two clocks measure it: the zygote's attempts, and the node's job


@pytest.mark.parametrize("deed", ["segfault", "exit"])
@pytest.mark.requirement("FSW-JOB-001")
def test_a_second_attempt_saves_the_job(runner, deed, tmp_path):
    outcome = run(runner, job(4, deed, only_once=str(tmp_path / deed)))
    assert (outcome.answer, outcome.attempts) == (b"second attempt", 2)


@pytest.mark.requirement("FSW-JOB-005")
def test_jobs_wait_in_line_up_to_the_limit(runner):
    for number in range(9):
        runner.submit(job(number, "sum"))
    with pytest.raises(JobsFullError):
        runner.submit(job(9, "sum"))
    assert [outcome.job_id for outcome in outcomes(runner, 9)] == list(range(9))


def test_jobs_that_are_held_wait_and_then_run(runner):
    runner.hold(is_held=True)
    for number in range(2):
        runner.submit(job(number, "sum"))
    assert (list(runner.poll()), runner.unfinished, runner.next_wake_ns()) == ([], 2, None)
    runner.hold(is_held=False)
    assert [outcome.answer for outcome in outcomes(runner, 2)] == [b"276", b"276"]


def test_without_a_job_nothing_that_a_zygote_says_wakes_anybody():
    """It says that it is ready, or that it ended: nobody asks for it, so that a loop that waits for it would spin."""
    with running() as runner:
        assert select.select([runner._channel], [], [], PATIENCE_S)[0]
        assert runner.fileno() == -1
        runner.submit(job(1, "sum"))
        assert runner.fileno() >= 0
        outcomes(runner, 1)
        assert runner.fileno() == -1


def test_every_job_has_a_worker_of_its_own(runner):
    pids = {run(runner, job(number, "pid")).answer for number in range(3)}
    assert len(pids) == 3
    assert str(os.getpid()).encode() not in pids


@pytest.mark.parametrize("who", ["guardian", "zygote"])
@pytest.mark.requirement("FSW-JOB-001")
def test_a_death_costs_one_attempt(runner, who):
    run(runner, job(4, "pid"))
    guardian = runner.source.pid
    (zygote,) = children(guardian)
    os.kill(zygote, signal.SIGSTOP)  # so that it takes no order any more
    runner.submit(job(5, "pid"))
    if who == "guardian":
        os.kill(guardian, signal.SIGKILL)
        os.kill(zygote, signal.SIGCONT)
    else:
        os.kill(zygote, signal.SIGKILL)
    (outcome,) = outcomes(runner, 1)
    assert outcome.attempts == 2
    assert outcome.answer
    assert (runner.source.pid == guardian) == (who == "zygote")
    assert children(runner.source.pid) != [zygote]


def test_a_zygote_that_cannot_live_is_not_restarted_for_ever(capfd):
    broken = ProcessRunner(HostClock(), LIMITS, {"deed": "no_such_module"})
    outcome = run(broken, job(6, "sum"))
    assert (outcome.answer, outcome.failure, outcome.attempts) == (None, "guardian ended by itself with status 1", 2)
    broken.close()
    assert capfd.readouterr().err.count("ModuleNotFoundError") == 2


@pytest.mark.requirement("FSW-JOB-004")
def test_close_leaves_no_process_behind():
    with running() as one:
        worker = int(run(one, job(7, "pid")).answer)
        one.submit(job(8, "hang"))
        (zygote,) = children(one.source.pid)
        while not children(zygote):
            time.sleep(0.001)
        workers = [worker, *children(zygote)]
    assert one.source.close() == 0
    assert len(workers) == 2
    assert not list(filter(is_alive, [zygote, *workers]))


@pytest.mark.parametrize("octets", [70_000, 400_000, 1_000_000])
def test_long_orders_are_orders(runner, octets):
    runner.submit(job(1, "sum", more="x" * octets))
    runner.submit(job(2, "sum"))
    assert [outcome.answer for outcome in outcomes(runner, 2)] == [b"276", b"276"]


@pytest.mark.parametrize(
    ("more", "failure"),
    [
        ("x" * 1_100_000, "ValueError: an order of 1100"),
        (1 << 70, "ValueError: an order that cannot be sent ("),
        (object(), "ValueError: an order that cannot be sent ("),
    ],
)
def test_an_order_that_cannot_be_sent_fails_alone(runner, more, failure):
    for number, facts in enumerate([{}, {"more": more}, {}]):
        runner.submit(job(number, "sum", **facts))
    assert runner.next_wake_ns() == 0
    found = {outcome.job_id: outcome for outcome in outcomes(runner, 3)}
    assert (found[0].answer, found[1].answer, found[2].answer) == (b"276", None, b"276")
    assert found[1].failure.startswith(failure)


def test_values_come_as_they_were_sent(runner):
    values = [float("inf"), -0.0, 2**63, "\N{SNOWMAN}", None, [True], {"a": b"\xff"}]
    assert run(runner, job(1, "echo", values=values)).answer.decode() == repr(values)


def test_no_samples_are_samples(runner):
    runner.submit(Job(id=1, pipeline="deed", samples=SAMPLES[:0], parameters={"deed": "sum"}))
    assert outcomes(runner, 1)[0].answer == b"0"


def test_a_job_for_which_there_is_no_descriptor_fails_alone(runner):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208
    os.close(lowest := os.dup(0))
    for room in range(3):
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + room, hard))
        try:
            runner.submit(job(room, "sum"))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert outcomes(runner, 1)[0].failure == "OSError: [Errno 24] Too many open files"
    assert run(runner, job(3, "sum")).answer == b"276"
    assert set(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def descriptors(*processes):
    return [set(os.listdir(f"/proc/{one}/fd")) for one in processes]  # noqa: PTH208


def test_no_descriptor_is_left_open(runner):
    """Neither here nor in the zygote, which passes them on to its workers."""
    (zygote,) = children(runner.source.pid)
    run(runner, job(9, "sum"))
    before = descriptors("self", zygote)
    for number, deed in enumerate(["sum", "raise", "segfault", "exit"]):
        run(runner, job(number, deed))
    end_s = time.monotonic() + PATIENCE_S
    while not all(map(set.issubset, descriptors("self", zygote), before)):  # an outcome may come before all is closed
        assert time.monotonic() < end_s, (descriptors("self", zygote), before)
        time.sleep(0.01)
