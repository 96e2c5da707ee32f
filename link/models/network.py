"""Networks as they travel: octets that are checked as a whole before anything runs them (hal.kernels.graph_octets)."""

from hal.kernels.errors import CorruptError
from hal.kernels.graph import Graph
from hal.kernels.graph_octets import decode_graph, encode_graph
from link.errors import DecodeError


def encode_network(graph: Graph) -> bytes:
    """The octets that `Network.load` takes; `decode_network` is the inverse."""
    return encode_graph(graph)


def decode_network(octets: bytes) -> Graph:
    """Read and check a network: check sequence, counts, indices, shapes, sizes, finite weights.

    Raises DecodeError for any octets that are none.
    """
    try:
        return decode_graph(octets)
    except CorruptError as error:
        raise DecodeError(str(error)) from error
