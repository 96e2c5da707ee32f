"""Every operator that is read gives what onnxruntime gives, in each of the ways in which files have it."""

import numpy as np
import pytest

from ground.models.onnx import read_onnx
from kernels.coding.crc import crc32c
from kernels.errors import CorruptError
from kernels.inference.nets import Network
from link.models.network import decode_network, encode_network

pytest.importorskip("onnx", reason="the extra onnx is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

from tests.ground.models.onnx_files import alike, file_of, noise, op, theirs

I64 = np.int64


def f32(*numbers):
    return np.array(numbers, np.float32)


ARRAYS = {
    "w": noise(4, 2, 3, 3),
    "b": noise(4, seed=2),
    "w1x7": noise(3, 2, 1, 7),
    "wg": noise(6, 1, 3, 3),
    "wt": noise(2, 3, 2, 2),
    "wt3": noise(2, 1, 3, 3),
    "bt": noise(3, seed=3),
    "k": noise(2, 1, 1),
    "k4": noise(4, 1, 1, seed=6),
    "row": noise(8),
    "map": noise(8, 8, seed=5),
    "one": f32(0.5),
    "all": noise(2, 8, 8),
    "scale": noise(2, seed=7),
    "shift": noise(2, seed=8),
    "mean": noise(2, seed=9),
    "var": np.abs(noise(2, seed=10)),
    "slope": noise(2, 1, 1, seed=4),
    "lo": f32(-0.3)[0],
    "hi": f32(0.6)[0],
    "two": f32(2)[0],
    "half": f32(0.5)[0],
    "axes23": np.array([2, 3], I64),
    "axes1": np.array([1], I64),
    "pads": np.array([0, 0, 1, 2, 0, 0, 0, 3], I64),
    "pads2": np.array([1, 2, 3, 0], I64),
    "axes32": np.array([-1, 2], I64),
    "padsk": np.array([0, 1, 0, 0, 0, 2, 0, 0], I64),
    "seven": f32(7)[0],
    "s0": np.array([1], I64),
    "s2": np.array([-2], I64),
    "far": np.array([2**63 - 1], I64),
    "ax2": np.array([2], I64),
    "ax3": np.array([3], I64),
    "step2": np.array([2], I64),
    "parts": np.array([3, 5], I64),
    "parts1": np.array([1, 1], I64),
    "scales": f32(1, 1, 2, 2),
    "scales3": f32(1, 1, 1.5, 2.5),
    "down": f32(1, 1, 0.5, 0.4),
    "sizes": np.array([1, 2, 13, 5], I64),
    "sizes2": np.array([1, 2, 16, 16], I64),
    "flat": np.array([1, -1], I64),
    "back": np.array([1, 2, 8, 8], I64),
    "dense": noise(128, 5),
    "denset": noise(5, 128),
    "bias5": noise(5),
    "bias15": noise(1, 5),
    "pixel": noise(2, 6),
    "none": np.zeros(0, np.float32),
    "kernel4": noise(4, 2, 2, 2),
    "ps": noise(8, 2, 1, 1),
    "ps3": noise(18, 2, 1, 1),
    "zero64": np.array([0], I64),
    "keep": np.array([0, 0, -1], I64),
    "merge": np.array([1, 2, 64], I64),
    "ax1": np.array([1], I64),
    "s12": np.array([1, 2], I64),
    "root2": f32(2**0.5)[0],
    "one1": f32(1)[0],
}
GLOBAL = op("GlobalAveragePool", "x", out="g")

CASES = {
    "conv 1x7": [op("Conv", "x", "w1x7", pads=[0, 3, 0, 3])],
    "conv strides (1, 2)": [op("Conv", "x", "w", "b", strides=[1, 2], pads=[1] * 4)],
    "conv dilated": [op("Conv", "x", "w", dilations=[2, 3], pads=[2, 3, 2, 3])],
    "conv in groups": [op("Conv", "x", "wg", group=2, pads=[1, 0, 1, 0])],
    "conv depthwise": [op("Conv", "x", "wt3", group=2)],
    "conv same": [op("Conv", "x", "w", auto_pad="SAME_LOWER", strides=[2, 2])],
    "conv with pads as large as the window": [op("Conv", "x", "w", pads=[3, 4, 3, 4])],
    "conv stride 2": [op("Conv", "x", "kernel4", strides=[2, 2])],
    "conv transposed 2": [op("ConvTranspose", "x", "wt", "bt", strides=[2, 2])],
    "conv transposed 3": [op("ConvTranspose", "x", "wt3", strides=[2, 3], pads=[1, 0, 1, 1], output_padding=[1, 2])],
    "conv transposed, cut at the left": [op("ConvTranspose", "x", "wt3", strides=[3, 2], pads=[0, 2, 1, 0])],
    "conv transposed, cut at the top": [op("ConvTranspose", "x", "wt3", strides=[1, 2], pads=[2, 0, 0, 1])],
    "conv transposed in groups": [op("ConvTranspose", "x", "wt3", group=2, dilations=[1, 2])],
    "batch normalization": [op("BatchNormalization", "x", "scale", "shift", "mean", "var", epsilon=1e-3)],
    "batch normalization behind a convolution": [
        op("Conv", "x", "kernel4", out="c"),
        op("Split", "c", out=["p", "q"], axis=1),
        op("BatchNormalization", "q", "scale", "shift", "mean", "var"),
    ],
    "normalised convolution": [
        op("Conv", "x", "wt3", group=2, out="c"),
        op("BatchNormalization", "c", "scale", "shift", "mean", "var", out="n"),
        op("Clip", "n", "lo", "hi"),
    ],
    "normalised transposed convolution": [
        op("ConvTranspose", "x", "wt3", group=2, out="c"),
        op("BatchNormalization", "c", "scale", "shift", "mean", "var"),
    ],
    "max pool ceil": [op("MaxPool", "x", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)],
    "max pool dilated": [op("MaxPool", "x", kernel_shape=[2, 3], strides=[1, 2], dilations=[2, 1], pads=[1, 1, 0, 1])],
    "average pool with zeros": [op("AveragePool", "x", kernel_shape=[3, 3], pads=[1] * 4, count_include_pad=1)],
    "average pool without": [op("AveragePool", "x", kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1])],
    "average pool ceil": [op("AveragePool", "x", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)],
    "global max": [op("GlobalMaxPool", "x")],
    "reduce mean": [op("ReduceMean", "x", axes=[2, 3], keepdims=0)],
    "reduce mean of channels": [op("ReduceMean", "x", axes=[1])],
    "reduce sum of rows": [op("ReduceSum", "x", "ax2")],
    "reduce max of all": [op("ReduceMax", "x", keepdims=0)],
    "reduce min": [op("ReduceMin", "x", axes=[-1])],
    "add alike": [op("Relu", "x", out="r"), op("Add", "r", "x")],
    "subtract a channel": [op("Sub", "x", "k")],
    "subtract from a channel": [op("Sub", "k", "x")],
    "multiply by a row": [op("Mul", "x", "row")],
    "multiply by a map": [op("Mul", "map", "x")],
    "divide by one": [op("Div", "x", "one")],
    "divide one": [op("Exp", "x", out="e"), op("Div", "one", "e")],
    "add all": [op("Add", "x", "all")],
    "squeeze and excite": [GLOBAL, op("Sigmoid", "g", out="s"), op("Mul", "x", "s")],
    "gated by a map": [op("ReduceMean", "x", axes=[1], out="m"), op("Mul", "m", "x")],
    "max and min": [op("Max", "x", "k", out="m"), op("Min", "m", "one")],
    "power": [op("Pow", "x", "two", out="p"), op("Pow", "p", "half")],
    "clip": [op("Clip", "x", "lo", "hi")],
    "clip below": [op("Clip", "x", "lo")],
    "clip above": [op("Clip", "x", "", "hi")],
    "clipped convolution": [op("Conv", "x", "w", out="c"), op("Clip", "c", "lo", "hi")],
    "hard swish": [op("HardSwish", "x")],
    "silu": [op("Sigmoid", "x", out="s"), op("Mul", "x", "s")],
    "logarithm": [op("Exp", "x", out="e"), op("Log", "e")],
    "root": [op("Abs", "x", out="e"), op("Sqrt", "e")],
    "reciprocal": [op("Softplus", "x", out="e"), op("Reciprocal", "e", out="r"), op("Neg", "r")],
    "leaky": [op("LeakyRelu", "x", alpha=0.2)],
    "elu": [op("Elu", "x", alpha=0.7)],
    "tanh": [op("Tanh", "x")],
    "erf": [op("Erf", "x")],
    "hard sigmoid": [op("HardSigmoid", "x", alpha=0.3, beta=0.4)],
    "prelu": [op("PRelu", "x", "slope")],
    "softmax of channels": [op("Softmax", "x", axis=1)],
    "softmax of a row": [
        op("Flatten", "x", out="f"),
        op("Gemm", "f", "dense", "bias5", out="g"),
        op("LogSoftmax", "g"),
    ],
    "pad": [op("Pad", "x", "pads", "seven")],
    "pad of channels": [op("Pad", "x", "padsk")],
    "pad of some axes": [op("Pad", "x", "pads2", "seven", "axes32")],
    "pad mirrored": [op("Pad", "x", "pads", mode="reflect")],
    "pad by the edge": [op("Pad", "x", "pads", mode="edge")],
    "slice": [op("Slice", "x", "s0", "far", "ax2", "step2")],
    "slice from the end": [op("Slice", "x", "s2", "far", "ax3")],
    "slice of channels": [op("Slice", "x", "s0", "far", "ax1")],
    "split of columns": [op("Split", "x", "parts", out=["p", "q"], axis=3), op("Relu", "q")],
    "split and join": [op("Split", "x", "parts", out=["p", "q"], axis=2), op("Concat", "q", "p", axis=2)],
    "join along columns": [op("Relu", "x", out="r"), op("Concat", "x", "r", "x", axis=-1)],
    "join channels with a constant": [op("Unsqueeze", "all", "zero64", out="u"), op("Concat", "x", "u", axis=1)],
    "resize linear by scales": [op("Resize", "x", "", "scales3", mode="linear")],
    "resize linear down": [
        op("Resize", "x", "", "down", mode="linear", coordinate_transformation_mode="pytorch_half_pixel")
    ],
    "resize linear to sizes": [op("Resize", "x", "", "", "sizes", mode="linear")],
    "resize to twice by sizes": [op("Resize", "x", "", "", "sizes2", mode="linear")],
    "resize align corners": [
        op("Resize", "x", "", "", "sizes", mode="linear", coordinate_transformation_mode="align_corners")
    ],
    "resize asymmetric": [op("Resize", "x", "", "scales3", mode="linear", coordinate_transformation_mode="asymmetric")],
    "resize nearest": [op("Resize", "x", "", "scales3", mode="nearest")],
    "resize nearest to sizes": [
        op("Resize", "x", "none", "", "sizes", nearest_mode="floor", coordinate_transformation_mode="asymmetric")
    ],
    "resize nearest ceil": [op("Resize", "x", "", "scales3", nearest_mode="ceil")],
    "resize nearest prefer ceil": [op("Resize", "x", "", "down", nearest_mode="round_prefer_ceil")],
    "conv same at every step, from below": [op("Conv", "x", "w1x7", auto_pad="SAME_LOWER")],
    "conv same at every step": [op("Conv", "x", "w1x7", auto_pad="SAME_UPPER")],
    "conv less a channel": [op("Conv", "x", "w", out="c"), op("Sub", "c", "k4")],
    "a channel less conv": [op("Conv", "x", "w", out="c"), op("Sub", "k4", "c")],
    "conv times a channel": [op("Conv", "x", "w", "b", out="c"), op("Mul", "c", "k4")],
    "one number less conv": [op("Conv", "x", "w", "b", out="c"), op("Sub", "half", "c")],
    "conv less one number": [op("Conv", "x", "w", "b", out="c"), op("Sub", "c", "half")],
    "conv divided by a channel": [op("Conv", "x", "w", "b", out="c"), op("Div", "c", "k4")],
    "conv times a map": [op("Conv", "x", "w", "b", pads=[1] * 4, out="c"), op("Mul", "c", "map")],
    "conv and a map": [op("Conv", "x", "w", "b", pads=[1] * 4, out="c"), op("Add", "map", "c")],
    "conv and a row": [op("Conv", "x", "w", "b", pads=[1] * 4, out="c"), op("Sub", "row", "c")],
    "conv times what it came from": [op("Conv", "x", "wt3", group=2, pads=[1] * 4, out="c"), op("Mul", "c", "x")],
    "what conv came from less conv": [op("Conv", "x", "wt3", group=2, pads=[1] * 4, out="c"), op("Sub", "x", "c")],
    "average pool same with zeros": [
        op("AveragePool", "x", kernel_shape=[3, 3], auto_pad="SAME_UPPER", count_include_pad=1)
    ],
    "average pool same without": [op("AveragePool", "x", kernel_shape=[3, 3], auto_pad="SAME_UPPER")],
    "resize to sizes, scales empty": [op("Resize", "x", "none", "none", "sizes", mode="linear")],
    "resize linear to twice, asymmetric": [
        op("Resize", "x", "", "scales", mode="linear", coordinate_transformation_mode="asymmetric")
    ],
    "split in three": [op("Split", "x", out=["p", "q", "s"], axis=2, num_outputs=3), op("Concat", "s", "p", axis=2)],
    "dropout with a seed": [op("Dropout", "x", "half", seed=3, out="d"), op("Relu", "d")],
    "flattened whole": [op("Flatten", "x", axis=4, out="f"), op("Relu", "f")],
    "flattened from the first axis": [op("Flatten", "x", axis=-4, out="f"), op("Gemm", "f", "dense")],
    "flatten and gemm": [
        op("Flatten", "x", out="f"),
        op("Gemm", "f", "denset", "bias15", transB=1, alpha=0.5, beta=2.0),
    ],
    "gemm with a computed C": [
        op("Flatten", "x", out="f"),
        op("Gemm", "f", "dense", out="g"),
        op("Relu", "g", out="r"),
        op("Gemm", "f", "dense", "r"),
    ],
    "gemm without C": [op("Reshape", "x", "flat", out="f"), op("Gemm", "f", "dense")],
    "matmul of pixels": [
        op("Transpose", "x", perm=[0, 2, 3, 1], out="t"),
        op("MatMul", "t", "pixel", out="m"),
        op("Transpose", "m", perm=[0, 3, 1, 2]),
    ],
    "there and back": [
        op("Transpose", "x", perm=[0, 2, 3, 1], out="t"),
        op("Mul", "t", "scale", out="m"),
        op("Transpose", "m", perm=[0, 3, 1, 2]),
    ],
    "reshaped and back": [op("Reshape", "x", "keep", out="f"), op("Relu", "f", out="r"), op("Reshape", "r", "back")],
    "reshaped to rows": [
        op("Reshape", "x", "merge", out="f"),
        op("Softmax", "f", axis=1),
    ],
    "mean of a row": [op("Reshape", "x", "merge", out="f"), op("ReduceMean", "f", axes=[2], keepdims=0)],
    "squeezed": [
        GLOBAL,
        op("Squeeze", "g", "axes23", out="s"),
        op("Unsqueeze", "s", "axes23", out="u"),
        op("Add", "x", "u"),
    ],
    "squeezed of all": [GLOBAL, op("Squeeze", "g", out="s"), op("Relu", "s")],
    "arg max": [op("ArgMax", "x", axis=1, keepdims=0, out="a"), op("Cast", "a", to=1)],
    "arg max, cast": [op("ArgMax", "x", axis=-3, out="a"), op("Cast", "a", to=1)],
    "dropout": [op("Dropout", "x", out="d"), op("Relu", "d")],
    "identity of what several use": [
        op("Conv", "x", "w", out="c"),
        op("Identity", "c", out="i"),
        op("Relu", "i", out="r"),
        op("Add", "c", "r"),
    ],
    "cast": [op("Cast", "x", to=1, out="c"), op("Relu", "c")],
    "pixel shuffle": [op("Conv", "x", "ps", out="c"), op("DepthToSpace", "c", blocksize=2, mode="CRD")],
    "pixel shuffle by three": [op("Conv", "x", "ps3", out="c"), op("DepthToSpace", "c", blocksize=3, mode="CRD")],
    "size of an image": [
        op("Shape", "x", out="s"),
        op("Slice", "s", "s2", "far", out="hw"),
        op("Concat", "s12", "hw", axis=0, out="to"),
        op("MaxPool", "x", kernel_shape=[2, 2], strides=[2, 2], out="p"),
        op(
            "Resize",
            "p",
            "",
            "",
            "to",
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        ),
    ],
    "mish": [op("Softplus", "x", out="s"), op("Tanh", "s", out="t"), op("Mul", "x", "t")],
    "gelu by erf": [
        op("Div", "x", "root2", out="d"),
        op("Erf", "d", out="e"),
        op("Add", "e", "one1", out="f"),
        op("Mul", "x", "f", out="g"),
        op("Mul", "g", "half"),
    ],
}


NEWER = {"pad of some axes": 18, "split in three": 18}
"""Operators that files of version 17 do not have."""


def case(name):
    return file_of(*CASES[name], arrays=ARRAYS, opset=NEWER.get(name, 17))


@pytest.mark.parametrize("name", CASES)
def test_operators_are_those_of_onnxruntime(name):
    assert alike(case(name))


@pytest.mark.parametrize("name", CASES)
def test_what_was_read_travels_and_nothing_that_was_changed_harms(name):
    """The octets are the graph; flipped and sealed again they are none, or one that can be run."""
    octets = encode_network(read_onnx(case(name)))
    assert encode_network(decode_network(octets)) == octets
    image = np.ascontiguousarray(noise(1, 2, 8, 8)[0].transpose(1, 2, 0))
    random = np.random.default_rng(len(name))
    for bit in random.integers(8 * 4, 8 * min(len(octets) - 4, 160), 24):
        body = bytearray(octets[:-4])
        body[bit // 8] ^= 1 << bit % 8
        try:
            network = Network.load(bytes(body) + crc32c(bytes(body)).to_bytes(4, "little"))
            if max(max(shape) for shape in network.graph.shapes(8, 8)) <= 256:
                network.run(image)
        except (CorruptError, ValueError):
            continue


VERSIONS = {"Pad": 11, "Clip": 11, "Slice": 10, "ReduceMean": 18, "Squeeze": 13}
"""From which on what was an attribute is an input."""


@pytest.mark.parametrize("opset", [8, 9, 10, 11, 12, 13, 18, 21])
def test_operators_as_versions_have_them(opset):
    """Where attributes became inputs, and what is left out means something else."""
    newer = {name for name, version in VERSIONS.items() if opset >= version}
    pads = {"pads": [0, 0, 1, 2, 0, 0, 0, 3], "value": 7.0}
    pad = op("Pad", "x", "pads", "seven", out="p") if "Pad" in newer else op("Pad", "x", **pads, out="p")
    clip = op("Clip", "p", "lo", "hi", out="c") if "Clip" in newer else op("Clip", "p", min=-0.3, max=0.6, out="c")
    part = {"starts": [1], "ends": [7], "axes": [2]}
    cut = op("Slice", "c", "s0", "s2", "ax2", out="s") if "Slice" in newer else op("Slice", "c", **part, out="s")
    both = {"axes": [2, 3]}
    mean = op("ReduceMean", "s", "axes23", out="m") if "ReduceMean" in newer else op("ReduceMean", "s", **both, out="m")
    flat = op("Squeeze", "m", "axes23", out="q") if "Squeeze" in newer else op("Squeeze", "m", **both, out="q")
    assert alike(file_of(pad, clip, cut, mean, flat, op("Softmax", "q"), arrays=ARRAYS, opset=opset))


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_scales_were_an_attribute(mode):
    scaled = op("Upsample", "x", mode=mode, scales=[1.0, 1.0, 1.5, 2.5])
    assert alike(file_of(scaled, arrays=ARRAYS, opset=8))


@pytest.mark.parametrize("mode", ["nearest", "linear"])
@pytest.mark.parametrize("opset", [9, 10])
def test_scaled_up_as_it_was(mode, opset):
    kind = "Upsample" if opset == 9 else "Resize"
    for scales in ("scales", "scales3"):
        assert alike(file_of(op(kind, "x", scales, mode=mode), arrays=ARRAYS, opset=opset))


def test_gelu_swish_and_mish_of_their_own():
    assert alike(file_of(op("Gelu", "x"), arrays=ARRAYS, opset=20))
    assert alike(file_of(op("Mish", "x"), arrays=ARRAYS, opset=18))


def test_an_image_that_comes_with_channels_last():
    """As exporters of TensorFlow write it: it is turned first, and what comes out is turned back."""
    octets = file_of(
        op("Transpose", "x", perm=[0, 3, 1, 2], out="t"), op("Conv", "t", "w", pads=[1] * 4, out="c"),
        op("Transpose", "c", perm=[0, 2, 3, 1]), arrays=ARRAYS, image=(1, 8, 6, 2),
    )  # fmt: skip
    image = noise(1, 8, 6, 2)
    graph = read_onnx(octets)
    assert graph.image == (8, 6, 2)
    assert np.allclose(Network(graph).run(image[0]), theirs(octets, image)[0], atol=1e-5)


def test_sizes_are_scaled_in_binary32():
    """10 rows times the binary32 number next to 1.3 are 12.9999995 in binary64, and 13 where onnxruntime reckons."""
    octets = file_of(
        op("Resize", "x", "", "s13", mode="linear"), arrays={"s13": f32(1, 1, 1.3, 0.7)}, image=(1, 2, 10, 10)
    )
    assert read_onnx(octets).shapes(10, 10)[-1][:2] == (13, 7)


ONE, TWO = np.array([1], I64), np.array([2], I64)
FOLDED = {
    "Abs": ([-0.5], {}, {}),
    "Add": ([0.25], {"o": f32(0.25)}, {}),
    "Cast": ([1], {}, {"to": 1}),
    "Ceil": ([0.5], {}, {}),
    "Div": ([1.5], {"o": f32(3)}, {}),
    "Floor": ([1.5], {}, {}),
    "Identity": ([0.5], {}, {}),
    "Max": ([0.25], {"o": f32(0.5)}, {}),
    "Min": ([0.75], {"o": f32(0.5)}, {}),
    "Mod": ([2.5], {"o": f32(1)}, {"fmod": 1}),
    "Mul": ([0.25], {"o": f32(2)}, {}),
    "Neg": ([-0.5], {}, {}),
    "Pow": ([0.25], {"o": f32(0.5)}, {}),
    "Reciprocal": ([2.0], {}, {}),
    "ReduceProd": ([[0.5, 2.0]], {}, {"axes": [1]}),
    "Reshape": ([[0.5]], {"o": ONE}, {}),
    "Round": ([0.75], {}, {}),
    "Slice": ([0.1, 0.5, 0.9], {"o": ONE, "p": TWO}, {}),
    "Sqrt": ([0.25], {}, {}),
    "Squeeze": ([[0.5]], {"o": np.array([0], I64)}, {}),
    "Sub": ([0.75], {"o": f32(0.25)}, {}),
    "Tile": ([0.5], {"o": ONE}, {}),
    "Transpose": ([[0.5]], {}, {"perm": [1, 0]}),
    "Unsqueeze": ([0.5], {"o": np.array([0], I64)}, {}),
    "Where": ([True], {"o": f32(0.5), "p": f32(0.1)}, {}),
    "Gather": ([0.1, 0.5], {"o": ONE}, {}),
    "Concat": ([0.5], {"o": np.zeros(0, np.float32)}, {"axis": 0}),
    "Expand": ([0.5], {"o": ONE}, {}),
    "Equal": ([3.0], {"o": f32(3)}, {}),
    "Range": ([0.5], {"o": f32(1.5), "p": f32(1)}, {}),
    "ConstantOfShape": ([1], {}, {}),
}


@pytest.mark.parametrize("kind", FOLDED)
def test_what_is_made_of_constants_is_one(kind):
    """What exporters leave to be computed of constants is as good as one in the file."""
    first, others, said = FOLDED[kind]
    given = np.array(first, {"Cast": I64, "ConstantOfShape": I64, "Where": bool}.get(kind, np.float32))
    if kind == "Range":
        given, others = given[0], {name: one[0] for name, one in others.items()}
    made = [op(kind, "v", *others, out="m", **said)]
    made += [op("Cast", "m", to=1, out="n"), op("Mul", "x", "n")] if kind == "Equal" else [op("Mul", "x", "m")]
    assert alike(file_of(*made, arrays={"v": given, **others}))
