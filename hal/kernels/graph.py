"""Networks as data: nodes that make images of images, checked so that whatever was accepted can be run.

Image 0 is the input, image i + 1 is made by node i from images before it, so there are no cycles; the last one is the
result, and no other is left unused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import prod
from typing import Any

import numpy as np
from _csrc import lib
from numpy.typing import NDArray

NODES_MAX, INPUTS_MAX = 1024, 16
CLASSES_MAX, CONVOLUTION_SIZE_MAX, WINDOW_MAX = 256, 7, 16
SIDE_MAX: int = lib.SR_NETS_SIDE_MAX
CHANNELS_MAX = 0xFFFF
NUMBERS_MAX: int = lib.SR_NETS_NUMBERS_MAX
PRODUCTS_MAX: int = lib.SR_NETS_PRODUCTS_MAX
FLOAT32_MIN, FLOAT32_MAX = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)

Shape = tuple[int, int, int]
"""Rows, columns, channels of an image; 0 rows and columns stand for any."""


class Kind(IntEnum):
    """What a node does; the fields that it uses besides its inputs."""

    CONVOLUTION = 1  # all
    DEPTHWISE = 2  # all but outputs
    DENSE = 3  # outputs, activation: over all numbers of the image, as they lie
    MAX_POOL = 4  # size, stride, padding
    AVERAGE_POOL = 5  # size, stride, padding; of the pixels within the image
    MEAN = 6  # of all pixels
    NEAREST = 7  # size: times as many rows and columns
    BILINEAR = 8  # twice the rows and columns, half-pixel centres
    CONCAT = 9  # of channels
    ADD = 10  # activation
    ACTIVATION = 11  # activation
    ARGMAX = 12  # number of the largest channel, as octets; the last node
    QUANTISED = 13  # all: a convolution in 8-bit numbers


class Activation(IntEnum):
    """Applied to the numbers that a node makes."""

    LINEAR = lib.SR_NETS_LINEAR
    RELU = lib.SR_NETS_RELU
    SIGMOID = lib.SR_NETS_SIGMOID


_SLIDING = {Kind.CONVOLUTION, Kind.QUANTISED, Kind.DEPTHWISE, Kind.MAX_POOL, Kind.AVERAGE_POOL}
_WEIGHTED = {Kind.CONVOLUTION, Kind.QUANTISED, Kind.DEPTHWISE, Kind.DENSE}
_ACTIVATED = {*_WEIGHTED, Kind.ADD, Kind.ACTIVATION}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One layer. `inputs` are numbers of images; fields that the kind does not use are left at 0.

    `weights` are [size][size][channels][outputs] of a convolution, [size][size][channels] of a depthwise one,
    [rows * cols * channels][outputs] of a dense layer; `bias` is [outputs].
    """

    kind: Kind
    inputs: tuple[int, ...]
    activation: Activation = Activation.LINEAR
    size: int = 0
    stride: int = 0
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Rows and columns of zeros at the top, left, bottom and right."""
    outputs: int = 0
    weights: NDArray[Any] | None = None
    bias: NDArray[np.float32] | None = None
    rounding: "Rounding | None" = None


@dataclass(frozen=True, slots=True)
class Rounding:
    """How numbers of an image become 8-bit ones, as weights are already: round(x / step) + zero, within 0..255.

    An output is the exact sum of (number - zero) * weight, times its scale, plus its bias.
    """

    step: float
    zero: int
    scales: NDArray[np.float32]
    """One for each output: the product of the image's step and that of its weights."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A network over images of `image`'s shape, checked when it was made: ValueError names what is wrong."""

    image: Shape
    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        rows, cols, _ = self.image
        _require(bool(rows) == bool(cols), f"an image of {self.image}")
        _require(0 < len(self.nodes) <= NODES_MAX, f"{len(self.nodes)} nodes, expected 1..{NODES_MAX}")
        used = {number for node in self.nodes for number in node.inputs}
        unused = sorted(set(range(len(self.nodes))) - used)
        _require(not unused, f"image {unused[:1]} is not used")
        shapes = derive_shapes(self.image, self.nodes)
        for node in self.nodes:
            _check_weights(node, shapes[node.inputs[0]])

    def shapes(self, rows: int, cols: int) -> list[Shape]:
        """The shapes of all images, the input's first, for one of rows x cols. ValueError where they do not fit."""
        fixed = self.image[:2]
        _require(fixed in ((0, 0), (rows, cols)), f"an image of {rows} x {cols}, expected {fixed[0]} x {fixed[1]}")
        _require(rows > 0 and cols > 0, f"an image of {rows} x {cols}")
        return derive_shapes((rows, cols, self.image[2]), self.nodes)


def derive_shapes(image: Shape, nodes: Sequence[Node]) -> list[Shape]:
    """The shapes of all images; only the nodes' weights are not checked. Raises ValueError naming the node at fault."""
    shapes, classes = [_checked(image)], set[int]()
    for number, node in enumerate(nodes):
        try:
            _check_fields(node)
            _require(max(node.inputs) <= number and not classes & set(node.inputs), f"inputs {node.inputs}")
            shapes.append(_checked(_made(node, [shapes[image] for image in node.inputs])))
        except ValueError as error:
            raise ValueError(f"node {number}, {node.kind.name.lower()}: {error}") from None
        if node.kind is Kind.ARGMAX:
            classes.add(number + 1)
    return shapes


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise ValueError(sentence)


def _checked(shape: Shape) -> Shape:
    _require(len(shape) == 3, f"an image of {shape}")
    rows, cols, channels = shape
    _require(all(isinstance(side, int | np.integer) for side in shape), f"an image of {shape}")
    fits = 0 <= rows <= SIDE_MAX and 0 <= cols <= SIDE_MAX and 0 < channels <= CHANNELS_MAX
    _require(fits and rows * cols * channels <= NUMBERS_MAX, f"an image of {rows} x {cols} x {channels}")
    return shape


def _check_fields(node: Node) -> None:
    """Whether fields have values that the kind can use; those that it does not use are 0."""
    numbers = (node.size, node.stride, node.outputs, *node.padding, *node.inputs)
    _require(all(isinstance(number, int | np.integer) for number in numbers), "fields that are not whole numbers")
    _require(isinstance(node.kind, Kind) and isinstance(node.activation, Activation), "a kind or an activation")
    _require(len(node.padding) == 4, f"padding {node.padding}")
    _require(min(node.inputs, default=0) >= 0, f"inputs {node.inputs}")
    sliding, kind, size = node.kind in _SLIDING, node.kind, node.size
    convolving = kind in (Kind.CONVOLUTION, Kind.QUANTISED, Kind.DEPTHWISE)
    size_max = (CONVOLUTION_SIZE_MAX if convolving else WINDOW_MAX) if sliding else 0
    low, high = (1, WINDOW_MAX) if kind is Kind.NEAREST else (int(sliding), size_max)
    _require(low <= size <= high, f"size {size}, expected {low}..{high}")
    _require(int(sliding) <= node.stride <= (WINDOW_MAX if sliding else 0), f"stride {node.stride}")
    _require(all(0 <= pad < max(1, size if sliding else 1) for pad in node.padding), f"padding {node.padding}")
    making = kind in (Kind.CONVOLUTION, Kind.QUANTISED, Kind.DENSE)
    _require(int(making) <= node.outputs <= (CHANNELS_MAX if making else 0), f"outputs {node.outputs}")
    _require(node.activation is Activation.LINEAR or kind in _ACTIVATED, "an activation")
    _require(node.activation is not Activation.LINEAR or kind is not Kind.ACTIVATION, "no activation")
    low, high = (2, INPUTS_MAX) if kind is Kind.CONCAT else (2, 2) if kind is Kind.ADD else (1, 1)
    _require(low <= len(node.inputs) <= high, f"{len(node.inputs)} inputs, expected {low}..{high}")


def _slid(length: int, node: Node, pads: int) -> int:
    """Rows or columns of the output; 0 of any."""
    _require(not length or length + pads >= node.size, f"{length} rows or columns for a window of {node.size}")
    return (length + pads - node.size) // node.stride + 1 if length else 0


def _made(node: Node, given: Sequence[Shape]) -> Shape:
    rows, cols, channels = given[0]
    match node.kind:
        case Kind.CONVOLUTION | Kind.QUANTISED | Kind.DEPTHWISE | Kind.MAX_POOL | Kind.AVERAGE_POOL:
            top, left, bottom, right = node.padding
            outputs = node.outputs or channels
            return _slid(rows, node, top + bottom), _slid(cols, node, left + right), outputs
        case Kind.DENSE:
            _require(0 < rows * cols * channels <= CHANNELS_MAX, f"an image of {given[0]}")
            return 1, 1, node.outputs
        case Kind.MEAN:
            return 1, 1, channels
        case Kind.NEAREST | Kind.BILINEAR:
            factor = node.size or 2
            return rows * factor, cols * factor, channels
        case Kind.CONCAT:
            _require(len({shape[:2] for shape in given}) == 1, f"images of {given}")
            return rows, cols, sum(shape[2] for shape in given)
        case Kind.ADD:
            _require(given[0] == given[1], f"images of {given}")
        case Kind.ARGMAX:
            _require(channels <= CLASSES_MAX, f"{channels} classes, expected up to {CLASSES_MAX}")
            return rows, cols, 1
    return given[0]


def weights_shape(node: Node, given: Shape) -> tuple[int, ...] | None:
    """Of a node's weights, for an input of this shape; None for a kind that has none."""
    rows, cols, channels = given
    match node.kind:
        case Kind.CONVOLUTION | Kind.QUANTISED:
            return node.size, node.size, channels, node.outputs
        case Kind.DEPTHWISE:
            return node.size, node.size, channels
        case Kind.DENSE:
            return rows * cols * channels, node.outputs
    return None


def _check_weights(node: Node, given: Shape) -> None:
    expected = weights_shape(node, given)
    right = all(numbers is None or isinstance(numbers, np.ndarray) for numbers in (node.weights, node.bias))
    _require(right, "weights that are no arrays")
    found = None if node.weights is None else node.weights.shape, None if node.bias is None else node.bias.shape
    _require(found == (expected, expected and expected[-1:]), f"weights of {found}, expected {expected}")
    for numbers in (node.weights, node.bias):
        _require(numbers is None or bool(np.isfinite(numbers).all()), "weights that are not finite")
    _require(node.bias is None or node.bias.dtype == np.float32, "biases that are not float32")
    quantised = node.kind is Kind.QUANTISED
    kind = np.dtype(np.int8 if quantised else np.float32)
    _require(node.weights is None or node.weights.dtype == kind, f"weights that are not {kind}")
    _require(quantised == (node.rounding is not None), "a rounding, which quantised convolutions have")
    if node.rounding is not None:
        _check_rounding(node.rounding, node.outputs)
        _require(given[2] * node.size**2 <= PRODUCTS_MAX, f"more than {PRODUCTS_MAX} products")


def _check_rounding(rounding: Rounding, outputs: int) -> None:
    step = float(rounding.step)
    _require(FLOAT32_MIN <= step <= FLOAT32_MAX, f"a step of {step}, which is none of binary32")
    _require(isinstance(rounding.zero, int | np.integer) and 0 <= rounding.zero <= 255, f"zero at {rounding.zero}")
    right = (
        isinstance(rounding.scales, np.ndarray)
        and rounding.scales.shape == (outputs,)
        and bool(np.isfinite(rounding.scales).all())
    )
    _require(right and rounding.scales.dtype == np.float32, "scales")


def weights_size(node: Node, given: Shape) -> int:
    """Octets of a node's weights, biases and rounding as hal.kernels.graph_octets writes them."""
    shape = weights_shape(node, given)
    if not shape:
        return 0
    count, outputs = prod(shape), shape[-1]
    _require(count <= NUMBERS_MAX, f"{count} weights")
    return count + 8 * outputs + 5 if node.kind is Kind.QUANTISED else 4 * (count + outputs)
