"""Fusion of nodes: unused ones are removed; factors, shifts and activations are merged into the weights before."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ground.models.onnx.operator import AnyArray
from kernels.inference.graph import Activation, Graph, Layer, LayerKind
from kernels.inference.graph_any import Arithmetic, Combining, Shape

_WEIGHTED = {LayerKind.CONVOLUTION, LayerKind.DEPTHWISE, LayerKind.DENSE, LayerKind.GROUPED, LayerKind.TRANSPOSED}
_ACTIVATED = {LayerKind.CONVOLUTION, LayerKind.QUANTISED, LayerKind.DEPTHWISE, LayerKind.DENSE, LayerKind.ADD}


def fused(image: Shape, nodes: Sequence[Layer], answer: int) -> Graph:
    """The fused graph of nodes whose result is the image `answer`."""
    left = _used(nodes, answer)
    while (joined := _join_one(left)) is not None:
        left = _used(joined, len(joined))
    return Graph(image, tuple(left))


def _used(nodes: Sequence[Layer], answer: int) -> list[Layer]:
    """The nodes that the result needs; the one that makes it is the last."""
    needed = {answer}
    for number in range(answer, 0, -1):
        if number in needed:
            needed.update(nodes[number - 1].inputs)
    numbers = {0: 0} | {image: place for place, image in enumerate(sorted(needed - {0}), 1)}
    kept = [nodes[image - 1] for image in sorted(needed - {0})]
    return [replace(node, inputs=tuple(numbers[image] for image in node.inputs)) for node in kept]


def _join_one(nodes: list[Layer]) -> list[Layer] | None:
    """The nodes after one pass that merges each node, where possible, into the one before; None if none could be."""
    uses = Counter(image for node in nodes for image in node.inputs)
    passed: dict[int, int] = {}  # numbers of removed images, and of those that replace them
    made, changed = list(nodes), False
    for number, node in enumerate(nodes):
        inputs = tuple(passed.get(image, image) for image in node.inputs)
        made[number] = node = replace(node, inputs=inputs)
        for image in inputs:
            before = made[image - 1] if image else None
            if before is None or uses[image] != 1:
                continue
            constants = [_constant(made, other) for other in inputs if other != image]
            joined = _joined(before, node, inputs.index(image), constants)
            if joined is not None:
                made[image - 1], changed = joined, True
                passed[number + 1], uses[image] = image, uses[number + 1]
                break
    if not changed:
        return None
    return _used(made, passed.get(len(nodes), len(nodes)))


def _constant(nodes: Sequence[Layer], image: int) -> AnyArray | None:
    node = nodes[image - 1] if image else None
    return node.weights if node is not None and node.kind is LayerKind.CONSTANT else None


def _joined(before: Layer, node: Layer, place: int, others: Sequence[AnyArray | None]) -> Layer | None:
    """`before` with `node` merged into it; its image is input `place`, the others are constants. None if impossible."""
    if before.activation is not Activation.LINEAR:
        return None
    if node.kind is LayerKind.ACTIVATION and before.kind in _ACTIVATED:
        return replace(before, activation=node.activation)
    if before.kind not in _WEIGHTED or before.bias is None:
        return None
    if node.kind is LayerKind.SCALE and node.weights is not None and node.bias is not None:
        return _scaled(before, node.weights, node.bias)
    match node.settings:
        case Combining(operation=Arithmetic.ADD | Arithmetic.SUBTRACT | Arithmetic.MULTIPLY as operation) if (
            len(others) == 1
        ):
            constant = others[0]
            if constant is None or constant.shape[:2] != (1, 1) or constant.shape[2] not in (1, len(before.bias)):
                return None
            numbers = np.broadcast_to(constant.reshape(-1), len(before.bias))
            if operation == Arithmetic.MULTIPLY:
                return _scaled(before, numbers, np.zeros(len(before.bias), np.float32))
            if operation == Arithmetic.SUBTRACT and place == 1:
                return _scaled(before, -np.ones(len(before.bias), np.float32), numbers)
            return replace(before, bias=before.bias + (numbers if operation == Arithmetic.ADD else -numbers))
    return None


def _scaled(node: Layer, factors: AnyArray, shifts: AnyArray) -> Layer | None:
    """The node with its outputs multiplied and shifted; None where a weight would leave the range of binary32."""
    assert node.weights is not None
    assert node.bias is not None
    each = factors.astype(np.float64)
    if node.kind is LayerKind.TRANSPOSED:
        _rows, _cols, channels, outputs = node.weights.shape
        groups = len(each) // outputs
        spread = each.reshape(groups, 1, outputs).repeat(channels // groups, axis=1).reshape(channels, outputs)
    else:
        spread = each
    with np.errstate(over="ignore"):
        weights, bias = (node.weights * spread).astype(np.float32), (node.bias * each + shifts).astype(np.float32)
    finite = np.isfinite(weights).all() and np.isfinite(bias).all()
    return replace(node, weights=np.ascontiguousarray(weights), bias=bias) if finite else None
