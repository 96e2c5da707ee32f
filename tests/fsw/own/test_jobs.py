"""The jobs of apps share one runner with captures: each outcome goes to its owner, whoever polls."""

from dataclasses import replace

import numpy as np
import pytest

from fsw.jobs.inline import InlineRunner
from fsw.jobs.job import Job, JobsFullError
from fsw.own.jobs import UNFINISHED_MAX, Jobs, SharedRunner
from fsw.pipelines.run import array_of, run
from hal.sim.clock import VirtualClock

SAMPLES = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
BANDS = ("green", "swir1")
MS = 1_000_000
STAGE = """
import numpy as np
from fsw.pipelines.contract import Contract, cube, scalar
from fsw.pipelines.stage import Stage

class Total(Stage, frozen=True):
    times: float = 1.0

    def contract(self):
        return Contract(takes={"bands": cube("float32")}, gives={"total": scalar("float64")})

    def run(self, *, bands):
        return {"total": np.array(bands.sum() * self.times, np.float64)}
"""


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def runner(clock):
    pipelines = {"stages": run, "echo": lambda samples, _: samples.tobytes()}
    return SharedRunner(InlineRunner(clock, pipelines, duration_ns=10 * MS, waiting_max=8))


@pytest.fixture
def jobs(runner, tmp_path):
    (tmp_path / "total.py").write_text(STAGE)
    return Jobs(runner, "heater", tmp_path)


def end_all(runner, clock):
    clock.advance(1000 * MS)
    return list(runner.poll())


def total(jobs, **parameters):
    return jobs.submit([{"stage": "total.py", **parameters}], SAMPLES, bands=BANDS, answer="total")


def test_a_job_of_an_apps_own_stage_is_answered_with_an_array(runner, clock, jobs):
    number = total(jobs, times=2.0)
    assert (jobs.unfinished, runner.unfinished, list(jobs.answers())) == (1, 1, [])
    assert end_all(runner, clock) == []
    (answer,) = jobs.answers()
    assert (answer.job, float(answer.array), answer.failure, jobs.unfinished) == (number, 132.0, "", 0)
    assert answer.array.shape == ()


@pytest.mark.requirement("FSW-APP-007")
def test_captures_and_apps_each_get_their_own_outcomes(runner, clock, jobs):
    other = Jobs(runner, "cooler", jobs.folder)
    first, second = total(jobs), total(other)
    runner.submit(Job(id=1, pipeline="echo", samples=SAMPLES, parameters={}))
    assert [outcome.job_id for outcome in end_all(runner, clock)] == [1]
    assert [answer.job for answer in jobs.answers()] == [first]
    assert [answer.job for answer in other.answers()] == [second]
    assert first != second
    assert runner.cpu_s == pytest.approx(0.03)  # of all, whoever ordered them


@pytest.mark.parametrize(
    ("stages", "wanted", "failure"),
    [
        ([{"stage": "total.py", "speed": 1}], "total", "speed: unknown key"),
        ([{"stage": "nothing.py"}], "total", "no such file"),
        ([{"stage": "total.py"}], "mean", "no stage gives an array 'mean'"),
        ([], "about", "no stage gives an array 'about'"),
    ],
)
def test_a_job_that_cannot_be_done_says_why(runner, clock, jobs, stages, wanted, failure):
    jobs.submit(stages, SAMPLES, bands=BANDS, answer=wanted)
    end_all(runner, clock)
    (answer,) = jobs.answers()
    assert answer.array is None
    assert failure in answer.failure


@pytest.mark.requirement("FSW-APP-007")
def test_an_app_takes_not_all_places(runner, clock, jobs):
    for _ in range(UNFINISHED_MAX):
        total(jobs)
    with pytest.raises(JobsFullError, match="2 jobs of heater are unfinished, which is the maximum"):
        total(jobs)
    end_all(runner, clock)
    with pytest.raises(JobsFullError):  # answers that were not taken count, so that they cannot pile up
        total(jobs)
    assert len(list(jobs.answers())) == UNFINISHED_MAX
    total(jobs)


def test_a_job_that_the_runner_refuses_is_not_waited_for(runner, clock, jobs):
    for number in range(9):
        runner.submit(Job(id=number, pipeline="echo", samples=SAMPLES, parameters={}))
    with pytest.raises(JobsFullError, match="9 jobs wait"):
        total(jobs)
    assert (jobs.unfinished, len(end_all(runner, clock))) == (0, 9)


def test_an_answer_that_is_no_array_is_a_failure(runner, clock, jobs):
    total(jobs)
    end_ns, outcome = runner._runner._running
    for octets, failure in (
        (b"\x93\xa6object\x90\xc0", "Expected `bytes`"),
        (b"\x93\xa1x\x90\xc4\x00", "array of 'x'"),
    ):
        with pytest.raises(ValueError, match=failure):
            array_of(octets)
    runner._runner._running = end_ns, replace(outcome, answer=b"\xc1")
    end_all(runner, clock)
    (answer,) = jobs.answers()
    assert answer.array is None
    assert "MessagePack" in answer.failure


def test_the_rest_is_the_runners_own(runner, clock, jobs):
    total(jobs)
    assert (runner.next_wake_ns(), runner.fileno()) == (10 * MS, -1)
    runner.close()
    assert (runner.unfinished, end_all(runner, clock)) == (0, [])
