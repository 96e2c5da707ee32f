"""Readers of pools, and of reductions over whole axes."""

from ground.models.onnx.convolutions import channels_first, square, window
from ground.models.onnx.operator import Axes, OnnxOperator, OnnxValue, essential
from ground.models.onnx.reader import IMAGE, OnnxReader
from kernels.inference.graph import WINDOW_MAX, LayerKind
from kernels.inference.graph_any import Pool, Pooling, Reducing, Reduction

_BITS = {"r": 1, "c": 2, "k": 4, "n": 0}


def max_pool(reader: OnnxReader, operator: OnnxOperator) -> None:
    """MaxPool: the largest number of each window."""
    operator.require(not operator.number("storage_order", 0), "storage_order")
    operator.require(sum(map(bool, operator.outputs)) == 1, "a second output")
    _pool(reader, operator, Pool.LARGEST, LayerKind.MAX_POOL)


def average_pool(reader: OnnxReader, operator: OnnxOperator) -> None:
    """AveragePool: the mean of each window, over the pixels inside the image or with the padding zeros."""
    padded = any(operator.attribute("pads", [0])) or operator.text("auto_pad", "NOTSET").startswith("SAME")
    of_all = bool(operator.number("count_include_pad", 0)) and padded
    _pool(reader, operator, Pool.MEAN_ALL if of_all else Pool.MEAN_INSIDE, LayerKind.AVERAGE_POOL)


def _pool(reader: OnnxReader, operator: OnnxOperator, pool: Pool, fast_kind: LayerKind) -> None:
    value, size = channels_first(reader, operator), operator.pair("kernel_shape", 0)
    apart = operator.pair("dilations", 1) != (1, 1) and operator.text("auto_pad", "NOTSET").startswith("SAME")
    operator.require(not apart, "auto_pad with dilations, which onnxruntime does not pad to the same size,")
    sliding, up = window(reader, operator, value, size), operator.number("ceil_mode", 0)
    fast = square(sliding, WINDOW_MAX)
    if fast and not up and pool is not Pool.MEAN_ALL:
        image = reader.add(operator, fast_kind, value.image, **fast)
    else:
        image = reader.add(operator, LayerKind.POOL, value.image, settings=Pooling(pool, *sliding[:10], up))
    reader.name(operator, image, IMAGE)


def global_mean(reader: OnnxReader, operator: OnnxOperator) -> None:
    """GlobalAveragePool: the mean over rows and columns."""
    value = channels_first(reader, operator)
    reader.name(operator, reader.add(operator, LayerKind.MEAN, value.image), IMAGE)


def global_max(reader: OnnxReader, operator: OnnxOperator) -> None:
    """GlobalMaxPool: the largest number over rows and columns."""
    value = channels_first(reader, operator)
    settings = Reducing(Reduction.MAX, _BITS["r"] | _BITS["c"])
    reader.name(operator, reader.add(operator, LayerKind.REDUCE, value.image, settings=settings), IMAGE)


_REDUCTIONS = {
    "ReduceMean": Reduction.MEAN, "ReduceSum": Reduction.SUM, "ReduceMax": Reduction.MAX, "ReduceMin": Reduction.MIN,
}  # fmt: skip


def reduction(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Reductions over any axes, which stay with size 1 unless `keepdims` is 0."""
    value, reduction_ = operator.value(), _REDUCTIONS[operator.kind]
    places, left = _reduced_axes(operator, value), operator.number("keepdims", 1)
    letters = "".join(value.axes[place] for place in places)
    bits = sum({_BITS[letter] for letter in letters})
    image = value.image
    if bits == 3 and reduction_ is Reduction.MEAN:
        image = reader.add(operator, LayerKind.MEAN, image)
    elif bits:
        image = reader.add(operator, LayerKind.REDUCE, image, settings=Reducing(reduction_, bits))
    axes = tuple(one for place, one in enumerate(value.axes) if left or place not in places)
    reader.name(operator, image, axes)


def _reduced_axes(operator: OnnxOperator, value: OnnxValue) -> set[int]:
    said = operator.attribute("axes", None)
    if said is None and operator.has(1):
        said = operator.needed(1, "axes").reshape(-1).tolist()
    rank, empty = len(value.axes), bool(operator.number("noop_with_empty_axes", 0))
    if said is None or not len(said):
        operator.require(not empty, "noop_with_empty_axes")
        return set(range(rank))
    operator.require(all(-rank <= axis < rank for axis in said), f"axes {said}")
    return {int(axis) % rank for axis in said}


def argmax(reader: OnnxReader, operator: OnnxOperator) -> None:
    """ArgMax over channels; its result is classes, which no operator computes with."""
    value = operator.value()
    place, left = operator.axis("axis", 0, len(value.axes)), operator.number("keepdims", 1)
    one = essential(value.axes[place], reader.shape(value)) in ("k", "") and "k" in value.axes[place]
    operator.require(one, f"axis {place} of {value.axes}, which is not that of channels,")
    operator.require(not operator.number("select_last_index", 0), "select_last_index")
    axes: Axes = tuple(letters for axis, letters in enumerate(value.axes) if left or axis != place)
    reader.name(operator, reader.add(operator, LayerKind.ARGMAX, value.image), axes)


def is_classes(reader: OnnxReader, value: OnnxValue) -> bool:
    """Whether a value is the result of `argmax`."""
    return value.image > 0 and reader.nodes[value.image - 1].kind is LayerKind.ARGMAX
