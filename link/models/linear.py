"""Linear leaves: sums of features times coefficients in place of numbers, as LightGBM's `linear_tree` makes them.

linear = outputs 16 | tree*
tree   = leaves 16 | leaf*
leaf   = constant | otherwise | terms 16 | (feature 16 | coefficient)*      (little-endian; numbers IEEE binary64)
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from kernels.coding.crc import crc32c
from kernels.errors import CorruptError
from link.errors import DecodeError

_COUNT, _LEAF, _TERM = struct.Struct("<H"), struct.Struct("<ddH"), struct.Struct("<Hd")


class Leaf(NamedTuple):
    """`constant` plus each coefficient times its feature, one after the other; `otherwise` where one of them is NaN."""

    constant: float
    otherwise: float
    terms: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class LinearLeaves:
    """The linear leaves of each tree; the tree itself holds their numbers. Tree i adds to output i modulo `outputs`."""

    outputs: int
    trees: tuple[tuple[Leaf, ...], ...]

    def encode(self) -> bytes:
        """The octets of the leaves; `decode` is the inverse."""
        leaves = b"".join(_COUNT.pack(len(tree)) + b"".join(_leaf_octets(leaf) for leaf in tree) for tree in self.trees)
        return _COUNT.pack(self.outputs) + leaves

    @classmethod
    def decode(cls, octets: bytes, trees: int, inputs: int) -> Self:
        """Read the leaves of `trees` trees over `inputs` features, which fill the octets. Raises DecodeError."""
        try:
            (outputs,), at, found = _COUNT.unpack_from(octets), _COUNT.size, []
            for _ in range(trees):
                (count,), at, leaves = _COUNT.unpack_from(octets, at), at + _COUNT.size, []
                for _ in range(count):
                    leaf, at = _leaf_at(octets, at)
                    leaves.append(leaf)
                found.append(tuple(leaves))
        except struct.error as error:
            raise DecodeError(f"linear leaves: {error}") from None
        linear = cls(outputs, tuple(found))
        if at != len(octets) or not linear.is_sound(inputs):
            raise DecodeError(
                "linear leaves of another number of trees, with unknown features, or with numbers that are not finite"
            )
        return linear

    def is_sound(self, inputs: int) -> bool:
        """Whether features are among `inputs`, and numbers finite."""
        leaves = [leaf for tree in self.trees for leaf in tree]
        numbers = [number for leaf in leaves for number in (*leaf[:2], *(coefficient for _, coefficient in leaf.terms))]
        known = all(0 <= feature < inputs for leaf in leaves for feature, _ in leaf.terms)
        return known and all(map(isfinite, numbers)) and self.outputs > 0 and len(self.trees) % self.outputs == 0

    def sums(self, found: Sequence[NDArray[Any]], values: NDArray[Any]) -> NDArray[np.float64]:
        """Sums (outputs, pixels) of the leaves with the numbers `found`, tree by tree, for values (features, pixels).

        Raises CorruptError for a number without a leaf.
        """
        sums = np.zeros((self.outputs, values.shape[1]))
        for number, (leaves, table) in enumerate(zip(found, self._tables, strict=True)):
            sums[number % self.outputs] += table.of(leaves, values)
        return sums

    def crc(self) -> int:
        """CRC-32C of all tables in memory."""
        return crc32c(b"".join(part.tobytes() for table in self._tables for part in table))

    @cached_property
    def _tables(self) -> "tuple[_Table, ...]":
        return tuple(_Table.made(tree) for tree in self.trees)


class _Table(NamedTuple):
    """A tree's leaves as arrays; missing terms of shorter leaves have feature -1."""

    constants: NDArray[np.float64]
    otherwise: NDArray[np.float64]
    features: NDArray[np.int64]
    coefficients: NDArray[np.float64]

    @classmethod
    def made(cls, tree: Sequence[Leaf]) -> Self:
        """The table of the leaves of a tree."""
        most = max((len(leaf.terms) for leaf in tree), default=0)
        features, coefficients = np.full((len(tree), most), -1), np.zeros((len(tree), most))
        for number, leaf in enumerate(tree):
            for place, (feature, coefficient) in enumerate(leaf.terms):
                features[number, place], coefficients[number, place] = feature, coefficient
        constants, otherwise = np.array([leaf[:2] for leaf in tree], np.float64).reshape(-1, 2).T
        return cls(constants.copy(), otherwise.copy(), features, coefficients)

    def of(self, found: NDArray[Any], values: NDArray[Any]) -> NDArray[np.float64]:
        """The value of each pixel's leaf. Raises CorruptError."""
        leaves = found.astype(np.int64)
        if leaves.size and not 0 <= leaves.min() <= leaves.max() < len(self.constants):
            raise CorruptError("the number of a leaf that the tree does not have")
        sums, unknown, pixels = self.constants[leaves], np.zeros(len(leaves), bool), np.arange(len(leaves))
        for place in range(self.features.shape[1]):
            feature = self.features[leaves, place]
            some = feature >= 0
            given = values[feature[some], pixels[some]].astype(np.float64)
            with np.errstate(invalid="ignore", over="ignore"):  # infinite features
                sums[some] += self.coefficients[leaves[some], place] * given
            unknown[some] |= np.isnan(given)
        return np.where(unknown, self.otherwise[leaves], sums)


def _leaf_octets(leaf: Leaf) -> bytes:
    terms = b"".join(_TERM.pack(feature, coefficient) for feature, coefficient in leaf.terms)
    return _LEAF.pack(leaf.constant, leaf.otherwise, len(leaf.terms)) + terms


def _leaf_at(octets: bytes, at: int) -> tuple[Leaf, int]:
    constant, otherwise, count = _LEAF.unpack_from(octets, at)
    at += _LEAF.size
    terms = tuple(_TERM.unpack_from(octets, at + _TERM.size * number) for number in range(count))
    return Leaf(constant, otherwise, terms), at + _TERM.size * count
