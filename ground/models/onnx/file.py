"""From the octets of an ONNX file to a graph."""

from collections.abc import Callable
from typing import Any

from ground.models.onnx.fusing import fused
from ground.models.onnx.operator import AnyArray, Axes, essential
from ground.models.onnx.reader import IMAGE, OnnxReader
from kernels.inference.graph import Graph
from kernels.inference.graph_any import Shape

Beside = Callable[[str], bytes]
"""Function that gives the octets of a file beside the model by its name; OSError or ValueError if it cannot."""

_BY_COLUMN: Axes = ("n", "r", "c", "k")
_NUMBERS = 1  # ONNX's TensorProto.FLOAT, binary32
_OPSETS = 7, 25
"""Supported versions of the operator set."""


def read_onnx(octets: bytes, beside: Beside | None = None) -> Graph:
    """The network in the octets of an ONNX file, for one image at a time; weights may be in files `beside` it.

    Raises ValueError naming what is not supported, ModuleNotFoundError where the package `onnx` is not installed.
    """
    try:
        from google.protobuf.message import DecodeError as NoProtobufError
        from onnx import load_model_from_string
    except ImportError as error:
        raise ModuleNotFoundError(f"{error.name} is not installed; pip install 'skyrack[onnx]'") from None
    try:
        model = load_model_from_string(octets)
    except NoProtobufError as error:
        raise ValueError(f"not an ONNX file: {error}") from error
    return _graph(model, beside)


def _graph(model: Any, beside: Beside | None) -> Graph:
    said = model.graph
    constants = {tensor.name: _array(tensor, beside) for tensor in said.initializer}
    inputs = [value for value in said.input if value.name not in constants]
    if len(inputs) != 1 or len(said.output) != 1 or said.sparse_initializer:
        raise ValueError(f"{len(inputs)} inputs and {len(said.output)} outputs, expected one image and one answer")
    opset = _opset(model)
    sizes, axes = _sizes(inputs[0]), _axes(said, inputs[0].name)
    image = _shape(inputs[0].name, sizes, axes)
    reader = OnnxReader(image, inputs[0].name, axes, constants, opset)
    for node in said.node:
        if any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute):
            raise ValueError(f"{node.op_type} {node.name}: this operator is not supported")
        reader.read(node)
    return _answered(reader, said.output[0].name)


def _opset(model: Any) -> int:
    versions = [said.version for said in model.opset_import if said.domain in ("", "ai.onnx")]
    low, high = _OPSETS
    if len(versions) != 1 or not low <= versions[0] <= high:
        raise ValueError(f"operators of version {', '.join(map(str, versions)) or 'none'}, expected {low}..{high}")
    return int(versions[0])


def _array(tensor: Any, beside: Beside | None) -> AnyArray:
    """The numbers of a constant, which may be in another file."""
    from onnx import TensorProto, numpy_helper

    if tensor.data_location == TensorProto.EXTERNAL:
        said = {entry.key: entry.value for entry in tensor.external_data}
        name, offset = said.get("location", ""), int(said.get("offset", "0"))
        if beside is None:
            raise ValueError(f"{tensor.name}: its numbers lie in the file {name!r}, which is not here")
        octets = beside(name)
        length = int(said.get("length", len(octets) - offset))
        if not 0 <= offset <= offset + length <= len(octets):
            raise ValueError(f"{tensor.name}: octets {offset}..{offset + length} of {name!r}, which has {len(octets)}")
        whole = TensorProto()
        whole.CopyFrom(tensor)
        del whole.external_data[:]
        whole.data_location, whole.raw_data = TensorProto.DEFAULT, octets[offset : offset + length]
        tensor = whole
    try:
        return numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{tensor.name}: {error}") from None


def _sizes(value: Any) -> list[int]:
    """Sizes of the four axes of the input, 0 where the file leaves them open."""
    tensor = value.type.tensor_type
    sizes = [int(dimension.dim_value) for dimension in tensor.shape.dim]
    if len(sizes) != 4 or sizes[0] not in (0, 1) or min(sizes) < 0 or tensor.elem_type != _NUMBERS:
        raise ValueError(f"input {value.name}: {sizes}, expected an image of binary32 (1, channels, rows, cols)")
    return sizes


def _axes(said: Any, name: str) -> Axes:
    """Axes of the input: channels first, or last if the file's only use of the image is to transpose it to first."""
    users = [node for node in said.node if name in node.input]
    turned = [
        list(attribute.ints) == [0, 3, 1, 2]
        for node in users
        for attribute in node.attribute
        if node.op_type == "Transpose" and attribute.name == "perm"
    ]
    return _BY_COLUMN if users and len(turned) == len(users) and all(turned) else IMAGE


def _shape(name: str, sizes: list[int], axes: Axes) -> Shape:
    of = dict(zip(axes, sizes, strict=True))
    if not of["k"]:
        raise ValueError(f"input {name}: {sizes}, expected an image of binary32 (1, channels, rows, cols)")
    return (of["r"], of["c"], of["k"]) if of["r"] and of["c"] else (0, 0, of["k"])


def _answered(reader: OnnxReader, name: str) -> Graph:
    """The graph whose result is the image `name`, which must have the order rows, columns, channels in memory."""
    value = reader.values.get(name)
    if value is None or not value.image:
        raise ValueError(f"the answer {name} is not what an operator makes of the image")
    if value.step is not None and value.step.whole:
        raise ValueError(f"the answer {name} is in 8-bit numbers, expected DequantizeLinear behind them")
    shape = reader.shape(value)
    order = essential("".join(value.axes), shape)
    flat = any(len(essential(letters, shape)) > 1 for letters in value.axes)
    if order not in ("krc", "rck", "kr", "kc", "rc", "rk", "ck", "k", "r", "c", "") or (
        flat and order in ("rck", "rk", "ck")
    ):
        raise ValueError(
            f"the answer {name} is an image whose rows, columns and channels have changed places: {value.axes}"
        )
    return fused(reader.shapes[0], reader.nodes, value.image)
