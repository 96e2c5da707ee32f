"""A forest of boosted trees: from splits as training tools think of them to the octets that travel and are scored.

A forest is scored over columns. A column is an input feature, up to 255 thresholds of it, and what NaN counts as: minus
or plus infinity sends it to the left or right of every split, zero is LightGBM's rule where it saw no missing values.
A feature whose splits disagree about NaN, or that has more thresholds, is several columns.

"SRF1" | activation 8 | columns 8 | features 16 | column* | the octets of csrc/include/skyrack/trees.h
column = feature 16 | missing 8 | thresholds 8 | thresholds, IEEE binary64, ascending        (all little-endian)
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import pairwise
from typing import Self

import numpy as np

from hal.kernels.crc import crc32c
from hal.kernels.errors import CorruptError
from hal.kernels.trees import DEPTH_MAX, FEATURES_MAX, LEAVES_MAX, LEVELS_MAX, MAGIC, Column, Sums, Trees
from link.errors import DecodeError, TruncatedError

INPUTS_MAX = 65535
_FOREST = b"SRF1"
_HEAD, _COLUMN = struct.Struct("<4sBBH"), struct.Struct("<HBB")


class Missing(IntEnum):
    """What NaN does at a split."""

    ZERO = 0
    LEFT = 1
    RIGHT = 2


class Activation(IntEnum):
    """What becomes of the sum of the leaves."""

    NONE = 0
    LOGISTIC = 1
    LOGISTIC_FLOAT32 = 2  # in single precision throughout, as XGBoost has it


_COUNTS_AS = {Missing.ZERO: 0.0, Missing.LEFT: -np.inf, Missing.RIGHT: np.inf}


@dataclass(frozen=True, slots=True)
class Split:
    """Samples whose `feature` is up to `threshold` go to `left`."""

    feature: int
    threshold: float
    left: "Node"
    right: "Node"
    missing: Missing = Missing.ZERO


Node = Split | float
"""A leaf is its value."""


@dataclass(frozen=True)
class Forest:
    """`inputs` features are read through `columns` into codes, which the `trees` (octets) sum up."""

    inputs: int
    columns: tuple[Column, ...]
    trees: bytes
    activation: Activation = Activation.NONE

    @property
    def sums(self) -> Sums:
        """The precision in which leaves are added."""
        return Sums(self.trees[len(MAGIC) + 1])

    @cached_property
    def laid_out(self) -> Trees:
        """The trees, checked and ready to be scored with: shape, depth, every index. Raises CorruptError."""
        return Trees(self.trees)

    def encode(self) -> bytes:
        """The octets that travel."""
        head = _HEAD.pack(_FOREST, self.activation, len(self.columns), self.inputs)
        return head + b"".join(map(_column_octets, self.columns)) + self.trees

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read and check a whole forest, its trees included; raises DecodeError."""
        if len(octets) < _HEAD.size:
            raise TruncatedError(needed=_HEAD.size, given=len(octets))
        magic, activation, count, inputs = _HEAD.unpack_from(octets)
        if magic != _FOREST or activation not in tuple(Activation) or not count or not inputs:
            raise DecodeError("not a forest of this version")
        columns, at = [], _HEAD.size
        for _ in range(count):
            column, at = _column_at(octets, at, inputs)
            columns.append(column)
        forest = cls(inputs, tuple(columns), octets[at:], Activation(activation))
        forest._check_trees()
        return forest

    def _check_trees(self) -> None:
        """By the kernel that will walk them; their levels are those of the columns."""
        try:
            levels = self.laid_out.levels
        except CorruptError as error:
            raise DecodeError(str(error)) from None
        if levels != tuple(len(column.limits) for column in self.columns):
            raise DecodeError("the trees are of other columns than the forest")


def _column_octets(column: Column) -> bytes:
    missing = next(rule for rule, value in _COUNTS_AS.items() if value == column.missing)
    return _COLUMN.pack(column.feature, missing, len(column.limits)) + column.limits.astype("<f8").tobytes()


def _column_at(octets: bytes, at: int, inputs: int) -> tuple[Column, int]:
    """The column at an octet, and where the next one begins."""
    if len(octets) < at + _COLUMN.size:
        raise TruncatedError(needed=at + _COLUMN.size, given=len(octets))
    feature, missing, count = _COLUMN.unpack_from(octets, at)
    start, end = at + _COLUMN.size, at + _COLUMN.size + 8 * count
    if len(octets) < end:
        raise TruncatedError(needed=end, given=len(octets))
    limits = np.frombuffer(octets[start:end], "<f8").astype(np.float64)
    if feature >= inputs or missing not in tuple(Missing) or not _ascend(limits.tolist()):
        raise DecodeError(f"a column of feature {feature} of {inputs}: rule {missing}, thresholds that do not ascend")
    return Column(feature, limits, _COUNTS_AS[Missing(missing)]), end


def _ascend(limits: list[float]) -> bool:
    """Whether they are numbers (or infinity) and each is above the one before."""
    return all(limit == limit for limit in limits[:1]) and all(low < high for low, high in pairwise(limits))


def build_forest(
    trees: Sequence[Node], features: int, *, activation: Activation = Activation.NONE, sums: Sums = Sums.FLOAT64
) -> Forest:
    """Compile trees over `features` features. Raises ValueError for what the format cannot hold."""
    if not 0 < features <= INPUTS_MAX:
        raise ValueError(f"{features} features, expected 1..{INPUTS_MAX}")
    columns = tuple(_columns(trees, features))
    if len(columns) > FEATURES_MAX:
        raise ValueError(f"{len(columns)} columns of {LEVELS_MAX} thresholds are needed, expected up to {FEATURES_MAX}")
    rules = {
        (column.feature, column.missing, limit): bytes((number, level))
        for number, column in enumerate(columns)
        for level, limit in enumerate(column.limits.tolist())
    }
    bodies = [_tree(list(_preorder(tree)), rules) for tree in trees]
    leaves = sum(count for count, _ in bodies)
    head = MAGIC + struct.pack("<BBHII", len(columns), sums, len(trees), 2 * leaves - len(trees), leaves)
    octets = head + bytes(len(column.limits) for column in columns) + b"".join(body for _, body in bodies)
    return Forest(features, columns, octets + crc32c(octets).to_bytes(4, "little"), activation)


def _columns(trees: Sequence[Node], features: int) -> Iterator[Column]:
    """Every distinct threshold of each feature and rule, ascending, as many columns as it takes; at least one."""
    used: dict[tuple[int, Missing], set[float]] = {}
    for node in (node for tree in trees for node in _preorder(tree)):
        if isinstance(node, Split):
            if not 0 <= node.feature < features:
                raise ValueError(f"a split by feature {node.feature}, expected 0..{features - 1}")
            if node.threshold != node.threshold:
                raise ValueError(f"a split of feature {node.feature} by a threshold that is no number")
            used.setdefault((node.feature, node.missing), set()).add(node.threshold + 0.0)  # -0.0 and 0.0 are one
    for (feature, missing), values in sorted(used.items()) or [((0, Missing.ZERO), set[float]())]:
        limits = np.array(sorted(values), np.float64)
        for start in range(0, max(1, len(limits)), LEVELS_MAX):
            yield Column(feature, limits[start : start + LEVELS_MAX], _COUNTS_AS[missing])


def _preorder(tree: Node) -> Iterator[Node]:
    waiting: list[tuple[Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        yield node
        if isinstance(node, Split):
            if depth >= DEPTH_MAX:
                raise ValueError(f"a tree of more than {DEPTH_MAX} splits from root to leaf")
            waiting += [(node.right, depth + 1), (node.left, depth + 1)]


def _tree(nodes: list[Node], rules: dict[tuple[int, float, float], bytes]) -> tuple[int, bytes]:
    """Number of leaves, and the octets."""
    splits = [node for node in nodes if isinstance(node, Split)]
    leaves = [node for node in nodes if not isinstance(node, Split)]
    if len(leaves) > LEAVES_MAX:
        raise ValueError(f"a tree of {len(leaves)} leaves, expected up to {LEAVES_MAX}")
    shape = np.packbits([isinstance(node, Split) for node in nodes]).tobytes()
    parts = b"".join(rules[split.feature, _COUNTS_AS[split.missing], split.threshold] for split in splits)
    return len(leaves), struct.pack("<H", len(leaves)) + shape + parts + struct.pack(f"<{len(leaves)}d", *leaves)
