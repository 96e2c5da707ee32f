"""Networks as octets: a vector by hand, whatever is damaged is refused, whatever is accepted can be run."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.crc import crc32c
from kernels.inference.graph import Activation, Graph, Layer, LayerKind
from kernels.inference.nets import Network
from link.errors import DecodeError
from link.models.network import decode_network, encode_network
from tests.kernels.inference.graphs import graphs

WEIGHTS = np.array([[[[2.0], [-1.0]]]], np.float32)  # size 1, of 2 channels to 1
LAYER = Layer(
    kind=LayerKind.CONVOLUTION, inputs=(0,), activation=Activation.RELU, size=1, stride=1, outputs=1,
    weights=WEIGHTS, bias=np.array([0.5], np.float32),
)  # fmt: skip
GRAPH = Graph((0, 0, 2), (LAYER, Layer(kind=LayerKind.CONCAT, inputs=(1, 0, 1))))
BODY = (
    bytes.fromhex("53524E32 0000 0000 0200 0200")
    + bytes.fromhex("01 01 01 01 00000000 0100 01 0000")  # convolution, ReLU
    + bytes.fromhex("09 00 00 00 00000000 0000 03 0100 0000 0100")  # concatenation
    + struct.pack("<3f", 2, -1, 0.5)
)


def sealed(body):
    return body + crc32c(body).to_bytes(4, "little")


def test_vector():
    assert encode_network(GRAPH) == sealed(BODY)
    image = np.array([[[1, 1], [1, 4]]], np.float32)
    assert Network.load(sealed(BODY)).run(image).tolist() == [[[1.5, 1, 1, 1.5], [0, 1, 4, 0]]]


@given(graphs())
def test_decode_inverts_encode(graph):
    octets = encode_network(graph)
    decoded = decode_network(octets)
    assert encode_network(decoded) == octets
    assert [(node.kind, node.inputs, node.padding) for node in decoded.nodes] == [
        (node.kind, node.inputs, node.padding) for node in graph.nodes
    ]


@given(st.binary(max_size=80))
def test_decode_is_total(octets):
    for candidate in (octets, sealed(octets), sealed(b"SRN2" + octets)):
        try:
            graph = decode_network(candidate)
        except DecodeError:
            continue
        assert encode_network(graph) == candidate


@given(graphs(), st.data())
def test_what_is_accepted_though_changed_can_be_run(graph, data):
    """With a right check sequence behind wrong octets: an error, or a network that runs to its end."""
    body = bytearray(encode_network(graph)[:-4])
    head = min(len(body), 12 + 16 * len(graph.nodes))
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(4, head - 1))] = data.draw(st.integers(0, 255))
    try:
        changed = decode_network(sealed(bytes(body)))
    except DecodeError:
        return
    rows, cols, channels = changed.image
    assert encode_network(changed) == sealed(bytes(body))
    if max(np.prod(shape) for shape in changed.shapes(rows or 20, cols or 20)) < 1e6:
        Network(changed).run(np.zeros((rows or 20, cols or 20, channels), np.float32), checked=True)


def test_every_flip_and_every_cut_is_refused():
    octets = encode_network(GRAPH)
    for size in range(len(octets)):
        with pytest.raises(DecodeError):
            decode_network(octets[:size])
    for bit in range(8 * len(octets)):
        damaged = bytearray(octets)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecodeError):
            decode_network(bytes(damaged))


@pytest.mark.parametrize(
    ("at", "octet", "sentence"),
    [
        (4, 7, "an image of"),
        (8, 0, "an image of"),
        (10, 0, "octets of weights, expected 0"),
        (12, 99, "99 is not a valid LayerKind"),
        (13, 9, "9 is not a valid Activation"),
        (14, 8, "node 0, convolution: size 8"),
        (15, 0, "node 0, convolution: stride 0"),
        (16, 1, "node 0, convolution: padding"),
        (20, 2, "12 octets of weights, expected 24"),
        (22, 0, "not a valid"),
        (23, 1, "node 0, convolution: inputs"),
        (26, 1, "node 1, concat: a kind that has no activation"),
        (27, 1, "node 1, concat: size 1"),
        (36, 2, "node 1, concat: inputs"),
        (25, 12, "node 1, argmax: 3 inputs"),
    ],
)
def test_what_is_wrong_is_named(at, octet, sentence):
    body = bytearray(BODY)
    body[at] = octet
    with pytest.raises(DecodeError, match=sentence):
        decode_network(sealed(bytes(body)))


def test_weights_that_are_not_finite_are_refused():
    for weight in (float("inf"), float("nan")):
        with pytest.raises(DecodeError, match="not finite"):
            decode_network(sealed(BODY[:-4] + struct.pack("<f", weight)))
