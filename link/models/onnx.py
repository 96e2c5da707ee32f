"""Read networks that training tools wrote as ONNX files: one image in, one answer out, of the operators named here.

    Conv (size 1 to 7; depthwise where every channel is a group of its own), Gemm and MatMul with constant weights,
    Relu, Sigmoid, MaxPool, AveragePool (of pixels within the image), GlobalAveragePool, Resize and Upsample (nearest by
    whole factors; linear by 2 with half-pixel centres), Concat of channels, Add, ArgMax over channels; Constant,
    Identity, Dropout; Flatten, Reshape, Squeeze and Unsqueeze between an image and a row of its numbers; and Conv in 8
    bits, its image behind QuantizeLinear and DequantizeLinear, its weights behind DequantizeLinear, symmetric.

Whatever else a file holds is refused by its name. Images turn from ONNX's (1, channels, rows, cols) to ours.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hal.kernels.graph import Activation, Graph, Kind, Node, Rounding, Shape, derive_shapes

_Array = NDArray[Any]


def read_onnx(octets: bytes) -> Graph:
    """The network in the octets of an ONNX file, for one image at a time.

    Raises ValueError naming what is not supported, ModuleNotFoundError where the package `onnx` is not installed.
    """
    try:
        from google.protobuf.message import DecodeError as NoProtobufError
        from onnx import load_model_from_string
    except ImportError as error:
        raise ModuleNotFoundError(f"{error.name} is not installed; pip install 'skyrack[onnx]'") from None
    try:
        model = load_model_from_string(octets)
    except NoProtobufError as error:
        raise ValueError(f"no ONNX file: {error}") from error
    return _Reader(model.graph).read()


@dataclass(frozen=True, slots=True)
class _Operator:
    """One operator of a file: its inputs and outputs by name, the arrays among its inputs, its attributes."""

    kind: str
    name: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    arrays: Sequence[_Array | None]
    attributes: dict[str, Any]

    def require(self, holds: bool, what: str) -> None:
        if not holds:
            raise ValueError(f"{self.kind} {self.name}: {what} is not supported")

    def array(self, place: int) -> _Array | None:
        """A constant input; None where there is none."""
        return self.arrays[place] if place < len(self.arrays) else None

    def number(self, name: str, default: int) -> int:
        return int(self.attributes.get(name, default))

    def text(self, name: str, default: str) -> str:
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else str(value)

    def square(self, name: str) -> int:
        """An attribute that is the same for rows and columns, such as strides; 1 where it is left out."""
        values = list(self.attributes.get(name, [1, 1]))
        self.require(len(values) == 2 and values[0] == values[1], f"{name} {values}")
        return int(values[0])


class _Reader:
    """Builds nodes in the file's order, which is that of their use."""

    def __init__(self, graph: Any) -> None:
        from onnx import numpy_helper

        self._graph = graph
        self._arrays: dict[str, _Array] = {array.name: numpy_helper.to_array(array) for array in graph.initializer}
        inputs = [value for value in graph.input if value.name not in self._arrays]
        if len(inputs) != 1 or len(graph.output) != 1:
            raise ValueError(f"{len(inputs)} inputs and {len(graph.output)} outputs, expected one image and one answer")
        self._image = _shape(inputs[0])
        self._images = {inputs[0].name: 0}
        self._rounded: dict[str, tuple[int, float, int]] = {}  # images in 8 bits by name: number, step, zero
        self._weights: dict[str, tuple[_Array, _Array]] = {}  # weights in 8 bits by name, and a step for each output
        self._rows = set[str]()  # names of images that the file holds as a row of numbers
        self._uses = Counter(name for node in graph.node for name in node.input)
        self._uses[graph.output[0].name] += 1
        self._nodes: list[Node] = []

    def read(self) -> Graph:
        for node in self._graph.node:
            operator = self._operator(node)
            if node.op_type not in _READERS or node.domain not in ("", "ai.onnx"):
                raise ValueError(f"{node.op_type} {operator.name}: this operator is not supported")
            _READERS[node.op_type](self, operator)
        answer = self._graph.output[0].name
        if self._images.get(answer, 0) != len(self._nodes):
            raise ValueError(f"the answer {answer} is not what the last operator makes")
        return Graph(self._image, tuple(self._nodes))

    def _operator(self, node: Any) -> _Operator:
        from onnx import helper

        attributes = {item.name: helper.get_attribute_value(item) for item in node.attribute}
        arrays = [self._arrays.get(name) for name in node.input]
        name = node.name or (node.output[0] if node.output else "")
        return _Operator(node.op_type, name, list(node.input), list(node.output), arrays, attributes)

    def image(self, operator: _Operator, place: int = 0) -> int:
        """The number of the image that is an operator's input."""
        name = operator.inputs[place] if place < len(operator.inputs) else ""
        operator.require(name in self._images, f"input {name!r}, which is no image,")
        return self._images[name]

    def shape(self, image: int) -> Shape:
        return derive_shapes(self._image, self._nodes)[image]

    def add(self, operator: _Operator, node: Node) -> None:
        self._nodes.append(node)
        self._images[operator.outputs[0]] = len(self._nodes)

    def same(self, operator: _Operator) -> None:
        """The output is the input by another name."""
        self._images[operator.outputs[0]] = self.image(operator)
        if operator.inputs[0] in self._rows:
            self._rows.add(operator.outputs[0])

    def constant(self, operator: _Operator) -> None:
        from onnx import numpy_helper

        operator.require("value" in operator.attributes, "a constant that is not a tensor")
        self._arrays[operator.outputs[0]] = numpy_helper.to_array(operator.attributes["value"])

    def round(self, operator: _Operator) -> None:
        """QuantizeLinear of an image, by one step; 8-bit numbers with a sign have their zero 128 higher without it."""
        step, zero = operator.array(1), operator.array(2)
        whole = step is not None and step.size == 1 and zero is not None and zero.dtype in (np.uint8, np.int8)
        operator.require(whole, "anything but one constant step and zero of 8 bits")
        assert step is not None
        assert zero is not None
        offset = 128 if zero.dtype == np.int8 else 0
        rounded = self.image(operator), float(step.reshape(-1)[0]), int(zero.reshape(-1)[0]) + offset
        self._rounded[operator.outputs[0]] = rounded

    def unround(self, operator: _Operator) -> None:
        """DequantizeLinear of a rounded image, or of constant weights or biases."""
        array, steps, zero, out = operator.array(0), operator.array(1), operator.array(2), operator.outputs[0]
        if array is None:
            name = operator.inputs[0]
            operator.require(name in self._rounded, f"input {name!r}, which was not rounded,")
            self._rounded[out] = self._rounded[name]
            return
        operator.require(steps is not None and (zero is None or not zero.any()), "a zero other than 0")
        assert steps is not None
        operator.require(steps.size == 1 or operator.number("axis", 1) == 0, "an axis other than that of outputs")
        if array.dtype == np.int8 and array.ndim == 4:
            self._weights[out] = array, np.broadcast_to(steps.reshape(-1), len(array))
        else:
            self._arrays[out] = array * steps

    def quantised(self, operator: _Operator, bias: _Array | None) -> None:
        """A convolution of a rounded image with weights in 8 bits."""
        image, step, zero = self._rounded.get(operator.inputs[0], (-1, 0.0, 0))
        whole = image >= 0 and operator.number("group", 1) == 1
        operator.require(whole, "8-bit weights in groups, or of numbers that were not rounded,")
        weights, steps = self._weights[operator.inputs[1]]
        outputs, _, rows, cols = weights.shape
        operator.require(rows == cols, f"a window of {rows} x {cols}")
        rounding = Rounding(step, zero, _floats(steps * np.float32(step)))
        self.add(operator, Node(
            kind=Kind.QUANTISED, inputs=(image,), size=rows, outputs=outputs, **self._sliding(operator, image, rows),
            weights=np.ascontiguousarray(weights.transpose(2, 3, 1, 0)), rounding=rounding,
            bias=_floats(np.zeros(outputs) if bias is None else bias),
        ))  # fmt: skip

    def convolution(self, operator: _Operator) -> None:
        if operator.inputs[1] in self._weights:
            self.quantised(operator, operator.array(2))
            return
        weights, bias, image = operator.array(1), operator.array(2), self.image(operator)
        operator.require(weights is not None and weights.ndim == 4, "weights that are not constant")
        assert weights is not None
        outputs, _, rows, cols = weights.shape
        channels, groups = self.shape(image)[2], operator.number("group", 1)
        operator.require(rows == cols, f"a window of {rows} x {cols}")
        operator.require(groups == 1 or groups == channels == outputs, f"{channels} channels in {groups} groups")
        depthwise = groups > 1
        turned = weights[:, 0].transpose(1, 2, 0) if depthwise else weights.transpose(2, 3, 1, 0)
        self.add(operator, Node(
            kind=Kind.DEPTHWISE if depthwise else Kind.CONVOLUTION, inputs=(image,), size=rows,
            outputs=0 if depthwise else outputs, **self._sliding(operator, image, rows),
            weights=_floats(turned), bias=_floats(np.zeros(outputs) if bias is None else bias),
        ))  # fmt: skip

    def _sliding(self, operator: _Operator, image: int, size: int) -> dict[str, Any]:
        operator.require(operator.square("dilations") == 1, "a dilation")
        stride = operator.square("strides")
        rows, cols, _ = self.shape(image)
        match operator.text("auto_pad", "NOTSET"):
            case "NOTSET":
                padding = tuple(int(pad) for pad in operator.attributes.get("pads", [0] * 4))
            case "SAME_UPPER" | "SAME_LOWER" as side:
                operator.require(rows > 0 or stride == 1, "padding that depends on the size of the image")
                (top, bottom), (left, right) = (_same(length or size, size, stride, side) for length in (rows, cols))
                padding = top, left, bottom, right
            case _:
                padding = 0, 0, 0, 0
        return {"stride": stride, "padding": padding}

    def pool(self, operator: _Operator) -> None:
        averaging, image = operator.kind == "AveragePool", self.image(operator)
        size = operator.square("kernel_shape")
        sliding = self._sliding(operator, image, size)
        operator.require(not operator.number("ceil_mode", 0), "ceil_mode")
        inside = not operator.number("count_include_pad", 0) or not any(sliding["padding"])
        operator.require(inside, "count_include_pad")
        operator.require(len(operator.outputs) == 1, "a second output")
        kind = Kind.AVERAGE_POOL if averaging else Kind.MAX_POOL
        self.add(operator, Node(kind=kind, inputs=(image,), size=size, **sliding))

    def mean(self, operator: _Operator) -> None:
        self.add(operator, Node(kind=Kind.MEAN, inputs=(self.image(operator),)))

    def dense(self, operator: _Operator) -> None:
        weights, bias, image = operator.array(1), operator.array(2), self.image(operator)
        operator.require(weights is not None and weights.ndim == 2, "weights that are not constant")
        operator.require(operator.inputs[0] in self._rows, "an image that was not flattened")
        plain = operator.attributes.get("alpha", 1) == operator.attributes.get("beta", 1) == 1
        operator.require(plain and not operator.number("transA", 0), "alpha, beta or transA")
        assert weights is not None
        turned = weights.T if operator.number("transB", 0) else weights
        rows, cols, channels = self.shape(image)
        operator.require(len(turned) == rows * cols * channels, f"{len(turned)} weights an output")
        ours = turned.reshape(channels, rows, cols, -1).transpose(1, 2, 0, 3).reshape(len(turned), -1)
        outputs = ours.shape[1]
        biases = np.zeros(outputs) if bias is None else np.broadcast_to(bias.reshape(-1), outputs)
        self.add(operator, Node(
            kind=Kind.DENSE, inputs=(image,), outputs=outputs, weights=_floats(ours), bias=_floats(biases),
        ))  # fmt: skip
        self._rows.add(operator.outputs[0])

    def activation(self, operator: _Operator) -> None:
        """Part of the node before it, where nothing else uses what that makes."""
        image, kind = self.image(operator), _ACTIVATIONS[operator.kind]
        before = self._nodes[image - 1] if image else None
        if before and self._may_change(operator.inputs[0], before, {Kind.ADD, *_WEIGHTED}):
            self._nodes[image - 1] = replace(before, activation=kind)
            self.same(operator)
            return
        self.add(operator, Node(kind=Kind.ACTIVATION, inputs=(image,), activation=kind))
        if operator.inputs[0] in self._rows:
            self._rows.add(operator.outputs[0])

    def _may_change(self, name: str, node: Node, kinds: set[Kind]) -> bool:
        return node.kind in kinds and node.activation is Activation.LINEAR and self._uses[name] == 1

    def sum(self, operator: _Operator) -> None:
        """Of two images, or of one that is still without activation and a constant for each channel: its bias."""
        arrays = [array for array in operator.arrays if array is not None]
        if not arrays:
            self.add(operator, Node(kind=Kind.ADD, inputs=(self.image(operator, 0), self.image(operator, 1))))
            return
        place = int(operator.arrays[0] is not None)
        image, constant = self.image(operator, place), arrays[0].reshape(-1)
        before = self._nodes[image - 1] if image else None
        known = before is not None and before.bias is not None and before.bias.shape == constant.shape
        operator.require(known and before is not None and self._may_change(operator.inputs[place], before, _WEIGHTED),
                         "a constant that is no bias")  # fmt: skip
        assert before is not None
        assert before.bias is not None
        self._nodes[image - 1] = replace(before, bias=_floats(before.bias + constant))
        self._images[operator.outputs[0]] = image
        if operator.inputs[place] in self._rows:
            self._rows.add(operator.outputs[0])

    def resize(self, operator: _Operator) -> None:
        image, scales = self.image(operator), operator.array(1 if operator.kind == "Upsample" else 2)
        operator.require(scales is not None and scales.shape == (4,), "anything but constant scales")
        assert scales is not None
        factor = int(scales[2])
        operator.require(list(scales) == [1, 1, factor, factor], f"scales {scales.tolist()}")
        mode, nearest = operator.text("mode", "nearest"), operator.text("nearest_mode", "round_prefer_floor")
        centres = operator.text("coordinate_transformation_mode", "half_pixel")
        if operator.kind == "Upsample":
            centres, nearest = "asymmetric", "floor"
        if mode == "nearest":
            repeats = centres in _HALF_PIXEL and nearest.startswith("round")
            operator.require(repeats or (centres, nearest) == ("asymmetric", "floor"), f"{centres}, {nearest}")
            self.add(operator, Node(kind=Kind.NEAREST, inputs=(image,), size=factor))
            return
        operator.require(mode == "linear" and factor == 2 and centres in _HALF_PIXEL, f"{mode}, {centres} by {factor}")
        self.add(operator, Node(kind=Kind.BILINEAR, inputs=(image,)))

    def concat(self, operator: _Operator) -> None:
        operator.require(operator.number("axis", 1) in (1, -3), "an axis other than that of channels")
        images = tuple(self.image(operator, place) for place in range(len(operator.inputs)))
        self.add(operator, Node(kind=Kind.CONCAT, inputs=images))

    def argmax(self, operator: _Operator) -> None:
        operator.require(operator.number("axis", 0) in (1, -3), "an axis other than that of channels")
        operator.require(not operator.number("select_last_index", 0), "select_last_index")
        self.add(operator, Node(kind=Kind.ARGMAX, inputs=(self.image(operator),)))

    def flatten(self, operator: _Operator) -> None:
        """An image and a row of its numbers are the same to us; `dense` knows which the file meant."""
        image = self.image(operator)
        self._images[operator.outputs[0]] = image
        if operator.inputs[0] not in self._rows:
            to = operator.array(1)
            row = operator.kind == "Flatten" or (operator.kind == "Reshape" and to is not None and len(to) == 2)
            small = self.shape(image)[:2] == (1, 1)
            operator.require(row or (operator.kind == "Squeeze" and small), "this change of shape")
            operator.require(operator.number("axis", 1) == 1, "an axis other than 1")
            self._rows.add(operator.outputs[0])


_HALF_PIXEL = ("half_pixel", "pytorch_half_pixel")
_WEIGHTED = {Kind.CONVOLUTION, Kind.QUANTISED, Kind.DEPTHWISE, Kind.DENSE}
_ACTIVATIONS = {"Relu": Activation.RELU, "Sigmoid": Activation.SIGMOID}
_READERS: dict[str, Callable[[_Reader, _Operator], None]] = {
    "Conv": _Reader.convolution, "Gemm": _Reader.dense, "MatMul": _Reader.dense, "Relu": _Reader.activation,
    "Sigmoid": _Reader.activation, "MaxPool": _Reader.pool, "AveragePool": _Reader.pool,
    "GlobalAveragePool": _Reader.mean, "Resize": _Reader.resize, "Upsample": _Reader.resize,
    "Concat": _Reader.concat, "Add": _Reader.sum, "ArgMax": _Reader.argmax, "Constant": _Reader.constant,
    "Identity": _Reader.same, "Dropout": _Reader.same, "Flatten": _Reader.flatten, "Reshape": _Reader.flatten,
    "Squeeze": _Reader.flatten, "Unsqueeze": _Reader.flatten, "QuantizeLinear": _Reader.round,
    "DequantizeLinear": _Reader.unround,
}  # fmt: skip


def _shape(value: Any) -> Shape:
    """Rows, columns and channels of a file's input; 0 rows and columns where it leaves them open."""
    tensor = value.type.tensor_type
    sizes = [dimension.dim_value for dimension in tensor.shape.dim]
    if len(sizes) != 4 or sizes[0] not in (0, 1) or not sizes[1] or tensor.elem_type != 1:
        raise ValueError(f"input {value.name}: {sizes}, expected an image of binary32 (1, channels, rows, cols)")
    return (sizes[2], sizes[3], sizes[1]) if sizes[2] and sizes[3] else (0, 0, sizes[1])


def _same(length: int, size: int, stride: int, side: str) -> tuple[int, int]:
    """Padding before and after for ceil(length / stride) windows; the odd one at the upper or lower end."""
    total = max((-(-length // stride) - 1) * stride + size - length, 0)
    less, more = total // 2, total - total // 2
    return (less, more) if side == "SAME_UPPER" else (more, less)


def _floats(array: _Array) -> NDArray[np.float32]:
    return np.ascontiguousarray(array, np.float32)
