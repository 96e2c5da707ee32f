"""A band split into 64 channels, their power, noise and bursts (csrc/include/skyrack/channelize.h)."""

import numpy as np
from _csrc import ffi, lib
from numpy.typing import NDArray

from hal.kernels.backend import kernel

CHANNELS: int = lib.SR_CHANNELS
TAPS: int = lib.SR_CHANNELIZER_TAPS
BURST = np.dtype([("start", "u8"), ("length", "u8"), ("power", "f8"), ("channel", "u8")])
"""Start and length in frames, power as the mean of |y|^2."""
_BURSTS_MAX = 1024

Spectra = NDArray[np.complex64]
"""Frames (count, CHANNELS) of complex64."""


def low_pass(beta: float = 9.0) -> NDArray[np.float32]:
    """TAPS coefficients that pass half a channel to each side of 0, of sum 1: a Kaiser window of `beta` over a sinc.

    A complex tone in the middle of a channel so keeps its amplitude. Raises ValueError for a beta outside 0..30.
    """
    if not 0 <= beta <= 30:
        raise ValueError(f"beta = {beta}, expected 0..30")
    taps = np.sinc((np.arange(TAPS) - (TAPS - 1) / 2) / CHANNELS) * np.kaiser(TAPS, beta)
    return np.asarray(taps / taps.sum(), np.float32)


class Channelizer:
    """A stream of complex samples, split. `taps`: TAPS of float32. Raises ValueError unless all are finite."""

    def __init__(self, taps: NDArray[np.float32] | None = None) -> None:
        taps = low_pass() if taps is None else taps
        if taps.dtype != np.float32 or taps.shape != (TAPS,) or not taps.flags.c_contiguous:
            raise TypeError(f"taps: {TAPS} contiguous float32 expected")
        self._state = _room(lib.sr_channelizer_size())
        start = lib.sr_channelizer_start(
            ffi.from_buffer(self._state), self._state.nbytes, ffi.from_buffer("float[]", taps)
        )
        if start != lib.SR_OK:
            raise ValueError("taps: finite numbers expected")

    def push(self, samples: NDArray[np.complex64]) -> Spectra:
        """The frames that these samples complete; however the stream is cut, its frames are the same."""
        if samples.dtype != np.complex64 or samples.ndim != 1 or not samples.flags.c_contiguous:
            raise TypeError("samples: contiguous complex64 of one dimension expected")
        state = ffi.from_buffer(self._state)
        frames = np.empty((lib.sr_channelizer_frames(state, samples.size), CHANNELS), np.complex64)
        status = kernel("sr_channelize")(state, _floats(samples), samples.size, _floats(frames), len(frames))
        assert status == lib.SR_OK, status
        return frames


class BurstDetector:
    """Bursts in a stream of frames: runs above the `threshold` of |y|^2 of their channel, CHANNELS of float32.

    A burst may hold up to `gap_max_frames` below it in a row; those shorter than `length_min_frames` are not told.
    Raises ValueError for a threshold that is not a number.
    """

    def __init__(self, threshold: NDArray[np.float32], *, gap_max_frames: int = 0, length_min_frames: int = 1) -> None:
        if threshold.dtype != np.float32 or threshold.shape != (CHANNELS,) or not threshold.flags.c_contiguous:
            raise TypeError(f"threshold: {CHANNELS} contiguous float32 expected")
        self._state = _room(lib.sr_bursts_size())
        status = lib.sr_bursts_start(
            ffi.from_buffer(self._state), self._state.nbytes, ffi.from_buffer("float[]", threshold),
            gap_max_frames, length_min_frames,
        )  # fmt: skip
        if status != lib.SR_OK:
            raise ValueError("threshold: numbers expected")

    def push(self, frames: Spectra) -> NDArray[np.void]:
        """The bursts, of dtype BURST, that ended with these frames, in order of their ends."""
        _check(frames)
        found, done = [], 0
        while done < len(frames):
            bursts, taken, used = np.empty(_BURSTS_MAX, BURST), ffi.new("size_t *"), ffi.new("size_t *")
            room = ffi.from_buffer("struct sr_burst[]", bursts)
            rest = frames[done:]
            status = lib.sr_bursts_find(
                ffi.from_buffer(self._state), _floats(rest), len(rest), room, bursts.size, taken, used
            )
            assert status == lib.SR_OK, status
            found.append(bursts[: used[0]])
            done += taken[0]
        return np.concatenate(found) if found else np.empty(0, BURST)

    def finish(self) -> NDArray[np.void]:
        """The bursts that last until the end of the stream, lowest channel first."""
        bursts, used = np.empty(CHANNELS, BURST), ffi.new("size_t *")
        room = ffi.from_buffer("struct sr_burst[]", bursts)
        status = lib.sr_bursts_finish(ffi.from_buffer(self._state), room, bursts.size, used)
        assert status == lib.SR_OK, status
        return bursts[: used[0]]


def fft64(samples: Spectra) -> Spectra:
    """The spectrum of each row of CHANNELS samples: sum over j of x[j] exp(-2 pi i j k / 64)."""
    _check(samples)
    spectra = np.empty_like(samples)
    lib.sr_fft64(_floats(samples), len(samples), _floats(spectra))
    return spectra


def add_power(frames: Spectra, power: NDArray[np.float64]) -> None:
    """Add |y|^2 of each channel to `power`, CHANNELS of float64, frame after frame."""
    _check(frames)
    if power.dtype != np.float64 or power.shape != (CHANNELS,) or not power.flags.c_contiguous:
        raise TypeError(f"power: {CHANNELS} contiguous float64 expected")
    lib.sr_channel_power(_floats(frames), len(frames), ffi.from_buffer("double[]", power, require_writable=True))


def noise_floor(frames: Spectra) -> NDArray[np.float32]:
    """Noise power of each channel: the median of |y|^2, over ln 2. Raises ValueError for no frames."""
    _check(frames)
    floor, scratch = np.empty(CHANNELS, np.float32), np.empty(len(frames), np.float32)
    status = lib.sr_noise_floor(
        _floats(frames), len(frames), ffi.from_buffer("float[]", floor), ffi.from_buffer("float[]", scratch)
    )
    if status != lib.SR_OK:
        raise ValueError("frames: one at least expected")
    return floor


def _room(size_octets: int) -> NDArray[np.uint64]:
    return np.zeros((size_octets + 7) // 8, np.uint64)


def _floats(numbers: NDArray[np.complex64]) -> object:
    return ffi.from_buffer("float[]", numbers)


def _check(frames: Spectra) -> None:
    if frames.dtype != np.complex64 or frames.shape[1:] != (CHANNELS,) or not frames.flags.c_contiguous:
        raise TypeError(f"frames: contiguous complex64 (count, {CHANNELS}) expected")
