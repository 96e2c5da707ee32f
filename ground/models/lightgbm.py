"""Read LightGBM's text model files (format v2 to v4): forests with numerical and categorical splits.

Each section `Tree=N` has parallel arrays: node i goes to left_child[i] where x[split_feature[i]] <= threshold[i],
compared in double, or where bit 0 of `decision_type` is set, where the whole part of x is in a set of categories: the
bits of words cat_boundaries[threshold[i]] onward of cat_threshold. Children below 0 are leaves, ~child their number.
Bit 1 of `decision_type` says that what is missing goes to the left; bits 2-3 what is missing: 0 nothing (NaN is taken
as 0.0), 4 NaN and zero, 8 NaN. NaN is in no set. Where `is_linear` is set, leaf i gives leaf_const[i] plus its
num_features[i] features times their coefficients, or leaf_value[i] where one of them is NaN.
"""

import json
from itertools import accumulate
from typing import Any

from ground.models.links import children_first
from kernels.inference.trees import Missing
from link.models.categories import check_numbers
from link.models.forest import Forest, ForestActivation, Members, Split, TreeNode, build_forest
from link.models.linear import Leaf, LinearLeaves

_CATEGORICAL, _TO_LEFT, _ZERO_MISSING, _NAN_MISSING = 0b0001, 0b0010, 0b0100, 0b1000
_SUMS = (
    *("regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg"),
    "custom",  # what is not named
)
_ACTIVATIONS = {
    **dict.fromkeys(_SUMS, ForestActivation.NONE),
    **dict.fromkeys(("binary", "cross_entropy", "multiclassova"), ForestActivation.LOGISTIC),
    **dict.fromkeys(("poisson", "gamma", "tweedie"), ForestActivation.EXPONENTIAL),
    "multiclass": ForestActivation.SOFTMAX,
}
_SIGMOID, _SQUARE_ROOT = "sigmoid", "sqrt"
_OF_FRAME = "pandas_categorical:"
_SAYS_NOTHING = (
    "num_class",
    "alpha",
    "tweedie_variance_power",
)  # parameters of objectives that only matter in training


def read_lightgbm(text: str) -> Forest:
    """The forest in a model file's text. Raises ValueError naming what is missing or not supported."""
    before, _, behind = text.partition("\nend of trees")
    sections = before.split("\nTree=")
    head = _fields(sections[0])
    if not sections[0].lstrip().startswith("tree") or "max_feature_idx" not in head:
        raise ValueError("not a LightGBM model: it begins with `tree` and has max_feature_idx")
    said = [_fields(section) for section in sections[1:]]
    linear = any(fields.get("is_linear", "0") != "0" for fields in said)
    trees = [_tree(number, fields, linear=linear) for number, fields in enumerate(said)]
    outputs = _whole(head, "num_tree_per_iteration", head.get("num_class", "1"))
    if not trees or outputs < 1 or len(trees) % outputs:
        raise ValueError(f"the model has {len(trees) or 'no'} trees for {outputs} outputs")
    _check_categories(behind)
    averaged = "average_output" in sections[0].splitlines()
    return build_forest(
        trees, _whole(head, "max_feature_idx") + 1, outputs=outputs,
        linear=LinearLeaves(outputs, tuple(map(_linear_leaves, range(len(said)), said))) if linear else None,
        divisor=float(len(trees) // outputs) if averaged else 1.0, **_objective(head.get("objective", "custom")),
    )  # fmt: skip


def _check_categories(behind: str) -> None:
    """Check the categories of the data frame that a model was trained with, in its last line. Raises ValueError."""
    said = next((line for line in behind.splitlines() if line.startswith(_OF_FRAME)), "")
    try:
        listed = json.loads(said.removeprefix(_OF_FRAME) or "null")
    except (ValueError, RecursionError):
        raise ValueError(f"{said[:80]}: expected the lists of categories as JSON") from None
    for categories in listed if isinstance(listed, list) else ():
        check_numbers(categories if isinstance(categories, list) else [])


def _objective(said: str) -> dict[str, Any]:
    """Activation of an objective, as arguments of build_forest. ValueError for an unknown objective or parameter."""
    name, *words = said.split() or [said]
    parameters = {word.partition(":")[0]: word.partition(":")[2] for word in words}
    if name not in _ACTIVATIONS:
        raise ValueError(f"objective {said!r}, expected one of {', '.join(_ACTIVATIONS)}")
    activation, factor = _ACTIVATIONS[name], 1.0
    if _SQUARE_ROOT in parameters and activation is ForestActivation.NONE:
        activation = ForestActivation.SIGNED_SQUARE
        del parameters[_SQUARE_ROOT]
    if _SIGMOID in parameters and activation is ForestActivation.LOGISTIC:
        factor = float(parameters.pop(_SIGMOID))
    strange = sorted(set(parameters) - set(_SAYS_NOTHING))
    if strange:
        raise ValueError(f"objective {said!r}: parameter {strange[0]} is not supported")
    return {"activation": activation, "factor": factor}


def _fields(section: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in section.splitlines())
    return {name: value for name, equals, value in pairs if equals}


def _tree(number: int, fields: dict[str, str], *, linear: bool) -> TreeNode:
    """Read a tree; if the model is `linear`, the values of its leaves are the numbers of linear leaves."""
    try:
        leaves = [float(value) for value in fields["leaf_value"].split()]
        if linear:
            leaves = list(map(float, range(len(leaves))))
        if _whole(fields, "num_leaves") == 1:
            return leaves[0]
        return _linked(number, fields, leaves)
    except KeyError as error:
        raise ValueError(f"tree {number}: {error.args[0]} is missing") from None
    except IndexError:
        raise ValueError(f"tree {number}: arrays of different sizes") from None
    except ValueError as error:
        said = str(error)
        raise ValueError(said if said.startswith(f"tree {number}: ") else f"tree {number}: {said}") from None


def _linear_leaves(number: int, fields: dict[str, str]) -> tuple[Leaf, ...]:
    """The linear leaves of a tree; for a tree that is not linear, constants of its leaves' values."""
    try:
        values = _numbers(fields, "leaf_value")
        if fields.get("is_linear", "0") == "0":
            return tuple(Leaf(value, value) for value in values)
        constants, counts = _numbers(fields, "leaf_const"), _integers(fields, "num_features")
        features = _integers(fields, "leaf_features") if sum(counts) else []
        coefficients = _numbers(fields, "leaf_coeff") if sum(counts) else []
    except KeyError as error:
        raise ValueError(f"tree {number}: {error.args[0]} is missing") from None
    fits = len(values) == len(constants) == len(counts) and len(features) == len(coefficients) == sum(counts)
    if not fits or min(counts) < 0:
        raise ValueError(f"tree {number}: arrays of different sizes")
    ends = list(accumulate(counts))
    terms = [
        tuple(zip(features[end - count : end], coefficients[end - count : end], strict=True))
        for end, count in zip(ends, counts, strict=True)
    ]
    return tuple(map(Leaf, constants, values, terms))


def _numbers(fields: dict[str, str], name: str) -> list[float]:
    return [float(word) for word in fields[name].split()]


def _linked(number: int, fields: dict[str, str], leaves: list[float]) -> TreeNode:
    kinds, features = _integers(fields, "decision_type"), _integers(fields, "split_feature")
    thresholds = [float(word) for word in fields["threshold"].split()]
    left, right = _integers(fields, "left_child"), _integers(fields, "right_child")
    built: dict[int, TreeNode] = {~leaf: value for leaf, value in enumerate(leaves)}
    for node in children_first(f"tree {number}", left, right):
        test: float | Members = thresholds[node]
        if kinds[node] & _CATEGORICAL:
            test = Members(_members(fields, int(thresholds[node])))
        if left[node] not in built or right[node] not in built:
            raise IndexError
        built[node] = Split(features[node], test, built[left[node]], built[right[node]], _missing(kinds[node]))
    return built[0]


def _members(fields: dict[str, str], place: int) -> tuple[int, ...]:
    """The categories of a set, given by its number `place`."""
    bounds, words = _integers(fields, "cat_boundaries"), _integers(fields, "cat_threshold")
    if not 0 <= place < len(bounds) - 1 or bounds[place + 1] > len(words):
        raise IndexError
    start = bounds[place]
    bits = ((word, bit) for word in range(start, bounds[place + 1]) for bit in range(32))
    return tuple(32 * (word - start) + bit for word, bit in bits if words[word] >> bit & 1)


def _missing(kind: int) -> Missing:
    if kind & _CATEGORICAL:
        return Missing.RIGHT
    if kind & _ZERO_MISSING:
        if kind & _NAN_MISSING:
            raise ValueError(f"decision_type {kind}, whose bits for missing values contradict each other")
        return Missing.ZERO_LEFT if kind & _TO_LEFT else Missing.ZERO_RIGHT
    if not kind & _NAN_MISSING:
        return Missing.ZERO
    return Missing.LEFT if kind & _TO_LEFT else Missing.RIGHT


def _whole(fields: dict[str, str], name: str, default: str | None = None) -> int:
    said = fields.get(name, default)
    if said is None:
        raise ValueError(f"{name} is missing")
    return int(said)


def _integers(fields: dict[str, str], name: str) -> list[int]:
    return [int(word) for word in fields[name].split()]
