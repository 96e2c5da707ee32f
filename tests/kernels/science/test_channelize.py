"""The channelizer against numpy, whatever the cuts of its stream; tones and bursts where they were put."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.library import level as current_level
from kernels.library import select_level, supported_levels
from kernels.science.channelize import (
    BURST,
    CHANNELS,
    TAPS,
    BurstDetector,
    Channelizer,
    add_power,
    fft64,
    low_pass,
    noise_floor,
)
from kernels.selftest import self_test


@pytest.fixture(params=supported_levels(), autouse=True, scope="module")
def level(request):
    select_level(request.param)
    yield request.param
    select_level()


def noise(seed, count):
    random = np.random.default_rng(seed)
    return (random.normal(size=count) + 1j * random.normal(size=count)).astype(np.complex64) * np.float32(0.1)


def plain(samples, taps):
    """The definition in double precision: windows of 512, weighted, folded to 64, transformed."""
    wide = np.concatenate([np.zeros(TAPS - CHANNELS), samples])
    windows = np.lib.stride_tricks.sliding_window_view(wide, TAPS)[::CHANNELS] * taps.astype(np.float64)
    return np.fft.fft(windows.reshape(len(windows), -1, CHANNELS).sum(axis=1))


@given(st.integers(0, 2**32 - 1), st.integers(64, 5000))
def test_equals_numpy(seed, count):
    samples = noise(seed, count)
    frames = Channelizer().push(samples)
    assert np.abs(frames - plain(samples, low_pass())).max() <= 3e-7


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 700), max_size=12))
def test_any_cut_gives_the_same_frames_and_bursts(seed, cuts):
    samples = noise(seed, sum(cuts))
    whole, channelizer = Channelizer().push(samples), Channelizer()
    pieces = [channelizer.push(piece) for piece in np.split(samples, np.cumsum(cuts))]
    assert np.array_equal(np.concatenate(pieces), whole)
    threshold = np.full(CHANNELS, 2e-4, np.float32)
    once, often = (BurstDetector(threshold, gap_max_frames=1, length_min_frames=2) for _ in range(2))
    bursts = np.concatenate([*(often.push(piece) for piece in pieces), often.finish()])
    assert np.array_equal(bursts, np.concatenate([once.push(whole), once.finish()]))


def test_every_level_gives_the_same_octets(level):
    samples = noise(7, 64 * 37 + 5)
    select_level("portable")
    portable = Channelizer().push(samples)
    select_level(level)
    assert Channelizer().push(samples).tobytes() == portable.tobytes()


@given(st.integers(0, 2**32 - 1), st.integers(0, 40))
def test_transform_equals_numpy_and_the_portable_level(seed, count):
    frames, used = noise(seed, CHANNELS * count).reshape(-1, CHANNELS), current_level()
    spectra = fft64(frames)
    assert np.allclose(spectra, np.fft.fft(frames.astype(np.complex128)), rtol=0, atol=3e-7 * CHANNELS)
    select_level("portable")
    assert fft64(frames).tobytes() == spectra.tobytes()
    select_level(used)


@pytest.mark.parametrize("channel", [0, 1, 17, 32, 63])
def test_a_tone_is_heard_in_its_channel_alone(channel):
    tone = np.exp(2j * np.pi * channel / CHANNELS * np.arange(64 * 40)).astype(np.complex64)
    power = np.zeros(CHANNELS)
    add_power(Channelizer().push(tone)[8:], power)
    assert power[channel] == pytest.approx(32, rel=1e-5)
    assert np.delete(power, [channel, (channel + 1) % 64, (channel - 1) % 64]).max() < 1e-6


def test_power_adds_up_over_calls():
    frames, once, often = Channelizer().push(noise(3, 64 * 50)), np.zeros(CHANNELS), np.zeros(CHANNELS)
    add_power(frames, once)
    for piece in np.split(frames, [1, 1, 30]):
        add_power(piece, often)
    assert np.array_equal(once, often)
    assert np.allclose(once, (np.abs(frames.astype(complex)) ** 2).sum(axis=0), rtol=1e-12)


def test_bursts_are_found_where_they_were_put():
    """Two transmissions, 12 dB over the noise of their channels, and nothing where noise alone is loud for a moment."""
    samples, n = noise(1, 64 * 2000), np.arange(64 * 2000)
    for channel, first, last in ((9, 300, 420), (50, 1000, 1900)):
        tone = 0.1 * np.exp(2j * np.pi * channel / CHANNELS * n)
        samples += np.where((n >= 64 * first) & (n < 64 * last), tone, 0).astype(np.complex64)
    frames = Channelizer().push(samples)
    detector = BurstDetector(8 * noise_floor(frames), gap_max_frames=3, length_min_frames=20)
    bursts = np.concatenate([detector.push(frames), detector.finish()])
    assert bursts["channel"].tolist() == [9, 50]
    assert np.abs(bursts["start"].astype(int) - [300, 1000]).max() <= 8
    assert np.abs((bursts["start"] + bursts["length"]).astype(int) - [420, 1900]).max() <= 8
    assert bursts["power"] == pytest.approx([0.01, 0.01], rel=0.2)


def test_noise_floor_is_the_power_of_noise():
    frames = Channelizer().push(noise(5, 64 * 8000))
    expected = 2 * 0.01 * (low_pass().astype(float) ** 2).sum()
    assert noise_floor(frames) == pytest.approx(np.full(CHANNELS, expected), rel=0.08)


def test_more_bursts_than_one_call_tells():
    frames = np.zeros((100, CHANNELS), np.complex64)
    frames[::2] = 1
    bursts = BurstDetector(np.full(CHANNELS, 0.5, np.float32)).push(frames)
    assert bursts.size == 50 * CHANNELS
    assert bursts.dtype == BURST
    assert set(bursts["power"]) == {1.0}


def test_self_test():
    assert self_test("channelize")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: Channelizer(np.zeros(TAPS)), TypeError),
        (lambda: Channelizer(np.full(TAPS, np.nan, np.float32)), ValueError),
        (lambda: Channelizer().push(np.zeros(64)), TypeError),
        (lambda: Channelizer().push(np.zeros(128, np.complex64)[::2]), TypeError),
        (lambda: BurstDetector(np.zeros(3, np.float32)), TypeError),
        (lambda: BurstDetector(np.full(CHANNELS, np.nan, np.float32)), ValueError),
        (lambda: noise_floor(np.zeros((0, CHANNELS), np.complex64)), ValueError),
        (lambda: noise_floor(np.zeros((3, 5), np.complex64)), TypeError),
        (lambda: add_power(np.zeros((3, CHANNELS), np.complex64), np.zeros(CHANNELS, np.float32)), TypeError),
        (lambda: low_pass(-1), ValueError),
    ],
)
def test_misuse_is_refused(call, error):
    with pytest.raises(error):
        call()
