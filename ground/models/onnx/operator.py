"""One operator of an ONNX file, which records the attributes and inputs that were used, so that others are refused."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.inference.graph_any import Shape

AnyArray = NDArray[Any]
Axes = tuple[str, ...]
"""The axes of a value in the file, as letters for the axes of our image: n (one), r (rows), c (columns), k (channels);
several where axes were flattened into one, none for an axis of size 1."""


@dataclass(frozen=True, slots=True)
class OnnxValue:
    """A value of the file that is an image of ours, with `axes` in the file; `step`: how its numbers were quantised."""

    image: int
    axes: Axes
    step: "Quantisation | None" = None


@dataclass(frozen=True, slots=True)
class Quantisation:
    """Quantisation of the image `source` to 8 bits: round(x / step) + zero within low..high. `whole`: the value is
    these whole numbers, which only DequantizeLinear can use; otherwise the real numbers that they represent."""

    source: int
    step: float
    zero: int
    low: int
    high: int
    whole: bool


@dataclass(slots=True)
class OnnxOperator:
    """An operator of the file. Every attribute and input that is read from it counts as used."""

    kind: str
    name: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    opset: int
    attributes: dict[str, Any]
    values: Callable[[str], OnnxValue | None]
    constants: Callable[[str], AnyArray | None]
    _seen: set[str | int] = field(default_factory=set)

    def require(self, holds: bool, what: str) -> None:
        """Raise ValueError, with the operator's name and "`what` is not supported", unless `holds`."""
        if not holds:
            raise ValueError(f"{self.kind} {self.name}: {what} is not supported")

    def has(self, place: int) -> bool:
        """Whether there is an input number `place`."""
        return place < len(self.inputs) and bool(self.inputs[place])

    def value(self, place: int = 0) -> OnnxValue:
        """An input that is an image of numbers."""
        name = self.inputs[place] if self.has(place) else ""
        found = self.values(name)
        self._seen.add(place)
        if found is None:
            raise ValueError(f"{self.kind} {self.name}: input {name!r}, which is no image, is not supported")
        self.require(found.step is None or not found.step.whole, f"input {name!r}, 8-bit numbers of an image,")
        return found

    def raw(self, place: int = 0) -> OnnxValue | None:
        """An input that is an image, also one in 8-bit numbers; None for any other."""
        self._seen.add(place)
        return self.values(self.inputs[place]) if self.has(place) else None

    def constant(self, place: int) -> AnyArray | None:
        """A constant input; None if there is no input at that place, or it is computed."""
        self._seen.add(place)
        return self.constants(self.inputs[place]) if self.has(place) else None

    def needed(self, place: int, what: str) -> AnyArray:
        """An input that must be there and constant."""
        found = self.constant(place)
        if found is None:
            raise ValueError(f"{self.kind} {self.name}: {what} that are not constant are not supported")
        return found

    def optional(self, place: int, what: str) -> AnyArray | None:
        """An input that may be absent, but must be constant if it is there."""
        return self.needed(place, what) if self.has(place) else None

    def attribute(self, name: str, default: Any) -> Any:
        """An attribute as in the file, texts decoded."""
        self._seen.add(name)
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else value

    def number(self, name: str, default: int) -> int:
        """An attribute that is a whole number."""
        return int(self.attribute(name, default))

    def real(self, name: str, default: float) -> float:
        """An attribute that is a real number, which ONNX keeps in binary32."""
        return float(np.float32(self.attribute(name, default)))

    def text(self, name: str, default: str) -> str:
        """An attribute that is a text."""
        return str(self.attribute(name, default))

    def pair(self, name: str, default: int) -> tuple[int, int]:
        """An attribute of two whole numbers, for rows and columns."""
        values = list(self.attribute(name, [default, default]))
        self.require(len(values) == 2, f"{name} {values}")
        return int(values[0]), int(values[1])

    def axis(self, name: str, default: int, rank: int) -> int:
        """An attribute that is the number of an axis, made to count from the first."""
        said = self.number(name, default)
        self.require(-rank <= said < rank, f"axis {said} of {rank}")
        return said % rank

    def ignore(self, *names: str) -> None:
        """Count attributes as used that have no effect here."""
        self._seen.update(names)

    def finish(self) -> None:
        """Raise ValueError for an attribute or input that was not used."""
        for name in self.attributes:
            self.require(name in self._seen, f"attribute {name}")
        for place in range(len(self.inputs)):
            self.require(place in self._seen or not self.has(place), f"input {place}")


def letters_size(letters: str, shape: Shape) -> int:
    """Size of an axis given by letters, 0 where it is not known."""
    size = 1
    for letter in letters:
        size *= letter_size(letter, shape)
    return size


def letter_size(letter: str, shape: Shape) -> int:
    """Size of a letter: rows, columns or channels of the image, 1 for n."""
    return {"n": 1, "r": shape[0], "c": shape[1], "k": shape[2]}[letter]


def essential(letters: str, shape: Shape) -> str:
    """The letters without those of size 1."""
    return "".join(letter for letter in letters if letter_size(letter, shape) != 1)
