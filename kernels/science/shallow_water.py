"""Nonlinear shallow water on a band of the sphere (csrc/include/skyrack/shallow_water.h)."""

from dataclasses import asdict, dataclass
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import check, pointer, real, require, whole
from kernels.errors import CorruptError
from kernels.library import ffi, lib

_LINE_OCTETS = 64
_FIELDS, _SIDE_MAX = 3, 65536
STEPS_MAX = 1_000_000
"""Maximum number of steps of one call, which cannot be interrupted."""

ShallowWaterState = NDArray[np.float32]
"""Fields eta (m), u and v (m/s) of a grid: (3, rows, cols), south first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A band of latitudes, periodic from west to east, with walls in the south and in the north."""

    rows: int
    cols: int
    south_deg: float
    row_deg: float
    col_deg: float
    step_s: float
    depth_m: float
    viscosity_m2_s: float = 0.0


class Invariants(NamedTuple):
    """Conserved quantities of a state: mean of eta over the area, mean energy of a square metre over the density, and
    the largest speed.
    """

    mean_m: float
    energy_m3_s2: float
    speed_max: float


class Checks(NamedTuple):
    """Sum modulo 2^64 and exclusive or of a state's words; any single bit flip changes both."""

    sum: int
    parity: int


class ShallowWater:
    """A model of one grid. Raises ValueError for a grid out of range, such as a step too long for its gravity waves."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        sides = {name: whole(name, getattr(grid, name), 0, _SIDE_MAX) for name in ("rows", "cols")}
        numbers = {name: real(name, value, -inf, inf) for name, value in asdict(grid).items() if name not in sides}
        fields = ffi.new("struct sr_shallow_water_grid *", sides | numbers)
        self._model = np.zeros(lib.sr_shallow_water_size(fields) // 8 + 1, np.uint64)
        if lib.sr_shallow_water_make(fields, ffi.from_buffer(self._model), self._model.nbytes) != lib.SR_OK:
            raise ValueError(f"{grid}: out of range")

    def still(self) -> ShallowWaterState:
        """A state at rest, aligned as the kernels run fastest."""
        shape = (_FIELDS, self.grid.rows, self.grid.cols)
        size_octets = 4 * _FIELDS * self.grid.rows * self.grid.cols
        room = np.zeros(size_octets + _LINE_OCTETS, np.uint8)
        start = -room.ctypes.data % _LINE_OCTETS
        return room[start : start + size_octets].view(np.float32).reshape(shape)

    def run(self, state: ShallowWaterState, steps: int) -> None:
        """Advance `state` by `steps` steps in place. Several threads may call it at once, each with its own state.

        Raises CorruptError where the model's memory has changed; the state is then unchanged.
        """
        steps, fields = whole("steps", steps, 0, STEPS_MAX), self._fields(state, writable=True)
        scratch = np.empty(lib.sr_shallow_water_scratch(self.grid.cols), np.uint8)
        require(lib.sr_shallow_water_run(*self._given(), *fields, steps, pointer(scratch), scratch.size))

    def measure(self, state: ShallowWaterState) -> Invariants:
        """The conserved quantities of a state; the energy is NaN where any value of the state is."""
        out = ffi.new("struct sr_shallow_water_invariants *")
        require(lib.sr_shallow_water_measure(*self._given(), *self._fields(state), out))
        return Invariants(out.mean_m, out.energy_m3_s2, out.speed_max)

    def _given(self) -> tuple[object, int, int]:
        return ffi.from_buffer(self._model), self.grid.rows, self.grid.cols

    def _fields(self, state: ShallowWaterState, *, writable: bool = False) -> list[object]:
        shape = (_FIELDS, self.grid.rows, self.grid.cols)
        check("state", state, np.float32, 3, writable=writable)
        if state.shape != shape:
            raise TypeError(f"state: shape {state.shape}, expected {shape}")
        return [pointer(field) for field in state]


def checks(state: ShallowWaterState) -> Checks:
    """Checksums of a contiguous state, to compare with those taken before."""
    check("state", state, np.float32, None)
    out = ffi.new("struct sr_checks *")
    lib.sr_check_words(ffi.from_buffer("uint32_t[]", state), state.size, out)
    return Checks(out.sum, out.parity)


def verify(state: ShallowWaterState, known: Checks) -> None:
    """Raise CorruptError where the checks of `state` are not `known`."""
    found = checks(state)
    if found != known:
        raise CorruptError(f"state: checksums {found}, expected {known}: its memory has changed")
