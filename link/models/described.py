"""Forests described in JSON: what a few lines of Python can write for any library, and `describe` for scikit-learn.

scikit-learn keeps models as pickles, which execute what they hold, so that none is ever read here. Where the model was
trained, `describe` writes down the trees of the living estimator instead:

    from link.models.described import describe
    Path("model.json").write_text(describe(estimator))
"""

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta

from link.models.forest import INPUTS_MAX, Activation, Forest, Missing, Node, Split, build_forest
from link.models.links import linked

_LARGEST = float(np.finfo(np.float64).max)


class Tree(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parallel arrays of nodes; node i goes to `left` where x[feature] <= threshold, a leaf has left -1.

    `missing_left` says where NaN goes; an empty one: NaN does not occur.
    """

    feature: list[int]
    threshold: list[float]
    left: list[int]
    right: list[int]
    value: list[float]
    missing_left: list[bool] = []


class Description(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="forest", tag_field="skyrack"
):
    """`start` plus the leaves, tree after tree in double precision, then the activation."""

    features: Annotated[int, Meta(ge=1, le=INPUTS_MAX)]
    precision: Literal["float32", "float64"]
    """To which samples are rounded before they are compared."""
    activation: Literal["none", "logistic"]
    start: float
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
    activation = Activation.LOGISTIC if said.activation == "logistic" else Activation.NONE
    return build_forest([said.start, *trees], said.features, activation=activation), said.precision


def _node(number: int, tree: Tree) -> Node:
    sizes = {len(getattr(tree, name)) for name in ("feature", "threshold", "left", "right", "value")}
    if len(sizes) != 1 or len(tree.missing_left) not in (0, *sizes) or not tree.value:
        raise ValueError(f"tree {number}: arrays of different sizes, or empty ones")

    def split(node: int, left: Node, right: Node) -> Split:
        return Split(tree.feature[node], tree.threshold[node], left, right, _missing(tree.missing_left, node))

    return linked(f"tree {number}", tree.left, tree.right, split, tree.value)


def _missing(missing_left: list[bool], node: int) -> Missing:
    if not missing_left:
        return Missing.ZERO
    return Missing.LEFT if missing_left[node] else Missing.RIGHT


def describe(estimator: Any) -> str:
    """The JSON of a fitted GradientBoosting* or HistGradientBoosting*, regressor or classifier of two classes.

    Raises ValueError for others, for categorical features and for losses without a plain or logistic answer.
    """
    kind = type(estimator).__name__
    if not kind.endswith(("GradientBoostingClassifier", "GradientBoostingRegressor")):
        raise ValueError(f"{kind}, expected [Hist]GradientBoostingClassifier or -Regressor")
    histogram = kind.startswith("Hist")
    stages = estimator._predictors if histogram else estimator.estimators_
    if any(len(stage) != 1 for stage in stages):
        raise ValueError("a model of several classes, expected two")
    classifies = kind.endswith("Classifier")
    if type(estimator._loss).__name__ not in (("HalfBinomialLoss",) if classifies else _PLAIN_LOSSES):
        raise ValueError(f"{type(estimator._loss).__name__} is not supported")
    said = Description(
        features=int(estimator.n_features_in_),
        precision="float64" if histogram else "float32",
        activation="logistic" if classifies else "none",
        start=_start(estimator, histogram),
        trees=[_of_histogram(stage[0]) if histogram else _of_tree(stage[0], estimator) for stage in stages],
    )
    return msgspec.json.encode(said).decode()


_PLAIN_LOSSES = ("HalfSquaredError", "AbsoluteError", "HuberLoss", "PinballLoss")  # the sum is the prediction


def _start(estimator: Any, histogram: bool) -> float:
    """What the sum starts with, in the estimator's own arithmetic."""
    if histogram:
        return float(estimator._baseline_prediction.ravel()[0])
    return float(estimator._raw_predict_init(np.zeros((1, estimator.n_features_in_), np.float32)).ravel()[0])


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
    """An infinite threshold parts NaN from all numbers, as the largest finite one does."""
    nodes = predictor.nodes
    if nodes["is_categorical"].any():
        raise ValueError("categorical features are not supported")
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        feature=nodes["feature_idx"].tolist(),
        threshold=np.minimum(nodes["num_threshold"], _LARGEST).tolist(),
        left=np.where(leaf, -1, nodes["left"].astype(np.int64)).tolist(),
        right=np.where(leaf, -1, nodes["right"].astype(np.int64)).tolist(),
        value=nodes["value"].tolist(),
        missing_left=nodes["missing_go_to_left"].astype(bool).tolist(),
    )
