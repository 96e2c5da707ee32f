"""Networks as octets, the form that is uplinked and that `kernels.inference.nets.Network` loads; little-endian.

    "SRN2" | rows:16 | cols:16 | channels:16 | nodes:16 | node* | weights | CRC-32C:32 over all before
    node    = kind:8 | activation:8 | size:8 | stride:8 | top:8 | left:8 | bottom:8 | right:8 | outputs:16
              | inputs:8 | input:16 * | setting *, as many as the kind has, binary64
    weights = of each node in turn: its weights, then its biases, as binary32; of a quantised convolution: its weights
              as 8-bit integers, its scales, its biases and its step as binary32, its zero:8

Kinds, activations and the order of weights are those of kernels.inference.graph. rows = cols = 0: images of any size.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod
from typing import Any, cast

import numpy as np

from kernels.coding.crc import crc32c
from kernels.errors import CorruptError
from kernels.inference.graph import (
    NODES_MAX,
    SETTINGS,
    Activation,
    Graph,
    Layer,
    LayerKind,
    Rounding,
    derive_shapes,
    first_shape,
    weights_shape,
    weights_size,
)
from kernels.inference.graph_any import LayerSettings, Shape

GRAPH_MAGIC = b"SRN2"
_HEAD, _NODE = struct.Struct("<4s4H"), struct.Struct("<8BHB")


def encode_graph(graph: Graph) -> bytes:
    """The octets of a network; `decode_graph` is the inverse."""
    head = _HEAD.pack(GRAPH_MAGIC, *graph.image, len(graph.nodes))
    weights = b"".join(part for node in graph.nodes for part in _weights_of(node))
    octets = head + b"".join(_encoded(node) for node in graph.nodes) + weights
    return octets + crc32c(octets).to_bytes(4, "little")


def _encoded(node: Layer) -> bytes:
    fields = node.kind, node.activation, node.size, node.stride, *node.padding, node.outputs, len(node.inputs)
    settings = tuple(node.settings or ())
    return _NODE.pack(*fields) + struct.pack(f"<{len(node.inputs)}H{len(settings)}d", *node.inputs, *settings)


def _weights_of(node: Layer) -> Iterator[bytes]:
    if node.weights is None:
        return
    yield np.ascontiguousarray(node.weights, node.weights.dtype.newbyteorder("<")).tobytes()
    if node.rounding:
        yield np.ascontiguousarray(node.rounding.scales, "<f4").tobytes()
    if node.bias is not None:
        yield np.ascontiguousarray(node.bias, "<f4").tobytes()
    if node.rounding:
        yield struct.pack("<fB", node.rounding.step, node.rounding.zero)


def decode_graph(octets: bytes) -> Graph:
    """Read and check a network. Raises CorruptError for octets that are not a valid network."""
    body = octets[:-4]
    if octets[:4] != GRAPH_MAGIC or crc32c(body).to_bytes(4, "little") != octets[-4:]:
        raise CorruptError(f"{len(octets)} octets are not a network: its mark or its CRC-32C is wrong")
    try:
        _, rows, cols, channels, count = _HEAD.unpack_from(body)
        nodes, at = _nodes(body, count)
        weighted = _with_weights((rows, cols, channels), nodes, body[at:])
        return Graph((rows, cols, channels), tuple(weighted))
    except (struct.error, ValueError) as error:
        raise CorruptError(f"not a valid network: {error}") from error


def _nodes(body: bytes, count: int) -> tuple[list[Layer], int]:
    """The nodes without their weights, and the offset of the weights in octets."""
    if count > NODES_MAX:
        raise ValueError(f"{count} nodes, expected up to {NODES_MAX}")
    nodes, at = [], _HEAD.size
    for _ in range(count):
        *fields, inputs = _NODE.unpack_from(body, at)
        made = SETTINGS.get(LayerKind(fields[0]))
        row = struct.Struct(f"<{inputs}H{len(made.__annotations__) if made else 0}d")
        numbers = row.unpack_from(body, at + _NODE.size)
        settings = _settings(made, numbers[inputs:]) if made else None
        nodes.append(_node(fields, numbers[:inputs], settings))
        at += _NODE.size + row.size
    return nodes, at


def _settings(made: type[LayerSettings], numbers: Sequence[float]) -> LayerSettings:
    """The settings `made` of these numbers, as ints where they are declared so."""
    kinds = made.__annotations__.values()
    values = [_whole(number) if kind is int else number for number, kind in zip(numbers, kinds, strict=True)]
    return made(*cast(Any, values))


def _whole(number: float) -> int:
    if not number.is_integer():
        raise ValueError(f"a setting of {number}, expected a whole number")
    return int(number)


def _node(fields: Sequence[int], inputs: tuple[int, ...], settings: LayerSettings | None) -> Layer:
    kind, activation, size, stride, top, left, bottom, right, outputs = fields
    return Layer(
        kind=LayerKind(kind), inputs=inputs, activation=Activation(activation), size=size, stride=stride,
        padding=(top, left, bottom, right), outputs=outputs, settings=settings,
    )  # fmt: skip


def _with_weights(image: Shape, nodes: Sequence[Layer], octets: bytes) -> Iterator[Layer]:
    """The nodes with their weights; ValueError unless `octets` hold exactly these."""
    shapes = derive_shapes(image, nodes)
    firsts = [first_shape(node, shapes) for node in nodes]
    sizes = [weights_size(node, first, made) for node, first, made in zip(nodes, firsts, shapes[1:], strict=True)]
    if len(octets) != sum(sizes):
        raise ValueError(f"{len(octets)} octets of weights, expected {sum(sizes)}")
    at = 0
    for node, first, size in zip(nodes, firsts, sizes, strict=True):
        shape = weights_shape(node, first)
        yield _weighted(node, shape, octets[at : at + size]) if shape else node
        at += size


def _weighted(node: Layer, shape: tuple[int, ...], octets: bytes) -> Layer:
    count, outputs = prod(shape), shape[-1]
    if node.kind is not LayerKind.QUANTISED:
        numbers = np.frombuffer(octets, "<f4").astype(np.float32)
        biases = None if node.kind is LayerKind.CONSTANT else numbers[count:]
        return replace(node, weights=numbers[:count].reshape(shape), bias=biases)
    weights = np.frombuffer(octets, np.int8, count).reshape(shape).copy()
    scales, bias = np.frombuffer(octets, "<f4", 2 * outputs, count).astype(np.float32).reshape(2, outputs)
    step, zero = struct.unpack_from("<fB", octets, count + 8 * outputs)
    return replace(node, weights=weights, bias=bias, rounding=Rounding(step, zero, scales))
