"""Polyphase channelizer: 64 channels of 8 taps, beside the same filter in numpy with the FFTs of numpy and scipy."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Row, at_level, compare, peer
from kernels.library import supported_levels
from kernels.science.channelize import CHANNELS, TAPS, Channelizer, fft64, low_pass

COUNT = 64 * 4096
RANDOM = np.random.default_rng(1)
SAMPLES = (RANDOM.normal(size=COUNT) + 1j * RANDOM.normal(size=COUNT)).astype(np.complex64) * np.float32(0.1)
FILTER = low_pass()
BRANCHES = FILTER.reshape(-1, CHANNELS)
PAST = np.zeros(TAPS - CHANNELS, np.complex64)
FULL_SCALE = 1.0

Fft = Callable[[NDArray[np.complex64]], NDArray[Any]]


def rows() -> Iterator[Row]:
    scipy = peer("scipy.fft")
    for level in supported_levels():
        with at_level(level):
            held = level == "avx512"
            yield row("scipy.fft", scipy and tap_by_tap(scipy.fft), 5 if held else None)  # ratios: 6.0 to above 8
            yield row("numpy, as defined", as_defined, 14 if held else None)  # ratios: 15 to above 20
            yield row("numpy, tap by tap", tap_by_tap(np.fft.fft), None)
            yield transform_row("scipy.fft", scipy and scipy.fft)
            yield transform_row("numpy", np.fft.fft)


def row(name: str, theirs: Callable[[], NDArray[Any]] | None, hold: float | None) -> Row:
    return compare(
        "channelizer 64 x 8, complex64", name, lambda: Channelizer(FILTER).push(SAMPLES), theirs,
        amount=COUNT / 1e6, unit="Msample/s", hold=hold, equal=close)  # fmt: skip


def transform_row(name: str, fft: Fft | None) -> Row:
    frames = SAMPLES.reshape(-1, CHANNELS)
    return compare(
        "FFT of 64, complex64", name, lambda: fft64(frames), fft and (lambda: fft(frames)),
        amount=COUNT / 1e6, unit="Msample/s",
        equal=lambda ours, wanted: close(ours / CHANNELS, wanted / CHANNELS))  # fmt: skip


def tap_by_tap(fft: Fft) -> Callable[[], NDArray[Any]]:
    """Fastest form in numpy: whole arrays, shifted and in place, then all transforms at once."""

    def run() -> NDArray[Any]:
        wide = np.concatenate([PAST, SAMPLES]).reshape(-1, CHANNELS)
        frames = COUNT // CHANNELS
        folded = wide[:frames] * BRANCHES[0]
        for tap in range(1, len(BRANCHES)):
            folded += wide[tap : tap + frames] * BRANCHES[tap]
        return fft(folded)

    return run


def as_defined() -> NDArray[Any]:
    """Channelizer by its definition in numpy: windows, weights, sums, transforms."""
    wide = np.concatenate([PAST, SAMPLES]).reshape(-1, CHANNELS)
    windows = np.lib.stride_tricks.sliding_window_view(wide, len(BRANCHES), axis=0)
    return np.fft.fft(np.einsum("nmt,tm->nm", windows, BRANCHES))


def close(ours: NDArray[np.complex64], theirs: NDArray[Any]) -> bool:
    return bool(np.abs(ours - theirs).max() <= 3e-7 * FULL_SCALE)
