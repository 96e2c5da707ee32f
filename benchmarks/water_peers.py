"""The shallow-water step of csrc/include/skyrack/shallow_water.h by numpy, and as loops that numba compiles."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.science.shallow_water import Grid

GRAVITY, RADIUS_M, ROTATION_PER_S = np.float32(9.80665), 6371229.0, 7.292115e-5
HALF, QUARTER = np.float32(0.5), np.float32(0.25)
Field = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Coefficients of the grid's rows (rows, 1), and of the sides between them (rows + 1, 1) with the southern wall
    first; multiplied by the time step as in the C kernel.
    """

    east: Field
    north: Field
    damp_east: Field
    damp_north: Field
    cos_side: Field
    rotation: Field
    turn_east: Field
    turn_north: Field
    turn_south: Field
    curl_east: Field
    gradient: np.float32
    curl_north: np.float32
    depth: np.float32


def coefficients(g: Grid) -> Coefficients:
    dx, dy = (RADIUS_M * np.radians(side) for side in (g.col_deg, g.row_deg))
    side = np.radians(g.south_deg + np.arange(g.rows + 1) * g.row_deg)[:, None]
    middle = np.cos(side[:-1] + np.radians(g.row_deg) / 2)
    inner = np.cos(side)
    south, north = np.vstack([middle[:1], middle]), np.vstack([middle, middle[-1:]])
    columns = (
        g.step_s / (dx * middle), g.step_s / (dy * middle), g.viscosity_m2_s / (dx * middle),
        g.viscosity_m2_s / (dy * middle), inner, 2 * ROTATION_PER_S * g.step_s * np.sin(side),
        g.step_s / (dx * inner), g.step_s * north / (dy * inner), g.step_s * south / (dy * inner),
        g.viscosity_m2_s / (dx * inner),
    )  # fmt: skip
    scalars = (g.step_s / dy, g.viscosity_m2_s / dy, g.depth_m)
    return Coefficients(*(column.astype(np.float32) for column in columns), *map(np.float32, scalars))


def numpy_step(c: Coefficients, eta: Field, u: Field, v: Field) -> None:
    """One step in place."""
    walls = np.zeros((1, u.shape[1]), np.float32)
    east, flux = u * (c.depth + HALF * (west(eta) + eta)), np.vstack([v, walls])
    flux[1:-1] *= (c.depth + HALF * (eta[:-1] + eta[1:])) * c.cos_side[1:-1]
    z = np.broadcast_to(c.rotation, flux.shape).copy()
    z[1:-1] += c.turn_east[1:-1] * (v[1:] - west(v)[1:]) - (c.turn_north[1:-1] * u[1:] - c.turn_south[1:-1] * u[:-1])
    sides = np.vstack([v, walls])
    eta -= c.east * (east_of(east) - east) + c.north * (flux[1:] - flux[:-1])
    squares = (u * u + east_of(u) ** 2) + (sides[:-1] ** 2 + sides[1:] ** 2)
    weighted = c.cos_side * sides
    head = GRAVITY * eta + QUARTER * squares
    head -= c.damp_east * (east_of(u) - u) + c.damp_north * (weighted[1:] - weighted[:-1])
    turn = z * (west(sides) + sides)
    rise = c.rotation[1:] - c.rotation[:-1]
    u += QUARTER * (turn[:-1] + turn[1:]) - c.east * (head - west(head)) - c.curl_north * (z[1:] - z[:-1] - rise)
    z, across = z[1:-1], u[:-1] + u[1:]
    v[1:] -= (
        QUARTER * (z * across + east_of(z * across)) + c.gradient * (head[1:] - head[:-1])
        - c.curl_east[1:-1] * (east_of(z) - z)
    )  # fmt: skip


def west(field: Field) -> Field:
    return np.roll(field, 1, axis=1)


def east_of(field: Field) -> Field:
    return np.roll(field, -1, axis=1)


def numba_run(numba: Any, c: Coefficients) -> Any:
    """A function (eta, u, v, steps) of loops over cells, as fast as numba makes them."""
    njit = numba.njit(fastmath=True, error_model="numpy")
    rows_of = [njit(row) for row in (flux_row, turn_row, mass_row, eta_row, head_row, u_row, v_row)]
    sweep = njit(sweeps(*rows_of))
    columns = [column[:, 0].copy() for column in (
        c.east, c.north, c.damp_east, c.damp_north, c.cos_side, c.rotation, c.turn_east, c.turn_north, c.turn_south,
        c.curl_east,
    )]  # fmt: skip

    def run(eta: Field, u: Field, v: Field, steps: int) -> None:
        sweep(eta, u, v, steps, *columns, c.gradient, c.curl_north, c.depth)

    return run


# Functions of one row, written so that LLVM vectorises the inner loop: the periodic ends are treated apart from it.


def flux_row(out: Any, v: Any, south: Any, north: Any, depth: Any, cos_side: Any) -> None:
    for i in range(v.size):
        out[i] = v[i] * (depth + HALF * (south[i] + north[i])) * cos_side


def turn_row(out: Any, v: Any, u_s: Any, u: Any, east: Any, north: Any, south: Any, rotation: Any) -> None:
    for i in range(1, v.size):
        out[i] = east * (v[i] - v[i - 1]) - (north * u[i] - south * u_s[i]) + rotation
    out[0] = east * (v[0] - v[-1]) - (north * u[0] - south * u_s[0]) + rotation


def mass_row(out: Any, eta: Any, u: Any, depth: Any) -> None:
    for i in range(1, u.size):
        out[i] = u[i] * (depth + HALF * (eta[i - 1] + eta[i]))
    out[0] = u[0] * (depth + HALF * (eta[-1] + eta[0]))


def eta_row(eta: Any, mass: Any, flux: Any, flux_n: Any, east: Any, north: Any) -> None:
    last = eta.size - 1
    for i in range(last):
        eta[i] -= east * (mass[i + 1] - mass[i]) + north * (flux_n[i] - flux[i])
    eta[last] -= east * (mass[0] - mass[last]) + north * (flux_n[last] - flux[last])


def head_row(out: Any, eta: Any, u: Any, v: Any, v_n: Any, east: Any, north: Any, cos_s: Any, cos_n: Any) -> None:
    last = eta.size - 1
    for i in range(last):
        squares = u[i] * u[i] + u[i + 1] * u[i + 1] + v[i] * v[i] + v_n[i] * v_n[i]
        spread = east * (u[i + 1] - u[i]) + north * (cos_n * v_n[i] - cos_s * v[i])
        out[i] = GRAVITY * eta[i] + QUARTER * squares - spread
    squares = u[last] * u[last] + u[0] * u[0] + v[last] * v[last] + v_n[last] * v_n[last]
    spread = east * (u[0] - u[last]) + north * (cos_n * v_n[last] - cos_s * v[last])
    out[last] = GRAVITY * eta[last] + QUARTER * squares - spread


def u_row(u: Any, z: Any, z_n: Any, v: Any, v_n: Any, head: Any, east: Any, curl: Any, rise: Any) -> None:
    for i in range(1, u.size):
        turn = z[i] * (v[i - 1] + v[i]) + z_n[i] * (v_n[i - 1] + v_n[i])
        u[i] += QUARTER * turn - east * (head[i] - head[i - 1]) - curl * (z_n[i] - z[i] - rise)
    turn = z[0] * (v[-1] + v[0]) + z_n[0] * (v_n[-1] + v_n[0])
    u[0] += QUARTER * turn - east * (head[0] - head[-1]) - curl * (z_n[0] - z[0] - rise)


def v_row(v: Any, z: Any, u_s: Any, u: Any, head_s: Any, head: Any, gradient: Any, curl: Any) -> None:
    last = v.size - 1
    for i in range(last):
        turn = z[i] * (u_s[i] + u[i]) + z[i + 1] * (u_s[i + 1] + u[i + 1])
        v[i] -= QUARTER * turn + gradient * (head[i] - head_s[i]) - curl * (z[i + 1] - z[i])
    turn = z[last] * (u_s[last] + u[last]) + z[0] * (u_s[0] + u[0])
    v[last] -= QUARTER * turn + gradient * (head[last] - head_s[last]) - curl * (z[0] - z[last])


def sweeps(
    flux_of: Any, turn_of: Any, mass_of: Any, eta_of: Any, head_of: Any, u_of: Any, v_of: Any
) -> Callable[..., None]:
    def run(
        eta: Any, u: Any, v: Any, steps: int, east: Any, north: Any, damp_east: Any, damp_north: Any, cos_side: Any,
        rotation: Any, turn_east: Any, turn_north: Any, turn_south: Any, curl_east: Any, gradient: Any, curl: Any,
        depth: Any,
    ) -> None:  # fmt: skip
        """One sweep per step, as in our kernel: row by row, with two rows of the values on the sides between rows."""
        rows, cols = eta.shape
        flux, z, head = (
            np.zeros((2, cols), np.float32),
            np.zeros((2, cols), np.float32),
            np.zeros((2, cols), np.float32),
        )
        mass, still = np.zeros(cols, np.float32), np.zeros(cols, np.float32)
        for _ in range(steps):
            flux[0], z[0] = 0, rotation[0]
            for j in range(rows):
                a, b = j % 2, 1 - j % 2
                v_n = v[j + 1] if j + 1 < rows else still
                if j + 1 < rows:
                    k = j + 1
                    flux_of(flux[b], v_n, eta[j], eta[k], depth, cos_side[k])
                    turn_of(z[b], v_n, u[j], u[k], turn_east[k], turn_north[k], turn_south[k], rotation[k])
                else:
                    flux[b], z[b] = 0, rotation[rows]
                mass_of(mass, eta[j], u[j], depth)
                eta_of(eta[j], mass, flux[a], flux[b], east[j], north[j])
                head_of(head[a], eta[j], u[j], v[j], v_n, damp_east[j], damp_north[j], cos_side[j], cos_side[j + 1])
                u_of(u[j], z[a], z[b], v[j], v_n, head[a], east[j], curl, rotation[j + 1] - rotation[j])
                if j > 0:
                    v_of(v[j], z[a], u[j - 1], u[j], head[b], head[a], gradient, curl_east[j])

    return run
