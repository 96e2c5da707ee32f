"""Readers of operators that change the axes of a value but not our image, and of those that take parts of images."""

import numpy as np

from ground.models.onnx.numbers import operands
from ground.models.onnx.operator import Axes, OnnxOperator, OnnxValue, essential, letter_size, letters_size
from ground.models.onnx.pools import is_classes
from ground.models.onnx.reader import OnnxReader
from kernels.inference.graph import LayerKind
from kernels.inference.graph_any import CUT_MAX, Cutting, FrameContent, Joining, Padding

_PLACES = {"r": 0, "c": 1, "k": 2}
_FLOATS = (1,)
"""Types that Cast may convert numbers to; classes may be converted to any type."""


def same(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Another name for a value: Identity, and Dropout, which does nothing once training is over."""
    value = _any(operator)
    if operator.kind == "Dropout":
        training = operator.optional(2, "training_mode")
        operator.require(training is None or not training.any(), "training_mode")
        operator.require(not operator.has(1) or operator.constant(1) is not None, "a ratio that is computed")
        operator.require(sum(map(bool, operator.outputs)) == 1, "a second output")
        operator.ignore("ratio", "seed", "is_test")
    reader.name(operator, value.image, value.axes, step=value.step)


def _any(operator: OnnxOperator) -> OnnxValue:
    """The first input, which must be an image; it may be in 8-bit numbers."""
    value = operator.raw()
    return operator.value() if value is None else value


def cast(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Cast of numbers to a floating-point type, which changes nothing; of classes to any type."""
    value, to = operator.value(), operator.number("to", 0)
    operator.require(to in _FLOATS or is_classes(reader, value), f"numbers of kind {to}")
    operator.ignore("saturate", "round_mode")
    reader.name(operator, value.image, value.axes)


def flatten(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Flatten to two axes: all axes before `axis`, and all from it on."""
    value = _any(operator)
    said = operator.number("axis", 1)
    operator.require(-len(value.axes) <= said <= len(value.axes), f"axis {said}")
    place = said + len(value.axes) if said < 0 else said
    axes: Axes = ("".join(value.axes[:place]), "".join(value.axes[place:]))
    reader.name(operator, value.image, axes, step=value.step)


def unsqueeze(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Unsqueeze: insert axes of size 1."""
    value = _any(operator)
    said = _axes(operator)
    rank = len(value.axes) + len(said)
    operator.require(all(-rank <= axis < rank for axis in said), f"axes {said}")
    new = {axis % rank for axis in said}
    operator.require(len(new) == len(said), f"axes {said}")
    rest = iter(value.axes)
    axes: Axes = tuple("" if place in new else next(rest) for place in range(rank))
    reader.name(operator, value.image, axes, step=value.step)


def squeeze(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Squeeze: remove all axes of size 1, or the named ones."""
    value = _any(operator)
    shape, rank = reader.shape(value), len(value.axes)
    said = _axes(operator) if "axes" in operator.attributes or operator.has(1) else None
    if said is None:
        operator.require(
            all(letters_size(one, shape) for one in value.axes), "an image whose size the file leaves open"
        )
        said = [place for place, letters in enumerate(value.axes) if letters_size(letters, shape) == 1]
    operator.require(all(-rank <= axis < rank for axis in said), f"axes {said}")
    gone = {axis % rank for axis in said}
    fits = all(letters_size(value.axes[place], shape) == 1 for place in gone)
    operator.require(fits, f"axes {sorted(gone)} of {value.axes}, which are not of size 1,")
    axes: Axes = tuple(letters for place, letters in enumerate(value.axes) if place not in gone)
    reader.name(operator, value.image, axes, step=value.step)


def _axes(operator: OnnxOperator) -> list[int]:
    said = operator.attribute("axes", None)
    return [int(axis) for axis in (operator.needed(1, "axes").reshape(-1) if said is None else said)]


def transpose(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Transpose: axes in another order."""
    value = _any(operator)
    order = [int(place) for place in operator.attribute("perm", range(len(value.axes))[::-1])]
    operator.require(sorted(order) == list(range(len(value.axes))), f"perm {order}")
    reader.name(operator, value.image, tuple(value.axes[place] for place in order), step=value.step)


def reshape(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Reshape: axes are merged, or merged ones divided again; size 0 keeps an axis, -1 takes the rest."""
    value = _any(operator)
    sizes = [int(size) for size in operator.needed(1, "shapes").reshape(-1)]
    operator.require(not operator.number("allowzero", 0) or 0 not in sizes, "allowzero")
    axes = _divided(reader, operator, value, sizes)
    reader.name(operator, value.image, axes, step=value.step)


def _divided(reader: OnnxReader, operator: OnnxOperator, value: OnnxValue, sizes: list[int]) -> Axes:
    """The letters of each new axis, taken in order, for the new sizes."""
    shape = reader.shape(value)
    what = f"{value.axes} to {sizes}, this change of shape"
    operator.require(sizes.count(-1) <= 1, what)
    letters = [one for one in "".join(value.axes) if letter_size(one, shape) != 1]
    middle = sizes.index(-1) if -1 in sizes else len(sizes)
    before: list[str] = []
    for place, size in enumerate(sizes[:middle]):
        kept = essential(value.axes[place], shape) if not size and place < len(value.axes) else None
        before.append(_picked(reader, operator, value, letters, size, kept, what))
    behind: list[str] = []
    letters.reverse()
    for place in range(len(sizes) - 1, middle, -1):
        kept = essential(value.axes[place], shape)[::-1] if not sizes[place] and place < len(value.axes) else None
        behind.append(_picked(reader, operator, value, letters, sizes[place], kept, what)[::-1])
    rest = ["".join(reversed(letters))] if -1 in sizes else []
    operator.require(-1 in sizes or not letters, what)
    return (*before, *rest, *reversed(behind))


def _picked(
    reader: OnnxReader,
    operator: OnnxOperator,
    value: OnnxValue,
    letters: list[str],
    size: int,
    kept: str | None,
    what: str,
) -> str:
    """Remove and return the next letters, whose sizes multiply to `size`, or which are those of a kept axis."""
    shape, taken = reader.shape(value), ""
    if kept is not None:
        operator.require("".join(letters[: len(kept)]) == kept, what)
        taken = kept
    else:
        operator.require(size > 0, what)
        while letters_size(taken, shape) != size:
            operator.require(len(taken) < len(letters) and 0 < letters_size(taken, shape) < size, what)
            taken += letters[len(taken)]
    del letters[: len(taken)]
    return taken


def concat(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Concat along channels, rows or columns."""
    images, axes = operands(reader, operator, tuple(range(len(operator.inputs))))
    place = operator.axis("axis", 0, len(axes))
    letter = axes[place]
    operator.require(letter in _PLACES, f"axis {place} of {axes}, which")
    others = {tuple(size for at, size in enumerate(reader.shapes[image]) if at != _PLACES[letter]) for image in images}
    operator.require(len(others) == 1, f"images of {', '.join(str(reader.shapes[image]) for image in images)}, which")
    if len(images) == 1:
        image = images[0]
    elif letter == "k":
        image = reader.add(operator, LayerKind.CONCAT, *images)
    else:
        image = reader.add(operator, LayerKind.JOIN, *images, settings=Joining(_PLACES[letter]))
    reader.name(operator, image, axes)


def cut(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Slice of rows, columns or channels."""
    value = operator.value()
    if operator.opset < 10:
        starts, ends = list(operator.attribute("starts", [])), list(operator.attribute("ends", []))
        said, steps = list(operator.attribute("axes", range(len(starts)))), [1] * len(starts)
    else:
        starts, ends = (operator.needed(place, "bounds").reshape(-1).tolist() for place in (1, 2))
        axes, along = operator.optional(3, "axes"), operator.optional(4, "steps")
        said = list(range(len(starts))) if axes is None else axes.reshape(-1).tolist()
        steps = [1] * len(starts) if along is None else along.reshape(-1).tolist()
    operator.require(len(starts) == len(ends) == len(said) == len(steps), "bounds of other axes")
    settings, rank = Cutting()._asdict(), len(value.axes)
    for axis, start, end, step in zip(said, starts, ends, steps, strict=True):
        letters = value.axes[int(axis) % rank] if -rank <= axis < rank else "?"
        if letters in ("", "n") and start == 0 and end >= 1 and step == 1:
            continue
        operator.require(letters in _PLACES and step > 0, f"axis {axis} of {value.axes} by {step}, which")
        name = {"r": "rows", "c": "cols", "k": "channels"}[letters]
        for what, number in (("start", start), ("end", end), ("step", step)):
            settings[f"{what}_{name}"] = int(max(-CUT_MAX, min(int(number), CUT_MAX)))
    image = reader.add(operator, LayerKind.CUT, value.image, settings=Cutting(**settings))
    reader.name(operator, image, value.axes)


def split(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Split of one axis into parts of given sizes, or of equal size."""
    value = operator.value()
    place = operator.axis("axis", 0, len(value.axes))
    letter, shape, count = value.axes[place], reader.shape(value), len(operator.outputs)
    operator.require(letter in _PLACES, f"axis {place} of {value.axes}, which")
    sizes, whole = operator.attribute("split", None), shape[_PLACES[letter]]
    if sizes is None and operator.has(1):
        sizes = operator.needed(1, "sizes").reshape(-1).tolist()
    if sizes is None:
        operator.require(whole > 0, "an axis whose size the file leaves open")
        operator.require(operator.number("num_outputs", count) == count, "num_outputs")
        each = -(-whole // count)
        sizes = [min(each, whole - each * number) for number in range(count)]
    operator.require(
        len(sizes) == count and min(sizes) > 0 and sum(sizes) == (whole or sum(sizes)), f"parts of {sizes}"
    )
    start, name = 0, {"r": "rows", "c": "cols", "k": "channels"}[letter]
    for number, size in enumerate(sizes):
        bounds = {f"start_{name}": start, f"end_{name}": start + int(size)}
        start += int(size)
        if operator.outputs[number]:
            image = reader.add(operator, LayerKind.CUT, value.image, settings=Cutting(**bounds))
            reader.name(operator, image, value.axes, place=number)


_FRAMINGS = {"constant": FrameContent.CONSTANT, "reflect": FrameContent.MIRROR, "edge": FrameContent.EDGE}


def pad(reader: OnnxReader, operator: OnnxOperator) -> None:
    """Pad with a constant, the mirrored image or its edge."""
    value, mode = operator.value(), operator.text("mode", "constant")
    operator.require(mode in _FRAMINGS, f"mode {mode}")
    if operator.opset < 11:
        pads, number, axes = list(operator.attribute("pads", [])), operator.real("value", 0.0), None
    else:
        pads, constant = operator.needed(1, "pads").reshape(-1).tolist(), operator.optional(2, "numbers")
        number, axes = 0.0 if constant is None else float(constant.reshape(-1)[0]), operator.optional(3, "axes")
    rank = len(value.axes)
    said = list(range(rank)) if axes is None else [int(axis) % rank for axis in axes.reshape(-1)]
    operator.require(len(pads) == 2 * len(said) and min(pads, default=0) >= 0, f"pads {pads}")
    frame = dict.fromkeys(Padding._fields[:6], 0)
    for at, place in enumerate(said):
        letter, both = value.axes[place], (int(pads[at]), int(pads[at + len(said)]))
        operator.require(both == (0, 0) or letter in _PLACES, f"axis {place} of {value.axes}, which")
        if any(both):
            name = {"r": "rows", "c": "cols", "k": "channels"}[letter]
            frame[f"before_{name}"], frame[f"after_{name}"] = both
    settings = Padding(**frame, framing=_FRAMINGS[mode], value=float(np.float32(number)))
    reader.name(operator, reader.add(operator, LayerKind.PAD, value.image, settings=settings), value.axes)
