"""One operator of an ONNX file, which notices what of it nobody looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.inference.graph_any import Shape

Array = NDArray[Any]
Axes = tuple[str, ...]
"""What each axis of a value in the file is of our image: letters of n (one), r (rows), c (columns), k (channels),
several where axes were flattened into one, none for an axis of size 1."""


@dataclass(frozen=True, slots=True)
class Value:
    """A name in the file that is an image of ours, looked at along `axes`; `step` says how its numbers were rounded."""

    image: int
    axes: Axes
    step: "Step | None" = None


@dataclass(frozen=True, slots=True)
class Step:
    """The image `source` in 8-bit numbers: round(x / step) + zero within low..high. `whole`: those numbers themselves,
    which only DequantizeLinear makes anything of; otherwise what they stand for."""

    source: int
    step: float
    zero: int
    low: int
    high: int
    whole: bool


@dataclass(slots=True)
class Operator:
    """What the file says of it. Whoever takes an attribute or an input has looked at it."""

    kind: str
    name: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    opset: int
    attributes: dict[str, Any]
    values: Callable[[str], Value | None]
    constants: Callable[[str], Array | None]
    _seen: set[str | int] = field(default_factory=set)

    def require(self, holds: bool, what: str) -> None:
        """Raise ValueError that names the operator unless it holds; `what` is not supported then."""
        if not holds:
            raise ValueError(f"{self.kind} {self.name}: {what} is not supported")

    def has(self, place: int) -> bool:
        """Whether there is an input at a place."""
        return place < len(self.inputs) and bool(self.inputs[place])

    def value(self, place: int = 0) -> Value:
        """An input that is an image of numbers."""
        name = self.inputs[place] if self.has(place) else ""
        found = self.values(name)
        self._seen.add(place)
        if found is None:
            raise ValueError(f"{self.kind} {self.name}: input {name!r}, which is no image, is not supported")
        self.require(found.step is None or not found.step.whole, f"input {name!r}, 8-bit numbers of an image,")
        return found

    def raw(self, place: int = 0) -> Value | None:
        """An input that is an image, also one in 8-bit numbers; None for any other."""
        self._seen.add(place)
        return self.values(self.inputs[place]) if self.has(place) else None

    def constant(self, place: int) -> Array | None:
        """An input that is constant; None where there is none at that place, or what is there is computed."""
        self._seen.add(place)
        return self.constants(self.inputs[place]) if self.has(place) else None

    def needed(self, place: int, what: str) -> Array:
        """An input that has to be constant."""
        found = self.constant(place)
        if found is None:
            raise ValueError(f"{self.kind} {self.name}: {what} that are not constant is not supported")
        return found

    def optional(self, place: int, what: str) -> Array | None:
        """An input that may be left out, but is constant where it is there."""
        return self.needed(place, what) if self.has(place) else None

    def attribute(self, name: str, default: Any) -> Any:
        """As the file has it, texts decoded."""
        self._seen.add(name)
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else value

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        return int(self.attribute(name, default))

    def real(self, name: str, default: float) -> float:
        """A number of binary32, as attributes are."""
        return float(np.float32(self.attribute(name, default)))

    def text(self, name: str, default: str) -> str:
        """A word."""
        return str(self.attribute(name, default))

    def pair(self, name: str, default: int) -> tuple[int, int]:
        """Two whole numbers, for rows and columns."""
        values = list(self.attribute(name, [default, default]))
        self.require(len(values) == 2, f"{name} {values}")
        return int(values[0]), int(values[1])

    def axis(self, name: str, default: int, rank: int) -> int:
        """A number of an axis, counted from the first."""
        said = self.number(name, default)
        self.require(-rank <= said < rank, f"axis {said} of {rank}")
        return said % rank

    def ignore(self, *names: str) -> None:
        """Attributes that change nothing here."""
        self._seen.update(names)

    def finish(self) -> None:
        """Raise ValueError where something is left that nobody looked at."""
        for name in self.attributes:
            self.require(name in self._seen, f"attribute {name}")
        for place in range(len(self.inputs)):
            self.require(place in self._seen or not self.has(place), f"input {place}")


def letters_size(letters: str, shape: Shape) -> int:
    """Of an axis, 0 where it is not known."""
    size = 1
    for letter in letters:
        size *= letter_size(letter, shape)
    return size


def letter_size(letter: str, shape: Shape) -> int:
    """Of a letter: rows, columns or channels of the image, 1 of n."""
    return {"n": 1, "r": shape[0], "c": shape[1], "k": shape[2]}[letter]


def essential(letters: str, shape: Shape) -> str:
    """The letters without those of size 1."""
    return "".join(letter for letter in letters if letter_size(letter, shape) != 1)
