"""Builds the nodes of a graph from the operators of an ONNX file, in the file's order, which is that of their use."""

from typing import Any

import numpy as np

from ground.models.onnx.operator import AnyArray, Axes, OnnxOperator, OnnxValue, Quantisation
from kernels.inference.graph import Activation, Layer, LayerKind, derive_shape
from kernels.inference.graph_any import Applying, Arithmetic, Combining, Function, Holding, LayerSettings, Shape

IMAGE: Axes = ("n", "k", "r", "c")
NUMBERS_MAX = 1 << 28
"""Numbers of a constant."""


class OnnxReader:
    """State of reading a file: the values of its names, while its operators are read one after the other."""

    def __init__(self, image: Shape, name: str, axes: Axes, constants: dict[str, AnyArray], opset: int) -> None:
        self.opset, self.constants, self.nodes = opset, constants, list[Layer]()
        self.shapes: list[Shape] = [image]
        self.values = {name: OnnxValue(0, axes)}
        self.integers: dict[str, tuple[AnyArray, AnyArray]] = {}
        """8-bit weights without a zero by name, and a step for each of their first or last axis."""

    def read(self, node: Any) -> None:
        """Read one operator. Raises ValueError naming the part of it that is not supported."""
        from onnx import helper

        attributes = {item.name: helper.get_attribute_value(item) for item in node.attribute}
        operator = OnnxOperator(
            node.op_type, node.name or (node.output[0] if node.output else ""), list(node.input), list(node.output),
            self.opset, attributes, self.values.get, self.constants.get,
        )  # fmt: skip
        if node.domain not in ("", "ai.onnx"):
            raise ValueError(f"{node.op_type} {operator.name}: operators of {node.domain} are not supported")
        from ground.models.onnx.folding import fold
        from ground.models.onnx.operators import READERS

        if fold(self, operator, node):
            return
        if node.op_type not in READERS:
            raise ValueError(f"{node.op_type} {operator.name}: this operator is not supported")
        READERS[node.op_type](self, operator)
        operator.finish()

    def shape(self, value: OnnxValue) -> Shape:
        """Shape of the image of a value."""
        return self.shapes[value.image]

    def add(
        self,
        operator: OnnxOperator,
        kind: LayerKind,
        *inputs: int,
        settings: LayerSettings | None = None,
        **fields: Any,
    ) -> int:
        """Append a node; returns the number of its image."""
        node = Layer(kind=kind, inputs=inputs, settings=settings, **fields)
        try:
            made = derive_shape(node, self.shapes)
        except ValueError as error:
            raise ValueError(f"{operator.kind} {operator.name}: {error} is not supported") from None
        self.nodes.append(node)
        self.shapes.append(made)
        return len(self.nodes)

    def name(
        self, operator: OnnxOperator, image: int, axes: Axes, *, step: Quantisation | None = None, place: int = 0
    ) -> None:
        """Give an image the name of the operator's output number `place` in the file."""
        operator.require(place < len(operator.outputs) and bool(operator.outputs[place]), f"no output {place}")
        self.values[operator.outputs[place]] = OnnxValue(image, axes, step)

    def constant(self, operator: OnnxOperator, array: AnyArray) -> int:
        """Append a constant image (rows, columns, channels); returns its number."""
        numbers = np.ascontiguousarray(array, np.float32)
        operator.require(bool(np.isfinite(numbers).all()), "a constant that is not finite")
        return self.add(operator, LayerKind.CONSTANT, settings=Holding(*numbers.shape), weights=numbers)

    def number(self, operator: OnnxOperator, number: float) -> int:
        """Append a constant image of one number; returns the image's number."""
        return self.constant(operator, np.full((1, 1, 1), number, np.float32))

    def combine(self, operator: OnnxOperator, operation: Arithmetic, a: int, b: int) -> int:
        """Append arithmetic of two images; sums of two of equal shape have a kernel of their own."""
        if operation == Arithmetic.ADD and self.shapes[a] == self.shapes[b]:
            return self.add(operator, LayerKind.ADD, a, b)
        return self.add(operator, LayerKind.COMBINE, a, b, settings=Combining(operation))

    def apply(self, operator: OnnxOperator, image: int, function: Function, p: float = 0.0, q: float = 0.0) -> int:
        """Append a function of each number."""
        return self.add(operator, LayerKind.FUNCTION, image, settings=Applying(function, p, q))

    def activate(self, operator: OnnxOperator, image: int, activation: Activation) -> int:
        """Append one of the activations that kernels of convolutions include."""
        return self.add(operator, LayerKind.ACTIVATION, image, activation=activation)
