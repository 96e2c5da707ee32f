"""Shallow water against numpy, on real weather where it is at hand; replicas, invariants, checks."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.water_peers import coefficients, numpy_step
from kernels.errors import CorruptError
from kernels.library import select_level, supported_levels
from kernels.science.shallow_water import Grid, ShallowWater, checks, verify
from kernels.selftest import self_test

WEATHER = Path(__file__).parents[4] / "shared" / "data" / "eo" / "eraint_500hPa.npz"
GRID = Grid(
    rows=24, cols=50, south_deg=30, row_deg=1, col_deg=1.2, step_s=150, depth_m=5000, viscosity_m2_s=1e5
)  # fmt: skip


@pytest.fixture(params=supported_levels(), autouse=True, scope="module")
def level(request):
    select_level(request.param)
    yield request.param
    select_level()


def weather(grid, seed):
    """Smooth hills and winds."""
    random, y, x = np.random.default_rng(seed), *np.mgrid[: grid.rows, : grid.cols]
    state = ShallowWater(grid).still()
    for field, height in zip(state, (100, 15, 10), strict=True):
        for waves in random.integers(0, 4, (4, 2)):
            angle = 2 * np.pi * (waves[0] * x / grid.cols + waves[1] * y / grid.rows + random.random())
            field += (height / 4 * np.sin(angle)).astype(np.float32)
    state[2, 0] = 0
    return state


def scaled_error(state, other):
    """Largest difference of each field: of the surface over the depth, of the winds over the fastest."""
    error = np.abs(state - other).max(axis=(1, 2))
    return max(error[0] / GRID.depth_m, error[1:].max() / np.abs(other[1:]).max())


@pytest.mark.parametrize("seed", range(3))
def test_equals_numpy_after_100_steps(seed):
    state = weather(GRID, seed)
    by_numpy = state.copy()
    ShallowWater(GRID).run(state, 100)
    for _ in range(100):
        numpy_step(coefficients(GRID), *by_numpy)
    assert scaled_error(state, by_numpy) <= 1e-5


def test_replicas_agree_bit_for_bit(level):
    replicas = []
    for name in ("portable", level):
        select_level(name)
        model, state = ShallowWater(GRID), weather(GRID, 4)
        model.run(state, 50)
        replicas.append((state.tobytes(), model.measure(state), checks(state)))
    assert replicas[0] == replicas[1]


@given(st.lists(st.integers(0, 20), max_size=5))
def test_steps_may_be_grouped_at_will(groups):
    model, once, often = ShallowWater(GRID), weather(GRID, 5), weather(GRID, 5)
    model.run(once, sum(groups))
    for steps in groups:
        model.run(often, steps)
    assert np.array_equal(once, often)


@pytest.mark.skipif(not WEATHER.exists(), reason=f"{WEATHER} is not here")
@pytest.mark.parametrize("month", [0, 1])
def test_real_weather(month):
    """A winter's and a summer's mean at 500 hPa between 25 and 65 degrees north: a day of it."""
    grid, state = real_weather(month)
    model, by_numpy = ShallowWater(grid), state.copy()
    before = model.measure(state)
    model.run(state, 100)
    for _ in range(100):
        numpy_step(coefficients(grid), *by_numpy)
    assert scaled_error(state, by_numpy) <= 1e-5
    model.run(state, 1628)
    after = model.measure(state)
    assert abs(after.mean_m - before.mean_m) / grid.depth_m <= 1e-7
    assert after.energy_m3_s2 == pytest.approx(before.energy_m3_s2, rel=0.02)
    assert after.speed_max < 1.5 * before.speed_max


def real_weather(month):
    with np.load(WEATHER) as fields:
        north, south = (int(np.argmin(np.abs(fields["lat"] - lat))) for lat in (65, 25))
        height, u, v = (fields[name][month, south:north:-1].astype(np.float32) for name in ("z", "u", "v"))
        grid = Grid(
            rows=len(height), cols=height.shape[1], south_deg=25, row_deg=0.75, col_deg=0.75, step_s=50,
            depth_m=float(height.mean()) / 9.80665, viscosity_m2_s=1e5,
        )  # fmt: skip
    state = ShallowWater(grid).still()
    state[0] = height / np.float32(9.80665) - np.float32(grid.depth_m)
    state[1] = (u + np.roll(u, 1, axis=1)) / 2
    state[2, 1:] = (v[1:] + v[:-1]) / 2
    return grid, state


@given(st.integers(0, 3 * 24 * 50 * 32 - 1))
def test_no_flip_escapes_the_checks(bit):
    state = weather(GRID, 6)
    known = checks(state)
    verify(state, known)
    state.view(np.uint32).reshape(-1)[bit // 32] ^= np.uint32(1 << bit % 32)
    with pytest.raises(CorruptError):
        verify(state, known)


def test_still_water_remains_still():
    model = ShallowWater(GRID)
    state = model.still()
    model.run(state, 30)
    assert not state.any()
    assert model.measure(state) == (0, 0, 0)


def test_self_test():
    assert self_test("shallow_water")


def test_misuse_is_refused():
    model = ShallowWater(GRID)
    with pytest.raises(ValueError, match="out of range"):
        ShallowWater(Grid(rows=24, cols=50, south_deg=30, row_deg=1, col_deg=1, step_s=900, depth_m=5000))
    with pytest.raises(ValueError, match="steps"):
        model.run(model.still(), -1)
    with pytest.raises(TypeError):
        model.run(np.zeros((3, 24, 50)), 1)
    with pytest.raises(TypeError):
        model.run(np.zeros((3, 24, 100), np.float32)[..., ::2], 1)
    with pytest.raises(TypeError):
        checks(np.zeros(4))
