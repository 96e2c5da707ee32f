"""Stages with a model: from a signed bundle to a plane for each pixel, or a sentence that says why not."""

from pathlib import Path

import numpy as np
import pytest

from fsw.models import ModelError, scorer_of
from fsw.pipelines.contract import cube
from fsw.pipelines.load import load_stage
from hal.kernels.graph import Graph, Kind, Node
from link.models.keys import new_private_key, public_pem
from link.models.manifest import FREE, Contract, Tensor
from link.models.network import encode_network
from tests.fsw.pipelines.pipeline import specs
from tests.link.models.bundles import BANDS, GIVEN, PRIVATE, WANTED, bundle

DATA = Path(__file__).parents[5] / "shared" / "data" / "eo"


def stage(name, folder, made, **parameters):
    (folder / "model.bundle").write_bytes(made.encode(PRIVATE))
    (folder / "team.pub").write_bytes(public_pem(PRIVATE))
    said = {"model": "model.bundle", "keys": ["team.pub"]} | parameters
    return load_stage(specs((name, said), folder=folder)[0])


def network(weights, bias, bands=BANDS, given=GIVEN):
    """A bundle of a network that takes the larger of some weighted sums of bands."""
    layer = Node(
        kind=Kind.CONVOLUTION, inputs=(0,), size=1, stride=1, outputs=len(bias),
        weights=np.asarray(weights, np.float32)[None, None], bias=np.asarray(bias, np.float32),
    )  # fmt: skip
    graph = Graph((0, 0, len(bands)), (layer, Node(kind=Kind.ARGMAX, inputs=(1,))))
    taken = Tensor(dtype="uint16", shape=(len(bands), FREE, FREE), bands=bands)
    answer = scorer_of(graph, taken).run(given)
    contract = Contract(input=taken, output=Tensor(dtype="uint8", shape=(FREE, FREE)))
    return bundle(kind="network", weights=encode_network(graph), contract=contract, golden=(given, answer))


def test_clouds_takes_the_bands_that_its_bundle_wants(tmp_path):
    clouds = stage("clouds", tmp_path, bundle())
    assert clouds.contract().takes == {"bands": cube("uint16", bands=BANDS)}
    assert np.array_equal(clouds.run(bands=GIVEN)["probability"], WANTED.astype(np.float32))


def test_classes_makes_a_mask_of_one_class(tmp_path):
    classes = stage("classes", tmp_path, network([[1, 0, 0], [0, 1, 0]], [0, 0, 2500]), wanted=1)
    given = classes.run(bands=GIVEN)
    assert given["classes"].tolist() == [[2, 0, 1]]
    assert given["mask"].tolist() == [[0, 0, 1]]
    assert np.isnan(given["threshold"])


@pytest.mark.parametrize(
    ("name", "made", "sentence"),
    [
        ("clouds", network([[1], [0]], [0]), r"model: gives uint8 \(0, 0\), expected float32 or float64"),
        ("classes", bundle(), r"model: gives float64 \(0, 0\), expected uint8"),
    ],
)
def test_a_model_of_another_kind_is_refused(tmp_path, name, made, sentence):
    parameters = {"wanted": 0} if name == "classes" else {}
    with pytest.raises(ValueError, match=sentence):
        stage(name, tmp_path, made, **parameters).contract()


def test_a_model_that_nobody_trusted_signed_is_not_run(tmp_path):
    clouds = stage("clouds", tmp_path, bundle())
    (tmp_path / "team.pub").write_bytes(public_pem(new_private_key()))
    with pytest.raises(ModelError, match="signed by key"):
        clouds.run(bands=GIVEN)
    (tmp_path / "model.bundle").write_bytes(b"noise")
    with pytest.raises(ValueError, match="model: "):
        clouds.contract()


@pytest.mark.skipif(not DATA.is_dir(), reason="the published flood network (../shared/data/eo) is not here")
def test_a_published_flood_network_gives_its_published_classes(tmp_path):
    """Its normalisation, (dn - mean) / std, goes into the weights."""
    with np.load(DATA / "ml4floods_linear_weights.npz") as file:
        weights = {name.rpartition(".")[2]: array for name, array in file.items()}
    with np.load(DATA / "flood_Spain_7370579.npz") as chip:
        dn, published = chip["s2_dn"], chip["flood_linear"]
    scaled = weights["weight"][:, :, 0, 0].T / weights["norm_std"][:, None]
    bias = weights["bias"] - weights["norm_mean"] @ scaled
    bands = tuple(f"band{number}" for number in range(13))
    made = network(scaled, bias, bands, np.ascontiguousarray(dn[:, :16, :16]))
    given = stage("classes", tmp_path, made, wanted=1).run(bands=dn)
    assert (given["classes"] == published).mean() > 0.9999
    assert np.array_equal(given["mask"], given["classes"] == 1)
