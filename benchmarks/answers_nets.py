"""Convolutions and a flood network compared with onnxruntime on one thread; cost and coverage of the checks."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Row, compare, peer
from benchmarks.network_flips import campaign
from kernels.inference.graph import Activation, Graph, Layer, LayerKind, Rounding
from kernels.inference.nets import Network
from kernels.library import level

DATA = Path(__file__).parents[2] / "shared" / "data" / "eo"
LAYERS = ((112, 32, 128), (160, 64, 64), (312, 128, 32), (608, 256, 16))
"""Channels, outputs, side: the four heaviest of a U-Net for clouds (ukis-csmask, tiles of 256 x 256)."""
CHECKED_MIN = 1 / 1.08
"""Least speed of a checked network, relative to that of an unchecked one."""

Image = NDArray[np.float32]


def rows() -> Iterator[Row]:
    layers = [layer_row(*layer) for layer in LAYERS]
    yield from layers
    theirs = [row.theirs for row in layers if row.theirs is not None]
    yield Row(
        name="the four, geometric mean", peer="onnxruntime", level=level(), ours=mean([row.ours for row in layers]),
        theirs=mean(theirs) if len(theirs) == len(layers) else None, unit="GFLOP/s", hold=0.95,
    )  # fmt: skip
    checks = [check_row(*layer) for layer in LAYERS]
    yield from checks
    yield Row(
        name="checked: the four, geometric mean", peer="unchecked", level=level(), unit="Mpx/s",
        ours=mean([row.ours for row in checks]), theirs=mean([row.theirs or 0 for row in checks]), hold=CHECKED_MIN,
    )  # fmt: skip
    yield from (eight_bits_row(*layer) for layer in LAYERS)
    if DATA.is_dir():
        graph, image = flood("simplecnn")
        yield against_onnxruntime(
            "flood network, 512 x 512 x 13",
            graph,
            image,
            image[..., 0].size / 1e6,
            "Mpx/s",
            0.85,  # ratios on two machines: 0.93, above 0.95
        )
        yield overhead("checked: flood network", graph, image, CHECKED_MIN)
    for site, share, harmful in campaign():
        yield Row(
            name=f"harmful flips seen: {site} ({harmful})", peer="(promised)", level=level(), ours=share, theirs=0.999,
            unit="share", hold=1.0,
        )  # fmt: skip


def mean(values: list[float]) -> float:
    return float(prod(values) ** (1 / len(values)))


def noise(*shape: int) -> Image:
    return np.random.default_rng(1).normal(0, 1, shape).astype(np.float32)


def layer(channels: int, outputs: int) -> Graph:
    weights, bias = noise(3, 3, channels, outputs) / np.float32(3 * channels**0.5), noise(outputs)
    node = Layer(
        kind=LayerKind.CONVOLUTION, inputs=(0,), activation=Activation.RELU, size=3, stride=1, padding=(1, 1, 1, 1),
        outputs=outputs, weights=weights, bias=bias,
    )  # fmt: skip
    return Graph((0, 0, channels), (node,))


def layer_row(channels: int, outputs: int, side: int) -> Row:
    work = 2e-9 * 9 * channels * outputs * side * side
    name = f"3 x 3, {channels} to {outputs}, {side} x {side}"
    return against_onnxruntime(name, layer(channels, outputs), noise(side, side, channels), work, "GFLOP/s", None)


def check_row(channels: int, outputs: int, side: int) -> Row:
    name = f"checked: 3 x 3, {channels} to {outputs}, {side} x {side}"
    return overhead(name, layer(channels, outputs), noise(side, side, channels), None)


def eight_bits_row(channels: int, outputs: int, side: int) -> Row:
    """A layer in 8-bit numbers compared with itself in binary32; results differ by up to a few quantisation steps."""
    graph = layer(channels, outputs)
    image, (node,) = noise(side, side, channels), graph.nodes
    assert node.weights is not None
    step, weights_step = np.float32(0.04), np.float32(np.abs(node.weights).max() / 127)
    rounded = replace(
        node, kind=LayerKind.QUANTISED, weights=np.rint(node.weights / weights_step).astype(np.int8),
        rounding=Rounding(float(step), 128, np.full(outputs, step * weights_step)),
    )  # fmt: skip
    ours, theirs = Network(Graph(graph.image, (rounded,))), Network(graph)
    return compare(
        f"8 bits: 3 x 3, {channels} to {outputs}, {side} x {side}", "binary32", lambda: ours.run(image),
        lambda: theirs.run(image), amount=2e-9 * 9 * channels * outputs * side * side, unit="Gop/s",
        equal=lambda a, b: np.abs(a - b).max() <= 0.05 * np.abs(b).max(),
    )  # fmt: skip


def against_onnxruntime(name: str, graph: Graph, image: Image, amount: float, unit: str, hold: float | None) -> Row:
    ours = Network(graph)
    return compare(
        name, "onnxruntime", lambda: ours.run(image), onnxruntime(graph, image), amount=amount, unit=unit, hold=hold,
        equal=alike,
    )  # fmt: skip


def onnxruntime(graph: Graph, image: Image) -> Callable[[], Any] | None:
    """Run of an onnxruntime session alone, on an image transposed before; None where it is not installed."""
    if not (peer("onnxruntime") and peer("onnx")):
        return None
    from kernels.inference.nets_onnxruntime import OnnxRuntime

    session = OnnxRuntime(graph).session
    turned = np.ascontiguousarray(image.transpose(2, 0, 1))[np.newaxis]
    return lambda: session.run(None, {"image0": turned})[0][0]


def alike(ours: NDArray[Any], theirs: NDArray[Any]) -> bool:
    """Whether results agree within 1e-5 of the largest number; for classes, in 99.99 % of pixels."""
    if ours.dtype == np.uint8:
        return bool((ours == theirs[0]).mean() >= 0.9999)
    return bool(np.abs(ours.transpose(2, 0, 1) - theirs).max() <= 1e-5 * np.abs(theirs).max())


def overhead(name: str, graph: Graph, image: Image, hold: float | None) -> Row:
    network = Network(graph)
    return compare(
        name, "unchecked", lambda: network.run(image, checked=True), lambda: network.run(image), equal=np.array_equal,
        amount=image[..., 0].size / 1e6, unit="Mpx/s", hold=hold,
    )  # fmt: skip


def flood(name: str) -> tuple[Graph, Image]:
    """A flood network of ml4floods, and an image normalised for it."""
    with np.load(DATA / f"ml4floods_{name}_weights.npz") as arrays, np.load(DATA / "flood_Spain_7370579.npz") as chip:
        layers = [arrays[key] for key in arrays if key.endswith("weight")]
        biases = [arrays[key] for key in arrays if key.endswith("bias")]
        image = (chip["s2_dn"].transpose(1, 2, 0).astype(np.float32) - arrays["norm_mean"]) / arrays["norm_std"]
    nodes = [
        flood_node(number, *pair, last=len(layers) - 1) for number, pair in enumerate(zip(layers, biases, strict=True))
    ]
    nodes.append(Layer(kind=LayerKind.ARGMAX, inputs=(len(nodes),)))
    return Graph((0, 0, image.shape[2]), tuple(nodes)), np.ascontiguousarray(image, np.float32)


def flood_node(number: int, weights: Image, bias: Image, *, last: int) -> Layer:
    size = weights.shape[2]
    pad = size // 2
    return Layer(
        kind=LayerKind.CONVOLUTION, inputs=(number,),
        activation=Activation.LINEAR if number == last else Activation.RELU,
        size=size, stride=1, padding=(pad, pad, pad, pad), outputs=len(weights),
        weights=np.ascontiguousarray(weights.transpose(2, 3, 1, 0)), bias=bias,
    )  # fmt: skip
