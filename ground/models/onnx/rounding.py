"""Readers of QuantizeLinear and DequantizeLinear, for images, which are quantised to 8 bits and back, and constants."""

import numpy as np

from ground.models.onnx.operator import AnyArray, OnnxOperator, Quantisation
from ground.models.onnx.reader import OnnxReader
from kernels.inference.graph import LayerKind
from kernels.inference.graph_any import Stepping

_RANGES = {np.dtype(np.uint8): (0, 255), np.dtype(np.int8): (-128, 127)}
_UINT8 = np.zeros((), np.uint8)


def quantize(reader: OnnxReader, operator: OnnxOperator) -> None:
    """QuantizeLinear of an image, by one step; no node is made before the value is used."""
    value, (step, zero) = operator.value(), _scale(operator)
    low_high = _RANGES.get(zero.dtype)
    operator.require(low_high is not None and step.size == zero.size == 1, "anything but one step and zero of 8 bits")
    operator.require(
        operator.number("saturate", 1) == 1 and not operator.number("block_size", 0), "block_size, saturate"
    )
    operator.require(operator.number("output_dtype", 0) in (0, 2, 3), "output_dtype")
    operator.ignore("axis", "precision")  # a single step has no axis
    assert low_high is not None
    said = Quantisation(value.image, float(step.reshape(-1)[0]), int(zero.reshape(-1)[0]), *low_high, whole=True)
    operator.require(0 < said.step < float("inf"), f"a step of {said.step}")
    reader.name(operator, value.image, value.axes, step=said)


def dequantize(reader: OnnxReader, operator: OnnxOperator) -> None:
    """DequantizeLinear of a quantised image, by the same or another step, or of a constant."""
    value = operator.raw()
    if value is None:
        _constant(reader, operator)
        return
    said, (step, zero) = value.step, _scale(operator)
    if said is None or not said.whole:
        raise ValueError(
            f"{operator.kind} {operator.name}: input {operator.inputs[0]!r}, which was not rounded, is not supported"
        )
    operator.require(step.size == zero.size == 1 and zero.dtype in _RANGES, "anything but one step and zero of 8 bits")
    operator.require(
        _RANGES[zero.dtype] == (said.low, said.high), f"a zero of {zero.dtype} for numbers of another type"
    )
    operator.require(not operator.number("block_size", 0), "block_size")
    operator.ignore("axis", "output_dtype")
    back, back_zero = float(step.reshape(-1)[0]), int(zero.reshape(-1)[0])
    stepping = Stepping(said.step, back, said.zero, said.low, said.high, back_zero)
    image = reader.add(operator, LayerKind.ROUND, said.source, settings=stepping)
    same = back == said.step and back_zero == said.zero
    rounded = Quantisation(said.source, said.step, said.zero, said.low, said.high, whole=False)
    reader.name(operator, image, value.axes, step=rounded if same else None)


def _not_rounded(operator: OnnxOperator) -> str:
    return f"{operator.kind} {operator.name}: input {operator.inputs[0]!r}, which was not rounded, is not supported"


def _scale(operator: OnnxOperator) -> tuple[AnyArray, AnyArray]:
    """Steps and zero points; a missing zero point is 0 of type uint8."""
    step, zero = operator.needed(1, "steps"), operator.optional(2, "zeros")
    return np.asarray(step, np.float32), _UINT8 if zero is None else zero


def _constant(reader: OnnxReader, operator: OnnxOperator) -> None:
    """DequantizeLinear of weights or biases, to binary32; 8-bit weights and their steps are kept for whole numbers."""
    whole = operator.constant(0)
    if whole is None:
        raise ValueError(
            f"{operator.kind} {operator.name}: input {operator.inputs[0]!r}, which was not rounded, is not supported"
        )
    step, zero = operator.needed(1, "steps"), operator.optional(2, "zeros")
    operator.require(not operator.number("block_size", 0) and step.ndim <= 1, "steps of blocks")
    operator.require(operator.number("output_dtype", 0) in (0, 1), "output_dtype")
    axis = operator.axis("axis", 1, max(whole.ndim, 1)) if step.size > 1 else 0
    operator.ignore("axis")
    operator.require(step.size == 1 or step.size == whole.shape[axis], f"{step.size} steps for {whole.shape}")
    operator.require(zero is None or zero.size == step.size, "another number of zero points than of steps")
    along = [1] * whole.ndim
    if step.size > 1:
        along[axis] = step.size
    steps = np.asarray(step, np.float32).reshape(along if step.size > 1 else ())
    zeros = np.zeros((), np.int32) if zero is None else zero.astype(np.int32).reshape(along if step.size > 1 else ())
    shifted = whole.astype(np.int32) - zeros
    name = operator.outputs[0]
    reader.constants[name] = shifted.astype(np.float32) * steps
    if whole.dtype.itemsize == 1 and np.abs(shifted).max(initial=0) <= 128 and shifted.max(initial=0) <= 127:
        reader.integers[name] = shifted.astype(np.int8), np.broadcast_to(steps, along)
