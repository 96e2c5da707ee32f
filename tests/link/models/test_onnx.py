"""ONNX files: what we write is read back and runs as onnxruntime runs it; what is not supported is named."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from hal.kernels.graph import Activation, Graph, Kind
from hal.kernels.nets import Network
from link.models.network import encode_network
from link.models.onnx import read_onnx
from tests.hal.kernels.graphs import graphs
from tests.hal.kernels.test_nets import agrees, image_for, quantised

onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from hal.kernels.nets_onnxruntime import onnx_model  # noqa: E402

DATA = Path(__file__).parents[4] / "shared" / "data" / "eo"


def kinds(graph):
    """Of nodes; an activation may have joined the node before it, and one channel by itself is any convolution."""
    alone = {id(node) for node in graph.nodes if node.kind is Kind.DEPTHWISE and node.weights.shape[2] == 1}
    found = [Kind.CONVOLUTION if id(node) in alone else node.kind for node in graph.nodes]
    return [kind for kind in found if kind is not Kind.ACTIVATION]


@given(graphs())
def test_what_is_written_is_read_back(graph):
    again = read_onnx(onnx_model(graph).SerializeToString())
    assert kinds(again) == kinds(graph)
    image = image_for(graph, 3)
    assert np.array_equal(Network(again).run(image), Network(graph).run(image))


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_onnxruntime_agrees(graph):
    image = image_for(graph, 7)
    assert agrees(Network(graph, backend="onnxruntime").run(image), graph, image)


def file_of(*operators, arrays=None, image=(1, 2, 8, 8), answer="y", opset=17):
    """A file whose input is `x`."""
    body = helper.make_graph(
        list(operators), "test", [helper.make_tensor_value_info("x", TensorProto.FLOAT, image)],
        [helper.make_tensor_value_info(answer, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in (arrays or {}).items()],
    )  # fmt: skip
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", opset)], ir_version=8).SerializeToString()


def op(kind, *inputs, out="y", **attributes):
    return helper.make_node(kind, list(inputs), [out], **attributes)


WEIGHTS = {"w": np.ones((2, 2, 3, 3), np.float32), "b": np.ones(2, np.float32)}


@pytest.mark.parametrize(
    ("operators", "sentence"),
    [
        ([op("Softmax", "x")], "Softmax y: this operator is not supported"),
        ([op("Conv", "x", "x")], "weights that are not constant"),
        ([op("Conv", "x", "w", dilations=[2, 2])], "Conv y: a dilation"),
        ([op("Conv", "x", "w", strides=[1, 2])], r"strides \[1, 2\]"),
        ([op("Conv", "x", "w", group=3)], "2 channels in 3 groups"),
        ([op("MaxPool", "x", kernel_shape=[2, 2], ceil_mode=1)], "ceil_mode"),
        ([op("AveragePool", "x", kernel_shape=[2, 2], pads=[1, 1, 0, 0], count_include_pad=1)], "count_include_pad"),
        ([op("Gemm", "x", "w")], "weights that are not constant"),
        ([op("Resize", "x", "", "s", mode="linear")], "linear, half_pixel by 3"),
        ([op("Resize", "x", "", "s", mode="cubic")], "cubic"),
        ([op("Resize", "x", "", "s", coordinate_transformation_mode="align_corners")], "align_corners"),
        ([op("Concat", "x", "x", axis=2)], "an axis other than that of channels"),
        ([op("ArgMax", "x", axis=2)], "an axis other than that of channels"),
        ([op("Add", "x", "b")], "a constant that is no bias"),
        ([op("Relu", "nowhere")], "'nowhere', which is no image"),
        ([op("Relu", "x"), op("Relu", "x", out="z")], "the answer y is not what the last operator makes"),
        ([op("Reshape", "x", "s")], "this change of shape"),
    ],
)
def test_what_is_not_supported_is_named(operators, sentence):
    arrays = {**WEIGHTS, "s": np.array([1, 1, 3, 3], np.float32)}
    with pytest.raises(ValueError, match=sentence):
        read_onnx(file_of(*operators, arrays=arrays))


def test_files_that_are_none_and_inputs_that_are_no_image():
    with pytest.raises(ValueError, match="no ONNX file"):
        read_onnx(b"\xff\xff")
    with pytest.raises(ValueError, match="0 inputs and 0 outputs"):
        read_onnx(b"")
    with pytest.raises(ValueError, match="expected an image"):
        read_onnx(file_of(op("Relu", "x"), image=(1, 8)))


def runs_alike(octets, seed=1):
    """Whether onnxruntime gives what we give of an ONNX file whose input is (1, 2, 8, 8)."""
    import onnxruntime

    image = np.random.default_rng(seed).normal(0, 1, (1, 2, 8, 8)).astype(np.float32)
    theirs = onnxruntime.InferenceSession(octets, providers=["CPUExecutionProvider"]).run(None, {"x": image})[0]
    ours = Network(read_onnx(octets)).run(np.ascontiguousarray(image[0].transpose(1, 2, 0)))
    return np.allclose(ours.transpose(2, 0, 1).reshape(theirs.shape), theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("auto_pad", ["SAME_UPPER", "SAME_LOWER", "VALID"])
def test_padding_by_name_and_a_bias_added_later(auto_pad):
    conv = op("Conv", "x", "w", out="c", auto_pad=auto_pad, strides=[2, 2])
    arrays = {**WEIGHTS, "b": np.array([1, -2], np.float32).reshape(1, 2, 1, 1)}
    assert runs_alike(file_of(conv, op("Add", "b", "c", out="a"), op("Relu", "a"), arrays=arrays))


def test_dense_layers_take_numbers_in_the_order_of_the_file():
    weights = np.random.default_rng(2).normal(0, 1, (5, 128)).astype(np.float32)
    last = np.random.default_rng(3).normal(0, 1, (5, 3)).astype(np.float32)
    shape = {"shape": np.array([1, -1])}
    for flat in (op("Flatten", "x", out="f"), op("Reshape", "x", "shape", out="f")):
        first = op("Gemm", "f", "w", out="g", transB=1)
        arrays = {"w": weights, "v": last, **shape}
        assert runs_alike(file_of(flat, first, op("Sigmoid", "g", out="h"), op("MatMul", "h", "v"), arrays=arrays))


def test_what_several_use_keeps_no_activation():
    arrays = {**WEIGHTS, "w": np.random.default_rng(4).normal(0, 1, (2, 2, 3, 3)).astype(np.float32)}
    conv = op("Conv", "x", "w", "b", out="c", pads=[1] * 4)
    octets = file_of(conv, op("Relu", "c", out="r"), op("Add", "c", "r", out="s"), op("Identity", "s"), arrays=arrays)
    assert runs_alike(octets)
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
    assert [node.kind for node in again.nodes] == [Kind.QUANTISED] * len(nodes)
    image = image_for(graph, 2)
    ours, theirs = Network(again).run(image), Network(graph, backend="onnxruntime").run(image)
    assert np.allclose(ours, Network(graph).run(image), rtol=1e-5, atol=1e-5)
    assert np.abs(ours - theirs).max() <= 2e-3 * np.abs(theirs).max()  # a number on the edge of two steps may differ


@pytest.mark.parametrize(
    ("operators", "sentence"),
    [
        ([op("QuantizeLinear", "x", "w", "z")], "anything but one constant step"),
        ([op("DequantizeLinear", "x", "s", "z")], "'x', which was not rounded"),
        ([op("DequantizeLinear", "w8", "s", "t", out="v"), op("Conv", "x", "v")], "a zero other than 0"),
        ([op("DequantizeLinear", "w8", "s", out="v"), op("Conv", "x", "v")], "numbers that were not rounded"),
        ([op("QuantizeLinear", "x", "s", "z", out="q"), op("Relu", "q")], "'q', which is no image"),
    ],
)
def test_rounding_that_is_not_supported_is_named(operators, sentence):
    step, zero = np.array(0.1, np.float32), np.array(3, np.uint8)
    arrays = {**WEIGHTS, "w8": np.ones((2, 2, 3, 3), np.int8), "s": step, "z": zero, "t": np.array(3, np.int8)}
    with pytest.raises(ValueError, match=sentence):
        read_onnx(file_of(*operators, arrays=arrays))


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
    assert runs_alike(octets)
    assert len(read_onnx(octets).nodes) == 7


def test_without_the_packages_one_sentence_says_so(monkeypatch):
    graph = read_onnx(file_of(op("Relu", "x")))
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.delitem(sys.modules, "hal.kernels.nets_onnxruntime")
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
