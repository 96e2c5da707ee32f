"""Readers of operators number by number, on one image or two, and of softmax over channels."""

import math
from collections.abc import Callable

import numpy as np

from ground.models.onnx.operator import AnyArray, Axes, OnnxOperator, essential, letter_size
from ground.models.onnx.reader import OnnxReader
from kernels.inference.graph import Activation, LayerKind
from kernels.inference.graph_any import Arithmetic, Function, Shape, Sharing

_OPERATIONS = {
    "Add": Arithmetic.ADD, "Sum": Arithmetic.ADD, "Sub": Arithmetic.SUBTRACT, "Mul": Arithmetic.MULTIPLY,
    "Div": Arithmetic.DIVIDE, "Max": Arithmetic.MAXIMUM, "Min": Arithmetic.MINIMUM,
}  # fmt: skip


def binary(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Arithmetic of two images, or an image and a constant, which are broadcast axis by axis from the last on."""
    operator.require(len(operator.inputs) == 2, f"{len(operator.inputs)} inputs")
    operator.require(not operator.number("broadcast", 0), "broadcast")
    images, axes = operands(reader, operator, (0, 1))
    reader.name(operator, reader.combine(operator, _OPERATIONS[operator.kind], *images), axes)


def operands(reader: OnnxReader, operator: OnnxOperator, places: tuple[int, ...]) -> tuple[list[int], Axes]:
    """The images of inputs that are broadcast to each other, constants included, and the axes of the result."""
    arrays = {place: array for place in places if (array := operator.constant(place)) is not None}
    values = {place: operator.value(place) for place in places if place not in arrays}
    rank = max([len(value.axes) for value in values.values()] + [array.ndim for array in arrays.values()])
    axes: Axes = ("",) * rank
    whole: Shape | None = None
    for value in values.values():
        shape = reader.shape(value)
        axes, whole = _matched(operator, axes, whole, ("",) * (rank - len(value.axes)) + value.axes, shape)
    assert whole is not None  # of constants alone it would have been folded
    made = {place: value.image for place, value in values.items()}
    for place, array in arrays.items():
        made[place] = reader.constant(operator, _as_image(operator, array, axes, whole))
    return [made[place] for place in places], axes


def _matched(operator: OnnxOperator, axes: Axes, whole: Shape | None, more: Axes, shape: Shape) -> tuple[Axes, Shape]:
    """Axes and shape of the result of two values that are broadcast to each other."""
    if whole is None:
        return more, shape
    both = []
    for one, other in zip(axes, more, strict=True):
        first, second = essential(one, whole), essential(other, shape)
        operator.require(first == second or not first or not second, f"{axes} beside {more}, whose axes differ,")
        both.append(one if first or not second else other)
    joint: Shape = tuple(max(a, b) if min(a, b) else 0 for a, b in zip(whole, shape, strict=True))  # type: ignore[assignment]
    letters = essential("".join(both), joint)
    operator.require(len(set(letters)) == len(letters), f"{axes} beside {more}, whose axes differ,")
    return tuple(both), joint


def _as_image(operator: OnnxOperator, array: AnyArray, axes: Axes, shape: Shape) -> AnyArray:
    """A constant along the axes of a value, transposed to rows, columns, channels; size 1 where it is broadcast."""
    sizes = (1,) * (len(axes) - array.ndim) + array.shape
    letters, lengths = "", list[int]()
    for one, size in zip(axes, sizes, strict=True):
        own = [letter_size(letter, shape) for letter in one] if size > 1 else [1] * len(one)
        if size > 1 and len(one) == 1:
            operator.require(own[0] in (0, 1, size), f"a constant of {array.shape} for {axes}")
            own = [size]
        operator.require(math.prod(own) == size, f"a constant of {array.shape} for {axes}")
        letters, lengths = letters + one, lengths + own
    turned = array.reshape(lengths)
    missing = [letter for letter in "rck" if letter not in letters]
    turned = turned.reshape(*lengths, *[1] * len(missing))
    letters += "".join(missing)
    turned = np.moveaxis(turned, letters.index("n"), 0)[0] if "n" in letters else turned
    letters = letters.replace("n", "")
    return np.ascontiguousarray(turned.transpose([letters.index(letter) for letter in "rck"]))


def power(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Pow by 2, 0.5 or 1: square, square root or identity."""
    value, exponent = operator.value(), operator.needed(1, "exponents")
    operator.require(
        exponent.size == 1 and float(exponent.reshape(-1)[0]) in (2.0, 0.5, 1.0), f"exponent {exponent.tolist()}"
    )
    said, image = float(exponent.reshape(-1)[0]), value.image
    if said == 2:
        image = reader.combine(operator, Arithmetic.MULTIPLY, image, image)
    elif said == 0.5:
        image = reader.apply(operator, image, Function.SQRT)
    reader.name(operator, image, value.axes)


def activation(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Relu and Sigmoid."""
    value, kind = operator.value(), Activation.RELU if operator.kind == "Relu" else Activation.SIGMOID
    reader.name(operator, reader.activate(operator, value.image, kind), value.axes)


def clip(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Clip between two constants, each of which may be absent."""
    value = operator.value()
    bounds = []
    for place, name, default in ((1, "min", -math.inf), (2, "max", math.inf)):
        array = operator.optional(place, "limits")
        operator.require(array is None or array.size == 1, "limits of several numbers")
        said = operator.attribute(name, None)
        bounds.append(float(array.reshape(-1)[0]) if array is not None else default if said is None else float(said))
    low, high = (math.copysign(math.inf, one) if abs(one) > 3.4e38 else one for one in bounds)
    operator.require(low <= high, f"limits {low}, {high}")
    if (low, high) == (0, math.inf):
        image = reader.activate(operator, value.image, Activation.RELU)
    else:
        image = reader.apply(operator, value.image, Function.CLIP, low, high)
    reader.name(operator, image, value.axes)


_FUNCTIONS: dict[str, tuple[Function, tuple[tuple[str, float], ...]]] = {
    "LeakyRelu": (Function.LEAKY, (("alpha", 0.01),)), "Elu": (Function.ELU, (("alpha", 1.0),)),
    "HardSigmoid": (Function.HARD_SIGMOID, (("alpha", 0.2), ("beta", 0.5))), "HardSwish": (Function.HARD_SWISH, ()),
    "Tanh": (Function.TANH, ()), "Exp": (Function.EXP, ()), "Log": (Function.LOG, ()), "Sqrt": (Function.SQRT, ()),
    "Abs": (Function.ABS, ()), "Erf": (Function.ERF, ()), "Softplus": (Function.SOFTPLUS, ()),
}  # fmt: skip


def function(reader: OnnxReader, operator: OnnxOperator) -> None:
    """A function of each number that has a kernel."""
    value, (kind, parameters) = operator.value(), _FUNCTIONS[operator.kind]
    numbers = [operator.real(name, default) for name, default in parameters]
    reader.name(operator, reader.apply(operator, value.image, kind, *numbers), value.axes)


def negative(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Neg: -x."""
    value = operator.value()
    minus = reader.number(operator, -1.0)
    reader.name(operator, reader.combine(operator, Arithmetic.MULTIPLY, value.image, minus), value.axes)


def reciprocal(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Reciprocal: 1 / x."""
    value = operator.value()
    one = reader.number(operator, 1.0)
    reader.name(operator, reader.combine(operator, Arithmetic.DIVIDE, one, value.image), value.axes)


def slopes(reader: OnnxReader, operator: OnnxOperator) -> None:
    """PRelu: x above 0, slope * x below."""
    value = operator.value()
    (image, slope), axes = operands(reader, operator, (0, 1))
    operator.require(axes == value.axes, "slopes of more axes than the image has")
    above = reader.activate(operator, image, Activation.RELU)
    below = reader.apply(operator, image, Function.CLIP, -math.inf, 0.0)
    times = reader.combine(operator, Arithmetic.MULTIPLY, below, slope)
    reader.name(operator, reader.combine(operator, Arithmetic.ADD, above, times), axes)


def gelu(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Gelu: x (1 + erf(x / sqrt 2)) / 2."""
    value = operator.value()
    operator.require(operator.text("approximate", "none") == "none", "an approximation")
    scaled = reader.combine(operator, Arithmetic.MULTIPLY, value.image, reader.number(operator, math.sqrt(0.5)))
    curve = reader.apply(operator, scaled, Function.ERF)
    share = reader.combine(operator, Arithmetic.ADD, curve, reader.number(operator, 1.0))
    half = reader.combine(operator, Arithmetic.MULTIPLY, value.image, reader.number(operator, 0.5))
    reader.name(operator, reader.combine(operator, Arithmetic.MULTIPLY, half, share), value.axes)


def swish(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Swish: x sigmoid(alpha x)."""
    value, alpha = operator.value(), operator.real("alpha", 1.0)
    image = value.image
    if alpha != 1:
        image = reader.combine(operator, Arithmetic.MULTIPLY, image, reader.number(operator, alpha))
    share = reader.activate(operator, image, Activation.SIGMOID)
    reader.name(operator, reader.combine(operator, Arithmetic.MULTIPLY, value.image, share), value.axes)


def mish(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Mish: x tanh(softplus(x))."""
    value = operator.value()
    curve = reader.apply(operator, reader.apply(operator, value.image, Function.SOFTPLUS), Function.TANH)
    reader.name(operator, reader.combine(operator, Arithmetic.MULTIPLY, value.image, curve), value.axes)


def softmax(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Softmax or LogSoftmax over channels; before version 13 over all axes from the named one on."""
    value = operator.value()
    rank, coerced = len(value.axes), operator.opset < 13
    place = operator.axis("axis", 1 if coerced else -1, rank)
    letters = "".join(value.axes[place:]) if coerced else value.axes[place]
    operator.require(essential(letters, reader.shape(value)) == "k", f"axis {place} of {value.axes}, which")
    image = reader.add(operator, LayerKind.SHARES, value.image, settings=Sharing(int(operator.kind == "LogSoftmax")))
    reader.name(operator, image, value.axes)


OperatorReader = Callable[[OnnxReader, OnnxOperator], None]
READINGS: dict[str, OperatorReader] = {
    **dict.fromkeys(_OPERATIONS, binary), **dict.fromkeys(_FUNCTIONS, function), "Relu": activation,
    "Sigmoid": activation, "Clip": clip, "Neg": negative, "Reciprocal": reciprocal, "PRelu": slopes, "Gelu": gelu,
    "Swish": swish, "Mish": mish, "Softmax": softmax, "LogSoftmax": softmax, "Pow": power,
}  # fmt: skip
