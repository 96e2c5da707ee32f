"""A job: shallow water from an analysed state to some hours later, checked and saved at every interval.

Samples are the state at the start (3, rows, cols) as kernels/science/shallow_water.py has it, the answer is the state
at the end, little-endian float32. Between intervals the state is held to its checks, and after each to what shallow
water conserves: mass, energy, a bounded speed. Where either check fails, the job returns to its last save; a job that
was killed resumes there too, and ends with the same octets as one that was not.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from fsw.store.checkpoint import KEY_OCTETS, Checkpoints
from kernels.errors import CorruptError
from kernels.science.shallow_water import Grid, Invariants, ShallowWater, ShallowWaterState, checks, verify

MEAN_SHARE_MAX = 1e-6
"""Limit of the drift of the mean surface, as a share of the depth."""
ENERGY_SHARE_MAX = 0.25
"""Limit of the change of the energy, as a share of that at the start."""
RESTORES_MAX = 8
_FIELDS = 3


class NowcastParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters of a job; `folder` is for its checkpoints alone."""

    south_deg: float
    row_deg: float
    col_deg: float
    step_s: float
    depth_m: float
    viscosity_m2_s: float
    steps: int
    interval_steps: int
    speed_max: float
    folder: str


def run(samples: NDArray[Any], parameters: dict[str, Any]) -> bytes:
    """The state at the end. Raises ValueError for parameters out of range, CorruptError where upsets keep returning."""
    settings = msgspec.convert(parameters, NowcastParameters)
    if samples.ndim != 3 or len(samples) != _FIELDS or settings.steps < 0 or settings.interval_steps < 1:
        raise ValueError(f"samples {samples.shape}, steps {settings.steps} by {settings.interval_steps}")
    start = np.ascontiguousarray(samples, np.float32)
    missing = int((~np.isfinite(start)).any(axis=0).sum())
    if missing:
        raise ValueError(f"no data at {missing} of {start[0].size} points, expected a state without holes")
    checkpoints = Checkpoints(Path(settings.folder), _key(start, settings))
    return Nowcast(_grid(start, settings), start, settings, checkpoints).run().astype("<f4").tobytes()


def _grid(start: ShallowWaterState, settings: NowcastParameters) -> Grid:
    return Grid(
        rows=start.shape[1], cols=start.shape[2], south_deg=settings.south_deg, row_deg=settings.row_deg,
        col_deg=settings.col_deg, step_s=settings.step_s, depth_m=settings.depth_m,
        viscosity_m2_s=settings.viscosity_m2_s,
    )  # fmt: skip


def _key(start: ShallowWaterState, settings: NowcastParameters) -> bytes:
    """The hash that identifies the job: another state, forecast or interval gives another one."""
    digest = hashlib.sha256(start.tobytes())
    digest.update(msgspec.json.encode(settings))
    assert digest.digest_size == KEY_OCTETS
    return digest.digest()


def _undisturbed(_done: int, _state: ShallowWaterState) -> None:
    pass


@dataclass
class Nowcast:
    """One forecast. After each interval is saved, `between` gets the number of steps done and the state."""

    grid: Grid
    start: ShallowWaterState
    settings: NowcastParameters
    checkpoints: Checkpoints
    between: Callable[[int, ShallowWaterState], None] = _undisturbed
    restores: int = 0

    def run(self) -> ShallowWaterState:
        """The state at the end."""
        model = ShallowWater(self.grid)
        before = model.measure(self.start)
        done, state = self._restored(model)
        known = checks(state)
        while done < self.settings.steps:
            try:
                steps = min(self.settings.interval_steps, self.settings.steps - done)
                verify(state, known)
                model.run(state, steps)
                self._judge(before, model.measure(state))
            except CorruptError:
                self.restores += 1
                if self.restores > RESTORES_MAX:
                    raise
                done, state = self._restored(model)
                known = checks(state)
                continue
            done, known = done + steps, checks(state)
            self.checkpoints.save(done, state.tobytes())
            self.between(done, state)
        verify(state, known)
        return state

    def _restored(self, model: ShallowWater) -> tuple[int, ShallowWaterState]:
        """The number of steps done and the state at that point: of the last checkpoint, or the start."""
        saved, state = self.checkpoints.newest(), model.still()
        state[:] = np.frombuffer(saved.octets, np.float32).reshape(state.shape) if saved else self.start
        return saved.number if saved else 0, state

    def _judge(self, before: Invariants, after: Invariants) -> None:
        """Raise CorruptError where shallow water cannot have changed so; a comparison with NaN fails, too."""
        drifted = abs(after.mean_m - before.mean_m) / self.grid.depth_m
        changed = abs(after.energy_m3_s2 - before.energy_m3_s2) / max(before.energy_m3_s2, 1.0)
        if not (
            drifted <= MEAN_SHARE_MAX and changed <= ENERGY_SHARE_MAX and after.speed_max <= self.settings.speed_max
        ):
            raise CorruptError(f"{before} became {after}")
