"""Networks as octets, all numbers little-endian: what is uplinked, and what `hal.kernels.nets.Network` loads.

    "SRN1" | rows:16 | cols:16 | channels:16 | nodes:16 | node* | weights | CRC-32C:32 over all before
    node    = kind:8 | activation:8 | size:8 | stride:8 | top:8 | left:8 | bottom:8 | right:8 | outputs:16
              | inputs:8 | input:16 *
    weights = of each node in turn: its weights, then its biases, as binary32; of a quantised convolution: its weights
              as 8-bit integers, its scales, its biases and its step as binary32, its zero:8

Kinds, activations and the order of weights are those of hal.kernels.graph. rows = cols = 0: images of any size.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod

import numpy as np

from hal.kernels.crc import crc32c
from hal.kernels.errors import CorruptError
from hal.kernels.graph import (
    NODES_MAX,
    Activation,
    Graph,
    Kind,
    Node,
    Rounding,
    Shape,
    derive_shapes,
    weights_shape,
    weights_size,
)

MAGIC = b"SRN1"
_HEAD, _NODE = struct.Struct("<4s4H"), struct.Struct("<8BHB")


def encode_graph(graph: Graph) -> bytes:
    """The octets; `decode_graph` is the inverse."""
    head = _HEAD.pack(MAGIC, *graph.image, len(graph.nodes))
    weights = b"".join(part for node in graph.nodes for part in _weights_of(node))
    octets = head + b"".join(_encoded(node) for node in graph.nodes) + weights
    return octets + crc32c(octets).to_bytes(4, "little")


def _encoded(node: Node) -> bytes:
    fields = node.kind, node.activation, node.size, node.stride, *node.padding, node.outputs, len(node.inputs)
    return _NODE.pack(*fields) + struct.pack(f"<{len(node.inputs)}H", *node.inputs)


def _weights_of(node: Node) -> Iterator[bytes]:
    if node.weights is None or node.bias is None:
        return
    yield np.ascontiguousarray(node.weights, node.weights.dtype.newbyteorder("<")).tobytes()
    if node.rounding:
        yield np.ascontiguousarray(node.rounding.scales, "<f4").tobytes()
    yield np.ascontiguousarray(node.bias, "<f4").tobytes()
    if node.rounding:
        yield struct.pack("<fB", node.rounding.step, node.rounding.zero)


def decode_graph(octets: bytes) -> Graph:
    """Read and check a network. Raises CorruptError for any octets that are none."""
    body = octets[:-4]
    if octets[:4] != MAGIC or crc32c(body).to_bytes(4, "little") != octets[-4:]:
        raise CorruptError(f"{len(octets)} octets are no network")
    try:
        _, rows, cols, channels, count = _HEAD.unpack_from(body)
        nodes, at = _nodes(body, count)
        weighted = _with_weights((rows, cols, channels), nodes, body[at:])
        return Graph((rows, cols, channels), tuple(weighted))
    except (struct.error, ValueError) as error:
        raise CorruptError(f"no network: {error}") from error


def _nodes(body: bytes, count: int) -> tuple[list[Node], int]:
    """The nodes without their weights, and where these begin."""
    if count > NODES_MAX:
        raise ValueError(f"{count} nodes, expected up to {NODES_MAX}")
    nodes, at = [], _HEAD.size
    for _ in range(count):
        *fields, inputs = _NODE.unpack_from(body, at)
        nodes.append(_node(fields, struct.unpack_from(f"<{inputs}H", body, at + _NODE.size)))
        at += _NODE.size + 2 * inputs
    return nodes, at


def _node(fields: Sequence[int], inputs: tuple[int, ...]) -> Node:
    kind, activation, size, stride, top, left, bottom, right, outputs = fields
    return Node(
        kind=Kind(kind), inputs=inputs, activation=Activation(activation), size=size, stride=stride,
        padding=(top, left, bottom, right), outputs=outputs,
    )  # fmt: skip


def _with_weights(image: Shape, nodes: Sequence[Node], octets: bytes) -> Iterator[Node]:
    """The nodes with their weights, of which `octets` hold all and nothing else."""
    shapes = derive_shapes(image, nodes)
    sizes = [weights_size(node, shapes[node.inputs[0]]) for node in nodes]
    if len(octets) != sum(sizes):
        raise ValueError(f"{len(octets)} octets of weights, expected {sum(sizes)}")
    at = 0
    for node, size in zip(nodes, sizes, strict=True):
        shape = weights_shape(node, shapes[node.inputs[0]])
        yield _weighted(node, shape, octets[at : at + size]) if shape else node
        at += size


def _weighted(node: Node, shape: tuple[int, ...], octets: bytes) -> Node:
    count, outputs = prod(shape), shape[-1]
    if node.kind is not Kind.QUANTISED:
        numbers = np.frombuffer(octets, "<f4").astype(np.float32)
        return replace(node, weights=numbers[:count].reshape(shape), bias=numbers[count:])
    weights = np.frombuffer(octets, np.int8, count).reshape(shape).copy()
    scales, bias = np.frombuffer(octets, "<f4", 2 * outputs, count).astype(np.float32).reshape(2, outputs)
    step, zero = struct.unpack_from("<fB", octets, count + 8 * outputs)
    return replace(node, weights=weights, bias=bias, rounding=Rounding(step, zero, scales))
