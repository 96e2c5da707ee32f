"""One object, several threads: every answer is right, or a stream that is in use refuses with a sentence."""

import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kernels.coding.viterbi import ConvolutionalEncoder, ViterbiDecoder
from kernels.errors import UpsetError
from kernels.inference.graph import Graph, Layer, LayerKind
from kernels.inference.nets import PLANS_MAX, Network
from kernels.inference.trees import Trees
from kernels.science.channelize import BurstDetector, Channelizer
from kernels.science.shallow_water import Grid, ShallowWater
from kernels.speed import _forest
from tests.kernels.hostile import floats, octets

ROUNDS = 12


@pytest.fixture(autouse=True)
def often_switched():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def together(run: Callable[[Any], Any], given: list[Any]) -> list[bool | str]:
    """For each call, whether its answer is the one that it has alone, or the sentence that refused it."""
    alone, found = [run(one) for one in given], []
    gate = threading.Barrier(len(given))

    def work(one: Any, expected: Any) -> None:
        gate.wait()
        for _ in range(ROUNDS):
            found.append(outcome(run, one, expected))

    threads = [threading.Thread(target=work, args=pair) for pair in zip(given, alone, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == ROUNDS * len(given)
    return found


def outcome(run: Callable[[Any], Any], one: Any, expected: Any) -> bool | str:
    try:
        return np.array_equal(run(one), expected)
    except RuntimeError as error:
        return str(error)


def test_trees():
    model = Trees(_forest(8, 5))
    assert set(together(model.sums, [octets(4, 100), octets(4, 9000), octets(4, 5000)])) == {True}


def test_network():
    layers = (layer(0, 3, 16), layer(1, 16, 8))
    network = Network(Graph((0, 0, 3), layers))
    sizes = [(40, 40, 3), (40, 40, 3), (40, 41, 3)]
    assert set(together(network.run, [floats(*size) + n for n, size in enumerate(sizes)])) == {True}


def layer(source: int, channels: int, outputs: int) -> Layer:
    return Layer(
        kind=LayerKind.CONVOLUTION, inputs=(source,), size=3, stride=1, padding=(1, 1, 1, 1), outputs=outputs,
        weights=floats(3, 3, channels, outputs), bias=floats(outputs),
    )  # fmt: skip


def test_a_plan_outlives_a_run_that_fails():
    network, image = Network(Graph((0, 0, 3), (layer(0, 3, 2),))), floats(4, 4, 3)
    network.run(image)
    plans = dict(network._backend._plans)
    network._backend._weights[0][0].view(np.uint32)[:] ^= 1 << 30
    with pytest.raises(UpsetError, match="is not what was predicted"):
        network.run(image, checked=True)
    assert network._backend._plans == plans


def test_plans_of_the_last_sizes_are_kept():
    network = Network(Graph((0, 0, 3), (layer(0, 3, 2),)))
    for rows in range(1, 2 * PLANS_MAX):
        network.run(floats(rows, 4, 3))
    assert list(network._backend._plans) == [(rows, 4) for rows in range(PLANS_MAX, 2 * PLANS_MAX)]


def test_shallow_water():
    grid = Grid(rows=40, cols=60, south_deg=20, row_deg=0.5, col_deg=0.5, step_s=60, depth_m=3000)
    model = ShallowWater(grid)

    def run(state: Any) -> Any:
        state = state.copy()
        model.run(state, 8)
        return state

    assert set(together(run, [floats(3, 40, 60) * n for n in (1, 2, 3)])) == {True}


@pytest.mark.parametrize(
    ("stream", "call"),
    [
        (Channelizer, lambda stream: stream.push(np.zeros(640, np.complex64))),
        (lambda: BurstDetector(np.ones(64, np.float32)), lambda stream: stream.push(np.ones((9, 64), np.complex64))),
        (lambda: BurstDetector(np.ones(64, np.float32)), lambda stream: stream.finish()),
        (ConvolutionalEncoder, lambda stream: stream.encode(bytes(9))),
        (ViterbiDecoder, lambda stream: stream.decode(np.zeros(99, np.uint8))),
        (ViterbiDecoder, lambda stream: stream.finish()),
    ],
)
def test_a_stream_has_one_caller_at_a_time(stream: Any, call: Any):
    one = stream()
    with one._alone, pytest.raises(RuntimeError, match="one caller at a time"):
        call(one)
    call(one)  # and then the next


def test_a_stream_among_threads_is_right_or_refuses():
    one = Channelizer()
    found = together(lambda samples: one.push(samples).shape, [np.zeros(64 * n, np.complex64) for n in (500, 1000)])
    assert all(answer is True or "one caller at a time" in answer for answer in found)
