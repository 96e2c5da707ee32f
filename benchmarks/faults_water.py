"""Flips in the state of the shallow-water model: at rest between intervals, and in the middle of one.

Harmful: 20 steps later a field is wrong by more than 1 % of its range somewhere, or holds NaN or infinity.
"""

from collections.abc import Iterator

import numpy as np

from benchmarks.faults import Finding, overhead
from fsw.pipelines.nowcast import ENERGY_SHARE_MAX, MEAN_SHARE_MAX
from kernels.science.shallow_water import Grid, Invariants, ShallowWater, ShallowWaterState, checks

GRID = Grid(
    rows=64, cols=96, south_deg=20, row_deg=0.6, col_deg=0.6, step_s=60, depth_m=5000, viscosity_m2_s=5e4
)  # fmt: skip
LARGE = Grid(rows=512, cols=512, south_deg=20, row_deg=0.08, col_deg=0.08, step_s=8, depth_m=5000, viscosity_m2_s=4e3)
STEPS, STEPS_WATCHED, HARM, SPEED_MAX, CLEAN_RUNS = 20, 40, 0.01, 150.0, 10_000
FIELDS = ("height", "eastward wind", "northward wind")


def storm(grid: Grid, seed: int) -> ShallowWaterState:
    """A state with a jet, and waves in all three fields."""
    random, (y, x) = np.random.default_rng(seed), np.mgrid[: grid.rows, : grid.cols]
    state = ShallowWater(grid).still()
    for field, size in zip(state, (80, 8, 8), strict=True):
        for east, north in random.integers(1, 5, (3, 2)):
            phase = 2 * np.pi * (east * x / grid.cols + north * y / grid.rows + random.random())
            field += (size / 3 * np.sin(phase)).astype(np.float32)
    state[1] += 20 * np.sin(np.pi * y / grid.rows).astype(np.float32)
    state[2, 0] = 0
    return state


def flip(state: ShallowWaterState, field: int, random: np.random.Generator) -> None:
    words = state[field].view(np.uint32)
    first = int(field == 2)  # row 0 of the northward wind is the southern wall, which is no state
    row, col = random.integers(first, GRID.rows), random.integers(GRID.cols)
    words[row, col] ^= np.uint32(1) << np.uint32(random.integers(32))


def is_harmful(state: ShallowWaterState, right: ShallowWaterState) -> bool:
    with np.errstate(all="ignore"):
        error = np.abs(state - right).max(axis=(1, 2))
    return not bool((error <= HARM * np.ptp(right, axis=(1, 2))).all())


def is_sound(before: Invariants, after: Invariants) -> bool:
    """Whether the nowcast's own check of the invariants accepts the state."""
    drifted = abs(after.mean_m - before.mean_m) / GRID.depth_m
    changed = abs(after.energy_m3_s2 - before.energy_m3_s2) / before.energy_m3_s2
    return drifted <= MEAN_SHARE_MAX and changed <= ENERGY_SHARE_MAX and after.speed_max <= SPEED_MAX


def findings(flips: int) -> Iterator[Finding]:
    cost_checks, cost_invariants = costs()
    alarms = false_alarms()
    for field, name in enumerate(FIELDS):
        harmful, by_checks, by_invariants, _ = flipped(field, flips, at_step=0)
        where = f"water: {name}, at rest"
        yield Finding(where, "checks of the state", flips, harmful, by_checks, CLEAN_RUNS, alarms[0], cost_checks)
        yield Finding(
            where, "invariants alone", flips, harmful, by_invariants, CLEAN_RUNS, alarms[1], cost_invariants,
            is_promised=False,
        )  # fmt: skip
    for field, name in enumerate(FIELDS):
        harmful, _, by_invariants, by_twin = flipped(field, flips, at_step=STEPS // 2)
        where = f"water: {name}, while stepping"
        yield Finding(
            where, "invariants alone", flips, harmful, by_invariants, CLEAN_RUNS, alarms[1], cost_invariants,
            is_promised=False,
        )  # fmt: skip
        yield Finding(
            where, "two runs compared", flips, harmful, by_twin, CLEAN_RUNS, alarms[2], 1.0, is_promised=False
        )


def flipped(field: int, flips: int, at_step: int) -> tuple[int, int, int, int]:
    """Numbers of harmful flips, and of those detected by checksums, by invariants, and by comparison with a second run.

    Checksums are compared directly after the flip, so the result for `at_step` 0 is that for a state at rest.
    """
    model, random = ShallowWater(GRID), np.random.default_rng(field)
    start = storm(GRID, 1)
    model.run(start, STEPS)
    before, right = model.measure(start), start.copy()
    model.run(right, STEPS)
    twin, harmful, by_checks, by_invariants, by_twin = checks(right), 0, 0, 0, 0
    for _ in range(flips):
        state = start.copy()
        model.run(state, at_step)
        known = checks(state)
        flip(state, field, random)
        is_seen = checks(state) != known
        model.run(state, STEPS - at_step)
        if is_harmful(state, right):
            harmful += 1
            by_checks += is_seen
            by_invariants += not is_sound(before, model.measure(state))
            by_twin += checks(state) != twin
    return harmful, by_checks, by_invariants, by_twin


def false_alarms() -> tuple[int, int, int]:
    """False alarms of checksums, invariants and second runs, over intervals of clean forecasts of many storms."""
    model, other, unequal, unsound, parted = ShallowWater(GRID), ShallowWater(GRID), 0, 0, 0
    for seed in range(CLEAN_RUNS // 100):
        state = storm(GRID, seed)
        before, twin = model.measure(state), state.copy()
        for _ in range(100):
            known = checks(state)
            unequal += checks(state) != known
            model.run(state, STEPS)
            other.run(twin, STEPS)
            unsound += not is_sound(before, model.measure(state))
            parted += checks(state) != checks(twin)
    return unequal, unsound, parted


def costs() -> tuple[float, float]:
    """Overhead of checksums before and after STEPS_WATCHED steps of 512 x 512 cells, and of invariants after them."""
    model, state = ShallowWater(LARGE), storm(LARGE, 1)

    def alone() -> None:
        model.run(state, STEPS_WATCHED)

    def checked() -> None:
        checks(state)
        model.run(state, STEPS_WATCHED)
        checks(state)

    def measured() -> None:
        model.run(state, STEPS_WATCHED)
        model.measure(state)

    return overhead(alone, checked), overhead(alone, measured)
