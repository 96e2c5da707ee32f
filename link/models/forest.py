"""A forest of boosted trees: from the splits of training tools to the octets that are uplinked and scored.

A forest is scored over columns of codes. A column is an input feature and up to 255 thresholds of it, or a set of its
categories, with the rule for missing values: NaN has a code of its own, so that no number is taken for it. A feature
whose splits have different rules for NaN, or that has more thresholds or sets, becomes several columns.

"SRF2" | activation 8 | outputs 16 | features 16 | columns 16 | divisor | factor | column* |
    (octets 32 | trees)*, one an output
column = feature 16 | missing 8 | values 16 | value*, ascending: thresholds, or the categories of a set
trees  = the octets of csrc/include/skyrack/trees.h
         Where bit 7 of `activation` is set, trees are stored one by one, and their leaves are numbers of
         linear leaves (link/models/linear.py), whose octets follow.

All numbers are little-endian; divisor, factor and values are IEEE binary64.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import pairwise
from math import isfinite
from typing import Self

import numpy as np
from numpy.typing import NDArray

from kernels.coding.crc import crc32c
from kernels.errors import CorruptError
from kernels.inference.trees import (
    FEATURES_MAX,
    LEAVES_MAX,
    LEVELS_MAX,
    MEMBERS_MAX,
    TREE_DEPTH_MAX,
    TREE_ROWS_MAX,
    TREES_MAGIC,
    CodedColumn,
    Missing,
    Sums,
    Trees,
)
from link.errors import DecodeError, TruncatedError
from link.models.linear import LinearLeaves

FOREST_INPUTS_MAX = 65535
OUTPUTS_MAX, TREES_MAX = 256, 65535
_FOREST = b"SRF2"
_HEAD, _COLUMN, _SIZE = struct.Struct("<4sBHHHdd"), struct.Struct("<HBH"), struct.Struct("<I")
_INSIDE = {None: 0, 0: 16, 1: 32}  # added to the rule in a column's octet `missing`: the code of a set's members
_RULE_BITS = 15
_LINEAR = 128  # bit of the octet `activation`: the leaves are linear


class ForestActivation(IntEnum):
    """Function applied to the sums of leaves."""

    NONE = 0
    LOGISTIC = 1
    LOGISTIC_FLOAT32 = 2  # in single precision throughout, as in XGBoost
    EXPONENTIAL = 3
    EXPONENTIAL_FLOAT32 = 4
    SOFTMAX = 5  # over the outputs
    SOFTMAX_FLOAT32 = 6
    SIGNED_SQUARE = 7
    STEP = 8  # 1 where the sum is above 0, else 0
    CLASS = 9  # number of the largest output


@dataclass(frozen=True, slots=True)
class Members:
    """A set of categories, in place of a threshold: samples of its members go to the left, or to the right."""

    categories: tuple[int, ...]
    left: bool = True


@dataclass(frozen=True, slots=True)
class Split:
    """An inner node: samples with feature <= threshold go to `left`, others to `right`."""

    feature: int
    threshold: float | Members
    left: "TreeNode"
    right: "TreeNode"
    missing: Missing = Missing.ZERO


TreeNode = Split | float
"""A node of a tree: a split, or the value of a leaf."""

_Key = tuple[int, Missing, int | None, float | tuple[int, ...]]
"""Key of equal splits: feature, rule for NaN, the code of a set's members, threshold or members."""


@dataclass(frozen=True)
class Forest:
    """A compiled forest: `columns` make codes of `inputs` features; `trees` are the octets for each output."""

    inputs: int
    columns: tuple[CodedColumn, ...]
    trees: tuple[bytes, ...]
    activation: ForestActivation = ForestActivation.NONE
    divisor: float = 1.0
    factor: float = 1.0
    """The activation is applied to sum / divisor * factor, in double precision where they are not 1."""
    linear: LinearLeaves | None = None
    """Linear leaves, or None where leaves are numbers; with them `trees` are the octets for each tree."""

    @property
    def sums(self) -> Sums:
        """Floating-point precision in which leaves are added."""
        return Sums(self.trees[0][_PRECISION_AT])

    @cached_property
    def laid_out(self) -> tuple[Trees, ...]:
        """The trees, ready to score, with shape, depth and every index checked. Raises CorruptError."""
        return tuple(map(Trees, self.trees))

    @property
    def unprepared(self) -> tuple[int, ...]:
        """Numbers of the features for which the model was trained without NaN."""
        return tuple({column.feature for column in self.columns if column.missing is Missing.NEVER})

    def encode(self) -> bytes:
        """The octets of the forest; `decode` is the inverse."""
        counts = len(self.trees), self.inputs, len(self.columns)
        activation = self.activation | (_LINEAR if self.linear else 0)
        head = _HEAD.pack(_FOREST, activation, *counts, self.divisor, self.factor)
        trees = b"".join(_SIZE.pack(len(octets)) + octets for octets in self.trees)
        linear = self.linear.encode() if self.linear else b""
        return head + b"".join(map(_column_octets, self.columns)) + trees + linear

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read and check a whole forest, its trees included; raises DecodeError."""
        if len(octets) < _HEAD.size:
            raise TruncatedError(needed=_HEAD.size, given=len(octets))
        magic, activation, outputs, inputs, count, *scale = _HEAD.unpack_from(octets)
        linear, activation = activation & _LINEAR, activation & ~_LINEAR
        known = magic == _FOREST and activation in tuple(ForestActivation) and all(map(isfinite, scale)) and scale[0]
        if not known or not count or not inputs or not 0 < outputs <= (TREES_MAX if linear else OUTPUTS_MAX):
            raise DecodeError("not a forest of this version")
        columns, at = [], _HEAD.size
        for _ in range(count):
            column, at = _column_at(octets, at, inputs)
            columns.append(column)
        trees, at = _trees_at(octets, at, outputs)
        leaves = LinearLeaves.decode(octets[at:], outputs, inputs) if linear else None
        if at != len(octets) and not linear:
            raise DecodeError(f"{len(octets) - at} octets behind the trees, expected none")
        forest = cls(inputs, tuple(columns), trees, ForestActivation(activation), scale[0], scale[1], leaves)
        forest._check_trees()
        return forest

    def _check_trees(self) -> None:
        """Check the trees by the kernel that will score them, and that their levels are those of the columns."""
        try:
            found = {
                (trees.levels, octets[_PRECISION_AT]) for trees, octets in zip(self.laid_out, self.trees, strict=True)
            }
        except CorruptError as error:
            raise DecodeError(str(error)) from None
        if found != {(tuple(column.levels for column in self.columns), self.sums)}:
            raise DecodeError("the trees are of other columns than the forest")


_PRECISION_AT = len(TREES_MAGIC) + 12


def _column_octets(column: CodedColumn) -> bytes:
    octet = column.missing | _INSIDE[column.inside]
    return _COLUMN.pack(column.feature, octet, len(column.limits)) + column.limits.astype("<f8").tobytes()


def _column_at(octets: bytes, at: int, inputs: int) -> tuple[CodedColumn, int]:
    """The column at an octet, and the offset of the next one."""
    if len(octets) < at + _COLUMN.size:
        raise TruncatedError(needed=at + _COLUMN.size, given=len(octets))
    feature, octet, count = _COLUMN.unpack_from(octets, at)
    start, end = at + _COLUMN.size, at + _COLUMN.size + 8 * count
    if len(octets) < end:
        raise TruncatedError(needed=end, given=len(octets))
    limits = np.frombuffer(octets[start:end], "<f8").astype(np.float64)
    rule, inside = octet & _RULE_BITS, {bits: code for code, bits in _INSIDE.items()}.get(octet & ~_RULE_BITS, -1)
    if feature >= inputs or rule not in tuple(Missing) or inside == -1 or not _ascend(limits.tolist()):
        raise DecodeError(f"a column of feature {feature} of {inputs}: rule {octet}, thresholds that do not ascend")
    column = CodedColumn(feature, limits, Missing(rule), inside)
    if column.levels > LEVELS_MAX or (inside is not None and not _are_categories(limits)):
        raise DecodeError(f"a column of feature {feature}: {count} thresholds, or categories that are no whole numbers")
    return column, end


def _are_categories(values: NDArray[np.float64]) -> bool:
    return bool(((values >= 0) & (values < MEMBERS_MAX) & (values == np.trunc(values))).all())


def _trees_at(octets: bytes, at: int, outputs: int) -> tuple[tuple[bytes, ...], int]:
    """The trees of each output, and the offset of their end."""
    trees = []
    for _ in range(outputs):
        if len(octets) < at + _SIZE.size:
            raise TruncatedError(needed=at + _SIZE.size, given=len(octets))
        (size,) = _SIZE.unpack_from(octets, at)
        at += _SIZE.size + size
        if len(octets) < at:
            raise TruncatedError(needed=at, given=len(octets))
        trees.append(octets[at - size : at])
    return tuple(trees), at


def _ascend(limits: list[float]) -> bool:
    """Whether no limit is NaN and each is above the one before."""
    return all(limit == limit for limit in limits[:1]) and all(low < high for low, high in pairwise(limits))


def build_forest(
    trees: Sequence[TreeNode],
    features: int,
    *,
    outputs: int = 1,
    activation: ForestActivation = ForestActivation.NONE,
    sums: Sums = Sums.FLOAT64,
    divisor: float = 1.0,
    factor: float = 1.0,
    linear: LinearLeaves | None = None,
) -> Forest:
    """Compile trees over `features` features; tree i adds to output i modulo `outputs`.

    With `linear`, leaves are numbers of its leaves, and `outputs` are its outputs. Raises ValueError for what the
    format cannot hold.
    """
    if not 0 < features <= FOREST_INPUTS_MAX:
        raise ValueError(f"{features} features, expected 1..{FOREST_INPUTS_MAX}")
    if linear is not None and not linear.is_sound(features):
        raise ValueError("linear leaves with unknown features, or with numbers that are not finite")
    if not 0 < outputs <= OUTPUTS_MAX or len(trees) % outputs or len(trees) > TREES_MAX:
        raise ValueError(f"{len(trees)} trees for {outputs} outputs, expected up to {OUTPUTS_MAX} with as many each")
    columns = tuple(_columns(trees, features))
    rows = sum(column.levels + 2 for column in columns)
    if len(columns) > FEATURES_MAX or rows > TREE_ROWS_MAX:
        raise ValueError(
            f"{len(columns)} columns of {rows - 2 * len(columns)} thresholds and sets are needed, expected up to "
            f"{FEATURES_MAX} columns, and {TREE_ROWS_MAX} thresholds and twice the columns"
        )
    blocks = len(trees) if linear else outputs
    octets = tuple(_octets(trees[block::blocks], columns, sums) for block in range(blocks))
    return Forest(features, columns, octets, activation, divisor, factor, linear)


def _octets(trees: Sequence[TreeNode], columns: Sequence[CodedColumn], sums: Sums) -> bytes:
    """The octets of one output's trees, in the format of the kernel."""
    number = struct.Struct("<BB" if len(columns) <= 256 else "<HB")
    rules = {
        key: number.pack(place, level)
        for place, column in enumerate(columns)
        for level, key in enumerate(_keys(column))
    }
    bodies = [_tree(list(_preorder(tree)), rules) for tree in trees]
    leaves = sum(count for count, _ in bodies)
    head = TREES_MAGIC + struct.pack("<HHIIB", len(columns), len(trees), 2 * leaves - len(trees), leaves, sums)
    octets = head + bytes(column.levels for column in columns) + b"".join(body for _, body in bodies)
    return octets + crc32c(octets).to_bytes(4, "little")


def _columns(trees: Sequence[TreeNode], features: int) -> Iterator[CodedColumn]:
    """Columns of all distinct thresholds of each feature and rule for NaN, ascending, then columns of the sets."""
    thresholds: dict[tuple[int, Missing], set[float]] = {}
    sets = set[_Key]()
    for split in (node for tree in trees for node in _preorder(tree) if isinstance(node, Split)):
        if not (isinstance(split.feature, int) and 0 <= split.feature < features):
            raise ValueError(f"a split by feature {split.feature}, expected 0..{features - 1}")
        if isinstance(split.threshold, Members):
            sets.add(_key(split))
        elif split.threshold != split.threshold:
            raise ValueError(f"a split of feature {split.feature} by a threshold that is no number")
        else:
            thresholds.setdefault((split.feature, split.missing), set()).add(split.threshold + 0.0)  # -0.0 is 0.0
    for (feature, missing), values in sorted(thresholds.items()) or (
        [] if sets else [((0, Missing.ZERO), set[float]())]
    ):
        limits = np.array(sorted(values), np.float64)
        for start in range(0, max(1, len(limits)), LEVELS_MAX):
            yield CodedColumn(feature, limits[start : start + LEVELS_MAX], missing)
    for feature, missing, inside, members in sorted(sets, key=str):
        if not _are_categories(np.array(members, np.float64)):
            raise ValueError(
                f"a set of categories of feature {feature}, expected whole numbers of 0..{MEMBERS_MAX - 1}"
            )
        yield CodedColumn(feature, np.array(members, np.float64), missing, inside)


def _key(split: Split) -> _Key:
    if isinstance(split.threshold, Members):
        members = tuple(sorted(set(split.threshold.categories)))
        return split.feature, split.missing, int(not split.threshold.left), members
    return split.feature, split.missing, None, split.threshold


def _keys(column: CodedColumn) -> list[_Key]:
    """Keys of the splits that use the column, level by level."""
    values = column.limits.tolist()
    if column.inside is None:
        return [(column.feature, column.missing, None, value) for value in values]
    return [(column.feature, column.missing, column.inside, tuple(map(int, values)))]


def _preorder(tree: TreeNode) -> Iterator[TreeNode]:
    waiting: list[tuple[TreeNode, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        yield node
        if isinstance(node, Split):
            if depth >= TREE_DEPTH_MAX:
                raise ValueError(f"a tree of more than {TREE_DEPTH_MAX} splits from root to leaf")
            waiting += [(node.right, depth + 1), (node.left, depth + 1)]


def _tree(nodes: list[TreeNode], rules: dict[_Key, bytes]) -> tuple[int, bytes]:
    """Number of leaves of a tree, and its octets."""
    splits = [node for node in nodes if isinstance(node, Split)]
    leaves = [node for node in nodes if not isinstance(node, Split)]
    if len(leaves) > LEAVES_MAX:
        raise ValueError(f"a tree of {len(leaves)} leaves, expected up to {LEAVES_MAX}")
    if not all(map(isfinite, leaves)):
        raise ValueError("a leaf whose value is not finite")
    shape = np.packbits([isinstance(node, Split) for node in nodes]).tobytes()
    parts = b"".join(rules[_key(split)] for split in splits)
    return len(leaves), struct.pack("<H", len(leaves)) + shape + parts + struct.pack(f"<{len(leaves)}d", *leaves)
