"""Small neural networks over images: load and run (csrc/include/skyrack/nets.h)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import check
from kernels.coding.crc import crc32c
from kernels.errors import UpsetError
from kernels.inference.graph import Graph, derive_shapes, first_shape
from kernels.inference.graph_octets import decode_graph
from kernels.inference.nets_plan import Plan, pack

PLANS_MAX = 4
"""Maximum number of image sizes whose planned memory is kept for the next image of that size."""


class Backend(Protocol):
    """An engine that runs a graph.

    - `image` is (rows, cols, channels), contiguous float32, of a size that the graph takes.
    - The result is float32 (rows, cols, channels), or uint8 (rows, cols) where the last node is an argmax.
    """

    def run(self, image: NDArray[np.float32], *, checked: bool) -> NDArray[Any]:
        """The network's result for one image."""


class Network:
    """A network that is ready to run; threads may run it at once."""

    def __init__(self, graph: Graph, *, backend: str = "c") -> None:
        """`backend` is "c" or "onnxruntime"; ValueError where there is none of that name, or it is not installed."""
        if backend not in _BACKENDS:
            raise ValueError(f"backend = {backend!r}, expected one of {', '.join(_BACKENDS)}")
        self.graph = graph
        self._backend = _BACKENDS[backend](graph)

    @classmethod
    def load(cls, octets: bytes, *, backend: str = "c") -> Self:
        """Check the octets of a network and make it ready to run. Raises CorruptError as `decode_graph` does."""
        return cls(decode_graph(octets), backend=backend)

    def run(self, image: NDArray[np.float32], *, checked: bool = False) -> NDArray[Any]:
        """The result for an image (rows, cols, channels): float32 of the same axes, or uint8 classes (rows, cols).

        With `checked`, weights, images and sums are compared with their checksums while the network runs, which costs
        a few per cent of its time: UpsetError where they differ; the image must be finite then. Raises TypeError for
        another dtype or layout, ValueError for an image that does not fit the network.
        """
        check("image", image, np.float32, 3)
        if image.shape[2] != self.graph.image[2]:
            raise ValueError(f"image: {image.shape[2]} channels, expected {self.graph.image[2]}")
        return self._backend.run(image, checked=checked)


class _Compiled:
    """The C back end: weights are packed once; memory is planned once for each size of image and used by one run at a
    time.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        shapes = derive_shapes(graph.image, graph.nodes)
        self._weights = [pack(node, first_shape(node, shapes)) for node in graph.nodes]
        self._expected = self._checksums()
        self._plans: dict[tuple[int, int], Plan] = {}
        self._lock = Lock()

    def run(self, image: NDArray[np.float32], *, checked: bool) -> NDArray[Any]:
        with self._plan(image.shape[0], image.shape[1]) as plan:
            result = plan.run_checked(image) if checked else plan.run(image)
        if checked and self._checksums() != self._expected:
            raise UpsetError("weights have changed since they were loaded")
        return result

    def _checksums(self) -> list[int]:
        return [crc32c(array.view(np.uint8).data) for arrays in self._weights for array in arrays]

    @contextmanager
    def _plan(self, rows: int, cols: int) -> Iterator[Plan]:
        """The plan that is kept for this size, or a new one while another run has it; the last PLANS_MAX are kept."""
        with self._lock:
            plan = self._plans.pop((rows, cols), None)
        plan = plan or Plan(self._graph, self._weights, rows, cols)
        try:
            yield plan
        finally:
            with self._lock:
                self._plans[rows, cols] = plan
                if len(self._plans) > PLANS_MAX:
                    self._plans.pop(next(iter(self._plans)))


def _onnxruntime(graph: Graph) -> Backend:
    try:
        from kernels.inference.nets_onnxruntime import OnnxRuntime
    except ImportError as error:
        raise ValueError(
            f"backend = 'onnxruntime': {error.name} is not installed; pip install 'skyrack[onnx]'"
        ) from None
    return OnnxRuntime(graph)


_BACKENDS: dict[str, Callable[[Graph], Backend]] = {"c": _Compiled, "onnxruntime": _onnxruntime}
