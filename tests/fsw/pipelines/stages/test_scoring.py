"""Stages with a model: from a signed bundle to a plane for each pixel, or a sentence that says why not."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.pipelines.contract import cube, plane
from fsw.pipelines.load import load_stage
from fsw.pipelines.models import ModelError, scorer_of
from fsw.pipelines.scoring import _tile, tiled
from kernels.inference.graph import Graph, Layer, LayerKind
from link.bundles.keys import new_private_key, public_pem
from link.models.manifest import FREE, ModelContract, Tensor
from link.models.network import encode_network
from tests.fsw.pipelines.pipeline import specs
from tests.link.models.bundles import BANDS, GIVEN, PRIVATE, WANTED, bundle

VALID = np.ones(GIVEN.shape[1:], np.uint8)
DATA = Path(__file__).parents[5] / "shared" / "data" / "eo"


def stage(name, folder, made, **parameters):
    (folder / "model.bundle").write_bytes(made.encode(PRIVATE))
    (folder / "team.pub").write_bytes(public_pem(PRIVATE))
    said = {"model": "model.bundle", "keys": ["team.pub"]} | parameters
    return load_stage(specs((name, said), folder=folder)[0])


def network(weights, bias, bands=BANDS, given=GIVEN):
    """A bundle of a network that takes the larger of some weighted sums of bands."""
    layer = Layer(
        kind=LayerKind.CONVOLUTION, inputs=(0,), size=1, stride=1, outputs=len(bias),
        weights=np.asarray(weights, np.float32)[None, None], bias=np.asarray(bias, np.float32),
    )  # fmt: skip
    graph = Graph((0, 0, len(bands)), (layer, Layer(kind=LayerKind.ARGMAX, inputs=(1,))))
    taken = Tensor(dtype="uint16", shape=(len(bands), FREE, FREE), bands=bands)
    answer = scorer_of(graph, taken).run(given)
    contract = ModelContract(input=taken, output=Tensor(dtype="uint8", shape=(FREE, FREE)))
    return bundle(kind="network", weights=encode_network(graph), contract=contract, golden=(given, answer))


def test_clouds_takes_the_bands_that_its_bundle_wants(tmp_path):
    clouds = stage("clouds", tmp_path, bundle())
    assert clouds.contract().takes == {"bands": cube("uint16", bands=BANDS), "valid": plane("uint8")}
    assert np.array_equal(clouds.run(bands=GIVEN, valid=VALID)["probability"], WANTED.astype(np.float32))


def test_classes_makes_a_mask_of_one_class(tmp_path):
    classes = stage("classes", tmp_path, network([[1, 0, 0], [0, 1, 0]], [0, 0, 2500]), wanted=1)
    found = classes.run(bands=GIVEN, valid=VALID)
    assert found["classes"].tolist() == [[2, 0, 1]]
    assert found["mask"].tolist() == [[0, 0, 1]]
    assert np.isnan(found["threshold"])


def test_nothing_is_said_where_there_is_no_data(tmp_path):
    valid = VALID.copy()
    valid[0, 2] = 0
    classes = stage("classes", tmp_path, network([[1, 0, 0], [0, 1, 0]], [0, 0, 2500]), wanted=1)
    assert classes.run(bands=GIVEN, valid=valid)["mask"].tolist() == [[0, 0, 0]]
    probability = stage("clouds", tmp_path, bundle()).run(bands=GIVEN, valid=valid)["probability"]
    assert np.isnan(probability).tolist() == [[False, False, True]]


SIDES = st.tuples(st.integers(1, 9), st.integers(1, 9))


@given(image=SIDES, tile=SIDES)
def test_an_image_of_any_size_goes_through_tiles_of_one(image, tile):
    bands = np.arange(2 * image[0] * image[1], dtype=np.uint16).reshape(2, *image)
    sizes = set()

    def first_band(given):
        sizes.add(given.shape[1:])
        return given[0]

    assert np.array_equal(tiled(first_band, bands, tile), bands[0])
    assert sizes == {tile}


@pytest.mark.parametrize(
    ("image", "own", "step", "size"),
    [
        ((10, 13), (0, 0), 1, (10, 13)),
        ((10, 13), (0, 0), 4, (12, 16)),
        ((16, 8), (0, 0), 8, (16, 8)),
        ((5, 300), (0, 0), 32, (32, 320)),
        ((10, 13), (64, 0), 4, (64, 16)),
        ((10, 13), (0, 48), 4, (12, 48)),
        ((10, 13), (0, 0), 3, (10, 13)),  # which no halving makes: it is reported when it runs
    ],
)
def test_a_network_takes_the_next_size_that_it_can_halve(image, own, step, size):
    model = SimpleNamespace(size=own, fits=lambda rows, columns: rows % step == columns % step == 0)
    assert _tile(model, image) == size


def test_an_answer_of_another_size_is_a_sentence():
    with pytest.raises(ValueError, match=r"the model gives \(1, 1\) for \(2, 2\) pixels, expected a number for each"):
        tiled(lambda given: given[0, :1, :1], np.zeros((1, 2, 2)), (2, 2))


def u_net(shape, said=None):
    """Halves the image, doubles it again and puts it beside itself: for even sides alone."""
    one = {"size": 1, "stride": 1, "outputs": 2, "bias": np.zeros(2, np.float32)}
    nodes = (
        Layer(kind=LayerKind.MAX_POOL, inputs=(0,), size=2, stride=2),
        Layer(kind=LayerKind.NEAREST, inputs=(1,), size=2),
        Layer(kind=LayerKind.CONCAT, inputs=(0, 2)),
        Layer(kind=LayerKind.CONVOLUTION, inputs=(3,), weights=np.array([[[[1, 0], [0, 1]]]], np.float32), **one),
        Layer(kind=LayerKind.ARGMAX, inputs=(4,)),
    )
    graph, taken = Graph((*shape, 1), nodes), Tensor(dtype="uint8", shape=(1, *(said or shape)), bands=("red",))
    golden = np.arange(16, dtype=np.uint8).reshape(1, 4, 4)
    contract = ModelContract(input=taken, output=Tensor(dtype="uint8", shape=said or shape))
    weights = encode_network(graph)
    return bundle(
        kind="network", weights=weights, contract=contract, golden=(golden, scorer_of(graph, taken).run(golden))
    )


@pytest.mark.parametrize(("shape", "said"), [((FREE, FREE), None), ((4, 4), None), ((4, 4), (FREE, FREE))])
@pytest.mark.parametrize("sides", [(7, 5), (4, 4), (1, 1), (8, 6), (3, 9)])
def test_a_network_that_halves_its_image_takes_odd_sides(tmp_path, shape, said, sides):
    rows, columns = sides
    bands = np.random.default_rng(1).integers(0, 200, (1, *sides)).astype(np.uint8)
    given = stage("classes", tmp_path, u_net(shape, said), wanted=1).run(bands=bands, valid=np.ones(sides, np.uint8))
    wide = np.pad(bands[0], ((0, rows % 2), (0, columns % 2)), mode="edge")
    largest = wide.reshape(len(wide) // 2, 2, -1, 2).max(axis=(1, 3)).repeat(2, 0).repeat(2, 1)[:rows, :columns]
    if shape == (FREE, FREE) or sides in ((4, 4), (8, 6)):
        assert np.array_equal(given["mask"], largest > bands[0])
    assert given["mask"].shape == sides


def test_a_model_that_gives_no_number_for_each_pixel_is_refused(tmp_path):
    shape = (len(BANDS), 1, 3)
    contract = ModelContract(
        input=Tensor(dtype="uint16", shape=shape, bands=BANDS), output=Tensor(dtype="float64", shape=(1, FREE))
    )
    with pytest.raises(ValueError, match=r"model: gives \(1, 0\) for \(2, 1, 3\), expected a number for each pixel"):
        stage("clouds", tmp_path, bundle(contract=contract)).contract()


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
        clouds.run(bands=GIVEN, valid=VALID)
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
    given = stage("classes", tmp_path, made, wanted=1).run(bands=dn, valid=np.ones(dn.shape[1:], np.uint8))
    assert (given["classes"] == published).mean() > 0.9999
    assert np.array_equal(given["mask"], given["classes"] == 1)
