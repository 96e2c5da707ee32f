"""A back end that runs graphs as ONNX models by onnxruntime, where that is installed.

ONNX has channels before rows and columns; images are transposed on their way in and out.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from kernels.inference.graph import Activation, Graph, Layer, LayerKind, derive_shapes
from kernels.inference.graph_any import Shape

_OPSET, _IR_VERSION = 17, 8
_OPERATORS = {
    LayerKind.CONVOLUTION: "Conv", LayerKind.QUANTISED: "Conv", LayerKind.DEPTHWISE: "Conv",
    LayerKind.MAX_POOL: "MaxPool",
    LayerKind.AVERAGE_POOL: "AveragePool", LayerKind.MEAN: "GlobalAveragePool", LayerKind.NEAREST: "Resize",
    LayerKind.BILINEAR: "Resize",
    LayerKind.CONCAT: "Concat", LayerKind.ADD: "Add", LayerKind.ARGMAX: "ArgMax",
}  # fmt: skip
_ACTIVATIONS = {Activation.RELU: "Relu", Activation.SIGMOID: "Sigmoid"}


class OnnxRuntime:
    """`Backend` by onnxruntime, in one thread on the processor."""

    def __init__(self, graph: Graph) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        model = onnx_model(graph).SerializeToString()
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._graph = graph

    def run(self, image: NDArray[np.float32], *, checked: bool) -> NDArray[Any]:
        """The network's result for one image; ValueError for `checked`, which this engine cannot do."""
        if checked:
            raise ValueError("onnxruntime checks nothing while it runs; backend = 'c' does")
        self._graph.shapes(*image.shape[:2])
        result = self.session.run(None, {"image0": np.ascontiguousarray(image.transpose(2, 0, 1))[np.newaxis]})[0][0]
        if self._graph.nodes[-1].kind is LayerKind.ARGMAX:
            return np.asarray(result[0], np.uint8)
        return np.ascontiguousarray(result.transpose(1, 2, 0))


def onnx_model(graph: Graph) -> ModelProto:
    """The graph as an ONNX model, whose value "image{i}" is image i of the graph.

    Raises ValueError for a layer of any geometry.
    """
    for node in graph.nodes:
        if node.settings is not None:
            raise ValueError(f"backend = 'onnxruntime' has no {node.kind.name.lower()}; backend = 'c' has")
    rows, cols, channels = graph.image
    shapes = derive_shapes(graph.image, graph.nodes)
    shape = [1, channels, rows or "rows", cols or "cols"]
    last = TensorProto.INT64 if graph.nodes[-1].kind is LayerKind.ARGMAX else TensorProto.FLOAT
    weights = {
        f"{name}{number}": array
        for number, node in enumerate(graph.nodes)
        for name, array in _onnx_weights(node, shapes[node.inputs[0]]).items()
    }
    body = helper.make_graph(
        [operator for number, node in enumerate(graph.nodes) for operator in _operators(number, node)],
        "skyrack",
        [helper.make_tensor_value_info("image0", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(f"image{len(graph.nodes)}", last, None)],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)


def _onnx_weights(node: Layer, given: Shape) -> dict[str, NDArray[Any]]:
    if node.kind is LayerKind.NEAREST or node.kind is LayerKind.BILINEAR:
        return {"scales": np.array([1, 1, node.size or 2, node.size or 2], np.float32)}
    if node.weights is None or node.bias is None:
        return {}
    weights = node.weights
    if node.rounding:
        step, zero = np.array(node.rounding.step, np.float32), np.array(node.rounding.zero, np.uint8)
        rounding: dict[str, NDArray[Any]] = {"step": step, "zero": zero, "steps": node.rounding.scales / step}
        return {"weights8": np.ascontiguousarray(weights.transpose(3, 2, 0, 1)), "bias": node.bias, **rounding}
    if node.kind is LayerKind.DEPTHWISE:
        weights = weights[..., np.newaxis].transpose(2, 3, 0, 1)
    elif node.kind is LayerKind.CONVOLUTION:
        weights = weights.transpose(3, 2, 0, 1)
    else:
        weights = weights.reshape(*given, -1).transpose(2, 0, 1, 3).reshape(weights.shape)
    axes = {"axes": np.array([2, 3])} if node.kind is LayerKind.DENSE else {}
    return {"weights": np.ascontiguousarray(weights), "bias": node.bias, **axes}


def _operators(number: int, node: Layer) -> Iterator[NodeProto]:
    """The ONNX operators of a node: its own, then that of its activation."""
    inputs, out = [f"image{image}" for image in node.inputs], f"image{number + 1}"
    made = out if node.activation is Activation.LINEAR or node.kind is LayerKind.ACTIVATION else f"sum{number}"
    if node.kind is LayerKind.DENSE:
        yield from _dense(number, inputs[0], made)
    elif node.kind is not LayerKind.ACTIVATION:
        if node.rounding:
            yield from _rounded(number, inputs[0])
            inputs = [f"rounded{number}"]
        inputs += _more_inputs(number, node)
        yield helper.make_node(_OPERATORS[node.kind], inputs, [made], **_attributes(node))
    if node.kind is LayerKind.ACTIVATION or made != out:
        yield helper.make_node(_ACTIVATIONS[node.activation], [inputs[0] if made == out else made], [out])


def _more_inputs(number: int, node: Layer) -> list[str]:
    if node.kind is LayerKind.NEAREST or node.kind is LayerKind.BILINEAR:
        return ["", f"scales{number}"]
    return [f"weights{number}", f"bias{number}"] if node.weights is not None else []


def _attributes(node: Layer) -> dict[str, Any]:
    match node.kind:
        case (
            LayerKind.CONVOLUTION
            | LayerKind.QUANTISED
            | LayerKind.DEPTHWISE
            | LayerKind.MAX_POOL
            | LayerKind.AVERAGE_POOL
        ):
            group = (
                {"group": node.weights.shape[2]}
                if node.kind is LayerKind.DEPTHWISE and node.weights is not None
                else {}
            )
            shape = {"kernel_shape": [node.size] * 2, "strides": [node.stride] * 2, "pads": list(node.padding)}
            return {**group, **shape}
        case LayerKind.NEAREST:
            return {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        case LayerKind.BILINEAR:
            return {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
        case LayerKind.CONCAT | LayerKind.ARGMAX:
            return {"axis": 1}
    return {}


def _dense(number: int, image: str, made: str) -> Iterator[NodeProto]:
    """A dense layer: the image is flattened, multiplied by the weights, and made an image of one pixel again."""
    yield helper.make_node("Flatten", [image], [f"flat{number}"])
    yield helper.make_node("Gemm", [f"flat{number}", f"weights{number}", f"bias{number}"], [f"row{number}"])
    yield helper.make_node("Unsqueeze", [f"row{number}", f"axes{number}"], [made])


def _rounded(number: int, image: str) -> Iterator[NodeProto]:
    """The image and the weights of a quantised convolution, quantised to 8 bits and back."""
    rounding = [f"step{number}", f"zero{number}"]
    yield helper.make_node("QuantizeLinear", [image, *rounding], [f"image8{number}"])
    yield helper.make_node("DequantizeLinear", [f"image8{number}", *rounding], [f"rounded{number}"])
    weights = [f"weights8{number}", f"steps{number}"]
    yield helper.make_node("DequantizeLinear", weights, [f"weights{number}"], axis=0)
