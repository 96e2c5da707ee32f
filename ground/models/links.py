"""Trees in the form of training tools: parallel arrays, with nodes linked by number."""

from collections.abc import Callable, Iterator, Sequence

from link.models.forest import Split, TreeNode

MakeSplit = Callable[[int, TreeNode, TreeNode], Split]


def linked(name: str, left: Sequence[int], right: Sequence[int], split: MakeSplit, leaf: Sequence[float]) -> TreeNode:
    """The tree whose root is node 0. Node i is a leaf of value leaf[i] where left[i] < 0, else split(i, ...).

    Raises ValueError where the links do not form a tree.
    """
    built: dict[int, TreeNode] = {}
    for node in children_first(name, left, right):
        if (left[node] < 0) != (right[node] < 0):
            raise ValueError(f"{name}: node {node} has one child")
        built[node] = leaf[node] if left[node] < 0 else split(node, built[left[node]], built[right[node]])
    return built[0]


def children_first(name: str, left: Sequence[int], right: Sequence[int]) -> Iterator[int]:
    """The nodes, each after its children; a child below 0 is a leaf. Raises ValueError if the links form no tree."""
    waiting, seen, order = [0], set[int](), []
    while waiting:
        node = waiting.pop()
        if node in seen or node >= len(left):
            raise ValueError(f"{name}: node {node} is linked twice or missing")
        seen.add(node)
        order.append(node)
        waiting += [child for child in (left[node], right[node]) if child >= 0]
    return reversed(order)
