"""Neural networks as data: nodes that make images from images, checked so that every accepted graph can be run.

Image 0 is the input; node i makes image i + 1 from images before it, so there are no cycles. The last image is the
result, and every other one is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.inference import graph_any as any_
from kernels.inference.graph_any import LayerSettings, Shape
from kernels.inference.graph_any import require_that as _require
from kernels.library import lib

NODES_MAX, INPUTS_MAX = 2048, 64
CLASSES_MAX, CONVOLUTION_SIZE_MAX, WINDOW_MAX = 256, 7, 16
SIDE_MAX: int = lib.SR_NETS_SIDE_MAX
CHANNELS_MAX = 0xFFFF
NUMBERS_MAX: int = lib.SR_NETS_NUMBERS_MAX
PRODUCTS_MAX: int = lib.SR_NETS_PRODUCTS_MAX
FLOAT32_MIN, FLOAT32_MAX = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)


class LayerKind(IntEnum):
    """What a node does. The comments name the fields of `Layer` that it uses besides its inputs."""

    CONVOLUTION = 1  # all
    DEPTHWISE = 2  # all but outputs
    DENSE = 3  # outputs, activation; over all numbers of the image in their order in memory
    MAX_POOL = 4  # size, stride, padding
    AVERAGE_POOL = 5  # size, stride, padding; of the pixels within the image
    MEAN = 6  # of all pixels
    NEAREST = 7  # size: times as many rows and columns
    BILINEAR = 8  # twice the rows and columns, half-pixel centres
    CONCAT = 9  # along channels
    ADD = 10  # activation
    ACTIVATION = 11  # activation
    ARGMAX = 12  # number of the largest channel, as octets; no node may use its result
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


SETTINGS: dict[LayerKind, type[LayerSettings]] = {
    LayerKind.GROUPED: any_.Sliding, LayerKind.TRANSPOSED: any_.Sliding, LayerKind.POOL: any_.Pooling,
    LayerKind.COMBINE: any_.Combining,
    LayerKind.FUNCTION: any_.Applying, LayerKind.SCALE: any_.Scaling, LayerKind.SHARES: any_.Sharing,
    LayerKind.REDUCE: any_.Reducing,
    LayerKind.RESIZE: any_.Resizing, LayerKind.PAD: any_.Padding, LayerKind.CUT: any_.Cutting,
    LayerKind.JOIN: any_.Joining,
    LayerKind.ROUND: any_.Stepping, LayerKind.CONSTANT: any_.Holding,
}  # fmt: skip
"""Type of the settings of each kind of any geometry."""


class Activation(IntEnum):
    """Function applied to the numbers that a node makes."""

    LINEAR = lib.SR_NETS_LINEAR
    RELU = lib.SR_NETS_RELU
    SIGMOID = lib.SR_NETS_SIGMOID


_SLIDING = {LayerKind.CONVOLUTION, LayerKind.QUANTISED, LayerKind.DEPTHWISE, LayerKind.MAX_POOL, LayerKind.AVERAGE_POOL}
_WEIGHTED = {LayerKind.CONVOLUTION, LayerKind.QUANTISED, LayerKind.DEPTHWISE, LayerKind.DENSE}
_ACTIVATED = {*_WEIGHTED, LayerKind.ADD, LayerKind.ACTIVATION}
_MAKING = {LayerKind.CONVOLUTION, LayerKind.QUANTISED, LayerKind.DENSE, LayerKind.GROUPED, LayerKind.TRANSPOSED}
_INPUTS = {
    LayerKind.CONCAT: (2, INPUTS_MAX), LayerKind.JOIN: (2, INPUTS_MAX), LayerKind.ADD: (2, 2), LayerKind.COMBINE: (2,
    2),
    LayerKind.CONSTANT: (0, 0),
}  # fmt: skip
"""Minimum and maximum number of inputs of the kinds that take other than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer. `inputs` are numbers of images; fields that the kind does not use are left at 0.

    `weights` are [size][size][channels][outputs] for a convolution, [size][size][channels] for a depthwise one,
    [rows * cols * channels][outputs] for a dense layer; `bias` is [outputs]. For the kinds of any geometry they are as
    in csrc/include/skyrack/nets_any.h, for a constant [rows][cols][channels] without bias.
    """

    kind: LayerKind
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
    settings: LayerSettings | None = None


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
    """A network over images of shape `image`. Checked when it is made: ValueError names what is wrong."""

    image: Shape
    nodes: tuple[Layer, ...]

    def __post_init__(self) -> None:
        rows, cols, _ = self.image
        _require(bool(rows) == bool(cols), f"an image of {self.image}, expected both sides fixed, or both 0 for any")
        _require(0 < len(self.nodes) <= NODES_MAX, f"{len(self.nodes)} nodes, expected 1..{NODES_MAX}")
        used = {number for node in self.nodes for number in node.inputs}
        unused = sorted(set(range(len(self.nodes))) - used)
        _require(not unused, f"image {unused[:1]} is the input of no node")
        shapes = derive_shapes(self.image, self.nodes)
        for number, node in enumerate(self.nodes):
            _check_weights(node, first_shape(node, shapes), shapes[number + 1])

    def shapes(self, rows: int, cols: int) -> list[Shape]:
        """The shapes of all images, the input's first, for one of rows x cols. ValueError where they do not fit."""
        fixed = self.image[:2]
        _require(fixed in ((0, 0), (rows, cols)), f"an image of {rows} x {cols}, expected {fixed[0]} x {fixed[1]}")
        _require(rows > 0 and cols > 0, f"an image of {rows} x {cols}, expected at least one pixel")
        return derive_shapes((rows, cols, self.image[2]), self.nodes)


def derive_shapes(image: Shape, nodes: Sequence[Layer]) -> list[Shape]:
    """The shapes of all images; checks all of a node but its weights. Raises ValueError naming the node at fault."""
    shapes, classes = [_checked(image)], set[int]()
    for number, node in enumerate(nodes):
        try:
            shapes.append(derive_shape(node, shapes))
            _require(not classes & set(node.inputs), f"inputs {node.inputs}: the result of an argmax is no input")
        except ValueError as error:
            raise ValueError(f"node {number}, {node.kind.name.lower()}: {error}") from None
        if node.kind is LayerKind.ARGMAX:
            classes.add(number + 1)
    return shapes


def derive_shape(node: Layer, shapes: Sequence[Shape]) -> Shape:
    """The shape of the image that a node makes, `shapes` being those of the images before it. Raises ValueError."""
    _check_fields(node)
    _require(max(node.inputs, default=0) < len(shapes), f"inputs {node.inputs}, expected images before the node's own")
    return _checked(_made(node, [shapes[image] for image in node.inputs]))


def first_shape(node: Layer, shapes: Sequence[Shape]) -> Shape:
    """The shape of a node's first input; for a constant, which has no input, the constant's own."""
    if isinstance(node.settings, any_.Holding):
        return node.settings.rows, node.settings.cols, node.settings.channels
    return shapes[node.inputs[0]]


def _checked(shape: Shape) -> Shape:
    _require(len(shape) == 3, f"an image of {shape}, expected rows, columns and channels")
    rows, cols, channels = shape
    _require(all(isinstance(side, int | np.integer) for side in shape), f"an image of {shape}, expected whole numbers")
    fits = 0 <= rows <= SIDE_MAX and 0 <= cols <= SIDE_MAX and 0 < channels <= CHANNELS_MAX
    bounds = f"up to {SIDE_MAX} x {SIDE_MAX} x {CHANNELS_MAX} and {NUMBERS_MAX} numbers"
    _require(
        fits and rows * cols * channels <= NUMBERS_MAX, f"an image of {rows} x {cols} x {channels}, expected {bounds}"
    )
    return shape


def _check_fields(node: Layer) -> None:
    """Raise ValueError unless each field has a value that the node's kind can use, or 0 if the kind does not use it."""
    numbers = (node.size, node.stride, node.outputs, *node.padding, *node.inputs)
    _require(all(isinstance(number, int | np.integer) for number in numbers), "fields that are not whole numbers")
    known = isinstance(node.kind, LayerKind) and isinstance(node.activation, Activation)
    _require(known, f"unknown kind {node.kind!r} or activation {node.activation!r}")
    _require(len(node.padding) == 4, f"padding {node.padding}, expected top, left, bottom and right")
    _require(min(node.inputs, default=0) >= 0, f"inputs {node.inputs}, expected numbers of images, from 0 on")
    sliding, kind, size = node.kind in _SLIDING, node.kind, node.size
    convolving = kind in (LayerKind.CONVOLUTION, LayerKind.QUANTISED, LayerKind.DEPTHWISE)
    size_max = (CONVOLUTION_SIZE_MAX if convolving else WINDOW_MAX) if sliding else 0
    low, high = (1, WINDOW_MAX) if kind is LayerKind.NEAREST else (int(sliding), size_max)
    _require(low <= size <= high, f"size {size}, expected {low}..{high}")
    low, high = int(sliding), WINDOW_MAX if sliding else 0
    _require(low <= node.stride <= high, f"stride {node.stride}, expected {low}..{high}")
    high = size - 1 if sliding else 0
    _require(all(0 <= pad <= high for pad in node.padding), f"padding {node.padding}, expected 0..{high} each")
    low, high = (1, CHANNELS_MAX) if kind in _MAKING else (0, 0)
    _require(low <= node.outputs <= high, f"outputs {node.outputs}, expected {low}..{high}")
    _require(node.activation is Activation.LINEAR or kind in _ACTIVATED, "a kind that has no activation got one")
    _require(node.activation is not Activation.LINEAR or kind is not LayerKind.ACTIVATION, "the activation is missing")
    low, high = _INPUTS.get(kind, (1, 1))
    _require(low <= len(node.inputs) <= high, f"{len(node.inputs)} inputs, expected {low}..{high}")
    _check_settings(node)


def _check_settings(node: Layer) -> None:
    """Raise ValueError unless the settings are of the kind's type, whole numbers where declared so, and in range."""
    wanted = SETTINGS.get(node.kind)
    expected = wanted.__name__ if wanted else "none"
    _require(type(node.settings) is (wanted or type(None)), f"settings {node.settings}, expected {expected}")
    if wanted is None or node.settings is None:
        return
    for value, kind in zip(node.settings, wanted.__annotations__.values(), strict=True):
        whole = isinstance(value, int | np.integer)
        right = whole or (kind is float and isinstance(value, float))
        _require(right, f"settings {node.settings}: {value!r}, expected {'a number' if kind is float else 'an int'}")
    node.settings.check()


def _slid(length: int, node: Layer, pads: int) -> int:
    """Rows or columns of the output of a sliding window; 0 if `length` is 0, which stands for any."""
    fits = not length or length + pads >= node.size
    _require(fits, f"{length} rows or columns, padded by {pads}, are too few for a window of {node.size}")
    return (length + pads - node.size) // node.stride + 1 if length else 0


def _made(node: Layer, given: Sequence[Shape]) -> Shape:
    if node.settings is not None:
        return _made_any(node, node.settings, given)
    rows, cols, channels = given[0]
    match node.kind:
        case (
            LayerKind.CONVOLUTION
            | LayerKind.QUANTISED
            | LayerKind.DEPTHWISE
            | LayerKind.MAX_POOL
            | LayerKind.AVERAGE_POOL
        ):
            top, left, bottom, right = node.padding
            outputs = node.outputs or channels
            return _slid(rows, node, top + bottom), _slid(cols, node, left + right), outputs
        case LayerKind.DENSE:
            fits = 0 < rows * cols * channels <= CHANNELS_MAX
            _require(fits, f"an image of {given[0]}, expected a fixed size and up to {CHANNELS_MAX} numbers")
            return 1, 1, node.outputs
        case LayerKind.MEAN:
            return 1, 1, channels
        case LayerKind.NEAREST | LayerKind.BILINEAR:
            factor = node.size or 2
            return rows * factor, cols * factor, channels
        case LayerKind.CONCAT:
            _require(len({shape[:2] for shape in given}) == 1, f"images of {given}, expected the same rows and columns")
            return rows, cols, sum(shape[2] for shape in given)
        case LayerKind.ADD:
            _require(given[0] == given[1], f"images of {given}, expected the same shape")
        case LayerKind.ARGMAX:
            _require(channels <= CLASSES_MAX, f"{channels} classes, expected up to {CLASSES_MAX}")
            return rows, cols, 1
    return given[0]


def _made_any(node: Layer, settings: LayerSettings, given: Sequence[Shape]) -> Shape:
    match settings:
        case any_.Sliding():
            made = settings.spread if node.kind is LayerKind.TRANSPOSED else settings.made
            return made(given[0], node.outputs)
        case any_.Holding():
            return settings.rows, settings.cols, settings.channels
        case any_.Combining() | any_.Joining():
            return settings.made(given)
        case any_.Pooling() | any_.Reducing() | any_.Resizing() | any_.Padding() | any_.Cutting():
            return settings.made(given[0])
    return given[0]


def weights_shape(node: Layer, given: Shape) -> tuple[int, ...] | None:
    """The shape of a node's weights, for an input of this shape; None for a kind without weights."""
    rows, cols, channels = given
    match node.settings:
        case any_.Sliding() as window:
            transposed = node.kind is LayerKind.TRANSPOSED
            one, other = (
                (channels, node.outputs // window.groups) if transposed else (channels // window.groups, node.outputs)
            )
            return window.size_rows, window.size_cols, one, other
        case any_.Scaling():
            return (channels,)
        case any_.Holding() as image:
            return image.rows, image.cols, image.channels
    match node.kind:
        case LayerKind.CONVOLUTION | LayerKind.QUANTISED:
            return node.size, node.size, channels, node.outputs
        case LayerKind.DEPTHWISE:
            return node.size, node.size, channels
        case LayerKind.DENSE:
            return rows * cols * channels, node.outputs
    return None


def bias_shape(node: Layer, made: Shape) -> tuple[int, ...] | None:
    """The shape of a node's biases, one a channel of the image `made`; None for a kind without biases."""
    biased = node.kind in _WEIGHTED or node.kind in (LayerKind.GROUPED, LayerKind.TRANSPOSED, LayerKind.SCALE)
    return made[2:] if biased else None


def _check_weights(node: Layer, given: Shape, made: Shape) -> None:
    expected = weights_shape(node, given), bias_shape(node, made)
    right = all(numbers is None or isinstance(numbers, np.ndarray) for numbers in (node.weights, node.bias))
    _require(right, "weights or biases are not arrays")
    found = None if node.weights is None else node.weights.shape, None if node.bias is None else node.bias.shape
    _require(found == expected, f"weights and biases of shapes {found}, expected {expected}")
    for numbers in (node.weights, node.bias):
        _require(numbers is None or bool(np.isfinite(numbers).all()), "weights or biases are not finite")
    _require(node.bias is None or node.bias.dtype == np.float32, "biases are not float32")
    quantised = node.kind is LayerKind.QUANTISED
    kind = np.dtype(np.int8 if quantised else np.float32)
    _require(node.weights is None or node.weights.dtype == kind, f"weights are not {kind}")
    _require(quantised == (node.rounding is not None), "expected a rounding in a quantised convolution, and only there")
    if node.rounding is not None:
        _check_rounding(node.rounding, node.outputs)
        products = given[2] * node.size**2
        _require(products <= PRODUCTS_MAX, f"{products} products an output, expected up to {PRODUCTS_MAX}")


def _check_rounding(rounding: Rounding, outputs: int) -> None:
    step = float(rounding.step)
    _require(FLOAT32_MIN <= step <= FLOAT32_MAX, f"a step of {step}, expected a positive normal number of binary32")
    whole = isinstance(rounding.zero, int | np.integer)
    _require(whole and 0 <= rounding.zero <= 255, f"a zero point of {rounding.zero}, expected 0..255")
    right = (
        isinstance(rounding.scales, np.ndarray)
        and rounding.scales.shape == (outputs,)
        and bool(np.isfinite(rounding.scales).all())
    )
    _require(right and rounding.scales.dtype == np.float32, f"scales, expected {outputs} finite numbers of float32")


def weights_size(node: Layer, given: Shape, made: Shape) -> int:
    """Octets of a node's weights, biases and rounding as kernels.inference.graph_octets writes them."""
    shape = weights_shape(node, given)
    if not shape:
        return 0
    count, biases = prod(shape), prod(bias_shape(node, made) or (0,))
    _require(count <= NUMBERS_MAX, f"{count} weights, expected up to {NUMBERS_MAX}")
    return count + 8 * biases + 5 if node.kind is LayerKind.QUANTISED else 4 * (count + biases)
