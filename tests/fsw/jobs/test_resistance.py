"""Whatever a stage does to its own process: one outcome with its cause, and nothing of it is left."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from fsw.jobs.kin import children
from hal.linux.clock import HostClock
from tests.fsw.jobs.jobs import is_alive, job, outcomes, run, running

MODULE = "pipelines_that_resist"
TIMEOUT_S = 0.4


@pytest.fixture(scope="module")
def runner():
    with running(module=MODULE, attempts=1) as one:
        yield one


@pytest.fixture(scope="module")
def impatient():
    with running(module=MODULE, timeout_s=TIMEOUT_S, attempts=1, workers=4, waiting_max=99) as one:
        yield one


@pytest.fixture(scope="module")
def wide():
    """Many jobs at once, none of which a busy machine may make late."""
    with running(module=MODULE, attempts=1, workers=4, waiting_max=99) as one:
        yield one


def told(folder):
    return [int(file.name) for file in folder.iterdir()]


def zygote_of(runner):
    (zygote,) = children(runner.source.pid)
    return zygote


@pytest.mark.parametrize(
    ("deed", "parameters"),
    [("clears_its_timer", {}), ("is_deaf", {}), ("signals", {"which": int(signal.SIGSTOP)})],
)
@pytest.mark.requirement("FSW-JOB-002")
def test_time_is_kept_by_the_parent(impatient, deed, parameters):
    outcome = run(impatient, job(1, deed, **parameters))
    assert (outcome.answer, outcome.failure) == (None, f"timeout ({TIMEOUT_S} s)")


@pytest.mark.parametrize("what", ["RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_CORE"])
@pytest.mark.requirement("FSW-JOB-002")
def test_limits_cannot_be_lifted(runner, what):
    assert run(runner, job(1, "lifts_its_limits", what=what)).failure.startswith("ValueError: not allowed")


def test_a_worker_has_no_privilege_but_those_over_files(runner):
    """This holds whoever runs the tests; nor may a worker gain one by starting a program that has some."""
    said = dict(line.split(":\t") for line in run(runner, job(1, "tells_its_privileges")).answer.decode().splitlines())
    assert said["NoNewPrivs"] == "1"
    over_files = 0xF
    for kind in ("CapEff", "CapPrm", "CapInh"):
        assert int(said[kind], 16) & ~over_files == 0


def test_a_worker_lets_the_flight_loop_go_first(runner):
    assert int(run(runner, job(1, "tells_its_niceness")).answer) == min(19, os.nice(0) + 10)


def test_the_processor_time_of_all_attempts_and_all_who_come_from_them_is_summed(tmp_path):
    """Three processes an attempt."""
    with running(module=MODULE, attempts=2) as one:
        outcome = run(one, job(1, "burns_and_dies", told=str(tmp_path), seconds=0.03))
    assert (outcome.failure, outcome.attempts) == ("worker ended by itself with status 7", 2)
    assert outcome.cpu_s >= 2 * 3 * 0.03


@pytest.mark.parametrize("start", [0, *(pytest.param(start, marks=pytest.mark.slow) for start in range(5, 256, 50))])
def test_an_exit_status_is_told_as_what_it_is(wide, start):
    statuses = range(start, min(start + 50, 256)) if start else (0, 1, 2, 3, 70, 255)
    for status in statuses:
        wide.submit(job(status, "exits", status=status))
    for outcome in outcomes(wide, len(statuses)):
        said = f"by itself with status {outcome.job_id}" if outcome.job_id else "without an answer (status 0)"
        assert (outcome.answer, outcome.failure) == (None, f"worker ended {said}")


def test_every_signal_is_told_as_what_it_is(wide):
    """Signals of a terminal stop no process without one, some are ignored: a worker that sends itself one runs on."""
    of_terminals = {signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
    ignored = {
        signal.SIGCHLD,
        signal.SIGCONT,
        signal.SIGURG,
        signal.SIGWINCH,
        signal.SIGPIPE,
        signal.SIGXFSZ,
        *of_terminals,
    }
    named = {*signal.Signals} - ignored
    numbers = {*range(1, 32), *range(signal.SIGRTMIN, signal.SIGRTMAX + 1)} - {signal.SIGSTOP}
    for number in numbers:
        wide.submit(job(number, "signals", which=number))
    for outcome in outcomes(wide, len(numbers)):
        if outcome.job_id in ignored:
            assert outcome.answer == b"went on"
        else:
            name = signal.Signals(outcome.job_id).name if outcome.job_id in named else f"signal {outcome.job_id}"
            assert (outcome.answer, outcome.failure) == (None, f"worker ended by {name}")


@pytest.mark.parametrize("status", [0, 1, "text", None])
def test_an_exit_that_is_raised_is_a_failure(runner, status):
    assert (
        run(runner, job(1, "raises_exit", status=status)).failure == f"SystemExit: {'' if status is None else status}"
    )


def test_a_signal_to_its_group_reaches_nobody_else(tmp_path):
    with running(module=MODULE, attempts=1, workers=3, waiting_max=3) as one:
        one.submit(job(1, "lives_on", told=str(tmp_path)))
        wait_for(lambda: told(tmp_path))
        one.submit(job(2, "kills_its_group"))
        one.submit(job(3, "answers"))
        found = {outcome.job_id: outcome.failure for outcome in outcomes(one, 2, unfinished=1)}
        assert found == {2: "worker ended by SIGKILL", 3: ""}
        assert all(map(is_alive, told(tmp_path)))


@pytest.mark.parametrize("status", [0, 3])
@pytest.mark.requirement("FSW-JOB-003")
def test_the_result_is_out_of_reach(runner, status):
    assert run(runner, job(1, "scribbles", status=status)).failure.startswith("worker ended ")
    assert run(runner, job(1, "answers")).answer == b"done"


@pytest.mark.parametrize(
    ("deed", "answer"),
    [("closes_everything", b"told all the same"), ("comes_back_twice", b"parent"), ("leaves_a_thread", b"done")],
)
def test_an_answer_counts_whatever_comes_with_it(runner, deed, answer):
    for number in range(4):
        assert run(runner, job(number, deed)).answer == answer


@pytest.mark.parametrize(
    ("deed", "failure"),
    [
        ("raises_no_utf8", "ValueError: no scene /scenes/\\udcff.npz"),
        ("raises_without_words", "UnprintableError (it cannot be put into words)"),
        ("raises_at_length", "ValueError: " + 188 * "x"),
    ],
)
def test_reasons_can_always_be_told(runner, deed, failure):
    assert run(runner, job(1, deed)).failure == failure


@pytest.mark.parametrize("what", ["none", "number", "text"])
@pytest.mark.requirement("FSW-JOB-003")
def test_what_is_no_answer_is_none(runner, what):
    outcome = run(runner, job(1, "gives", what=what))
    assert outcome.answer is None
    assert outcome.failure.startswith("TypeError: ")


@pytest.mark.parametrize(("deed", "count"), [("leaves_a_daemon", 1), ("leaves_a_comet", 1)])
@pytest.mark.requirement("FSW-JOB-004")
def test_no_child_outlives_its_job(runner, tmp_path, deed, count):
    assert run(runner, job(1, deed, told=str(tmp_path))).answer == b"done"
    check_nobody_is_left(runner, tmp_path, count)


def test_no_child_outlives_a_job_that_is_ended(tmp_path):
    """On a busy machine it takes more time until all of them have begun."""
    for timeout_s in (0.2, 1.0, 5.0, 25.0):
        folder = tmp_path / str(timeout_s)
        folder.mkdir()
        with running(module=MODULE, timeout_s=timeout_s, attempts=1) as one:
            assert run(one, job(1, "leaves_a_family", told=str(folder))).failure == f"timeout ({timeout_s} s)"
            check_nobody_is_left(one, folder, count := len(told(folder)))
        if count == 3:
            return
    pytest.fail("its children never began")


def check_nobody_is_left(runner, folder, count):
    assert len(told(folder)) == count
    assert not list(filter(is_alive, told(folder)))
    assert children(zygote_of(runner)) == []


class LeapingClock(HostClock):
    """The host's, and what a test has it leap ahead."""

    ahead_ns = 0

    def monotonic_ns(self):
        return super().monotonic_ns() + self.ahead_ns


def state_of(process):
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.parametrize(
    ("number", "has_guardian"), [(signal.SIGKILL, True), (signal.SIGSTOP, True), (signal.SIGSTOP, False)]
)
def test_a_zygote_that_a_worker_ends_takes_all_along(tmp_path, number, has_guardian):
    """One that was stopped is ended when it has nothing to say of a worker whose time is long over."""
    clock = LeapingClock()
    with running(module=MODULE, attempts=1, clock=clock) as one:
        one.submit(job(1, "ends_its_zygote", told=str(tmp_path), which=number))
        if number == signal.SIGSTOP:
            (zygote,) = wait_for(lambda: children(one.source.pid))
            wait_for(lambda: state_of(zygote) == "T")
            if not has_guardian:
                os.kill(one.source.pid, signal.SIGKILL)
                one.source.close()
            assert list(one.poll()) == []
            clock.ahead_ns = 36_000_000_000
        (outcome,) = outcomes(one, 1)
        who = "zygote" if has_guardian else "guardian"
        assert (outcome.answer, outcome.failure) == (None, f"{who} ended by SIGKILL")
        assert len(told(tmp_path)) == 2
        wait_for_the_end_of(told(tmp_path))
        assert run(one, job(2, "answers")).answer == b"done"


def wait_for(condition):
    while not (found := condition()):
        time.sleep(0.002)
    return found


def wait_for_the_end_of(processes):
    for one in processes:
        try:
            descriptor = os.pidfd_open(one)
        except ProcessLookupError:
            continue
        assert select.select([descriptor], [], [], 60)[0], one
        os.close(descriptor)


@pytest.mark.parametrize("who", ["guardian", "zygote"])
def test_a_killed_zygote_leaves_nobody_beside_its_successor(tmp_path, who):
    with running(module=MODULE, attempts=2) as one:
        one.submit(job(1, "leaves_a_family", told=str(tmp_path)))
        wait_for(lambda: len(told(tmp_path)) == 3)
        first = [*told(tmp_path), *children(zygote_of(one))]
        os.kill(one.source.pid if who == "guardian" else zygote_of(one), signal.SIGKILL)
        while len(told(tmp_path)) < 6:  # the second attempt
            list(one.poll())
        assert not list(filter(is_alive, first))
        rest = told(tmp_path)
    assert not list(filter(is_alive, rest))


NODE = """
import sys
import time
from hal.linux.clock import HostClock
from tests.fsw.jobs.jobs import job, running
with running(module="pipelines_that_resist", workers=2) as runner:
    runner.submit(job(1, "leaves_a_family", told=sys.argv[1]))
    print(runner.source.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("is_stopped", [False, True])
@pytest.mark.requirement("FSW-JOB-004")
def test_a_killed_node_leaves_nobody(tmp_path, is_stopped):
    """Nor where its zygote was stopped at the time."""
    command = [sys.executable, "-c", NODE, str(tmp_path)]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        guardian = int(node.stdout.readline())
        wait_for(lambda: len(told(tmp_path)) == 3)
        (zygote,) = children(guardian)
        everybody = [guardian, zygote, *children(zygote), *told(tmp_path)]
        if is_stopped:
            os.kill(zygote, signal.SIGSTOP)
        node.kill()
        node.wait()
    if is_stopped:
        with suppress(ProcessLookupError):  # the guardian may have ended it already
            os.kill(zygote, signal.SIGCONT)
    wait_for_the_end_of(everybody)


@pytest.mark.requirement("FSW-JOB-007")
def test_what_a_worker_prints_is_passed_on_up_to_a_limit(capfd, monkeypatch):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # by itself, wherever it runs
    with running(module=MODULE) as one:
        assert run(one, job(4, "prints", octets=2)).answer == b"done"
        assert sorted(capfd.readouterr().err.split()) == sorted(["..more", "the", "first", "line"])
        assert run(one, job(5, "prints", octets=3_000_000)).answer == b"done"
        said = capfd.readouterr().err
    assert said.startswith("the first line\n...")
    assert re.search(r"job 5: 29\d{5} more octets that it printed are left out", said)
    assert len(said) < 100_000


def test_a_long_log_fails_no_job(tmp_path):
    """The limit on the size of files is not one on the node's messages."""
    log = tmp_path / "log"
    log.write_bytes(b"")
    os.truncate(log, 20 << 20)
    stderr, descriptor = os.dup(2), os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(descriptor, 2)
    try:
        with running(module=MODULE) as one:
            assert run(one, job(1, "prints", octets=2)).answer == b"done"
    finally:
        os.dup2(stderr, 2)
        os.close(stderr), os.close(descriptor)
    assert log.read_bytes()[20 << 20 :].count(b"the first line") == 1
