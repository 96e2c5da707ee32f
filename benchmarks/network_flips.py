"""Single bits flipped while a network runs, and their detection by its checks.

A flip is harmful where a number of the result is wrong by more than 1e-3 of the largest, or is not finite. Sites:

    input     the image, once its sum was taken
    image     between layers, once a layer has made it
    weights   laid out in memory, before the network runs
    cached    weights, while one layer runs and no longer: memory is right before and after
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.errors import UpsetError
from kernels.inference.graph import Activation, Graph, Layer, LayerKind
from kernels.inference.nets import Network
from kernels.inference.nets_plan import Plan, PlannedLayer

SITES = "input", "image", "weights", "cached"
FLIPS = 1000
ROWS, COLS, CHANNELS = 24, 40, 8
HARM = 1e-3

Words = NDArray[np.uint32]


class Flip(NamedTuple):
    """A bit that is wrong from layer `layer` on, -1 being before the run; if `passing`, only while that layer runs."""

    words: Words
    at: int
    bit: int
    layer: int
    passing: bool

    def do(self) -> None:
        self.words[self.at] ^= np.uint32(1 << self.bit)


class UpsetPlan(Plan):
    """A plan in whose memory a bit flips between layers."""

    flip: Flip | None = None

    def _layers(self, image: NDArray[np.float32], result: NDArray[Any], check: Any) -> Iterator[PlannedLayer]:
        for number, layer in enumerate(super()._layers(image, result, check)):
            flip = self.flip if self.flip and self.flip.layer == number else None
            if flip:
                flip.do()
            try:
                yield layer
            finally:
                if flip and flip.passing:
                    flip.do()

    def image_before(self, layer: int) -> Words:
        """The memory of the image that a layer takes, which is not the input."""
        (number,) = self._nodes[layer].inputs
        return self._between[number - 1].view(np.uint32)[: self._sizes[number]]


class Subject:
    """A small network, its memory, and its right result."""

    def __init__(self) -> None:
        self.network = Network(network())
        backend: Any = self.network._backend
        self.packed = backend._weights
        self.plan = backend._plans[ROWS, COLS] = UpsetPlan(self.network.graph, self.packed, ROWS, COLS)
        self.image = scene(1)
        self.answer = self.network.run(self.image)

    def weights(self, layer: int) -> Words:
        """Packed weights of a layer, without the sums before and the biases behind."""
        packed: NDArray[np.float64] = self.packed[layer][0]
        node = self.network.graph.nodes[layer]
        assert node.weights is not None
        groups = -(-node.outputs // 32) * 32
        count = node.weights.size // node.outputs * groups
        words = packed.view(np.uint32)
        return words[len(words) - groups - count : len(words) - groups]


def network() -> Graph:
    random = np.random.default_rng(4)
    nodes, channels = [], CHANNELS
    for number, (size, outputs) in enumerate(((3, 32), (3, 32), (1, 4))):
        weights = random.normal(0, (size * size * channels) ** -0.5, (size, size, channels, outputs)).astype(np.float32)
        nodes.append(Layer(
            kind=LayerKind.CONVOLUTION, inputs=(number,),
            activation=Activation.RELU if size == 3 else Activation.LINEAR,
            size=size, stride=1, padding=(size // 2,) * 4, outputs=outputs, weights=weights,
            bias=random.normal(0, 0.1, outputs).astype(np.float32),
        ))  # fmt: skip
        channels = outputs
    return Graph((ROWS, COLS, CHANNELS), tuple(nodes))


def scene(seed: int) -> NDArray[np.float32]:
    """An image with rough ground, and a smooth part with an edge."""
    random = np.random.default_rng(seed)
    image = random.normal(0, 1, (ROWS, COLS, CHANNELS)).astype(np.float32)
    image[random.integers(2, ROWS) :, : random.integers(2, COLS)] = random.normal(0, 3, CHANNELS)
    return image


def drawn(subject: Subject, site: str, random: np.random.Generator) -> Flip:
    """A flip of a random bit in a random word of a site."""
    layer = int(random.integers(1 if site == "image" else 0, 3))
    if site == "input":
        words, layer = subject.image.reshape(-1).view(np.uint32), 0
    else:
        words = subject.plan.image_before(layer) if site == "image" else subject.weights(layer)
    at, bit = int(random.integers(0, words.size)), int(random.integers(0, 32))
    return Flip(words, at, bit, -1 if site == "weights" else layer, site == "cached")


def run(subject: Subject, flip: Flip, *, checked: bool) -> NDArray[np.float32] | None:
    """The result with a bit flipped; None where the checks detect it. The memory is restored."""
    subject.plan.flip = flip
    if flip.layer < 0:
        flip.do()
    try:
        return subject.network.run(subject.image, checked=checked)
    except UpsetError:
        return None
    finally:
        subject.plan.flip = None
        if not flip.passing:
            flip.do()


def is_harmful(answer: NDArray[np.float32] | None, right: NDArray[np.float32]) -> bool:
    with np.errstate(all="ignore"):
        return answer is None or not np.abs(answer - right).max() <= HARM * np.abs(right).max()


def campaign(flips: int = FLIPS) -> Iterator[tuple[str, float, int]]:
    """For each site: its name, the share of harmful flips that are detected, and the number of harmful flips."""
    subject, random = Subject(), np.random.default_rng(9)
    for site in SITES:
        drawn_here = [drawn(subject, site, random) for _ in range(flips)]
        harmful = [flip for flip in drawn_here if is_harmful(run(subject, flip, checked=False), subject.answer)]
        seen = sum(run(subject, flip, checked=True) is None for flip in harmful)
        assert np.array_equal(subject.network.run(subject.image), subject.answer), f"{site}: a flip was left behind"
        yield site, seen / max(1, len(harmful)), len(harmful)


def false_alarms(runs: int) -> int:
    """Number of alarms in clean runs over different scenes."""
    subject, alarms = Subject(), 0
    for seed in range(runs):
        try:
            subject.network.run(scene(seed), checked=True)
        except UpsetError:
            alarms += 1
    return alarms
