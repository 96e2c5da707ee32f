"""A forest of boosted trees: thresholds for the features, and the octets of csrc/include/skyrack/trees.h."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hal.kernels.crc import crc32c
from hal.kernels.trees import DEPTH_MAX, FEATURES_MAX, LEAVES_MAX, LEVELS_MAX, MAGIC


@dataclass(frozen=True, slots=True)
class Split:
    """Samples whose `feature` is up to `threshold` go to `left`."""

    feature: int
    threshold: float
    left: "Node"
    right: "Node"


Node = Split | float
"""A leaf is its value."""


@dataclass(frozen=True, slots=True)
class Forest:
    """`thresholds` of each feature ascend, as hal.kernels.trees.quantise takes them; `octets` are for Trees."""

    thresholds: tuple[NDArray[np.float64], ...]
    octets: bytes


def build_forest(trees: Sequence[Node], features: int) -> Forest:
    """Compile trees over `features` features. Raises ValueError for what the format cannot hold."""
    if not 0 < features <= FEATURES_MAX:
        raise ValueError(f"{features} features, expected 1..{FEATURES_MAX}")
    thresholds = _thresholds(trees, features)
    level_of = [{value: level for level, value in enumerate(limits.tolist())} for limits in thresholds]
    bodies = [_tree(list(_preorder(tree)), level_of) for tree in trees]
    leaves = sum(count for count, _ in bodies)
    head = MAGIC + struct.pack("<HHII", features, len(trees), 2 * leaves - len(trees), leaves)
    octets = head + bytes(len(limits) for limits in thresholds) + b"".join(body for _, body in bodies)
    return Forest(thresholds, octets + crc32c(octets).to_bytes(4, "little"))


def _thresholds(trees: Sequence[Node], features: int) -> tuple[NDArray[np.float64], ...]:
    """Every distinct threshold of each feature, ascending."""
    used: list[set[float]] = [set() for _ in range(features)]
    for node in (node for tree in trees for node in _preorder(tree)):
        if isinstance(node, Split):
            if not 0 <= node.feature < features:
                raise ValueError(f"a split by feature {node.feature}, expected 0..{features - 1}")
            used[node.feature].add(node.threshold + 0.0)  # -0.0 and 0.0 are one threshold
    for feature, values in enumerate(used):
        if len(values) > LEVELS_MAX:
            raise ValueError(f"feature {feature} has {len(values)} thresholds, expected up to {LEVELS_MAX}")
    return tuple(np.array(sorted(values), np.float64) for values in used)


def _preorder(tree: Node) -> Iterator[Node]:
    waiting: list[tuple[Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        yield node
        if isinstance(node, Split):
            if depth >= DEPTH_MAX:
                raise ValueError(f"a tree of more than {DEPTH_MAX} splits from root to leaf")
            waiting += [(node.right, depth + 1), (node.left, depth + 1)]


def _tree(nodes: list[Node], level_of: list[dict[float, int]]) -> tuple[int, bytes]:
    """Number of leaves, and the octets."""
    splits = [node for node in nodes if isinstance(node, Split)]
    leaves = [node for node in nodes if not isinstance(node, Split)]
    if len(leaves) > LEAVES_MAX:
        raise ValueError(f"a tree of {len(leaves)} leaves, expected up to {LEAVES_MAX}")
    shape = np.packbits([isinstance(node, Split) for node in nodes]).tobytes()
    rules = bytes(part for split in splits for part in (split.feature, level_of[split.feature][split.threshold]))
    return len(leaves), struct.pack("<H", len(leaves)) + shape + rules + struct.pack(f"<{len(leaves)}d", *leaves)
