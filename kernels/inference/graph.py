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
from numpy.typing import NDArray

from kernels.inference import graph_any as any_
from kernels.inference.graph_any import Settings, Shape
from kernels.inference.graph_any import require as _require
from kernels.library import lib

NODES_MAX, INPUTS_MAX = 2048, 64
CLASSES_MAX, CONVOLUTION_SIZE_MAX, WINDOW_MAX = 256, 7, 16
SIDE_MAX: int = lib.SR_NETS_SIDE_MAX
CHANNELS_MAX = 0xFFFF
NUMBERS_MAX: int = lib.SR_NETS_NUMBERS_MAX
PRODUCTS_MAX: int = lib.SR_NETS_PRODUCTS_MAX
FLOAT32_MIN, FLOAT32_MAX = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)


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
    # Of any geometry, by their settings:
    GROUPED = 14  # outputs: a convolution
    TRANSPOSED = 15  # outputs: a transposed convolution
    POOL = 16
    COMBINE = 17
    FUNCTION = 18
    SCALE = 19
    SHARES = 20
    REDUCE = 21
    RESIZE = 22
    PAD = 23
    CUT = 24
    JOIN = 25
    ROUND = 26
    CONSTANT = 27


SETTINGS: dict[Kind, type[Settings]] = {
    Kind.GROUPED: any_.Sliding, Kind.TRANSPOSED: any_.Sliding, Kind.POOL: any_.Pooling, Kind.COMBINE: any_.Combining,
    Kind.FUNCTION: any_.Applying, Kind.SCALE: any_.Scaling, Kind.SHARES: any_.Sharing, Kind.REDUCE: any_.Reducing,
    Kind.RESIZE: any_.Resizing, Kind.PAD: any_.Padding, Kind.CUT: any_.Cutting, Kind.JOIN: any_.Joining,
    Kind.ROUND: any_.Stepping, Kind.CONSTANT: any_.Holding,
}  # fmt: skip
"""Of each kind of any geometry."""


class Activation(IntEnum):
    """Applied to the numbers that a node makes."""

    LINEAR = lib.SR_NETS_LINEAR
    RELU = lib.SR_NETS_RELU
    SIGMOID = lib.SR_NETS_SIGMOID


_SLIDING = {Kind.CONVOLUTION, Kind.QUANTISED, Kind.DEPTHWISE, Kind.MAX_POOL, Kind.AVERAGE_POOL}
_WEIGHTED = {Kind.CONVOLUTION, Kind.QUANTISED, Kind.DEPTHWISE, Kind.DENSE}
_ACTIVATED = {*_WEIGHTED, Kind.ADD, Kind.ACTIVATION}
_MAKING = {Kind.CONVOLUTION, Kind.QUANTISED, Kind.DENSE, Kind.GROUPED, Kind.TRANSPOSED}
_INPUTS = {
    Kind.CONCAT: (2, INPUTS_MAX), Kind.JOIN: (2, INPUTS_MAX), Kind.ADD: (2, 2), Kind.COMBINE: (2, 2),
    Kind.CONSTANT: (0, 0),
}  # fmt: skip
"""How many, where that is not one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One layer. `inputs` are numbers of images; fields that the kind does not use are left at 0.

    `weights` are [size][size][channels][outputs] of a convolution, [size][size][channels] of a depthwise one,
    [rows * cols * channels][outputs] of a dense layer; `bias` is [outputs]. Of the kinds of any geometry they are as
    csrc/include/skyrack/nets_any.h wants them, of a constant [rows][cols][channels] and no bias.
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
    settings: Settings | None = None


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
        for number, node in enumerate(self.nodes):
            _check_weights(node, first_shape(node, shapes), shapes[number + 1])

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
            shapes.append(derive_shape(node, shapes))
            _require(not classes & set(node.inputs), f"inputs {node.inputs}")
        except ValueError as error:
            raise ValueError(f"node {number}, {node.kind.name.lower()}: {error}") from None
        if node.kind is Kind.ARGMAX:
            classes.add(number + 1)
    return shapes


def derive_shape(node: Node, shapes: Sequence[Shape]) -> Shape:
    """The shape of what a node makes, of images of `shapes` before it. Raises ValueError."""
    _check_fields(node)
    _require(max(node.inputs, default=0) < len(shapes), f"inputs {node.inputs}")
    return _checked(_made(node, [shapes[image] for image in node.inputs]))


def first_shape(node: Node, shapes: Sequence[Shape]) -> Shape:
    """That of the image that a node takes first; of a constant, which takes none, its own."""
    if isinstance(node.settings, any_.Holding):
        return node.settings.rows, node.settings.cols, node.settings.channels
    return shapes[node.inputs[0]]


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
    making = kind in _MAKING
    _require(int(making) <= node.outputs <= (CHANNELS_MAX if making else 0), f"outputs {node.outputs}")
    _require(node.activation is Activation.LINEAR or kind in _ACTIVATED, "an activation")
    _require(node.activation is not Activation.LINEAR or kind is not Kind.ACTIVATION, "no activation")
    low, high = _INPUTS.get(kind, (1, 1))
    _require(low <= len(node.inputs) <= high, f"{len(node.inputs)} inputs, expected {low}..{high}")
    _check_settings(node)


def _check_settings(node: Node) -> None:
    """Whether they are those of the kind, and of what they should be: whole numbers where they are declared so."""
    wanted = SETTINGS.get(node.kind)
    _require(type(node.settings) is (wanted or type(None)), f"settings {node.settings}")
    if wanted is None or node.settings is None:
        return
    for value, kind in zip(node.settings, wanted.__annotations__.values(), strict=True):
        whole = isinstance(value, int | np.integer)
        _require(whole or (kind is float and isinstance(value, float)), f"settings {node.settings}")
    node.settings.check()


def _slid(length: int, node: Node, pads: int) -> int:
    """Rows or columns of the output; 0 of any."""
    _require(not length or length + pads >= node.size, f"{length} rows or columns for a window of {node.size}")
    return (length + pads - node.size) // node.stride + 1 if length else 0


def _made(node: Node, given: Sequence[Shape]) -> Shape:
    if node.settings is not None:
        return _made_any(node, node.settings, given)
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


def _made_any(node: Node, settings: Settings, given: Sequence[Shape]) -> Shape:
    match settings:
        case any_.Sliding():
            made = settings.spread if node.kind is Kind.TRANSPOSED else settings.made
            return made(given[0], node.outputs)
        case any_.Holding():
            return settings.rows, settings.cols, settings.channels
        case any_.Combining() | any_.Joining():
            return settings.made(given)
        case any_.Pooling() | any_.Reducing() | any_.Resizing() | any_.Padding() | any_.Cutting():
            return settings.made(given[0])
    return given[0]


def weights_shape(node: Node, given: Shape) -> tuple[int, ...] | None:
    """Of a node's weights, for an input of this shape; None for a kind that has none."""
    rows, cols, channels = given
    match node.settings:
        case any_.Sliding() as window:
            transposed = node.kind is Kind.TRANSPOSED
            one, other = (
                (channels, node.outputs // window.groups) if transposed else (channels // window.groups, node.outputs)
            )
            return window.size_rows, window.size_cols, one, other
        case any_.Scaling():
            return (channels,)
        case any_.Holding() as image:
            return image.rows, image.cols, image.channels
    match node.kind:
        case Kind.CONVOLUTION | Kind.QUANTISED:
            return node.size, node.size, channels, node.outputs
        case Kind.DEPTHWISE:
            return node.size, node.size, channels
        case Kind.DENSE:
            return rows * cols * channels, node.outputs
    return None


def bias_shape(node: Node, made: Shape) -> tuple[int, ...] | None:
    """Of a node's biases, one for each channel of what it makes; None for a kind that has none."""
    biased = node.kind in _WEIGHTED or node.kind in (Kind.GROUPED, Kind.TRANSPOSED, Kind.SCALE)
    return made[2:] if biased else None


def _check_weights(node: Node, given: Shape, made: Shape) -> None:
    expected = weights_shape(node, given), bias_shape(node, made)
    right = all(numbers is None or isinstance(numbers, np.ndarray) for numbers in (node.weights, node.bias))
    _require(right, "weights that are no arrays")
    found = None if node.weights is None else node.weights.shape, None if node.bias is None else node.bias.shape
    _require(found == expected, f"weights of {found}, expected {expected}")
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


def weights_size(node: Node, given: Shape, made: Shape) -> int:
    """Octets of a node's weights, biases and rounding as kernels.inference.graph_octets writes them."""
    shape = weights_shape(node, given)
    if not shape:
        return 0
    count, biases = prod(shape), prod(bias_shape(node, made) or (0,))
    _require(count <= NUMBERS_MAX, f"{count} weights")
    return count + 8 * biases + 5 if node.kind is Kind.QUANTISED else 4 * (count + biases)
