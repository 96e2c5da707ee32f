"""Read XGBoost's JSON model files (`Booster.save_model("model.json")`): gradient-boosted trees, also DART.

XGBoost works in single precision. A sample goes to the left where x < split_conditions[i], which is x <= the next
smaller number; in a categorical split, unless x is among its categories. default_left[i] gives the side of NaN. The sum
of an output starts with its base score, as a margin, and adds leaf after leaf. After early stopping the file names the
best iteration: trees after it are not used, as in XGBClassifier and XGBRegressor.
"""

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ground.models.links import linked
from kernels.inference.trees import Missing, Sums
from link.models.categories import check_numbers
from link.models.forest import Forest, ForestActivation, Members, Split, TreeNode, build_forest


def _same(base: np.float32) -> float:
    return float(base)


def _odds(base: np.float32) -> float:
    return float(np.float32(-math.log(np.float32(1) / base - np.float32(1))))


def _logarithm(base: np.float32) -> float:
    return float(np.log(base))


_OBJECTIVES: dict[str, tuple[ForestActivation, Callable[[np.float32], float]]] = {
    **dict.fromkeys(("binary:logistic", "reg:logistic"), (ForestActivation.LOGISTIC_FLOAT32, _odds)),
    "binary:hinge": (ForestActivation.STEP, _same),
    **dict.fromkeys(("count:poisson", "reg:gamma", "reg:tweedie"), (ForestActivation.EXPONENTIAL_FLOAT32, _logarithm)),
    "multi:softprob": (ForestActivation.SOFTMAX_FLOAT32, _same),
    "multi:softmax": (ForestActivation.CLASS, _same),
    **dict.fromkeys(
        (
            "binary:logitraw",
            "reg:squarederror",
            "reg:absoluteerror",
            "reg:pseudohubererror",
            "rank:pairwise",
            "rank:ndcg",
            "rank:map",
        ),
        (ForestActivation.NONE, _same),
    ),
}


def read_xgboost(octets: bytes, *, whole: bool = False) -> tuple[Forest, str]:
    """The forest in a model file, and a remark on it, which may be empty.

    With `whole`, trees after the best iteration are used, too. Raises ValueError naming what is missing or not
    supported.
    """
    try:
        return _forest(json.loads(octets)["learner"], whole)
    except RecursionError:
        raise ValueError("not an XGBoost model as JSON: nested too deep") from None
    except (KeyError, IndexError, TypeError, AttributeError, OverflowError, json.JSONDecodeError) as error:
        raise ValueError(f"not an XGBoost model as JSON: {type(error).__name__} {error}") from None


def _forest(learner: dict[str, Any], whole: bool) -> tuple[Forest, str]:
    objective, booster, parameters = (
        learner["objective"]["name"],
        learner["gradient_booster"],
        learner["learner_model_param"],
    )
    if objective not in _OBJECTIVES or booster["name"] not in ("gbtree", "dart"):
        wanted = f"gbtree or dart for one of {', '.join(_OBJECTIVES)}"
        raise ValueError(f"{booster['name']} for {objective}, expected {wanted}")
    if int(parameters.get("num_target", 1)) > 1:
        raise ValueError(f"{parameters['num_target']} targets, expected one")
    outputs = max(1, int(parameters["num_class"]))
    model, drops = booster["model"] if booster["name"] == "gbtree" else booster["gbtree"]["model"], None
    if booster["name"] == "dart":
        drops = np.array(booster["weight_drop"], np.float32)
    for one in model.get("cats", {}).get("enc", ()):
        check_numbers(() if "offsets" in one else one["values"])  # those with offsets are words
    count, remark = _used(learner, model, outputs, whole)
    activation, margin = _OBJECTIVES[objective]
    bases = _bases(parameters["base_score"], outputs)
    groups: list[list[TreeNode]] = [[margin(base)] for base in bases]
    for number, (fields, group) in enumerate(zip(model["trees"][:count], model["tree_info"], strict=False)):
        groups[group].append(_tree(number, fields, np.float32(1) if drops is None else drops[number]))
    if len({len(group) for group in groups}) > 1:
        raise ValueError(
            f"outputs of {', '.join(str(len(group) - 1) for group in groups)} trees, expected as many for each"
        )
    trees = [tree for round_ in zip(*groups, strict=True) for tree in round_]
    forest = build_forest(
        trees, int(parameters["num_feature"]), outputs=outputs, activation=activation, sums=Sums.FLOAT32
    )  # fmt: skip
    return forest, remark


def _used(learner: dict[str, Any], model: dict[str, Any], outputs: int, whole: bool) -> tuple[int, str]:
    """Number of trees that are used, and the remark on it."""
    best, trees = learner.get("attributes", {}).get("best_iteration"), len(model["trees"])
    if best is None:
        return trees, ""
    parallel = int(model["gbtree_model_param"].get("num_parallel_tree", 1)) or 1
    starts = model.get("iteration_indptr") or range(0, trees + 1, parallel * outputs)
    used = starts[int(best) + 1]
    if used == trees or whole:
        return trees, ""
    return used, f"the first {used} of {trees} trees, up to best_iteration {best}"


def _bases(said: str, outputs: int) -> list[np.float32]:
    """The base score of each output; older files have a single one for all outputs."""
    bases = [np.float32(word) for word in said.strip("[]").split(",")]
    if len(bases) not in (1, outputs):
        raise ValueError(f"base_score {said} for {outputs} outputs")
    return bases * outputs if len(bases) == 1 else bases


def _tree(number: int, fields: dict[str, Any], weight: np.float32) -> TreeNode:
    if int(fields["tree_param"].get("size_leaf_vector", 1) or 1) > 1:
        raise ValueError(f"tree {number}: leaves of several targets are not supported")
    values = np.array(fields["split_conditions"], np.float32)
    thresholds = np.nextafter(values, np.float32(-np.inf)).tolist()
    kinds, members = fields["split_type"], _members(fields)

    def split(node: int, left: TreeNode, right: TreeNode) -> Split:
        missing = Missing.LEFT if fields["default_left"][node] else Missing.RIGHT
        test = Members(members[node], left=False) if kinds[node] else thresholds[node]
        return Split(fields["split_indices"][node], test, left, right, missing)

    leaves = (values * weight).tolist()
    return linked(f"tree {number}", fields["left_children"], fields["right_children"], split, leaves)


def _members(fields: dict[str, Any]) -> dict[int, tuple[int, ...]]:
    """The categories of each categorical split; they go to the right."""
    starts, sizes = fields["categories_segments"], fields["categories_sizes"]
    segments = zip(fields["categories_nodes"], starts, sizes, strict=True)
    return {node: tuple(fields["categories"][start : start + size]) for node, start, size in segments}
