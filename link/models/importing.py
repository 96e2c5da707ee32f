"""From any model file that is understood to what a bundle carries."""

from typing import NamedTuple

from link.models.described import read_description
from link.models.lightgbm import read_lightgbm
from link.models.manifest import Kind
from link.models.xgboost import read_xgboost

FLOATS = ("float32", "float64")


class Imported(NamedTuple):
    """Weights in the form that travels. `floats`: the precisions in which samples that are no integers may come."""

    kind: Kind
    weights: bytes
    floats: tuple[str, ...]


def read_model(octets: bytes) -> Imported:
    """LightGBM text, XGBoost JSON or a described forest, told apart by content. Raises ValueError in one sentence."""
    start = octets[:200].lstrip()
    if start.startswith(b"tree\n"):
        return Imported("forest", read_lightgbm(octets.decode(errors="replace")).encode(), FLOATS)
    if not start.startswith(b"{"):
        raise ValueError("expected a LightGBM model as text, or an XGBoost model or described forest as JSON")
    if b'"learner"' in octets:
        return Imported("forest", read_xgboost(octets).encode(), ("float32",))
    forest, precision = read_description(octets)
    return Imported("forest", forest.encode(), (precision,) if precision == "float32" else FLOATS)
