"""Shallow water: the same step by numpy and by numba, and the cost of the checks."""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.harness import Row, at_level, by_turns, compare, peer
from benchmarks.water_peers import coefficients, numba_run, numpy_step
from kernels import library
from kernels.library import supported_levels
from kernels.science.shallow_water import Grid, ShallowWater, ShallowWaterState, checks

STEPS, STEPS_WATCHED = 20, 40
WATCH_SHARE_MAX = 0.08


def rows() -> Iterator[Row]:
    for level in supported_levels():
        held = level == "avx512"
        for side in (256, 1024):
            with at_level(level):
                yield against("numba", side, by_numba(side), 1.0 if held else None)  # ratios: 1.1 to 1.9
                yield against("numpy", side, by_numpy(side), 12 if held else None)
    for side in (256, 1024):
        yield watched(side)


def grid_of(side: int) -> Grid:
    return Grid(
        rows=side, cols=side, south_deg=20, row_deg=40 / side, col_deg=40 / side, step_s=4_000 / side, depth_m=5000,
        viscosity_m2_s=2e6 / side,
    )  # fmt: skip


def storm(side: int) -> ShallowWaterState:
    """A hill of 100 m in a jet of 20 m/s."""
    y, x = np.mgrid[:side, :side] / side
    state = ShallowWater(grid_of(side)).still()
    state[0] = 100 * np.exp(-60 * ((x - 0.5) ** 2 + (y - 0.5) ** 2))
    state[1] = 20 * np.sin(np.pi * y)
    return state


def by_numba(side: int) -> Callable[[ShallowWaterState], None] | None:
    numba = peer("numba")
    if numba is None:
        return None
    run = numba_run(numba, coefficients(grid_of(side)))
    return lambda state: run(*state, STEPS)


def by_numpy(side: int) -> Callable[[ShallowWaterState], None]:
    known = coefficients(grid_of(side))

    def run(state: ShallowWaterState) -> None:
        for _ in range(STEPS):
            numpy_step(known, *state)

    return run


def against(name: str, side: int, theirs: Callable[[ShallowWaterState], None] | None, hold: float | None) -> Row:
    model = ShallowWater(grid_of(side))
    ours, other = storm(side), storm(side)

    def run_ours() -> ShallowWaterState:
        model.run(ours, STEPS)
        return ours

    def run_theirs() -> ShallowWaterState:
        assert theirs is not None
        theirs(other)
        return other

    return compare(
        f"shallow water, {side} x {side}, float32", name, run_ours, theirs and run_theirs,
        amount=side * side * STEPS / 1e6, unit="Mcell/s", hold=hold, equal=close)  # fmt: skip


def close(ours: ShallowWaterState, theirs: ShallowWaterState) -> bool:
    """Whether two states agree within 1e-5 of the depth and of the fastest wind, after the same number of steps."""
    error = np.abs(ours - theirs).max(axis=(1, 2))
    return bool(error[0] <= 5000e-5 and error[1:].max() <= 1e-5 * np.abs(theirs[1:]).max())


def sees_a_flip(state: ShallowWaterState) -> bool:
    damaged = state.copy()
    damaged.view(np.uint32)[0, 1, 1] ^= 1
    return checks(damaged) != checks(state)


def watched(side: int) -> Row:
    """STEPS_WATCHED steps, without and with invariants and checksums of the state before and after them."""
    model, state = ShallowWater(grid_of(side)), storm(side)

    def alone() -> None:
        model.run(state, STEPS_WATCHED)

    def with_watch() -> None:
        checks(state)
        model.run(state, STEPS_WATCHED)
        model.measure(state)
        checks(state)

    assert sees_a_flip(state), "a flipped bit goes unseen"
    plain_ns, watched_ns = by_turns([alone, with_watch])
    amount = side * side * STEPS_WATCHED / 1e6
    return Row(
        name=f"{STEPS_WATCHED} steps watched, {side} x {side}", peer="not watched", level=library.level(),
        ours=amount * 1e9 / watched_ns, theirs=amount * 1e9 / plain_ns, unit="Mcell/s", hold=1 / (1 + WATCH_SHARE_MAX),
    )  # fmt: skip
