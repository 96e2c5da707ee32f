"""Belief propagation in floating point, as in any textbook: how well a code can be decoded without much ado."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_GENERATOR = Path(__file__).parents[3] / "csrc/src/ldpc/make_tables.py"


def codes() -> list[Any]:
    """All codes as the generator of the tables has them."""
    spec = importlib.util.spec_from_file_location("make_ldpc_tables", _GENERATOR)
    assert spec is not None
    tables = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = tables  # its dataclass looks itself up
    spec.loader.exec_module(tables)
    found: list[Any] = tables.codes()
    return found


def checks_of(number: int) -> tuple[NDArray[np.intp], NDArray[np.intp], int]:
    """For every edge of a code, in the order of checks, its check and its bit; and how many bits are shortened."""
    code = codes()[number]
    at = np.arange(code.size)[:, None]
    checks, bits = [], []
    for row, edges in enumerate(code.checks):
        column, shift = np.array(edges).T
        bits.append((column * code.size + (at + shift) % code.size).ravel())
        checks.append(np.repeat(row * code.size + at.ravel(), len(edges)))
    return np.concatenate(checks), np.concatenate(bits), code.shortened


def decode(number: int, llr: NDArray[np.float32], iterations: int) -> NDArray[np.bool_]:
    """Hard decisions (frames, bits sent) from log likelihood ratios, above 0 for a 0, of the bits sent; flooding."""
    checks, bits, shortened = checks_of(number)
    first_edge = np.flatnonzero(np.diff(checks, prepend=-1))
    order = np.argsort(bits, kind="stable")
    first_of_bit = np.flatnonzero(np.diff(bits[order], prepend=-1))
    channel = np.zeros((len(llr), bits.max() + 1), np.float32)
    channel[:, :shortened] = 30
    sent = min(llr.shape[1], channel.shape[1] - shortened)
    channel[:, shortened : shortened + sent] = llr[:, :sent]
    decided, todo = channel < 0, np.arange(len(llr))
    heard = np.zeros((len(llr), bits.size), np.float32)
    for _ in range(iterations):
        total = channel[todo] + np.add.reduceat(heard[:, order], first_of_bit, axis=1)
        decided[todo] = total < 0
        odd = np.bitwise_xor.reduceat(decided[todo][:, bits], first_edge, axis=1).any(axis=1)
        todo, said = todo[odd], total[odd][:, bits] - heard[odd]
        if not todo.size:
            break
        doubt = _phi(np.abs(said))
        signs = np.bitwise_xor.reduceat(said < 0, first_edge, axis=1)[:, checks] ^ (said < 0)
        others = np.add.reduceat(doubt, first_edge, axis=1)[:, checks] - doubt
        heard = np.where(signs, -_phi(others), _phi(others))
    return decided[:, shortened : shortened + sent]


def _phi(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return -np.log(np.tanh(np.clip(x, 1e-6, 25).astype(np.float32) / 2))
