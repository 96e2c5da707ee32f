"""A graph as calls of the kernels in csrc/include/skyrack/nets.h, with their memory planned for one size of image."""

from collections.abc import Callable, Iterable, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import pointer, require
from kernels.backend import kernel
from kernels.errors import UpsetError
from kernels.inference.graph import Graph, Layer, LayerKind
from kernels.inference.graph_any import Shape
from kernels.inference.nets_any import run_any
from kernels.library import ffi, lib

_SUMMED = {LayerKind.CONVOLUTION, LayerKind.DENSE}
"""Kinds whose kernels can verify their own sums."""


def pack(node: Layer, given: Shape) -> list[NDArray[Any]]:
    """A node's weights in the layout of its kernel; empty for a node without weights."""
    if node.weights is None:
        return []
    weights = _laid_out(node.weights).reshape(-1)
    if node.bias is None:
        return [weights]
    bias = _laid_out(node.bias)
    if node.kind is LayerKind.DEPTHWISE or node.settings is not None:
        return [weights, bias]
    rows, cols, channels = given
    window = _window(node, (rows or node.size, cols or node.size, channels))
    if node.rounding:
        return [_pack_quantised(window, node.weights, node.rounding.scales, bias)]
    packed = np.empty(lib.sr_nets_packed(window) // 8, np.float64)
    require(lib.sr_nets_pack(window, pointer(weights), pointer(bias), ffi.from_buffer(packed), packed.nbytes))
    return [packed]


def _laid_out(numbers: NDArray[Any]) -> NDArray[Any]:
    """The same numbers as a contiguous, aligned array, as C requires."""
    return np.require(numbers, requirements=["C_CONTIGUOUS", "ALIGNED"])


def _pack_quantised(
    window: Any, weights: NDArray[np.int8], scales: NDArray[np.float32], bias: NDArray[np.float32]
) -> NDArray[Any]:
    packed = np.empty(lib.sr_nets_packed_i8(window) // 4, np.float32)
    octets, room = pointer(_laid_out(weights).reshape(-1)), ffi.from_buffer(packed)
    require(lib.sr_nets_pack_i8(window, octets, pointer(_laid_out(scales)), pointer(bias), room, packed.nbytes))
    return packed


def _window(node: Layer, given: Shape) -> Any:
    """The C window of a sliding node; a dense layer is one over a single pixel whose channels are all its numbers."""
    rows, cols, channels = given
    size, stride = node.size, node.stride
    if node.kind is LayerKind.DENSE:
        rows, cols, channels, size, stride = 1, 1, prod(given), 1, 1
    outputs = node.outputs or channels
    numbers = rows, cols, channels, outputs, size, stride, *node.padding, node.activation
    return ffi.new("struct sr_nets_window *", numbers)


class PlannedLayer(NamedTuple):
    """A node with all that its kernel is given: pointers, shapes, weights."""

    node: Layer
    inputs: list[Any]
    out: Any
    given: list[Shape]
    made: Shape
    weights: list[Any]
    scratch: NDArray[np.uint8]
    check: Any

    def run(self) -> int:
        """Call the kernel; returns SR_OK or, from a kernel that verifies its sums, SR_CORRUPT."""
        return int(_KERNELS.get(self.node.kind, run_any)(self))


def _convolve(layer: PlannedLayer) -> Any:
    window, room = _window(layer.node, layer.given[0]), ffi.from_buffer(layer.scratch)
    run = lib.sr_nets_conv if layer.check else kernel("sr_nets_conv")  # a device's kernel does not verify its sums
    return run(window, layer.weights[0], layer.inputs[0], layer.out, room, layer.scratch.nbytes, layer.check)


def _convolve_quantised(layer: PlannedLayer) -> Any:
    window, room = _window(layer.node, layer.given[0]), ffi.from_buffer(layer.scratch)
    step, zero = (layer.node.rounding.step, layer.node.rounding.zero) if layer.node.rounding else (0.0, 0)
    steps = ffi.new("struct sr_nets_steps *", (step, zero))
    return lib.sr_nets_conv_i8(window, steps, *layer.weights, *layer.inputs, layer.out, room, layer.scratch.nbytes)


def _depthwise(layer: PlannedLayer) -> Any:
    return lib.sr_nets_depthwise(_window(layer.node, layer.given[0]), *layer.weights, *layer.inputs, layer.out)


def _max_pool(layer: PlannedLayer) -> Any:
    return lib.sr_nets_max_pool(_window(layer.node, layer.given[0]), *layer.inputs, layer.out)


def _average_pool(layer: PlannedLayer) -> Any:
    return lib.sr_nets_average_pool(_window(layer.node, layer.given[0]), *layer.inputs, layer.out)


def _mean(layer: PlannedLayer) -> Any:
    rows, cols, channels = layer.given[0]
    return lib.sr_nets_mean(*layer.inputs, rows * cols, channels, layer.out)


def _nearest(layer: PlannedLayer) -> Any:
    return lib.sr_nets_upsample_nearest(*layer.inputs, *layer.given[0], layer.node.size, layer.out)


def _bilinear(layer: PlannedLayer) -> Any:
    return lib.sr_nets_upsample_bilinear2(*layer.inputs, *layer.given[0], layer.out)


def _concat(layer: PlannedLayer) -> Any:
    rows, cols, channels = layer.made
    at = 0
    for image, shape in zip(layer.inputs, layer.given, strict=True):
        require(lib.sr_nets_concat(image, rows * cols, shape[2], layer.out, channels, at))
        at += shape[2]
    return lib.SR_OK


def _add(layer: PlannedLayer) -> Any:
    return lib.sr_nets_add(*layer.inputs, prod(layer.made), layer.node.activation, layer.out)


def _activate(layer: PlannedLayer) -> Any:
    return lib.sr_nets_activate(*layer.inputs, prod(layer.made), layer.node.activation, layer.out)


def _argmax(layer: PlannedLayer) -> Any:
    rows, cols, channels = layer.given[0]
    return lib.sr_nets_argmax(*layer.inputs, rows * cols, channels, ffi.cast("uint8_t *", layer.out))


_KERNELS: dict[LayerKind, Callable[[PlannedLayer], Any]] = {
    LayerKind.CONVOLUTION: _convolve, LayerKind.DENSE: _convolve, LayerKind.QUANTISED: _convolve_quantised,
    LayerKind.DEPTHWISE: _depthwise, LayerKind.MAX_POOL: _max_pool, LayerKind.AVERAGE_POOL: _average_pool,
    LayerKind.MEAN: _mean,
    LayerKind.NEAREST: _nearest, LayerKind.BILINEAR: _bilinear, LayerKind.CONCAT: _concat, LayerKind.ADD: _add,
    LayerKind.ACTIVATION: _activate, LayerKind.ARGMAX: _argmax,
}  # fmt: skip


def assign_slots(nodes: Sequence[Layer]) -> list[int]:
    """For each image between the nodes, the number of the memory slot that it holds while it is needed."""
    last_use = {image: number for number, node in enumerate(nodes) for image in node.inputs}
    slots: list[int] = []
    free: list[int] = []
    for number, node in enumerate(nodes[:-1]):
        slots.append(free.pop() if free else len(set(slots)))
        free += [slots[image - 1] for image in set(node.inputs) if image and last_use[image] == number]
    return slots


class Plan:
    """A graph ready to run over images of rows x cols, by one thread at a time: it owns the memory between nodes."""

    def __init__(self, graph: Graph, weights: Sequence[Sequence[NDArray[Any]]], rows: int, cols: int) -> None:
        self._nodes, self._shapes = graph.nodes, graph.shapes(rows, cols)
        self._sizes = [prod(shape) for shape in self._shapes]
        self._weights = [[ffi.from_buffer("float[]", array) for array in arrays] for arrays in weights]
        slots = assign_slots(graph.nodes)
        rooms = [self._room(slots, slot) for slot in range(len(set(slots)))]
        self._between = [rooms[slot] for slot in slots]
        self._scratch = np.empty(max(self._scratch_size(number) for number in range(len(self._nodes))), np.uint8)

    def _room(self, slots: Sequence[int], slot: int) -> NDArray[np.float32]:
        sizes = (size for size, own in zip(self._sizes[1:], slots, strict=False) if own == slot)
        return np.empty(max(sizes), np.float32)

    def _scratch_size(self, number: int) -> int:
        node = self._nodes[number]
        if node.kind is not LayerKind.QUANTISED and node.kind not in _SUMMED:
            return 0
        window = _window(node, self._shapes[node.inputs[0]])
        return int((lib.sr_nets_scratch_i8 if node.kind is LayerKind.QUANTISED else lib.sr_nets_scratch)(window))

    def _layers(self, image: NDArray[np.float32], result: NDArray[Any], check: Any) -> Iterable[PlannedLayer]:
        images = [pointer(image), *map(pointer, self._between), ffi.cast("float *", ffi.from_buffer(result))]
        shapes = self._shapes
        return [
            PlannedLayer(node, [images[i] for i in node.inputs], images[number + 1], [shapes[i] for i in node.inputs],
                  shapes[number + 1], self._weights[number], self._scratch, check)
            for number, node in enumerate(self._nodes)
        ]  # fmt: skip

    def _result(self) -> NDArray[Any]:
        classes = self._nodes[-1].kind is LayerKind.ARGMAX
        return np.empty(self._shapes[-1][:2], np.uint8) if classes else np.empty(self._shapes[-1], np.float32)

    def run(self, image: NDArray[np.float32]) -> NDArray[Any]:
        """The result for an image of the planned shape."""
        result = self._result()
        for layer in self._layers(image, result, ffi.NULL):
            require(layer.run())
        return result

    def run_checked(self, image: NDArray[np.float32]) -> NDArray[Any]:
        """The result as of `run`; each image is compared with its sum when it is used. Raises UpsetError."""
        result, check = self._result(), ffi.new("struct sr_nets_check *")
        sums = [lib.sr_nets_sum(pointer(image), image.size)]
        for layer in self._layers(image, result, check):
            kept = [sums[image] for image in layer.node.inputs]
            sums.append(_run_checked(layer, kept))
        return result


def _run_checked(layer: PlannedLayer, kept: Sequence[int]) -> int:
    """Run a layer over inputs whose sums were `kept`; returns the sum of its output. Raises UpsetError."""
    if layer.node.kind in _SUMMED:
        layer.check.input_sum = kept[0]
        if layer.run() == lib.SR_OK:
            return int(layer.check.output_sum)
        _require(not _is_finite(layer), layer)  # sums over NaN or infinity prove nothing
        layer = layer._replace(check=ffi.NULL)
    for image, shape, expected in zip(layer.inputs, layer.given, kept, strict=True):
        _require(lib.sr_nets_sum(image, prod(shape)) == expected, layer)
    require(layer.run())
    return 0 if layer.node.kind is LayerKind.ARGMAX else lib.sr_nets_sum(layer.out, prod(layer.made))


def _is_finite(layer: PlannedLayer) -> bool:
    numbers = np.frombuffer(ffi.buffer(layer.inputs[0], 4 * prod(layer.given[0])), np.float32)
    return bool(np.isfinite(numbers).all())


def _require(right: bool, layer: PlannedLayer) -> None:
    if not right:
        raise UpsetError(f"a checksum of a node of kind {layer.node.kind.name.lower()} is not what was predicted")
