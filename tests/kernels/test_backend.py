"""Back ends: the processor always, a CUDA device where one answers, and the same answers from both."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import _csrc
import numpy as np
import pytest

from kernels import backend
from kernels.inference.graph import Activation, Graph, Layer, LayerKind
from kernels.inference.nets import Network
from kernels.inference.trees import Trees
from kernels.library import lib
from kernels.science.channelize import Channelizer
from kernels.speed import _forest

ROOT = Path(__file__).parents[2]
CUDA = Path(_csrc.__file__).with_name(backend.LIBRARY)
ANSWERS = backend._device() is not None
needs_device = pytest.mark.skipif(not ANSWERS, reason="no CUDA device answers here")


@pytest.fixture(autouse=True)
def usual_backend():
    yield
    backend._functions.clear()


def test_the_processor_is_always_there():
    backend.select_backend("cpu")
    assert backend.backend() == "cpu"
    assert all(backend.kernel(name) is getattr(lib, name) for name in backend.KERNELS)


def test_auto_is_the_device_where_one_answers(monkeypatch):
    monkeypatch.delenv("SKYRACK_BACKEND", raising=False)
    assert backend.backend() == ("cuda" if ANSWERS else "cpu")


@pytest.mark.skipif(ANSWERS, reason="a CUDA device answers here")
def test_cuda_is_refused_where_no_device_answers(monkeypatch):
    monkeypatch.setenv("SKYRACK_BACKEND", "cuda")
    with pytest.raises(ValueError, match=r"^SKYRACK_BACKEND: cuda was asked for, and no CUDA device answers here$"):
        Channelizer().push(np.zeros(64, np.complex64))


def test_unknown(monkeypatch):
    monkeypatch.setenv("SKYRACK_BACKEND", "fpga")
    with pytest.raises(ValueError, match="'fpga'; known: auto, cpu, cuda"):
        backend.backend()


def test_a_device_that_answers_is_called_as_the_c_library_is(monkeypatch):
    """With the C library's own functions in the device's place."""
    device = ctypes.CDLL(None)
    monkeypatch.setattr(backend, "_device", lambda: device)
    monkeypatch.setattr(backend, "KERNELS", ("abs",))
    monkeypatch.setattr(backend, "lib", type("", (), {"abs": lib.sr_level_supported}))
    backend.select_backend("cuda")
    assert backend.kernel("abs")(-7) == 7


def both(run):
    answers = []
    for name in ("cpu", "cuda"):
        backend.select_backend(name)
        answers.append(run())
    return answers


@needs_device
def test_trees_bit_for_bit():
    codes = np.random.default_rng(1).integers(0, 256, (4, 10_000), np.uint8)
    ours, theirs = both(lambda: Trees(_forest(trees=20, depth=9)).sums(codes))
    assert ours.tobytes() == theirs.tobytes()


@needs_device
@pytest.mark.parametrize(("channels", "outputs", "size"), [(5, 7, 3), (70, 33, 3), (130, 40, 1)])
def test_convolution(channels, outputs, size):
    random = np.random.default_rng(1)
    node = Layer(
        kind=LayerKind.CONVOLUTION, inputs=(0,), activation=Activation.RELU, size=size, stride=1,
        padding=(size // 2,) * 4,
        outputs=outputs, weights=random.normal(0, 0.1, (size, size, channels, outputs)).astype(np.float32),
        bias=random.normal(0, 1, outputs).astype(np.float32),
    )  # fmt: skip
    image = random.normal(0, 1, (19, 23, channels)).astype(np.float32)
    ours, theirs = both(lambda: Network(Graph((0, 0, channels), (node,))).run(image))
    assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(ours).max()


@needs_device
def test_channelizer():
    random = np.random.default_rng(1)
    samples = (random.normal(size=9999) + 1j * random.normal(size=9999)).astype(np.complex64) * np.float32(0.1)
    cuts = np.split(samples, [100, 3000])
    ours, theirs = both(lambda: (lambda one: np.concatenate([one.push(cut) for cut in cuts]))(Channelizer()))
    assert np.abs(ours - theirs).max() <= 3e-7


@pytest.mark.skipif(not CUDA.exists(), reason="the CUDA back end was not built: no nvcc, or SKYRACK_CUDA is OFF")
def test_the_library_has_what_is_asked_of_it():
    library = ctypes.CDLL(str(CUDA))
    assert all(hasattr(library, name) for name in (*backend.KERNELS, "sr_cuda_probe"))


@pytest.mark.skipif("QEMU_CPU" in os.environ, reason="an emulated Python cannot start another one")
def test_importing_kernels_asks_no_device():
    used = "kernels.inference.trees, kernels.science.channelize"
    code = f"import {used}; from kernels import backend; print(backend._functions)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "SKYRACK_BACKEND": "cuda"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "{}\n"
