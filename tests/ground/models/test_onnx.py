"""ONNX files: what we write is read back and runs as onnxruntime runs it; what is not supported is named."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given

from ground.models.onnx import read_onnx
from kernels.inference.graph import Activation, Graph, LayerKind
from kernels.inference.nets import Network
from link.models.network import encode_network
from tests.examples import examples
from tests.kernels.inference.graphs import graphs
from tests.kernels.inference.test_nets import agrees, image_for, quantised

pytest.importorskip("onnx", reason="the extra onnx is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
import onnx

from kernels.inference.nets_onnxruntime import onnx_model
from tests.ground.models.onnx_files import alike, file_of, noise, op, ours, theirs

DATA = Path(__file__).parents[4] / "shared" / "data" / "eo"


def kinds(graph):
    """Of nodes; an activation may have joined the node before it, and one channel by itself is any convolution."""
    alone = {id(node) for node in graph.nodes if node.kind is LayerKind.DEPTHWISE and node.weights.shape[2] == 1}
    found = [LayerKind.CONVOLUTION if id(node) in alone else node.kind for node in graph.nodes]
    return [kind for kind in found if kind is not LayerKind.ACTIVATION]


@given(graphs())
def test_what_is_written_is_read_back(graph):
    again = read_onnx(onnx_model(graph).SerializeToString())
    assert kinds(again) == kinds(graph)
    image = image_for(graph, 3)
    assert np.array_equal(Network(again).run(image), Network(graph).run(image))


@examples(30, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_onnxruntime_agrees(graph):
    image = image_for(graph, 7)
    assert agrees(Network(graph, backend="onnxruntime").run(image), graph, image)


WEIGHTS = {"w": np.ones((2, 2, 3, 3), np.float32), "b": np.ones(2, np.float32)}


SMALL = {
    **WEIGHTS,
    "s": np.array([1, 1, 3, 3], np.float32),
    "w2": np.ones((128, 3), np.float32),
    "v": np.ones((1, 2, 1, 1)),
    "shape": np.array([1, 4, 4, 8]),
    "col": np.ones(8, np.float32),
    "axis": np.array([2]),
    "neg": np.array([0, 0, -1, 0] * 2),
    "batch": np.array([1, 0, 0, 0] * 2),
    "lo": np.float32(0),
    "many": np.ones(3, np.float32),
    "true": np.array(True),
    "cube": np.ones((2, 2, 3, 3, 1), np.float32),
    "three": np.array(3.0, np.float32),
    "infs": np.array([np.nan, np.inf], np.float32),
    "unit2": np.ones(2, np.float32),
    "zero0": np.array([0]),
    "one0": np.array([1]),
    "two0": np.array([2]),
    "vast": np.array([1 << 15, 1 << 15]),
    "far": np.array([1 << 27]),
    "huge": np.float32(1e12),
    "unit": np.float32(1),
    "twos": np.array([2.0, 0.5], np.float32),
    "inf": np.array([np.inf], np.float32),
    "w3": np.ones((129, 3), np.float32),
    "s2": np.array([1, 2, 3, 3], np.float32),
}


@pytest.mark.parametrize(
    ("operators", "sentence"),
    [
        ([op("LSTM", "x")], "LSTM y: this operator is not supported"),
        ([op("Softmax", "x")], "Softmax y: axis 3 of .*not supported"),
        ([op("Conv", "x", "x")], "weights that are not constant"),
        ([op("Conv", "x", "w", group=3)], "2 outputs of 2 channels in 3 groups of 2"),
        ([op("Conv", "x", "w", kernel_shape=[5, 5])], "a kernel_shape of other weights"),
        ([op("Conv", "x", "w", "x")], "biases that are not constant"),
        ([op("Conv", "x", "w", "many")], r"biases of \(3,\)"),
        ([op("Conv", "x", "w", flavour=1)], "Conv y: attribute flavour is not supported"),
        ([op("Conv", "x", "w", "b", "b")], "Conv y: input 3 is not supported"),
        ([op("Conv", "x", "cube")], "weights of float32"),
        ([op("Transpose", "x", perm=[0, 1, 3, 2], out="t"), op("Conv", "t", "w")], "an input with the axes"),
        ([op("Flatten", "x", out="f"), op("Conv", "f", "w")], "an input with the axes"),
        ([op("ConvTranspose", "x", "w", output_shape=[9, 9])], "auto_pad or output_shape"),
        ([op("BatchNormalization", "x", "b", "b", "b", "b", training_mode=1)], "training_mode"),
        (
            [op("Transpose", "x", perm=[0, 2, 3, 1], out="t"), op("BatchNormalization", "t", "b", "b", "b", "b")],
            "an input with the axes",
        ),
        ([op("BatchNormalization", "x", "b", "b", "b", "infs")], "statistics that are not finite"),
        ([op("BatchNormalization", "x", "infs", "b", "b", "unit2")], "statistics that are not finite"),
        ([op("BatchNormalization", "x", "many", "b", "b", "b")], r"statistics of \(3,\)"),
        ([op("MaxPool", "x", kernel_shape=[2, 2], storage_order=1)], "storage_order"),
        ([op("MaxPool", "x", kernel_shape=[2, 2], dilations=[2, 2], auto_pad="SAME_UPPER")], "auto_pad with dilations"),
        (
            [op("AveragePool", "x", kernel_shape=[2, 2], pads=[1] * 4, count_include_pad=1, ceil_mode=1)],
            "a mean that counts padding",
        ),
        ([op("Gemm", "x", "w2")], "an input with the axes"),
        ([op("Flatten", "x", out="f"), op("Gemm", "f", "w2", transA=1)], "transA"),
        ([op("Flatten", "x", out="f"), op("Gemm", "f", "w2", "col")], r"biases of \(8,\)"),
        ([op("Flatten", "x", axis=2, out="f"), op("Gemm", "f", "w2")], "an input with the axes"),
        ([op("Flatten", "x", out="f"), op("Gemm", "f", "f")], "weights that are not constant"),
        ([op("MatMul", "x", "w2")], "an input with the axes"),
        ([op("Resize", "x", "", "s", mode="cubic")], "cubic"),
        ([op("Resize", "x", "", "s", coordinate_transformation_mode="tf_crop_and_resize")], "tf_crop_and_resize"),
        ([op("Resize", "x", "", "s", mode="linear", antialias=1)], "antialias"),
        ([op("Concat", "x", "x", axis=0)], "axis 0 of"),
        ([op("ArgMax", "x", axis=2)], "axis 2 of .*which is not that of channels"),
        ([op("ArgMax", "x", axis=1, out="a"), op("Relu", "a")], "node 1, activation: inputs"),
        ([op("Add", "x", "many")], r"a constant of \(3,\) for"),
        ([op("Flatten", "x", out="f"), op("Add", "x", "f")], "beside .*, whose axes differ"),
        (
            [op("GlobalAveragePool", "x", out="g"), op("Flatten", "g", out="f"), op("Mul", "x", "f")],
            "whose axes differ",
        ),
        ([op("Transpose", "x", perm=[0, 1, 3, 2], out="t"), op("Add", "x", "t")], "whose axes differ"),
        ([op("Max", "x", "x", "x")], "3 inputs"),
        ([op("Relu", "nowhere")], "'nowhere', which is no image"),
        ([op("Reshape", "x", "shape")], "this change of shape"),
        ([op("Reshape", "x", "axis")], "this change of shape"),
        ([op("Squeeze", "x", "axis")], "which are not of size 1"),
        ([op("Relu", "x", out="r"), op("Transpose", "r", perm=[0, 1, 3, 2])], "have changed places"),
        (
            [op("Transpose", "x", perm=[0, 2, 3, 1], out="t"), op("Relu", "t", out="u"), op("Flatten", "u")],
            "have changed places",
        ),
        ([op("Pad", "x", "neg")], "pads"),
        ([op("Pad", "x", "batch")], "axis 0 of .*, which"),
        ([op("Pad", "x", "batch", mode="wrap")], "mode wrap"),
        ([op("Split", "x", axis=0)], "axis 0 of .*, which"),
        ([op("Flatten", "x", axis=5)], "axis 5"),
        ([op("Flatten", "x", axis=-5)], "axis -5"),
        ([op("ReduceMean", "x", axes=[4])], r"axes \[4\]"),
        ([op("ReduceMean", "x", axes=[-5])], r"axes \[-5\]"),
        ([op("ReduceSum", "x", noop_with_empty_axes=1)], "noop_with_empty_axes"),
        ([op("ArgMax", "x", axis=1, select_last_index=1)], "select_last_index"),
        ([op("MaxPool", "x", kernel_shape=[2, 2], out=["y", "z"])], "a second output"),
        ([op("Clip", "x", "many")], "limits of several numbers"),
        ([op("Clip", "x", "x")], "limits that are not constant"),
        ([op("Dropout", "x", "lo", "true")], "training_mode"),
        ([op("Dropout", "x", out=["y", "mask"])], "a second output"),
        ([op("Cast", "x", to=7)], "numbers of kind 7"),
        ([op("Identity", "x")], "not what an operator makes of the image"),
        ([op("DepthToSpace", "x", blocksize=2)], "mode DCR"),
        ([op("Slice", "x", "axis", "axis", "axis")], "is empty"),
        ([op("Pow", "x", "three")], "exponent 3.0"),
        ([op("Slice", "x", "one0", "two0", "zero0")], "axis 0 of"),
        ([op("Slice", "x", "zero0", "zero0", "zero0")], "axis 0 of"),
        ([op("Slice", "x", "zero0", "two0", "zero0", "two0")], "axis 0 of"),
        ([op("ConvTranspose", "x", "w2")], r"weights of \(128, 3\)"),
        ([op("ConvTranspose", "x", "w", group=0)], "weights of"),
        ([op("Flatten", "x", out="f"), op("Gemm", "f", "w2", out="c"), op("Gemm", "f", "w2", "c", beta=2.0)], "this C"),
        ([op("Flatten", "x", out="f"), op("Gemm", "f", "cube")], "weights of"),
        ([op("DepthToSpace", "x", blocksize=0, mode="CRD")], "blocks of 0"),
        ([op("DepthToSpace", "x", blocksize=2, mode="CRD")], "blocks of 2 for 2 channels"),
        ([op("Conv", "x", "w", pads=[1, 1])], r"pads \[1, 1\]"),
        ([op("Conv", "x", "w", pads=[1, 1, 1, -1])], r"pads \[1, 1, 1, -1\]"),
        ([op("Shape", "w", out="s"), op("Reshape", "x", "s")], "Shape s: this operator is not supported"),
        ([op("ConstantOfShape", "vast", out="v"), op("Add", "x", "v")], "a constant of more than"),
        ([op("Expand", "lo", "vast", out="v"), op("Add", "x", "v")], "a constant of more than"),
        ([op("Tile", "batch", "far", out="v"), op("Add", "x", "v")], "a constant of more than"),
        ([op("Range", "lo", "huge", "unit", out="v"), op("Add", "x", "v")], "a constant of more than"),
        ([op("Pow", "x", "twos")], r"exponent \[2.0, 0.5\]"),
        ([op("Mul", "x", "inf")], "a constant that is not finite"),
        ([op("Flatten", "x", out="f"), op("Gemm", "f", "w3")], "129 weights an output"),
        ([op("Flatten", "x", out="f"), op("MatMul", "f", "w3")], "129 weights an output"),
        ([op("Transpose", "x", perm=[0, 2, 3, 1], out="t"), op("MatMul", "t", "w3")], "129 weights an output"),
        ([op("Resize", "x", "", "")], "neither scales nor sizes"),
        ([op("Resize", "x", "", "many")], r"\[1.0, 1.0, 1.0\] for the axes"),
        ([op("Resize", "x", "", "s2")], r"\[1.0, 2.0, 3.0, 3.0\] for the axes"),
        ([op("Relu", "x", domain="org.other")], "Relu y: operators of org.other are not supported"),
    ],
)
def test_what_is_not_supported_is_named(operators, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_onnx(file_of(*operators, arrays=SMALL))


def test_what_the_file_leaves_open_is_not_guessed():
    open_size = (1, 2, "rows", "cols")
    flat = [op("Flatten", "x", out="f"), op("Gemm", "f", "w2")]
    shape = [op("Shape", "x", out="s"), op("Reshape", "x", "s")]
    split = [op("Split", "x", axis=2, out=["y", "z"])]
    for operators in (flat, shape, split):
        with pytest.raises(ValueError, match="leaves open"):
            read_onnx(file_of(*operators, arrays=SMALL, image=open_size))


def test_files_that_are_none_and_inputs_that_are_no_image():
    with pytest.raises(ValueError, match="not an ONNX file"):
        read_onnx(b"\xff\xff")
    with pytest.raises(ValueError, match="0 inputs and 0 outputs"):
        read_onnx(b"")
    with pytest.raises(ValueError, match="expected an image"):
        read_onnx(file_of(op("Relu", "x"), image=(1, 8)))
    with pytest.raises(ValueError, match=r"\[2, 2, 8, 8\], expected an image"):
        read_onnx(file_of(op("Relu", "x"), image=(2, 2, 8, 8)))
    with pytest.raises(ValueError, match="an approximation"):
        read_onnx(file_of(op("Gelu", "x", approximate="tanh"), opset=20))


@pytest.mark.parametrize("auto_pad", ["SAME_UPPER", "SAME_LOWER", "VALID"])
def test_padding_by_name_and_a_bias_added_later(auto_pad):
    conv = op("Conv", "x", "w", out="c", auto_pad=auto_pad, strides=[2, 2])
    arrays = {**WEIGHTS, "b": np.array([1, -2], np.float32).reshape(1, 2, 1, 1)}
    assert alike(file_of(conv, op("Add", "b", "c", out="a"), op("Relu", "a"), arrays=arrays))


def test_dense_layers_take_numbers_in_the_order_of_the_file():
    weights = np.random.default_rng(2).normal(0, 1, (5, 128)).astype(np.float32)
    last = np.random.default_rng(3).normal(0, 1, (5, 3)).astype(np.float32)
    shape = {"shape": np.array([1, -1])}
    for flat in (op("Flatten", "x", out="f"), op("Reshape", "x", "shape", out="f")):
        first = op("Gemm", "f", "w", out="g", transB=1)
        arrays = {"w": weights, "v": last, **shape}
        assert alike(file_of(flat, first, op("Sigmoid", "g", out="h"), op("MatMul", "h", "v"), arrays=arrays))


def test_what_several_use_keeps_no_activation():
    arrays = {**WEIGHTS, "w": np.random.default_rng(4).normal(0, 1, (2, 2, 3, 3)).astype(np.float32)}
    conv = op("Conv", "x", "w", "b", out="c", pads=[1] * 4)
    octets = file_of(conv, op("Relu", "c", out="r"), op("Add", "c", "r", out="s"), op("Identity", "s"), arrays=arrays)
    assert alike(octets)
    assert read_onnx(octets).nodes[0].activation is Activation.LINEAR


@pytest.mark.parametrize(
    "nodes",
    [
        (quantised(3, 40),),
        (quantised(3, 40, activation=Activation.RELU), quantised(40, 5, inputs=(1,))),
    ],
)
def test_convolutions_in_8_bits_are_read_and_run_alike(nodes):
    graph = Graph((9, 17, 3), nodes)
    again = read_onnx(onnx_model(graph).SerializeToString())
    assert [node.kind for node in again.nodes] == [LayerKind.QUANTISED] * len(nodes)
    image = image_for(graph, 2)
    ours, theirs = Network(again).run(image), Network(graph, backend="onnxruntime").run(image)
    assert np.allclose(ours, Network(graph).run(image), rtol=1e-5, atol=1e-5)
    assert np.abs(ours - theirs).max() <= 2e-3 * np.abs(theirs).max()  # a number on the edge of two steps may differ


@pytest.mark.parametrize(
    ("operators", "sentence"),
    [
        ([op("QuantizeLinear", "x", "many", "z")], "anything but one step and zero of 8 bits"),
        ([op("QuantizeLinear", "x", "s", "z16")], "anything but one step and zero of 8 bits"),
        ([op("QuantizeLinear", "x", "x", "z")], "steps that are not constant"),
        ([op("QuantizeLinear", "x", "s", "z", saturate=0)], "block_size, saturate"),
        ([op("QuantizeLinear", "x", "s", "z", block_size=2)], "block_size, saturate"),
        ([op("QuantizeLinear", "x", "s", "z", output_dtype=5)], "output_dtype"),
        ([op("QuantizeLinear", "x", "s0", "z")], "a step of 0.0"),
        ([op("QuantizeLinear", "x", "sinf", "z")], "a step of inf"),
        ([op("DequantizeLinear", "x", "s", "z")], "'x', which was not rounded"),
        ([op("DequantizeLinear", "w8", "many"), op("Relu", "x")], "3 steps for"),
        ([op("QuantizeLinear", "x", "s", "z", out="q"), op("Relu", "q")], "8-bit numbers of an image"),
        (
            [op("QuantizeLinear", "x", "s", "z", out="q"), op("DequantizeLinear", "q", "s", "t")],
            "numbers of another type",
        ),
        (
            [op("QuantizeLinear", "x", "s", "z", out="q"), op("DequantizeLinear", "q", "s", "z16")],
            "anything but one step and zero of 8 bits",
        ),
        (
            [op("QuantizeLinear", "x", "s", "z", out="q"), op("DequantizeLinear", "q", "many", "z")],
            "anything but one step and zero of 8 bits",
        ),
        ([op("Relu", "x", out="r"), op("QuantizeLinear", "r", "s", "z")], "in 8-bit numbers"),
    ],
)
def test_rounding_that_is_not_supported_is_named(operators, sentence):
    step, zero = np.array(0.1, np.float32), np.array(3, np.uint8)
    arrays = {**WEIGHTS, "w8": np.ones((2, 2, 3, 3), np.int8), "s": step, "z": zero, "t": np.array(3, np.int8)}
    arrays |= {"many": np.ones(3, np.float32), "z16": np.array(3, np.uint16)}
    arrays |= {"s0": np.float32(0), "sinf": np.float32(np.inf)}
    with pytest.raises(ValueError, match=sentence):
        read_onnx(file_of(*operators, arrays=arrays))


def rounded(name, step, zero, *, out, back=None, back_zero=None):
    """QuantizeLinear and DequantizeLinear, with other numbers on the way back where they are given."""
    return [
        op("QuantizeLinear", name, step, zero, out=f"{out}8"),
        op("DequantizeLinear", f"{out}8", back or step, back_zero or zero, out=out),
    ]


ROUNDED = {
    "s": np.float32(0.031),
    "z": np.uint8(77),
    "s2": np.float32(0.05),
    "z2": np.uint8(3),
    "si": np.float32(0.02),
    "zi": np.int8(-5),
    "so": np.float32(0.2),
    "zo": np.uint8(128),
    "w8": np.random.default_rng(2).integers(-127, 128, (4, 2, 3, 3), np.int8),
    "ws": np.float32(0.004),
    "wc": np.array([0.004, 0.003, 0.002, 0.005], np.float32),
    "wz": np.int8(0),
    "wz4": np.zeros(4, np.int8),
    "wz9": np.int8(9),
    "wd": np.random.default_rng(3).integers(-127, 128, (2, 1, 3, 3), np.int8),
    "wr": np.array([0.004, 0.003], np.float32),
    "rows": np.random.default_rng(4).integers(-127, 128, (2, 5), np.int8),
    "rowsf": np.random.default_rng(5).normal(0, 1, (2, 5)).astype(np.float32),
    "rs": np.array([0.01, 0.02], np.float32),
    "w2c": np.array([0.01, 0.02, 0.03, 0.04, 0.05], np.float32),
    "b8": np.array([100, -200, 300, -400], np.int32),
    "bs": np.float32(0.031 * 0.004),
    "wu": np.full((4, 2, 1, 1), 140, np.uint8),
    "wuz": np.uint8(128),
}
QUANTISED = {
    "there and back": [*rounded("x", "s", "z", out="y")],
    "with a sign": [*rounded("x", "si", "zi", out="y")],
    "back by another step": [*rounded("x", "s", "z", out="y", back="s2", back_zero="z2")],
    "a convolution of what came back by another step": [
        *rounded("x", "s", "z", out="r", back="s2"),
        op("DequantizeLinear", "w8", "ws", "wz", out="w"),
        op("Conv", "r", "w"),
    ],
    "weights by tensor, biases": [
        *rounded("x", "s", "z", out="r"),
        op("DequantizeLinear", "w8", "ws", "wz", out="w"),
        op("DequantizeLinear", "b8", "bs", out="b"),
        op("Conv", "r", "w", "b", out="c"),
        *rounded("c", "so", "zo", out="y"),
    ],
    "weights by output": [
        *rounded("x", "si", "zi", out="r"),
        op("DequantizeLinear", "w8", "wc", "wz4", axis=0, out="w"),
        op("Conv", "r", "w", pads=[1] * 4, out="c"),
        *rounded("c", "so", "zo", out="y"),
    ],
    "weights by input": [
        *rounded("x", "s", "z", out="r"),
        op("DequantizeLinear", "w8", "wr", axis=1, out="w"),
        op("Conv", "r", "w"),
    ],
    "weights with a zero": [
        *rounded("x", "s", "z", out="r"),
        op("DequantizeLinear", "w8", "ws", "wz9", out="w"),
        op("Conv", "r", "w"),
    ],
    "weights without a sign": [
        *rounded("x", "s", "z", out="r"),
        op("DequantizeLinear", "wu", "ws", "wuz", out="w"),
        op("Conv", "r", "w"),
    ],
    "depthwise": [
        *rounded("x", "s", "z", out="r"),
        op("DequantizeLinear", "wd", "wr", axis=0, out="w"),
        op("Conv", "r", "w", group=2, out="c"),
        *rounded("c", "so", "zo", out="y"),
    ],
    "dilated": [
        *rounded("x", "s", "z", out="r"),
        op("DequantizeLinear", "w8", "wc", axis=0, out="w"),
        op("Conv", "r", "w", dilations=[2, 2], out="c"),
        *rounded("c", "so", "zo", out="y"),
    ],
    "weights of an image that was not rounded": [op("DequantizeLinear", "w8", "ws", out="w"), op("Conv", "x", "w")],
    "a row by output": [
        op("GlobalAveragePool", "x", out="g"),
        op("Flatten", "g", out="f"),
        *rounded("f", "si", "zi", out="r"),
        op("DequantizeLinear", "rows", "w2c", axis=1, out="w"),
        op("Gemm", "r", "w", out="m"),
        *rounded("m", "so", "zo", out="y"),
    ],
    "a row by weights that were not rounded": [
        op("GlobalAveragePool", "x", out="g"),
        op("Flatten", "g", out="f"),
        *rounded("f", "si", "zi", out="r"),
        op("Gemm", "r", "rowsf"),
    ],
    "pixels by output": [
        *rounded("x", "si", "zi", out="r"),
        op("Transpose", "r", perm=[0, 2, 3, 1], out="t"),
        op("DequantizeLinear", "rows", "w2c", axis=1, out="w"),
        op("MatMul", "t", "w", out="m"),
        op("Transpose", "m", perm=[0, 3, 1, 2]),
    ],
    "a row by input": [
        op("GlobalAveragePool", "x", out="g"),
        op("Flatten", "g", out="f"),
        *rounded("f", "si", "zi", out="r"),
        op("DequantizeLinear", "rows", "rs", axis=0, out="w"),
        op("MatMul", "r", "w", out="m"),
        *rounded("m", "so", "zo", out="y"),
    ],
    "along an axis that is none": [
        op("QuantizeLinear", "x", "s", "z", out="q", axis=1),
        op("DequantizeLinear", "q", "s", "z", axis=1),
    ],
    "sums and shares": [
        *rounded("x", "s", "z", out="r"),
        op("Sigmoid", "r", out="q"),
        *rounded("q", "si", "zi", out="t"),
        op("Add", "r", "t", out="a"),
        *rounded("a", "so", "zo", out="u"),
        op("MaxPool", "u", kernel_shape=[2, 2], out="p"),
        *rounded("p", "so", "zo", out="y"),
    ],
}


@pytest.mark.parametrize("name", QUANTISED)
def test_rounded_images_are_those_of_onnxruntime(name):
    """As the operators say; how onnxruntime puts them together in whole numbers is at most one step from that."""
    octets, image = file_of(*QUANTISED[name], arrays=ROUNDED), 2 * noise(1, 2, 8, 8, seed=3)
    found, expected = ours(octets, image).reshape(-1), theirs(octets, image, optimised=False).reshape(-1)
    off, step = np.abs(found - expected), 0.2 if name_of_last(QUANTISED[name]) == "zo" else 0
    assert np.count_nonzero(off > 1e-5 * np.abs(expected).max()) <= 1  # halfway between two steps
    assert off.max() <= max(1.01 * step, 1e-5 * np.abs(expected).max())


def name_of_last(operators):
    """The zero of what is rounded last, if anything is."""
    return (
        operators[-1].input[2] if operators[-1].op_type == "DequantizeLinear" and len(operators[-1].input) > 2 else ""
    )


def test_numbers_in_a_file_beside_the_model():
    octets = file_of(op("Conv", "x", "w", "b"), arrays=WEIGHTS)
    model = onnx.load_model_from_string(octets)
    weights = next(tensor for tensor in model.graph.initializer if tensor.name == "w")
    numbers = weights.raw_data
    onnx.external_data_helper.set_external_data(weights, "model.data", offset=8, length=len(numbers))
    weights.ClearField("raw_data")
    cut = model.SerializeToString()
    files = {"model.data": b"?" * 8 + numbers + b"?"}
    graph = read_onnx(cut, files.__getitem__)
    assert encode_network(graph) == encode_network(read_onnx(octets))
    with pytest.raises(ValueError, match=r"lie in the file 'model\.data', which is not here"):
        read_onnx(cut)
    with pytest.raises(ValueError, match=r"octets 8\.\.152 of 'model\.data', which has 9"):
        read_onnx(cut, lambda _: b"?" * 9)


def test_a_small_u_net_runs_as_onnxruntime_runs_it():
    """Down by a pool, up again beside what was there before, and one channel of shares."""
    random = np.random.default_rng(6)
    arrays = {"scales": np.array([1, 1, 2, 2], np.float32)}
    for name, channels, outputs, size in (("a", 2, 24, 3), ("b", 24, 48, 3), ("c", 72, 24, 3), ("d", 24, 1, 1)):
        arrays[name] = random.normal(0, (channels * size**2) ** -0.5, (outputs, channels, size, size)).astype(
            np.float32
        )
    pads = {"pads": [1] * 4}
    octets = file_of(
        op("Conv", "x", "a", out="a1", **pads), op("Relu", "a1", out="a2"),
        op("MaxPool", "a2", out="p", kernel_shape=[2, 2], strides=[2, 2]),
        op("Conv", "p", "b", out="b1", **pads), op("Relu", "b1", out="b2"),
        op("Resize", "b2", "", "scales", out="u", mode="linear"), op("Concat", "u", "a2", out="k", axis=1),
        op("Conv", "k", "c", out="c1", **pads), op("Relu", "c1", out="c2"),
        op("Conv", "c2", "d", out="d1"), op("Sigmoid", "d1"), arrays=arrays,
    )  # fmt: skip
    assert alike(octets)
    assert len(read_onnx(octets).nodes) == 7


def test_without_the_packages_one_sentence_says_so(monkeypatch):
    graph = read_onnx(file_of(op("Relu", "x")))
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.delitem(sys.modules, "kernels.inference.nets_onnxruntime")
    with pytest.raises(ModuleNotFoundError, match="onnx is not installed; pip install"):
        read_onnx(b"")
    with pytest.raises(ValueError, match="onnxruntime is not installed; pip install"):
        Network(graph, backend="onnxruntime")


def flood_file(weights):
    """The file that a training tool would write of one of the flood networks."""
    names = [name.removesuffix(".weight") for name in weights if name.endswith(".weight")]
    operators, image = [], "x"
    for name in names:
        size = weights[f"{name}.weight"].shape[2]
        operators.append(op("Conv", image, f"{name}.weight", f"{name}.bias", out=name, pads=[size // 2] * 4))
        image = name
        if name != names[-1]:
            operators.append(op("Relu", name, out=f"{name}.relu"))
            image = f"{name}.relu"
    arrays = {name: weights[name] for name in weights if name.startswith("conv")}
    return file_of(*operators, op("ArgMax", image, axis=1, keepdims=0), arrays=arrays, image=(1, 13, "rows", "cols"))


def flood(name):
    """A flood network and the chip, normalised as it wants it, and the published classes of it."""
    with np.load(DATA / f"ml4floods_{name}_weights.npz") as weights, np.load(DATA / "flood_Spain_7370579.npz") as chip:
        mean, std = weights["norm_mean"], weights["norm_std"]
        image = (chip["s2_dn"].transpose(1, 2, 0).astype(np.float32) - mean) / std
        return flood_file(weights), np.ascontiguousarray(image, np.float32), chip[f"flood_{name}"]


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared Earth-observation data are not here")
@pytest.mark.parametrize("name", ["linear", pytest.param("simplecnn", marks=pytest.mark.slow)])
def test_flood_networks_give_the_published_classes(name):
    octets, image, published = flood(name)
    graph = read_onnx(octets)
    classes = Network.load(encode_network(graph)).run(image, checked=True)
    assert (classes == published).mean() >= 0.9999
    assert (classes == Network(graph, backend="onnxruntime").run(image)).mean() >= 0.9999


RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.onnx"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_networks_as_they_are_exported(path):
    """A classifier and U-Nets, in binary32 within 1e-5 of onnxruntime, in 8-bit numbers within a step."""
    octets = path.read_bytes()
    model = onnx.load_model_from_string(octets)
    name, tile = model.graph.input[0].name, noise(1, 4, 64, 64, seed=9) + np.linspace(-1, 1, 64, dtype=np.float32)
    expected = theirs(octets, tile, name=name).reshape(-1)
    found, step = ours(octets, tile).reshape(-1), np.diff(np.unique(expected)).min()
    near = 1.01 * step if path.stem.endswith("int8") else 1e-5 * np.abs(expected).max()
    assert np.abs(found - expected).max() <= near


def test_all_networks_are_recorded():
    assert len(RECORDED) == 6
