"""Read XGBoost's JSON model files (`Booster.save_model("model.json")`): gradient-boosted trees with numerical splits.

XGBoost works in single precision. A sample goes to the left where x < split_conditions[i]: up to the next number below;
NaN goes where default_left[i] says. The sum starts with the base score, as a margin, and takes leaf after leaf.
"""

import json
import math
from typing import Any

import numpy as np

from hal.kernels.trees import Sums
from link.models.forest import Activation, Forest, Missing, Node, Split, build_forest
from link.models.links import linked

_ACTIVATIONS = {
    "binary:logistic": Activation.LOGISTIC_FLOAT32,
    "reg:logistic": Activation.LOGISTIC_FLOAT32,
    "reg:squarederror": Activation.NONE,
}


def read_xgboost(octets: bytes) -> Forest:
    """The forest in a model file. Raises ValueError naming what is missing or not supported."""
    try:
        return _forest(json.loads(octets)["learner"])
    except RecursionError:
        raise ValueError("not an XGBoost model as JSON: nested too deep") from None
    except (KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"not an XGBoost model as JSON: {type(error).__name__} {error}") from None


def _forest(learner: dict[str, Any]) -> Forest:
    objective, booster = learner["objective"]["name"], learner["gradient_booster"]
    parameters = learner["learner_model_param"]
    if objective not in _ACTIVATIONS or booster["name"] != "gbtree":
        raise ValueError(f"{booster['name']} for {objective}, expected gbtree for one of {', '.join(_ACTIVATIONS)}")
    if int(parameters["num_class"]) > 1 or int(parameters.get("num_target", 1)) > 1:
        raise ValueError("a model of several classes or targets, expected one")
    trees = [_tree(number, tree) for number, tree in enumerate(booster["model"]["trees"])]
    start = _margin(np.float32(parameters["base_score"].strip("[]")), _ACTIVATIONS[objective])
    return build_forest(
        [start, *trees], int(parameters["num_feature"]), activation=_ACTIVATIONS[objective], sums=Sums.FLOAT32
    )


def _margin(base: np.float32, activation: Activation) -> float:
    if activation is Activation.NONE:
        return float(base)
    return float(np.float32(-math.log(np.float32(1) / base - np.float32(1))))


def _tree(number: int, fields: dict[str, Any]) -> Node:
    if any(fields["split_type"]):
        raise ValueError(f"tree {number}: categorical splits are not supported")
    values = np.array(fields["split_conditions"], np.float32)
    thresholds = np.nextafter(values, np.float32(-np.inf)).tolist()

    def split(node: int, left: Node, right: Node) -> Split:
        missing = Missing.LEFT if fields["default_left"][node] else Missing.RIGHT
        return Split(fields["split_indices"][node], thresholds[node], left, right, missing)

    return linked(f"tree {number}", fields["left_children"], fields["right_children"], split, values.tolist())
