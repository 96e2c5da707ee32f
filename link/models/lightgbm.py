"""Read LightGBM's text model files (format v2 to v4): binary or regression forests with numerical splits.

Each section `Tree=N` has parallel arrays: node i goes to left_child[i] where x[split_feature[i]] <= threshold[i],
compared in double; children below 0 are leaves, ~child their number. `decision_type` has bit 0 for categorical splits
and bits 2-3 for missing values, of which only "none" (NaN is taken as 0.0) is supported.
"""

from collections.abc import Iterator

from link.models.forest import Forest, Node, Split, build_forest

_CATEGORICAL, _MISSING = 0b0001, 0b1100


def read_lightgbm(text: str) -> Forest:
    """The forest in a model file's text. Raises ValueError naming what is missing or not supported."""
    sections = text.split("\nTree=")
    head = _fields(sections[0])
    if not sections[0].lstrip().startswith("tree") or "max_feature_idx" not in head:
        raise ValueError("not a LightGBM model: it begins with `tree` and has max_feature_idx")
    if head.get("num_class", "1") != "1":
        raise ValueError(f"num_class = {head['num_class']}, expected 1")
    trees = [_tree(number, _fields(section)) for number, section in enumerate(sections[1:])]
    if not trees:
        raise ValueError("the model has no trees")
    return build_forest(trees, int(head["max_feature_idx"]) + 1)


def _fields(section: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in section.splitlines())
    return {name: value for name, equals, value in pairs if equals}


def _tree(number: int, fields: dict[str, str]) -> Node:
    try:
        leaves = [float(value) for value in fields["leaf_value"].split()]
        if int(fields["num_leaves"]) == 1:
            return leaves[0]
        return _linked(number, fields, leaves)
    except KeyError as error:
        raise ValueError(f"tree {number}: {error.args[0]} is missing") from None


def _linked(number: int, fields: dict[str, str], leaves: list[float]) -> Node:
    kinds = {int(kind) for kind in fields["decision_type"].split()}
    if any(kind & _CATEGORICAL for kind in kinds):
        raise ValueError(f"tree {number}: categorical splits are not supported")
    if any(kind & _MISSING for kind in kinds):
        raise ValueError(f"tree {number}: a rule for missing values (zero, NaN) is not supported; train without")
    features, thresholds = _integers(fields, "split_feature"), [float(word) for word in fields["threshold"].split()]
    left, right = _integers(fields, "left_child"), _integers(fields, "right_child")
    built: dict[int, Node] = {~leaf: value for leaf, value in enumerate(leaves)}
    for node in _children_first(number, left, right):
        built[node] = Split(features[node], thresholds[node], built[left[node]], built[right[node]])
    return built[0]


def _children_first(number: int, left: list[int], right: list[int]) -> Iterator[int]:
    """Inner nodes, each after its children. Raises ValueError where the links are no tree."""
    waiting, seen, order = [0], set[int](), []
    while waiting:
        node = waiting.pop()
        if node in seen or node >= len(left):
            raise ValueError(f"tree {number}: node {node} is linked twice or missing")
        seen.add(node)
        order.append(node)
        waiting += [child for child in (left[node], right[node]) if child >= 0]
    return reversed(order)


def _integers(fields: dict[str, str], name: str) -> list[int]:
    return [int(word) for word in fields[name].split()]
