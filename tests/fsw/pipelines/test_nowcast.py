"""A nowcast ends with the same octets, whatever happened to it: flips, kills, damaged checkpoints."""

import os
import select
import signal
from contextlib import suppress

import msgspec
import numpy as np
import pytest

from fsw.jobs.job import Job
from fsw.jobs.kin import children
from fsw.jobs.process import JobLimits, ProcessRunner
from fsw.pipelines.nowcast import RESTORES_MAX, Nowcast, NowcastParameters, run
from fsw.store.checkpoint import KEY_OCTETS, Checkpoints
from hal.linux.clock import HostClock
from kernels.errors import CorruptError
from kernels.science.shallow_water import Grid, ShallowWater

GRID = Grid(rows=32, cols=64, south_deg=30, row_deg=1, col_deg=1, step_s=100, depth_m=5000, viscosity_m2_s=1e5)
STEPS, INTERVAL = 400, 20


def said(folder, **changes):
    return {
        "south_deg": 30.0, "row_deg": 1.0, "col_deg": 1.0, "step_s": 100.0, "depth_m": 5000.0, "viscosity_m2_s": 1e5,
        "steps": STEPS, "interval_steps": INTERVAL, "speed_max": 100.0, "folder": str(folder), **changes,
    }  # fmt: skip


@pytest.fixture(scope="module")
def start():
    y, x = np.mgrid[: GRID.rows, : GRID.cols]
    state = ShallowWater(GRID).still()
    state[0] = 80 * np.exp(-((x - 30) ** 2 + (y - 16) ** 2) / 40)
    state[1] = 10 * np.sin(np.pi * y / GRID.rows)
    return state


@pytest.fixture(scope="module")
def expected(start):
    state = start.copy()
    ShallowWater(GRID).run(state, STEPS)
    return state.tobytes()


def nowcast(start, folder, between):
    parameters = msgspec.convert(said(folder), NowcastParameters)
    return Nowcast(GRID, start, parameters, Checkpoints(folder, bytes(KEY_OCTETS)), between)


def test_undisturbed(start, expected, tmp_path):
    assert run(start, said(tmp_path)) == expected


@pytest.mark.parametrize("shape", [(31, 63), (7, 9), (2, 5), (3, 3)])
def test_sides_may_be_odd(tmp_path, shape):
    state = np.random.default_rng(1).random((3, *shape)).astype(np.float32)
    answer = np.frombuffer(run(state, said(tmp_path, steps=9)), "<f4")
    assert answer.size == state.size
    assert np.isfinite(answer).all()


@pytest.mark.parametrize("hole", [np.nan, np.inf])
def test_a_state_with_holes_is_no_upset(start, tmp_path, hole):
    holed = np.array(start)
    holed[:, 3, 4], holed[1, 5, 5] = hole, hole
    with pytest.raises(ValueError, match="no data at 2 of 2048 points, expected a state without holes"):
        run(holed, said(tmp_path))
    with pytest.raises(ValueError, match=r"samples \(2, 32, 64\)"):
        run(start[:2], said(tmp_path))


@pytest.mark.parametrize("seed", range(5))
def test_flips_at_rest_are_undone(start, expected, tmp_path, seed):
    random = np.random.default_rng(seed)
    upsets = set(random.choice(np.arange(INTERVAL, STEPS, INTERVAL), 3, replace=False).tolist())

    def upset(done, state):
        if done in upsets:
            upsets.remove(done)
            bit = int(random.integers(32 * state.size))
            state.view(np.uint32).reshape(-1)[bit // 32] ^= np.uint32(1 << bit % 32)

    job = nowcast(start, tmp_path, upset)
    assert job.run().tobytes() == expected
    assert job.restores == 3


def test_upsets_that_do_not_cease_end_the_job(start, tmp_path):
    def upset(_done, state):
        state.view(np.uint32)[0, 0, 0] ^= np.uint32(1)

    job = nowcast(start, tmp_path, upset)
    with pytest.raises(CorruptError):
        job.run()
    assert job.restores == RESTORES_MAX + 1


def test_what_water_does_not_do_is_noticed(start, tmp_path):
    """A wind of 1e9 m/s that came between the checks and the step."""
    job = nowcast(start, tmp_path, lambda *_: None)
    model, state = ShallowWater(GRID), start.copy()
    before = model.measure(state)
    state[1, 3, 3] = 1e9
    with pytest.raises(CorruptError, match="became"):
        job._judge(before, model.measure(state))


@pytest.mark.parametrize("changes", [{"steps": -1}, {"interval_steps": 0}, {"step_s": 5000.0}])
def test_parameters_out_of_range(start, tmp_path, changes):
    with pytest.raises(ValueError, match=r"steps|range"):
        run(start, said(tmp_path, **changes))


def killed_until_done(runner, random, kills):
    """The job's outcome; its worker is killed up to `kills` times on the way."""
    while True:
        select.select([runner.fileno()], [], [], 0.002 + 0.02 * random.random())
        if found := list(runner.poll()):
            return found[0]
        if kills:
            for worker in [worker for zygote in children(runner.source.pid) for worker in children(zygote)]:
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
                kills -= 1


@pytest.mark.parametrize("trial", [0, *(pytest.param(trial, marks=pytest.mark.slow) for trial in range(1, 40))])
def test_killed_workers_lose_an_interval_at_most(start, expected, tmp_path, trial):
    """By way of the runner, as on a node; benchmarks/faults_checkpoint.py kills a thousand times."""
    limits = JobLimits(workers=1, waiting_max=1, memory_octets=200 << 20, timeout_s=60.0, attempts=20)
    runner = ProcessRunner(HostClock(), limits, {"nowcast": "fsw.pipelines.nowcast"})
    try:
        runner.submit(Job(id=1, pipeline="nowcast", samples=start, parameters=said(tmp_path)))
        outcome = killed_until_done(runner, np.random.default_rng(trial), kills=6)
    finally:
        runner.close()
    assert outcome.answer == expected, outcome.failure
