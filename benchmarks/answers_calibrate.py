"""12-bit samples unpacked, dark and gain applied."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Row, at_level, compare
from kernels.imaging.calibrate import calibrate_raw12
from kernels.library import supported_levels

ROWS, COLS = 512, 2048


def rows() -> Iterator[Row]:
    random = np.random.default_rng(1)
    packed = random.integers(0, 256, (ROWS, COLS * 3 // 2), np.uint8)
    tables = random.random((2, ROWS, COLS), np.float32)
    # Ratios on two machines with AVX-512: 9.2, and above 10.
    hold = 8 if supported_levels()[-1] == "avx512" else None
    yield row("a table entry a sample", packed, tables[0], tables[1], hold=hold)
    yield row("a table entry a column", packed, tables[0, 0], tables[1, 0], hold=hold)
    with at_level("portable"):
        yield row("a table entry a column", packed, tables[0, 0], tables[1, 0], hold=1.5)


def row(name: str, packed: NDArray[np.uint8], dark: Any, gain: Any, *, hold: float | None) -> Row:
    return compare(
        f"12-bit, dark, gain: {name}", "numpy", lambda: calibrate_raw12(packed, dark, gain),
        lambda: plain(packed, dark, gain), amount=ROWS * COLS / 1e6, unit="Mpx/s", hold=hold, equal=np.array_equal,
    )  # fmt: skip


def plain(packed: NDArray[np.uint8], dark: Any, gain: Any) -> NDArray[np.uint16]:
    """Calibration as a careful author writes it in numpy: few passes, in place where possible."""
    first, second, shared = packed[:, ::3], packed[:, 1::3], packed[:, 2::3]
    samples = np.empty((ROWS, COLS), np.uint16)
    samples[:, ::2] = first.astype(np.uint16) << 4 | shared & 15
    samples[:, 1::2] = second.astype(np.uint16) << 4 | shared >> 4
    value = samples.astype(np.float32)
    value -= dark
    value *= gain
    np.clip(value, 0, 65535, out=value)
    value += np.float32(0.5)
    return value.astype(np.uint16)
