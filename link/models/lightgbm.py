"""Read LightGBM's text model files (format v2 to v4): binary or regression forests with numerical splits.

Each section `Tree=N` has parallel arrays: node i goes to left_child[i] where x[split_feature[i]] <= threshold[i],
compared in double; children below 0 are leaves, ~child their number. `decision_type` has bit 0 for categorical splits,
bit 1 for "missing goes to the left" and bits 2-3 for what is missing: 0 nothing (NaN is taken as 0.0), 8 NaN; that zero
were missing as well (4) is not supported.
"""

from link.models.forest import Activation, Forest, Missing, Node, Split, build_forest
from link.models.links import children_first

_CATEGORICAL, _TO_LEFT, _ZERO_MISSING, _NAN_MISSING = 0b0001, 0b0010, 0b0100, 0b1000
_ACTIVATIONS = {
    "binary sigmoid:1": Activation.LOGISTIC,
    "cross_entropy": Activation.LOGISTIC,
    **dict.fromkeys(("regression", "regression_l1", "huber", "fair", "mape"), Activation.NONE),
    "custom": Activation.NONE,
}


def read_lightgbm(text: str) -> Forest:
    """The forest in a model file's text. Raises ValueError naming what is missing or not supported."""
    sections = text.partition("\nend of trees")[0].split("\nTree=")
    head = _fields(sections[0])
    if not sections[0].lstrip().startswith("tree") or "max_feature_idx" not in head:
        raise ValueError("not a LightGBM model: it begins with `tree` and has max_feature_idx")
    if head.get("num_class", "1") != "1":
        raise ValueError(f"num_class = {head['num_class']}, expected 1")
    trees = [_tree(number, _fields(section)) for number, section in enumerate(sections[1:])]
    if not trees:
        raise ValueError("the model has no trees")
    objective = head.get("objective", "custom")
    if objective not in _ACTIVATIONS or "\naverage_output" in sections[0]:
        raise ValueError(f"objective {objective!r} or an average of trees, expected a sum: {', '.join(_ACTIVATIONS)}")
    return build_forest(trees, int(head["max_feature_idx"]) + 1, activation=_ACTIVATIONS[objective])


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
    except IndexError:
        raise ValueError(f"tree {number}: arrays of different sizes") from None


def _linked(number: int, fields: dict[str, str], leaves: list[float]) -> Node:
    kinds = _integers(fields, "decision_type")
    if any(kind & _CATEGORICAL for kind in kinds) or fields.get("is_linear", "0") != "0":
        raise ValueError(f"tree {number}: categorical splits and linear leaves are not supported")
    if any(kind & _ZERO_MISSING for kind in kinds):
        raise ValueError(f"tree {number}: zero as a missing value is not supported; train without zero_as_missing")
    features, thresholds = _integers(fields, "split_feature"), [float(word) for word in fields["threshold"].split()]
    left, right = _integers(fields, "left_child"), _integers(fields, "right_child")
    built: dict[int, Node] = {~leaf: value for leaf, value in enumerate(leaves)}
    for node in children_first(f"tree {number}", left, right):
        built[node] = Split(
            features[node], thresholds[node], built[left[node]], built[right[node]], _missing(kinds[node])
        )
    return built[0]


def _missing(kind: int) -> Missing:
    if not kind & _NAN_MISSING:
        return Missing.ZERO
    return Missing.LEFT if kind & _TO_LEFT else Missing.RIGHT


def _integers(fields: dict[str, str], name: str) -> list[int]:
    return [int(word) for word in fields[name].split()]
