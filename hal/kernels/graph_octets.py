"""Networks as octets, all numbers little-endian: what is uplinked, and what `hal.kernels.nets.Network` loads.

    "SRN1" | rows:16 | cols:16 | channels:16 | nodes:16 | node* | weights | CRC-32C:32 over all before
    node    = kind:8 | activation:8 | size:8 | stride:8 | top:8 | left:8 | bottom:8 | right:8 | outputs:16
              | inputs:8 | input:16 *
    weights = binary32, of each node in turn: its weights, then its biases

Kinds, activations and the order of weights are those of hal.kernels.graph. rows = cols = 0: images of any size.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from hal.kernels.crc import crc32c
from hal.kernels.errors import CorruptError
from hal.kernels.graph import (
    NODES_MAX,
    Activation,
    Graph,
    Kind,
    Node,
    Shape,
    derive_shapes,
    weights_count,
    weights_shape,
)

MAGIC = b"SRN1"
_HEAD, _NODE = struct.Struct("<4s4H"), struct.Struct("<8BHB")


def encode_graph(graph: Graph) -> bytes:
    """The octets; `decode_graph` is the inverse."""
    head = _HEAD.pack(MAGIC, *graph.image, len(graph.nodes))
    numbers = (array for node in graph.nodes for array in (node.weights, node.bias) if array is not None)
    weights = b"".join(np.ascontiguousarray(array, "<f4").tobytes() for array in numbers)
    octets = head + b"".join(_encoded(node) for node in graph.nodes) + weights
    return octets + crc32c(octets).to_bytes(4, "little")


def _encoded(node: Node) -> bytes:
    fields = node.kind, node.activation, node.size, node.stride, *node.padding, node.outputs, len(node.inputs)
    return _NODE.pack(*fields) + struct.pack(f"<{len(node.inputs)}H", *node.inputs)


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
    counts = [weights_count(node, shapes[node.inputs[0]]) for node in nodes]
    if len(octets) != 4 * sum(counts):
        raise ValueError(f"{len(octets)} octets of weights, expected {4 * sum(counts)}")
    numbers, at = np.frombuffer(octets, "<f4").astype(np.float32), 0
    for node, count in zip(nodes, counts, strict=True):
        shape = weights_shape(node, shapes[node.inputs[0]])
        if shape is None:
            yield node
            continue
        own = numbers[at : at + count]
        yield replace(node, weights=own[: -shape[-1]].reshape(shape), bias=own[-shape[-1] :])
        at += count
