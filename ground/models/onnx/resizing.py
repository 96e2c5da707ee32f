"""Readers of Resize and Upsample."""

from math import isclose

import numpy as np

from ground.models.onnx.convolutions import channels_first
from ground.models.onnx.operator import AnyArray, OnnxOperator, OnnxValue
from ground.models.onnx.reader import IMAGE, OnnxReader
from kernels.inference.graph import WINDOW_MAX, LayerKind
from kernels.inference.graph_any import Between, Centres, Resizing

_CENTRES = {
    "half_pixel": Centres.HALF, "pytorch_half_pixel": Centres.HALF_OR_0, "align_corners": Centres.CORNERS,
    "asymmetric": Centres.FIRST,
}  # fmt: skip
_NEAREST = {
    "round_prefer_floor": Between.NEAREST_BEFORE, "round_prefer_ceil": Between.NEAREST_BEHIND, "floor": Between.FLOOR,
    "ceil": Between.CEIL,
}  # fmt: skip
_HALVES = (Centres.HALF, Centres.HALF_OR_0)


def resize(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Resize or Upsample of rows and columns, by scales or to sizes."""
    value, mode = channels_first(reader, operator), operator.text("mode", "nearest")
    operator.require(mode in ("nearest", "linear"), f"mode {mode}")
    centres, between = _how(operator, linear=mode == "linear")
    rows, cols, scale_rows, scale_cols = _extent(reader, operator, value)
    settings = Resizing(centres, between, scale_rows, scale_cols, rows, cols)
    factor = _factor(reader, value, settings)
    twice = factor == 2 and between is Between.LINEAR and centres in _HALVES
    if twice and value.step is None:  # not of quantised numbers: at ties the order of additions matters
        image = reader.add(operator, LayerKind.BILINEAR, value.image)
    elif factor and factor <= WINDOW_MAX and _repeats(centres, between):
        image = reader.add(operator, LayerKind.NEAREST, value.image, size=factor)
    else:
        image = reader.add(operator, LayerKind.RESIZE, value.image, settings=settings)
    reader.name(operator, image, IMAGE)


def _repeats(centres: Centres, between: Between) -> bool:
    """Whether a resize by a whole factor only repeats each pixel."""
    rounded = between in (Between.NEAREST_BEFORE, Between.NEAREST_BEHIND)
    return (rounded and centres in _HALVES) or (between is Between.FLOOR and centres is Centres.FIRST)


def _how(operator: OnnxOperator, *, linear: bool) -> tuple[Centres, Between]:
    """Places of the output's pixels, and interpolation between those of the input, from the attributes."""
    if operator.kind == "Upsample" or operator.opset < 11:
        return Centres.FIRST, Between.LINEAR if linear else Between.FLOOR
    said, nearest = (
        operator.text("coordinate_transformation_mode", "half_pixel"),
        operator.text("nearest_mode", "round_prefer_floor"),
    )
    operator.require(said in _CENTRES, f"coordinate_transformation_mode {said}")
    operator.require(linear or nearest in _NEAREST, f"nearest_mode {nearest}")
    operator.ignore("cubic_coeff_a", "extrapolation_value", "exclude_outside")  # they concern other modes
    operator.require(not operator.number("antialias", 0), "antialias")
    operator.require(operator.text("keep_aspect_ratio_policy", "stretch") == "stretch", "keep_aspect_ratio_policy")
    return _CENTRES[said], Between.LINEAR if linear else _NEAREST[nearest]


def _extent(reader: OnnxReader, operator: OnnxOperator, value: OnnxValue) -> tuple[int, int, float, float]:
    """Rows and columns of the output, or 0, and scales, or 0; the file gives either."""
    scales, sizes = _asked(operator)
    if sizes is not None:
        shape = reader.shape(value)
        rows, cols = (int(size) for size in _spatial(operator, sizes, (1, shape[2])))
        return rows, cols, 0.0, 0.0
    operator.require(scales is not None, "neither scales nor sizes")
    assert scales is not None
    down, across = (float(np.float32(scale)) for scale in _spatial(operator, scales, (1, 1)))
    return 0, 0, down, across


def _asked(operator: OnnxOperator) -> tuple[AnyArray | None, AnyArray | None]:
    if operator.kind == "Upsample":
        said = operator.attribute("scales", None)
        return (operator.needed(1, "scales") if said is None else np.array(said, np.float32)), None
    if operator.opset < 11:
        return operator.needed(1, "scales"), None
    operator.optional(1, "regions")
    scales, sizes = operator.optional(2, "scales"), operator.optional(3, "sizes")
    return (None if scales is None or not scales.size else scales), sizes


def _spatial(operator: OnnxOperator, said: AnyArray, others: tuple[int, int]) -> list[float]:
    """The numbers for rows and columns; those for other axes must leave these unchanged (`others`)."""
    axes = operator.attribute("axes", None)
    places = list(range(4)) if axes is None else [int(axis) % 4 for axis in axes]
    numbers = said.reshape(-1).tolist()
    operator.require(len(numbers) == len(places), f"{numbers} for the axes {places}")
    by_place = dict(zip(places, numbers, strict=True))
    left = all(by_place.get(place, other) == other for place, other in enumerate(others))
    operator.require(left and {2, 3} <= set(by_place), f"{numbers} for the axes {places}")
    return [by_place[2], by_place[3]]


def _factor(reader: OnnxReader, value: OnnxValue, settings: Resizing) -> int:
    """The whole factor by which both rows and columns grow; 0 if there is none."""
    rows, cols, _ = reader.shape(value)
    if settings.rows and not rows:
        return 0
    scales = settings.scales((rows, cols, 1), (settings.rows, settings.cols, 1))
    whole = round(scales[0])
    return whole if whole > 0 and all(isclose(scale, whole, rel_tol=0, abs_tol=0) for scale in scales) else 0
