"""A band split into 64 channels, their power, noise and bursts (csrc/include/skyrack/channelize.h)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.alone import Alone
from kernels.arrays import check, checked, pointer, real, require, whole
from kernels.backend import kernel
from kernels.library import ffi, lib

CHANNELS: int = lib.SR_CHANNELS
TAPS: int = lib.SR_CHANNELIZER_TAPS
BURST = np.dtype([("start", "u8"), ("length", "u8"), ("power", "f8"), ("channel", "u8")])
"""Record of a burst: start and length in frames, power as the mean of |y|^2."""
_BURSTS_MAX, _FRAMES_MAX = 1024, 2**32 - 1

Spectra = NDArray[np.complex64]
"""Frames (count, CHANNELS) of complex64."""


def low_pass(beta: float = 9.0) -> NDArray[np.float32]:
    """Coefficients of the prototype low-pass filter, half a channel wide to each side: sinc with a Kaiser window.

    There are TAPS of sum 1, so that a complex tone in the middle of a channel keeps its amplitude. `beta` shapes the
    window; ValueError outside 0..30.
    """
    beta = real("beta", beta, 0, 30)
    taps = np.sinc((np.arange(TAPS) - (TAPS - 1) / 2) / CHANNELS) * np.kaiser(TAPS, beta)
    return np.asarray(taps / taps.sum(), np.float32)


class Channelizer:
    """Splits a stream of complex samples into CHANNELS. `taps`: TAPS of float32; ValueError unless all are finite.

    A stream has one caller at a time: RuntimeError for another thread's call meanwhile.
    """

    def __init__(self, taps: NDArray[np.float32] | None = None) -> None:
        taps = low_pass() if taps is None else taps
        given = _channels("taps", taps, np.float32, TAPS)
        self._alone, self._state = Alone(), _room(lib.sr_channelizer_size())
        if lib.sr_channelizer_start(ffi.from_buffer(self._state), self._state.nbytes, given) != lib.SR_OK:
            raise ValueError("taps: finite numbers expected")

    def push(self, samples: NDArray[np.complex64]) -> Spectra:
        """The frames that these samples complete; however the stream is cut, its frames are the same."""
        given, state = checked("samples", samples, np.complex64, 1), ffi.from_buffer(self._state)
        with self._alone:
            frames = np.empty((lib.sr_channelizer_frames(state, samples.size), CHANNELS), np.complex64)
            require(kernel("sr_channelize")(state, given, samples.size, pointer(frames), len(frames)))
        return frames


class BurstDetector:
    """Finds bursts in a stream of frames: runs of |y|^2 above the channel's `threshold`, CHANNELS of float32.

    A burst may contain up to `gap_max_frames` in a row below it; one shorter than `length_min_frames` is not reported.
    Raises ValueError for a threshold that is NaN. One caller at a time, as for a Channelizer.
    """

    def __init__(self, threshold: NDArray[np.float32], *, gap_max_frames: int = 0, length_min_frames: int = 1) -> None:
        given = _channels("threshold", threshold, np.float32, CHANNELS)
        gap = whole("gap_max_frames", gap_max_frames, 0, _FRAMES_MAX)
        length = whole("length_min_frames", length_min_frames, 0, _FRAMES_MAX)
        self._alone, self._state = Alone(), _room(lib.sr_bursts_size())
        status = lib.sr_bursts_start(ffi.from_buffer(self._state), self._state.nbytes, given, gap, length)
        if status != lib.SR_OK:
            raise ValueError("threshold: NaN, expected numbers")

    def push(self, frames: Spectra) -> NDArray[np.void]:
        """The bursts, of dtype BURST, that ended with these frames, in order of their ends."""
        _check(frames)
        with self._alone:
            found, done = [], 0
            while done < len(frames):
                bursts, taken = self._find(frames[done:])
                found.append(bursts)
                done += taken
        return np.concatenate(found) if found else np.empty(0, BURST)

    def _find(self, frames: Spectra) -> tuple[NDArray[np.void], int]:
        """The bursts of the first frames, as many as there is room for, and the number of frames used."""
        bursts, taken, used = np.empty(_BURSTS_MAX, BURST), ffi.new("size_t *"), ffi.new("size_t *")
        given, room = (pointer(frames), len(frames)), pointer(bursts, "struct sr_burst[]")
        require(lib.sr_bursts_find(ffi.from_buffer(self._state), *given, room, bursts.size, taken, used))
        return bursts[: used[0]], taken[0]

    def finish(self) -> NDArray[np.void]:
        """The bursts that last until the end of the stream, lowest channel first."""
        bursts, used = np.empty(CHANNELS, BURST), ffi.new("size_t *")
        with self._alone:
            room = pointer(bursts, "struct sr_burst[]")
            require(lib.sr_bursts_finish(ffi.from_buffer(self._state), room, bursts.size, used))
        return bursts[: used[0]]


def fft64(samples: Spectra) -> Spectra:
    """The spectrum of each row of CHANNELS samples: sum over j of x[j] exp(-2 pi i j k / 64)."""
    _check(samples)
    spectra = np.empty_like(samples)
    lib.sr_fft64(pointer(samples), len(samples), pointer(spectra))
    return spectra


def add_power(frames: Spectra, power: NDArray[np.float64]) -> None:
    """Add |y|^2 of each channel to `power`, CHANNELS of float64, frame after frame."""
    _check(frames)
    lib.sr_channel_power(pointer(frames), len(frames), _channels("power", power, np.float64, CHANNELS, writable=True))


def noise_floor(frames: Spectra) -> NDArray[np.float32]:
    """Noise power of each channel: the median of |y|^2, over ln 2. Raises ValueError for no frames."""
    _check(frames)
    floor, scratch = np.empty(CHANNELS, np.float32), np.empty(len(frames), np.float32)
    if lib.sr_noise_floor(pointer(frames), len(frames), pointer(floor), pointer(scratch)) != lib.SR_OK:
        raise ValueError("frames: none, expected at least one")
    return floor


def _room(size_octets: int) -> NDArray[np.uint64]:
    return np.zeros((size_octets + 7) // 8, np.uint64)


def _channels(name: str, array: NDArray[Any], dtype: type, count: int, *, writable: bool = False) -> Any:
    """The pointer to `count` numbers; TypeError for another layout or count."""
    found = checked(name, array, dtype, 1, writable=writable)
    if array.size != count:
        raise TypeError(f"{name}: {array.size} numbers, expected {count}")
    return found


def _check(frames: Spectra) -> None:
    check("frames", frames, np.complex64, 2)
    if frames.shape[1] != CHANNELS:
        raise TypeError(f"frames: shape {frames.shape}, expected (count, {CHANNELS})")
