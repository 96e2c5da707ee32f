"""Readers of operators with weights: convolutions of any geometry, dense layers, normalisation."""

from typing import Any

import numpy as np

from ground.models.onnx.operator import AnyArray, OnnxOperator, OnnxValue, Quantisation, essential, letter_size
from ground.models.onnx.reader import IMAGE, OnnxReader
from kernels.inference.graph import CONVOLUTION_SIZE_MAX, PRODUCTS_MAX, WINDOW_MAX, LayerKind, Rounding
from kernels.inference.graph_any import Arithmetic, Scaling, Sliding, Stepping


def channels_first(reader: OnnxReader, operator: OnnxOperator, place: int = 0) -> OnnxValue:
    """An input whose axes in the file are (1, channels, rows, columns)."""
    value = operator.value(place)
    shape = reader.shape(value)
    right = len(value.axes) == 4 and all(
        letters == letter or (not essential(letters, shape) and letter_size(letter, shape) == 1)
        for letters, letter in zip(value.axes, IMAGE, strict=True)
    )
    operator.require(right, f"an input with the axes {value.axes}, expected {IMAGE}, which")
    return value


def pads(operator: OnnxOperator, reader: OnnxReader, value: OnnxValue, size: tuple[int, int], stride: tuple[int, int],
         dilation: tuple[int, int]) -> tuple[int, int, int, int]:  # fmt: skip
    """Rows and columns of zeros at the top, left, bottom and right."""
    mode = operator.text("auto_pad", "NOTSET")
    said = [int(pad) for pad in operator.attribute("pads", [0] * 4)]
    operator.require(mode in ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"), f"auto_pad {mode}")
    operator.require(len(said) == 4 and min(said) >= 0, f"pads {said}")
    if mode in ("NOTSET", "VALID"):
        return (said[0], said[1], said[2], said[3]) if mode == "NOTSET" else (0, 0, 0, 0)
    lengths = reader.shape(value)[:2]
    sides = []
    for axis in range(2):
        known = lengths[axis] > 0 or stride[axis] == 1
        operator.require(known, "padding that depends on the size of the image")
        reach = (size[axis] - 1) * dilation[axis] + 1
        length = lengths[axis] or reach
        total = max((-(-length // stride[axis]) - 1) * stride[axis] + reach - length, 0)
        sides.append((total // 2, total - total // 2) if mode == "SAME_UPPER" else (total - total // 2, total // 2))
    (top, bottom), (left, right) = sides
    return top, left, bottom, right


def window(reader: OnnxReader, operator: OnnxOperator, value: OnnxValue, size: tuple[int, int]) -> Sliding:
    """The window geometry of a convolution or a pool, from its attributes."""
    stride, dilation = operator.pair("strides", 1), operator.pair("dilations", 1)
    return Sliding(*size, *stride, *dilation, *pads(operator, reader, value, size, stride, dilation))


def square(sliding: Sliding, size_max: int) -> dict[str, Any] | None:
    """The fields of a node with a fast kernel for square windows; None for another geometry."""
    rows, cols, down, across, *dilation, top, left, bottom, right = sliding[:10]
    plain = rows == cols <= size_max and down == across <= WINDOW_MAX
    if not plain or max(top, left, bottom, right) >= rows or (rows > 1 and dilation != [1, 1]):
        return None
    return {"size": rows, "stride": down, "padding": (top, left, bottom, right)}


def convolution(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Conv, by the fastest kernel for its geometry; in whole numbers where image and weights are quantised."""
    value, weights = channels_first(reader, operator), operator.needed(1, "weights")
    bias, groups = operator.optional(2, "biases"), operator.number("group", 1)
    channels = reader.shape(value)[2]
    operator.require(weights.ndim == 4 and weights.dtype == np.float32, f"weights of {weights.dtype} {weights.shape}")
    outputs, each, *size = weights.shape
    fits = groups > 0 and each * groups == channels and outputs % groups == 0
    operator.require(fits, f"{outputs} outputs of {each} channels in {groups} groups of {channels}, which")
    operator.require(list(operator.attribute("kernel_shape", size)) == size, "a kernel_shape of other weights")
    sliding = window(reader, operator, value, (size[0], size[1]))._replace(groups=groups)
    biases = _biases(operator, bias, outputs)
    whole = reader.integers.get(operator.inputs[1])
    if whole and value.step and whole[1].size in (1, whole[1].shape[0]):
        steps = np.broadcast_to(whole[1].reshape(-1), outputs).astype(np.float32)
        image = _whole(reader, operator, value.step, sliding, whole[0], steps, biases)
    else:
        image = _convolved(reader, operator, value.image, sliding, weights, biases)
    reader.name(operator, image, IMAGE)


def _biases(operator: OnnxOperator, bias: AnyArray | None, outputs: int) -> AnyArray:
    operator.require(bias is None or bias.shape == (outputs,), f"biases of {None if bias is None else bias.shape}")
    return np.zeros(outputs, np.float32) if bias is None else np.ascontiguousarray(bias, np.float32)


def _convolved(
    reader: OnnxReader, operator: OnnxOperator, image: int, sliding: Sliding, weights: AnyArray, bias: AnyArray
) -> int:
    """A convolution in binary32; weights in the order of the file."""
    outputs, each, *_ = weights.shape
    fast = square(sliding, CONVOLUTION_SIZE_MAX)
    turned = np.ascontiguousarray(weights.transpose(2, 3, 1, 0), np.float32)
    if fast and sliding.groups == 1:
        return reader.add(operator, LayerKind.CONVOLUTION, image, outputs=outputs, weights=turned, bias=bias, **fast)
    if fast and each == 1 and sliding.groups == outputs:
        return reader.add(
            operator, LayerKind.DEPTHWISE, image, weights=np.ascontiguousarray(turned[:, :, 0]), bias=bias, **fast
        )
    return reader.add(operator, LayerKind.GROUPED, image, settings=sliding, outputs=outputs, weights=turned, bias=bias)


def _whole(
    reader: OnnxReader,
    operator: OnnxOperator,
    step: Quantisation,
    sliding: Sliding,
    weights: AnyArray,
    steps: AnyArray,
    bias: AnyArray,
) -> int:
    """A convolution in whole numbers, whose sums are exact: in 8 bits, or in binary32 if there is no 8-bit kernel."""
    outputs, each, rows, cols = weights.shape
    scales, products = steps * np.float32(step.step), each * rows * cols
    fast = square(sliding, CONVOLUTION_SIZE_MAX)
    if fast and sliding.groups == 1 and products <= PRODUCTS_MAX:
        turned = np.ascontiguousarray(weights.transpose(2, 3, 1, 0))
        rounding = Rounding(step.step, step.zero - step.low, scales)
        return reader.add(
            operator,
            LayerKind.QUANTISED,
            step.source,
            outputs=outputs,
            weights=turned,
            bias=bias,
            rounding=rounding,
            **fast,
        )
    stepping = Stepping(step.step, 1.0, step.zero, step.low, step.high, step.zero)
    image = reader.add(operator, LayerKind.ROUND, step.source, settings=stepping)
    sums = _convolved(reader, operator, image, sliding, weights.astype(np.float32), np.zeros(outputs, np.float32))
    return reader.add(operator, LayerKind.SCALE, sums, settings=Scaling(), weights=scales, bias=bias)


def transposed(reader: OnnxReader, operator: OnnxOperator) -> None:
    """ConvTranspose."""
    value, weights = channels_first(reader, operator), operator.needed(1, "weights")
    bias, groups = operator.optional(2, "biases"), operator.number("group", 1)
    operator.require(weights.ndim == 4 and groups > 0, f"weights of {weights.shape}")
    channels, each, *size = weights.shape
    operator.require(channels == reader.shape(value)[2], f"weights for {channels} channels")
    operator.require(list(operator.attribute("kernel_shape", size)) == size, "a kernel_shape of other weights")
    mode = operator.text("auto_pad", "NOTSET")
    operator.require(
        mode in ("NOTSET", "VALID") and not operator.attribute("output_shape", []), "auto_pad or output_shape"
    )
    sliding = window(reader, operator, value, (size[0], size[1]))
    rows, cols = operator.pair("output_padding", 0)
    image = reader.add(
        operator, LayerKind.TRANSPOSED, value.image, outputs=each * groups, bias=_biases(operator, bias, each * groups),
        settings=sliding._replace(groups=groups, more_rows=rows, more_cols=cols),
        weights=np.ascontiguousarray(weights.transpose(2, 3, 0, 1), np.float32),
    )  # fmt: skip
    reader.name(operator, image, IMAGE)


def normalization(reader: OnnxReader, operator: OnnxOperator) -> None:
    """BatchNormalization with the trained statistics: a factor and a shift for each channel."""
    value = operator.value()
    operator.require(len(value.axes) > 1 and value.axes[1] == "k", f"an input with the axes {value.axes}")
    operator.require(
        not operator.number("training_mode", 0) and operator.number("spatial", 1) == 1, "training_mode, spatial"
    )
    operator.require(sum(map(bool, operator.outputs)) == 1, "a second output")
    operator.ignore("momentum", "is_test")
    epsilon = operator.real("epsilon", 1e-5)
    scale, shift, mean, variance = (operator.needed(place, "statistics").astype(np.float64) for place in range(1, 5))
    channels = (reader.shape(value)[2],)
    operator.require(
        scale.shape == shift.shape == mean.shape == variance.shape == channels, f"statistics of {scale.shape}"
    )
    factors = scale / np.sqrt(variance + epsilon)
    reader.name(operator, scaled(reader, operator, value.image, factors, shift - mean * factors), value.axes)


def scaled(reader: OnnxReader, operator: OnnxOperator, image: int, factors: AnyArray, shifts: AnyArray) -> int:
    """A node that multiplies each channel by a factor and adds a shift; returns the number of its image."""
    weights, bias = np.ascontiguousarray(factors, np.float32), np.ascontiguousarray(shifts, np.float32)
    operator.require(bool(np.isfinite(weights).all() and np.isfinite(bias).all()), "statistics that are not finite")
    return reader.add(operator, LayerKind.SCALE, image, settings=Scaling(), weights=weights, bias=bias)


def gemm(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Gemm: alpha A B + beta C, with a constant B; C may be computed."""
    alpha, beta = operator.real("alpha", 1.0), operator.real("beta", 1.0)
    operator.require(not operator.number("transA", 0), "transA")
    weights = operator.needed(1, "weights")
    operator.require(weights.ndim == 2, f"weights of {weights.shape}")
    by_output, name = bool(operator.number("transB", 0)), operator.inputs[1]
    turned = weights.T if by_output else weights
    outputs, bias, added = turned.shape[1], np.zeros(turned.shape[1], np.float32), None
    if operator.has(2) and operator.constant(2) is not None:
        constant = operator.needed(2, "biases") * np.float32(beta)
        fits = constant.ndim <= 2 and constant.shape[:-1] in ((), (1,)) and constant.size in (1, outputs)
        operator.require(fits, f"biases of {constant.shape}")
        bias = np.broadcast_to(constant.reshape(-1), outputs).astype(np.float32)
    elif operator.has(2):
        added = operator.value(2)
        operator.require(beta == 1 and essential("".join(added.axes), reader.shape(added)) in ("k", "")
                         and len(added.axes) <= 2 and (not added.axes or added.axes[-1] == "k"), "this C")  # fmt: skip
    whole = reader.integers.get(name) if alpha == 1 else None
    if whole and by_output:
        whole = whole[0].T, whole[1].T
    value = operator.value()
    operator.require(len(value.axes) == 2, f"an input with the axes {value.axes}")
    image = dense(reader, operator, value, np.float32(alpha) * turned, bias, whole)
    if added is not None:
        image = reader.combine(operator, Arithmetic.ADD, image, added.image)
    reader.name(operator, image, ("n", "k"))


def matmul(reader: OnnxReader, operator: OnnxOperator) -> None:
    """MatMul: a row of numbers, or the channels of every pixel, times constant weights."""
    value, weights = operator.value(), operator.needed(1, "weights")
    operator.require(weights.ndim == 2, f"weights of {weights.shape}")
    bias = np.zeros(weights.shape[1], np.float32)
    if value.axes[-1:] == ("k",) and not essential("".join(value.axes[:-1]), reader.shape(value)).strip("rc"):
        operator.require(len(weights) == reader.shape(value)[2], f"{len(weights)} weights an output")
        turned = np.ascontiguousarray(weights.T[:, :, np.newaxis, np.newaxis], np.float32)
        whole = reader.integers.get(operator.inputs[1])
        if whole and value.step and whole[1].size in (1, whole[1].shape[1]):
            steps = np.broadcast_to(whole[1].reshape(-1), len(bias)).astype(np.float32)
            image = _whole(
                reader, operator, value.step, Sliding(1, 1), whole[0].T[:, :, np.newaxis, np.newaxis], steps, bias
            )
        else:
            image = _convolved(reader, operator, value.image, Sliding(1, 1), turned, bias)
        reader.name(operator, image, value.axes)
        return
    operator.require(len(value.axes) == 2, f"an input with the axes {value.axes}")
    reader.name(operator, dense(reader, operator, value, weights, bias, None), ("n", "k"))


def dense(
    reader: OnnxReader,
    operator: OnnxOperator,
    value: OnnxValue,
    weights: AnyArray,
    bias: AnyArray,
    whole: tuple[AnyArray, AnyArray] | None,
) -> int:
    """A dense layer; weights (numbers, outputs) are in the order of the numbers on the value's last axis."""
    shape, letters = reader.shape(value), value.axes[-1]
    operator.require(not essential("".join(value.axes[:-1]), shape), f"an input with the axes {value.axes}")
    sizes = [letter_size(letter, shape) for letter in letters]
    operator.require(all(sizes), "a row of numbers of an image whose size the file leaves open")
    operator.require(len(weights) == int(np.prod(sizes)), f"{len(weights)} weights an output")
    outputs = weights.shape[1]
    if shape[:2] == (1, 1) and whole and value.step and whole[1].size in (1, whole[1].shape[1]) and letters == "k":
        steps = np.broadcast_to(whole[1].reshape(-1), outputs).astype(np.float32)
        kernel = whole[0].T[:, :, np.newaxis, np.newaxis]
        return _whole(reader, operator, value.step, Sliding(1, 1), kernel, steps, bias)
    order = [letters.index(letter) for letter in "rck" if letter in letters]
    rest = [axis for axis in range(len(letters)) if axis not in order]  # of size 1
    ours = weights.reshape(*sizes, outputs).transpose(*rest, *order, len(sizes)).reshape(len(weights), outputs)
    return reader.add(
        operator,
        LayerKind.DENSE,
        value.image,
        outputs=outputs,
        weights=np.ascontiguousarray(ours, np.float32),
        bias=bias,
    )


def depth_to_space(reader: OnnxReader, operator: OnnxOperator) -> None:
    """DepthToSpace in the mode CRD (PixelShuffle): a group of channels becomes a block of pixels of one channel."""
    value, block = channels_first(reader, operator), operator.number("blocksize", 0)
    operator.require(operator.text("mode", "DCR") == "CRD", "mode DCR")
    channels = reader.shape(value)[2]
    operator.require(block > 0 and channels % block**2 == 0, f"blocks of {block} for {channels} channels")
    weights = np.zeros((block, block, channels, 1), np.float32)
    for channel in range(channels):
        place = channel % block**2
        weights[place // block, place % block, channel, 0] = 1
    outputs = channels // block**2
    image = reader.add(
        operator, LayerKind.TRANSPOSED, value.image, outputs=outputs, weights=weights, bias=np.zeros(outputs,
        np.float32),
        settings=Sliding(block, block, block, block, groups=outputs),
    )  # fmt: skip
    reader.name(operator, image, IMAGE)
