"""Forests described in JSON, which a few lines of Python can write for any library, and `describe` for scikit-learn.

scikit-learn saves models as pickles, which execute code when they are loaded, so that none is ever read here. Instead,
`describe` writes the trees of an estimator in the program that trained it:

    from ground.models.described import describe
    Path("model.json").write_text(describe(estimator))
"""

import math
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta

from ground.models.links import linked
from kernels.inference.trees import Missing
from link.models.forest import FOREST_INPUTS_MAX, Forest, ForestActivation, Split, TreeNode, build_forest


class Tree(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parallel arrays of nodes; node i goes to `left` where x[feature] <= threshold, a leaf has left -1.

    `missing_left`: whether NaN goes to the left at a node; if empty, the model was trained without NaN, and its result
    for one is NaN.
    """

    feature: list[int]
    threshold: list[float | None]
    """Thresholds by node; None is infinity, which JSON does not have."""
    left: list[int]
    right: list[int]
    value: list[float]
    missing_left: list[bool] = []


class Description(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="forest", tag_field="skyrack"
):
    """A forest: each output is its start plus the leaves, tree after tree in double precision, then the activation.

    Tree i adds to output i modulo the number of starts.
    """

    features: Annotated[int, Meta(ge=1, le=FOREST_INPUTS_MAX)]
    precision: Literal["float32", "float64"]
    """Floating-point precision to which samples are rounded before they are compared."""
    activation: Literal["none", "logistic", "softmax"]
    start: float | list[float]
    trees: list[Tree]


def read_description(octets: bytes) -> tuple[Forest, str]:
    """The forest, and the precision of its samples. Raises ValueError naming what is missing or does not fit."""
    try:
        said = msgspec.json.decode(octets, type=Description)
    except RecursionError:
        raise ValueError("not a description of a forest: nested too deep") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"not a description of a forest: {error}") from None
    trees = [_node(number, tree) for number, tree in enumerate(said.trees)]
    starts = said.start if isinstance(said.start, list) else [said.start]
    activation = ForestActivation[said.activation.upper()]
    forest = build_forest([*starts, *trees], said.features, outputs=len(starts), activation=activation)
    return forest, said.precision


def _node(number: int, tree: Tree) -> TreeNode:
    sizes = {len(getattr(tree, name)) for name in ("feature", "threshold", "left", "right", "value")}
    if len(sizes) != 1 or len(tree.missing_left) not in (0, *sizes) or not tree.value:
        raise ValueError(f"tree {number}: arrays of different sizes, or empty ones")

    def split(node: int, left: TreeNode, right: TreeNode) -> Split:
        threshold = tree.threshold[node]
        above = math.inf if threshold is None else threshold
        return Split(tree.feature[node], above, left, right, _missing(tree.missing_left, node))

    return linked(f"tree {number}", tree.left, tree.right, split, tree.value)


def _missing(missing_left: list[bool], node: int) -> Missing:
    if not missing_left:
        return Missing.NEVER
    return Missing.LEFT if missing_left[node] else Missing.RIGHT


def describe(estimator: Any) -> str:
    """The JSON of a fitted GradientBoosting* or HistGradientBoosting*, regressor or classifier, of scikit-learn itself.

    Raises ValueError for others, and for what the trees do not carry: another estimator that they start from (`init`),
    categorical features, losses without a plain, logistic or softmax answer.
    """
    kind = type(estimator).__name__
    if kind not in _KINDS or not type(estimator).__module__.startswith("sklearn.ensemble."):
        raise ValueError(f"{kind}, expected one of scikit-learn's {', '.join(_KINDS)}")
    histogram = kind.startswith("Hist")
    _require_all_is_in_trees(estimator, histogram)
    stages = estimator._predictors if histogram else estimator.estimators_
    loss = type(estimator._loss).__name__
    if loss not in _ACTIVATIONS:
        raise ValueError(f"{kind} with {loss}, expected one of {', '.join(_ACTIVATIONS)}")
    trees = [tree for stage in stages for tree in stage]
    said = Description(
        features=int(estimator.n_features_in_),
        precision="float64" if histogram else "float32",
        activation=_ACTIVATIONS[loss],
        start=_start(estimator, histogram),
        trees=[_of_histogram(tree) if histogram else _of_tree(tree, estimator) for tree in trees],
    )
    return msgspec.json.encode(said).decode()


_KINDS = (
    *("GradientBoostingClassifier", "GradientBoostingRegressor"),
    *("HistGradientBoostingClassifier", "HistGradientBoostingRegressor"),
)
_ACTIVATIONS: dict[str, Literal["none", "logistic", "softmax"]] = {
    **dict.fromkeys(
        ("HalfSquaredError", "AbsoluteError", "HuberLoss", "PinballLoss"), "none"
    ),  # the sum is the prediction
    "HalfBinomialLoss": "logistic",
    "HalfMultinomialLoss": "softmax",
}


def _require_all_is_in_trees(estimator: Any, histogram: bool) -> None:
    """Raises ValueError where the estimator does more than its trees and a constant start describe."""
    if histogram and (getattr(estimator, "_preprocessor", None) is not None or _any(estimator.is_categorical_)):
        raise ValueError("categorical features, which the estimator reorders, are not supported")
    if not histogram:
        init = estimator.init_
        constant = isinstance(init, str) or type(init).__name__ in ("DummyClassifier", "DummyRegressor")
        if not constant or getattr(init, "strategy", "") in ("stratified", "uniform"):
            raise ValueError(f"init={type(init).__name__}, expected none, 'zero' or an estimator that is constant")


def _any(flags: Any) -> bool:
    return flags is not None and bool(np.any(flags))


def _start(estimator: Any, histogram: bool) -> list[float]:
    """Start of the sum of each output, in the estimator's own arithmetic."""
    if histogram:
        return [float(value) for value in estimator._baseline_prediction.ravel()]
    first = estimator._raw_predict_init(np.zeros((1, estimator.n_features_in_), np.float32))
    return [float(value) for value in first.ravel()]


def _of_tree(fitted: Any, estimator: Any) -> Tree:
    tree = fitted.tree_
    return Tree(
        feature=tree.feature.tolist(),
        threshold=tree.threshold.tolist(),
        left=tree.children_left.tolist(),
        right=tree.children_right.tolist(),
        value=(estimator.learning_rate * tree.value[:, 0, 0]).tolist(),
    )


def _of_histogram(predictor: Any) -> Tree:
    nodes = predictor.nodes
    if nodes["is_categorical"].any():
        raise ValueError("categorical features are not supported")
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        feature=nodes["feature_idx"].tolist(),
        threshold=[None if value == math.inf else value for value in nodes["num_threshold"].tolist()],
        left=np.where(leaf, -1, nodes["left"].astype(np.int64)).tolist(),
        right=np.where(leaf, -1, nodes["right"].astype(np.int64)).tolist(),
        value=nodes["value"].tolist(),
        missing_left=nodes["missing_go_to_left"].astype(bool).tolist(),
    )
