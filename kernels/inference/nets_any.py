"""Layers of any geometry as calls of the kernels in csrc/include/skyrack/nets_any.h."""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, Protocol

from kernels.inference import graph_any as any_
from kernels.inference.graph import Layer, LayerKind
from kernels.inference.graph_any import Shape
from kernels.library import ffi, lib


class Call(Protocol):
    """A node with the pointers and shapes that its kernel is given."""

    @property
    def node(self) -> Layer:
        """The node to run."""

    @property
    def inputs(self) -> list[Any]:
        """Pointers to the images that it takes."""

    @property
    def out(self) -> Any:
        """Pointer to the image that it makes."""

    @property
    def given(self) -> list[Shape]:
        """Shapes of the images that it takes."""

    @property
    def made(self) -> Shape:
        """Shape of the image that it makes."""

    @property
    def weights(self) -> list[Any]:
        """Pointers to weights and biases."""


def run_any(call: Call) -> int:
    """Run the kernel of a node of any geometry; returns its status, SR_OK or another."""
    return int(_KERNELS[call.node.kind](call, call.node.settings))


def _shape(shape: Sequence[int]) -> Any:
    return ffi.new("struct sr_nets_shape *", tuple(shape))


def _window(call: Call, settings: any_.Sliding | any_.Pooling, groups: int) -> Any:
    pairs = (
        (settings.size_rows, settings.size_cols), (settings.stride_rows, settings.stride_cols),
        (settings.dilation_rows, settings.dilation_cols), (settings.top, settings.left),
    )  # fmt: skip
    return ffi.new("struct sr_nets_sliding *", (call.given[0], call.made, *pairs, groups))


def _convolve(call: Call, settings: any_.Sliding) -> Any:
    return lib.sr_nets_convolve_any(_window(call, settings, settings.groups), *call.weights, *call.inputs, call.out)


def _transpose(call: Call, settings: any_.Sliding) -> Any:
    return lib.sr_nets_transpose_any(_window(call, settings, settings.groups), *call.weights, *call.inputs, call.out)


def _pool(call: Call, settings: any_.Pooling) -> Any:
    return lib.sr_nets_pool_any(_window(call, settings, 1), settings.pooling, *call.inputs, call.out)


def _combine(call: Call, settings: any_.Combining) -> Any:
    a, b = map(_shape, call.given)
    return lib.sr_nets_combine(settings.operation, call.inputs[0], a, call.inputs[1], b, call.out)


def _apply(call: Call, settings: any_.Applying) -> Any:
    return lib.sr_nets_apply(*settings, *call.inputs, prod(call.made), call.out)


def _scale(call: Call, _: any_.Scaling) -> Any:
    rows, cols, channels = call.made
    return lib.sr_nets_scale(*call.inputs, rows * cols, channels, *call.weights, call.out)


def _share(call: Call, settings: any_.Sharing) -> Any:
    rows, cols, channels = call.made
    return lib.sr_nets_softmax(*call.inputs, rows * cols, channels, settings.logarithms, call.out)


def _reduce(call: Call, settings: any_.Reducing) -> Any:
    return lib.sr_nets_reduce(settings.reduction, settings.axes, *call.inputs, _shape(call.given[0]), call.out)


def _resize(call: Call, settings: any_.Resizing) -> Any:
    scales = settings.scales(call.given[0], call.made)
    numbers = call.given[0], call.made, settings.centres, settings.between, scales
    return lib.sr_nets_resize(ffi.new("struct sr_nets_resizing *", numbers), *call.inputs, call.out)


def _pad(call: Call, settings: any_.Padding) -> Any:
    shapes = _shape(call.given[0]), _shape(settings[:3]), _shape(call.made)
    return lib.sr_nets_pad(*call.inputs, *shapes, settings.framing, settings.value, call.out)


def _cut(call: Call, settings: any_.Cutting) -> Any:
    starts = [part.start for part in settings.ranges(call.given[0])]
    shapes = _shape(call.given[0]), _shape(starts), _shape(settings[6:]), _shape(call.made)
    return lib.sr_nets_cut(*call.inputs, *shapes, call.out)


def _join(call: Call, settings: any_.Joining) -> Any:
    at, status = [0, 0, 0], lib.SR_OK
    for image, shape in zip(call.inputs, call.given, strict=True):
        status = status or lib.sr_nets_place(image, _shape(shape), _shape(at), _shape(call.made), call.out)
        at[settings.axis] += shape[settings.axis]
    return status


def _round(call: Call, settings: any_.Stepping) -> Any:
    return lib.sr_nets_round(
        ffi.new("struct sr_nets_rounding *", tuple(settings)), *call.inputs, prod(call.made), call.out
    )


def _hold(call: Call, settings: any_.Holding) -> Any:
    return lib.sr_nets_place(*call.weights, _shape(settings), _shape((0, 0, 0)), _shape(settings), call.out)


_KERNELS: dict[LayerKind, Callable[[Call, Any], Any]] = {
    LayerKind.GROUPED: _convolve, LayerKind.TRANSPOSED: _transpose, LayerKind.POOL: _pool, LayerKind.COMBINE: _combine,
    LayerKind.FUNCTION: _apply, LayerKind.SCALE: _scale, LayerKind.SHARES: _share, LayerKind.REDUCE: _reduce,
    LayerKind.RESIZE: _resize,
    LayerKind.PAD: _pad, LayerKind.CUT: _cut, LayerKind.JOIN: _join, LayerKind.ROUND: _round, LayerKind.CONSTANT: _hold,
}  # fmt: skip
