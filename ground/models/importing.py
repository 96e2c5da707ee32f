"""Import of a model file of any supported format, as weights for a bundle."""

from typing import NamedTuple

from ground.models.described import read_description
from ground.models.lightgbm import read_lightgbm
from ground.models.onnx import Beside, read_onnx
from ground.models.xgboost import read_xgboost
from link.models.manifest import ModelKind
from link.models.network import encode_network

_PICKLED = (
    "a pickle, which executes what it holds and so is never read: `describe` of ground.models.described makes JSON of "
    "a scikit-learn estimator, torch.onnx.export makes ONNX of a network"
)
_OTHERS: dict[tuple[int, bytes], str] = {
    (0, b"\x80\x02"): _PICKLED,
    (0, b"\x80\x03"): _PICKLED,
    (0, b"\x80\x04"): _PICKLED,
    (0, b"\x80\x05"): _PICKLED,
    (
        0,
        b"PK\x03\x04",
    ): "a zip archive, as PyTorch and Keras write: torch.onnx.export or tf2onnx makes ONNX of the model",
    (0, b"\x89HDF\r\n\x1a\n"): "an HDF5 file, as Keras writes: tf2onnx makes ONNX of the model",
    (4, b"TFL3"): "a TensorFlow Lite model: tf2onnx makes ONNX of it",
    (0, b"CBM1"): "a CatBoost model, which is not read here",
    (0, b"SRB1"): "a bundle already, expected the model that the library wrote",
}
"""Other formats of model files, which are refused, by their octets at an offset."""
FLOATS = ("float32", "float64")
_ONNX = b"\x08"  # a protobuf message whose first field, the version, is a varint


class Imported(NamedTuple):
    """Weights in the form that is uplinked. `floats`: the floating-point types that samples may have."""

    kind: ModelKind
    weights: bytes
    floats: tuple[str, ...]
    remark: str = ""
    """Remark on the import for the user; may be empty."""


def read_model(octets: bytes, *, whole: bool = False, beside: Beside | None = None) -> Imported:
    """Read LightGBM text, XGBoost JSON, a described forest or an ONNX network, recognised by content.

    For XGBoost, `whole` includes the trees after the best iteration. Weights of a network may be in files `beside` it.

    Raises ValueError in one sentence, ModuleNotFoundError where the package that reads ONNX is not installed.
    """
    start = octets[:200].lstrip()
    if start.startswith(b"tree\n"):
        return Imported("forest", read_lightgbm(octets.decode(errors="replace")).encode(), FLOATS)
    if start.startswith(_ONNX):
        return Imported("network", encode_network(read_onnx(octets, beside)), ("float32",))
    if what := next((what for (at, magic), what in _OTHERS.items() if octets.startswith(magic, at)), None):
        raise ValueError(what)
    if not start.startswith(b"{"):
        raise ValueError("expected LightGBM's text, XGBoost's or a described forest's JSON, or an ONNX file")
    if b"learner" in octets[:20] and b'"learner"' not in octets[:20]:
        raise ValueError("an XGBoost model in binary form, expected JSON: save_model('model.json')")
    if b'"learner"' in octets:
        boosted, remark = read_xgboost(octets, whole=whole)
        return Imported("forest", boosted.encode(), ("float32",), remark)
    forest, precision = read_description(octets)
    return Imported("forest", forest.encode(), (precision,) if precision == "float32" else FLOATS)
