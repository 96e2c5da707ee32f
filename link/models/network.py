"""Networks in the form that is uplinked, all of it checked before it is run (kernels.inference.graph_octets)."""

from kernels.errors import CorruptError
from kernels.inference.graph import Graph
from kernels.inference.graph_octets import decode_graph, encode_graph
from link.errors import DecodeError


def encode_network(graph: Graph) -> bytes:
    """The octets that `Network.load` takes; `decode_network` is the inverse."""
    return encode_graph(graph)


def decode_network(octets: bytes) -> Graph:
    """Read and check a network: check sequence, counts, indices, shapes, sizes, finite weights.

    Raises DecodeError for octets that are not a valid network.
    """
    try:
        return decode_graph(octets)
    except CorruptError as error:
        raise DecodeError(str(error)) from error
