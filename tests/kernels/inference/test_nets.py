"""Networks: random graphs against plain numpy in binary64, checked runs against flips."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.errors import CorruptError, UpsetError
from kernels.inference.graph import Activation, Graph, Layer, LayerKind, Rounding
from kernels.inference.graph_any import Applying, Function
from kernels.inference.graph_octets import decode_graph, encode_graph
from kernels.inference.nets import Network
from kernels.library import select_level, supported_levels
from kernels.selftest import self_test
from tests.kernels.inference.graphs import graphs


@pytest.fixture(params=supported_levels(), autouse=True, scope="module")
def level(request):
    select_level(request.param)
    yield request.param
    select_level()


def windows(image, node, fill):
    """(rows, cols, channels, size, size) of the output's windows; pixels outside the image have the value `fill`."""
    top, left, bottom, right = node.padding
    wide = np.pad(image, ((top, bottom), (left, right), (0, 0)), constant_values=fill)
    views = np.lib.stride_tricks.sliding_window_view(wide, (node.size, node.size), axis=(0, 1))
    return views[:: node.stride, :: node.stride]


def plain(node, images):
    """One layer in binary64, before its activation."""
    image = images[0]
    match node.kind:
        case LayerKind.CONVOLUTION:
            return np.einsum("rcixy,xyio->rco", windows(image, node, 0), node.weights.astype(float)) + node.bias
        case LayerKind.DEPTHWISE:
            return np.einsum("rcixy,xyi->rci", windows(image, node, 0), node.weights.astype(float)) + node.bias
        case LayerKind.DENSE:
            return (image.reshape(1, 1, -1) @ node.weights.astype(float)) + node.bias
        case LayerKind.MAX_POOL:
            return windows(image, node, -np.inf).max(axis=(3, 4))
        case LayerKind.AVERAGE_POOL:
            return np.nanmean(windows(image, node, np.nan), axis=(3, 4))
        case LayerKind.MEAN:
            return image.mean(axis=(0, 1), keepdims=True)
        case LayerKind.NEAREST:
            return image.repeat(node.size, axis=0).repeat(node.size, axis=1)
        case LayerKind.BILINEAR:
            return twice(twice(image).swapaxes(0, 1)).swapaxes(0, 1)
        case LayerKind.CONCAT:
            return np.concatenate(images, axis=2)
        case LayerKind.ADD:
            return images[0] + images[1]
    return image


def twice(image):
    """Twice the rows, linear between the centres of pixels."""
    places = np.clip((np.arange(2 * len(image)) + 0.5) / 2 - 0.5, 0, len(image) - 1)
    low = np.floor(places).astype(int)
    share = (places - low)[:, np.newaxis, np.newaxis]
    return image[low] * (1 - share) + image[np.minimum(low + 1, len(image) - 1)] * share


ACTIVATIONS = {
    Activation.LINEAR: lambda x: x,
    Activation.RELU: lambda x: np.maximum(x, 0),
    Activation.SIGMOID: lambda x: 1 / (1 + np.exp(-x)),
}


def reference(graph, image):
    """All images of a graph in binary64."""
    images = [image.astype(float)]
    for node in graph.nodes:
        if node.kind is not LayerKind.ARGMAX:
            images.append(ACTIVATIONS[node.activation](plain(node, [images[i] for i in node.inputs])))
    return images


def image_for(graph, seed):
    return np.random.default_rng(seed).normal(0, 1, graph.image).astype(np.float32)


def agrees(result, graph, image):
    """Within 1e-5 of the largest number; classes where the two largest numbers are not as close as that."""
    numbers = reference(graph, image)[-1]
    near = 1e-5 * max(1, np.abs(numbers).max())
    if graph.nodes[-1].kind is not LayerKind.ARGMAX:
        return result.shape == numbers.shape and np.abs(result - numbers).max() <= near
    chosen = np.take_along_axis(numbers, result[..., np.newaxis].astype(int), axis=2)[..., 0]
    return result.shape == numbers.shape[:2] and (chosen >= numbers.max(axis=2) - near).all()


@given(graphs(), st.integers(0, 2**32 - 1), st.booleans())
def test_graphs_are_what_they_say(graph, seed, checked):
    image = image_for(graph, seed)
    assert agrees(Network(graph).run(image, checked=checked), graph, image)


def convolution(channels, outputs, **fields):
    random = np.random.default_rng(channels)
    usual = {"kind": LayerKind.CONVOLUTION, "inputs": (0,), "size": 3, "stride": 1, "padding": (1, 1, 1, 1)}
    fields = {**usual, "outputs": outputs, **fields}
    weights = random.normal(0, 0.05, (fields["size"], fields["size"], channels, outputs)).astype(np.float32)
    return Layer(**fields, weights=weights, bias=random.normal(0, 1, outputs).astype(np.float32))


@pytest.mark.parametrize("channels", [1, 64, 127, 128, 130])
@pytest.mark.parametrize("fields", [{}, {"stride": 2, "padding": (0, 0, 1, 1)}, {"size": 1, "padding": (0, 0, 0, 0)}])
def test_convolutions_over_chunks_and_tiles(channels, fields):
    graph = Graph((0, 0, channels), (convolution(channels, 40, **fields),))
    for shape in ((1, 57), (30, 2), (16, 31)):
        image = np.random.default_rng(1).normal(0, 1, (*shape, channels)).astype(np.float32)
        if min(shape) >= 2 or fields.get("stride", 1) == 1:
            assert agrees(Network(graph).run(image, checked=True), graph, image)


def test_levels_that_fuse_agree_bit_for_bit(level):
    graph = Graph((21, 33, 70), (convolution(70, 50),))
    result = Network(graph).run(image_for(graph, 5))
    for other in set(supported_levels()) - {"portable"} if level != "portable" else ():
        select_level(other)
        assert np.array_equal(Network(graph).run(image_for(graph, 5)), result)
    select_level(level)


def quantised(channels, outputs, **fields):
    random, float_node = np.random.default_rng(outputs), convolution(channels, outputs, **fields)
    rounding = Rounding(np.float32(0.031).item(), 77, random.uniform(1e-4, 1e-3, outputs).astype(np.float32))
    weights = random.integers(-128, 128, float_node.weights.shape, np.int8)
    return replace(float_node, kind=LayerKind.QUANTISED, weights=weights, rounding=rounding)


def plain_quantised(node, image):
    """Whole numbers and binary32, as the node says, to the bit."""
    rounding = node.rounding
    numbers = np.clip(np.rint(image / np.float32(rounding.step)) + rounding.zero, 0, 255) - rounding.zero
    whole = replace(
        node, kind=LayerKind.CONVOLUTION, weights=node.weights.astype(int), bias=np.zeros(node.outputs, int)
    )
    return plain(whole, [numbers]).astype(np.float32) * rounding.scales + node.bias


@given(st.integers(1, 9), st.sampled_from([1, 32, 33]), st.integers(1, 3), st.integers(1, 2), st.integers(0, 99))
def test_quantised_convolutions_are_plain_ones_to_the_bit(channels, outputs, size, stride, seed):
    pad = size // 2
    node = quantised(channels, outputs, size=size, stride=stride, padding=(pad, 0, pad, pad))
    graph = decode_graph(encode_graph(Graph((0, 0, channels), (node,))))
    image = np.random.default_rng(seed).normal(0, 2, (7, 19, channels)).astype(np.float32)
    assert np.array_equal(Network(graph).run(image, checked=True), plain_quantised(node, image))


@pytest.mark.parametrize("bit", [0, 12, 22, 23, 30, 31])
def test_a_flip_in_the_weights_is_seen(bit):
    graph = Graph((12, 12, 8), (convolution(8, 40), convolution(40, 3, inputs=(1,))))
    network, image = Network(graph), image_for(graph, 1)
    packed = network._backend._weights[1][0].view(np.uint32)
    packed[len(packed) // 2] ^= np.uint32(1 << bit)
    with pytest.raises(UpsetError, match="weights have changed"):
        network.run(image, checked=True)


def test_numbers_that_are_none_on_the_way_are_no_upset():
    """The logarithm of what is below 0, and then a convolution of it."""
    logarithm = Layer(kind=LayerKind.FUNCTION, inputs=(0,), settings=Applying(Function.LOG))
    network = Network(Graph((0, 0, 8), (logarithm, convolution(8, 4, inputs=(1,)))))
    image = np.random.default_rng(3).normal(3, 1, (9, 9, 8)).astype(np.float32)
    image[4, 4, 2] = -1
    found = network.run(image, checked=True)
    assert np.array_equal(found, network.run(image), equal_nan=True)
    assert np.isnan(found[4, 4]).all()
    assert np.isfinite(found[0, 0]).all()


def test_zeros_and_level_images_raise_no_alarm():
    graph = Graph((0, 0, 64), (convolution(64, 64), convolution(64, 64, inputs=(1,))))
    network = Network(graph)
    for value in (0, 1e-30, 1 / 3, 1e4):
        network.run(np.full((30, 40, 64), value, np.float32), checked=True)


@given(graphs())
def test_octets_are_the_graph(graph):
    octets = encode_graph(graph)
    assert encode_graph(decode_graph(octets)) == octets
    image = image_for(graph, 0)
    assert np.array_equal(Network.load(octets).run(image), Network(graph).run(image))


def test_misuse_is_refused():
    network = Network(Graph((0, 0, 3), (convolution(3, 2, padding=(0, 0, 0, 0)),)))
    with pytest.raises(TypeError, match="contiguous float32"):
        network.run(np.zeros((4, 4, 3)))
    with pytest.raises(ValueError, match="4 channels, expected 3"):
        network.run(np.zeros((4, 4, 4), np.float32))
    with pytest.raises(ValueError, match="for a window of 3"):
        network.run(np.zeros((2, 4, 3), np.float32))
    with pytest.raises(ValueError, match="expected one of c, onnxruntime"):
        Network(network.graph, backend="gpu")
    with pytest.raises(CorruptError):
        Network.load(b"SRN2")


def test_self_test():
    assert self_test("nets")
