"""Constant folding: operators on constants, or on the size of an image, are computed when the file is read."""

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ground.models.onnx.operator import AnyArray, OnnxOperator, letters_size

if TYPE_CHECKING:
    from ground.models.onnx.reader import OnnxReader

_FOLDED = {
    "Abs", "Add", "Cast", "Ceil", "Concat", "Constant", "ConstantOfShape", "Div", "Equal", "Expand", "Floor",
    "Gather", "Identity", "Max", "Min", "Mod", "Mul", "Neg", "Pow", "Range", "Reciprocal", "ReduceProd", "Reshape",
    "Round", "Slice", "Sqrt", "Squeeze", "Sub", "Tile", "Transpose", "Unsqueeze", "Where",
}  # fmt: skip
_NUMBERS_MAX = 1 << 28


def fold(reader: "OnnxReader", operator: OnnxOperator, node: Any) -> bool:
    """Compute an operator whose inputs are constants, so that its outputs become constants; False for any other."""
    if operator.kind == "Shape" and operator.inputs and operator.inputs[0] in reader.values:
        _shape(reader, operator)
        return True
    constants = [reader.constants.get(name) for name in operator.inputs if name]
    if operator.kind not in _FOLDED or any(array is None for array in constants):
        return False
    known = [array for array in constants if array is not None]
    operator.require(_size(operator, known) <= _NUMBERS_MAX, f"a constant of more than {_NUMBERS_MAX} numbers")
    given = dict(zip(filter(None, operator.inputs), known, strict=True))
    for name, array in zip(operator.outputs, _computed(reader, operator, node, given), strict=False):
        reader.constants[name] = array
    return True


def _computed(reader: "OnnxReader", operator: OnnxOperator, node: Any, given: dict[str, AnyArray]) -> list[AnyArray]:
    """The outputs of an operator, by ONNX's reference implementation."""
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    unknown = helper.make_tensor_type_proto(1, None)
    body = helper.make_graph(
        [node], "one", [helper.make_value_info(name, unknown) for name in given],
        [helper.make_value_info(name, unknown) for name in operator.outputs],
    )  # fmt: skip
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", reader.opset)])
    try:
        with np.errstate(all="ignore"):
            found = ReferenceEvaluator(model).run(None, given)
    except Exception as error:  # of any type: the operator is invalid, or its inputs are
        raise ValueError(f"{operator.kind} {operator.name}: {error}") from None
    return [np.asarray(array) for array in found]


def _size(operator: OnnxOperator, known: list[AnyArray]) -> int:
    """Upper bound of the numbers in the outputs, for operators that can make many numbers from few."""
    if operator.kind == "ConstantOfShape" and known:
        return prod(int(size) for size in known[0].reshape(-1))
    if operator.kind == "Expand" and len(known) > 1:
        return prod(max(int(size), 1) for size in known[1].reshape(-1)) * max(known[0].size, 1)
    if operator.kind == "Tile" and len(known) > 1:
        return prod(max(int(size), 1) for size in known[1].reshape(-1)) * known[0].size
    if operator.kind == "Range" and len(known) == 3 and known[2]:
        return abs(int((known[1] - known[0]) // known[2])) + 1
    return sum(array.size for array in known)


def _shape(reader: "OnnxReader", operator: OnnxOperator) -> None:
    """Shape of an image whose size is known."""
    value = reader.values[operator.inputs[0]]
    sizes = [letters_size(letters, reader.shape(value)) for letters in value.axes]
    operator.require(all(sizes), "the size of an image that the file leaves open (export it with a fixed size)")
    start, end = operator.number("start", 0), operator.attribute("end", None)
    reader.constants[operator.outputs[0]] = np.array(sizes[start : None if end is None else int(end)], np.int64)
    operator._seen.add(0)
    operator.finish()
