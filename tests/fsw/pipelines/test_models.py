"""The node's models: only what was verified runs, and runs as it was verified."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.pipelines.models import Model, ModelError
from link.models.manifest import FREE, ModelContract, Tensor
from link.models.network import encode_network
from tests.link.models.bundles import CONTRACT, GIVEN, PRIVATE, PUBLIC, WANTED, bundle
from tests.link.models.test_network import GRAPH

KEYS = (PUBLIC,)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "stump.bundle"
    path.write_bytes(bundle().encode(PRIVATE))
    return path


def test_a_model_gives_its_golden_answer(path):
    model = Model(path, KEYS)
    assert np.array_equal(model.run(GIVEN), WANTED)
    assert (model.manifest.name, model.repairs) == ("stump", 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_that_are_no_integers(tmp_path, dtype):
    """The same model over reflectance."""
    given = (GIVEN.astype(np.float32) / np.float32(10_000)).astype(dtype)
    taken = Tensor(dtype=dtype, shape=(2, FREE, FREE), bands=CONTRACT.input.bands)
    path = tmp_path / "reflectance.bundle"
    contract = ModelContract(input=taken, output=CONTRACT.output)
    path.write_bytes(bundle(contract=contract, golden=(given, WANTED)).encode(PRIVATE))
    assert np.array_equal(Model(path, KEYS).run(given), WANTED)


NETWORK = ModelContract(
    input=Tensor(dtype="uint16", shape=(2, FREE, FREE), divisor=2),
    output=Tensor(dtype="float32", shape=(4, FREE, FREE)),
)
IMAGE = np.array([[[2, 2, 7]], [[2, 8, 0]]], np.uint16)  # halves: (1, 1), (1, 4), (3.5, 0)
CHANNELS = np.array([[[1.5, 0, 7.5]], [[1, 1, 3.5]], [[1, 4, 0]], [[1.5, 0, 7.5]]], np.float32)


def network(**changes):
    said = {"kind": "network", "weights": encode_network(GRAPH), "contract": NETWORK, "golden": (IMAGE, CHANNELS)}
    return bundle(**(said | changes))


def test_a_network_is_a_model_too(path):
    path.write_bytes(network().encode(PRIVATE))
    assert np.array_equal(Model(path, KEYS).run(IMAGE[:, :, ::-1]), CHANNELS[:, :, ::-1])
    with pytest.raises(ValueError, match="a network of 2 bands for an input of shape"):
        network(contract=ModelContract(input=Tensor(dtype="uint16", shape=(FREE, 1, 3)), output=NETWORK.output))


def test_an_upset_while_a_network_runs_is_repaired(path, monkeypatch):
    path.write_bytes(network().encode(PRIVATE))
    model = Model(path, KEYS)
    model._scorer._network._backend._weights[0][0].view(np.uint8).flat[3] ^= 1
    assert np.array_equal(model.run(IMAGE), CHANNELS)
    assert model.repairs == 1


def test_pixels_without_a_number_pass_through_a_network(path):
    contract = ModelContract(input=Tensor(dtype="float32", shape=(2, FREE, FREE)), output=NETWORK.output)
    path.write_bytes(network(contract=contract, golden=(IMAGE.astype(np.float32) / 2, CHANNELS)).encode(PRIVATE))
    holes = np.array([[[np.nan, 1]], [[0, 1]]], np.float32)
    answer = Model(path, KEYS).run(holes)
    assert np.isnan(answer[1, 0, 0])
    assert answer[:, 0, 1].tolist() == [1.5, 1, 1, 1.5]


@pytest.mark.parametrize("samples", [GIVEN.astype(np.int16), GIVEN[:1], GIVEN[0]])
def test_samples_have_to_fit_the_contract(path, samples):
    with pytest.raises(ValueError, match=r"samples: .*expected uint16"):
        Model(path, KEYS).run(samples)


def test_what_is_not_fit_for_use_is_not_loaded(tmp_path, path):
    with pytest.raises(ModelError, match="No such file"):
        Model(tmp_path / "none", KEYS)
    with pytest.raises(ModelError, match="signed by key"):
        Model(path, ())
    path.write_bytes(bundle(golden=(GIVEN, np.nextafter(WANTED, 1))).encode(PRIVATE))
    with pytest.raises(ModelError, match="golden vector gives another answer"):
        Model(path, KEYS)
    path.write_bytes(bundle(golden=(GIVEN, np.nextafter(WANTED, 1)), tolerance=1e-9).encode(PRIVATE))
    assert np.array_equal(Model(path, KEYS).run(GIVEN), WANTED)


def memory_of(model):
    """All that the answer depends on, as octets that can be changed."""
    return [model._scorer._trees[0]._loaded.view(np.uint8), model._scorer._tables._tables.reshape(-1)]


@given(st.data())
def test_a_flip_between_tiles_is_found_and_undone(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("models") / "stump.bundle"
    path.write_bytes(bundle().encode(PRIVATE))
    model = Model(path, KEYS)
    memory = data.draw(st.sampled_from(memory_of(model)))
    bit = data.draw(st.integers(0, 8 * memory.size - 1))
    memory[bit // 8] ^= 1 << bit % 8
    assert not model.is_whole()
    assert np.array_equal(model.run(GIVEN), WANTED)
    assert (model.repairs, model.is_whole()) == (1, True)


def test_a_flip_during_a_tile_is_found_and_the_tile_done_again(path):
    model, flipped = Model(path, KEYS), []
    run = type(model._scorer).run

    def hit(self, samples):
        """A particle strikes during the first tile."""
        if not flipped:
            flipped.append(memory_of(model)[0][-9])
            memory_of(model)[0][-9] ^= 0x10
        return run(self, samples)

    scorer = type(model._scorer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scorer, "run", hit)
        assert np.array_equal(model.run(GIVEN), WANTED)
    assert model.repairs == 1


def test_memory_that_keeps_changing_ends_in_an_error(path, monkeypatch):
    model = Model(path, KEYS)
    monkeypatch.setattr(Model, "is_whole", lambda self: False)
    with pytest.raises(ModelError, match="changed in each of 3 attempts"):
        model.run(GIVEN)
