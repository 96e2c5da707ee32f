"""`skyrack model`: from a model file to a bundle that a node takes; what is wrong is one sentence."""

import json

import numpy as np
import pytest

from fsw.pipelines.models import Model
from link.bundles.keys import public_key
from link.models.forest import Split
from skyrack.cli import main
from tests.fsw.pipelines.test_models import CHANNELS, IMAGE
from tests.ground.models.test_libraries import RECORDED
from tests.ground.models.test_lightgbm import text_of
from tests.link.models.test_network import GRAPH

SAMPLES = np.random.default_rng(1).integers(0, 10_000, (2, 4, 5), np.uint16)
EXPECTED = np.where(SAMPLES[1] / np.float32(10_000) <= 0.25, 0.75, 0.125)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.txt").write_text(text_of([Split(1, 0.25, 0.75, 0.125)], features=2))
    np.savez(tmp_path / "tile.npz", samples=SAMPLES, expected=EXPECTED)
    assert main(["model", "keygen", "--out", "team"]) == 0
    return tmp_path


def imported(*options):
    return main(
        ["model", "import", "model.txt", "--golden", "tile.npz", "--key", "team.key", "--out", "stump.bundle", *options]
    )


def test_what_is_imported_is_what_a_node_runs(folder, capsys):
    assert imported("--divisor", "10000", "--model-version", "2.1") == 0
    assert main(["model", "check", "stump.bundle", "--trust", "team.pub"]) == 0
    assert "stump 2.1 is fit for use\n" in capsys.readouterr().out
    model = Model(folder / "stump.bundle", (public_key((folder / "team.pub").read_bytes()),))
    assert np.array_equal(model.run(SAMPLES[:, ::-1]), EXPECTED[::-1])


def test_show_and_check_for_machines(folder, capsys):
    capsys.readouterr()
    assert imported("--divisor", "10000", "--json") == 0
    manifest = json.loads(capsys.readouterr().out)
    assert main(["model", "show", "stump.bundle", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["manifest"] == manifest
    assert shown["octets"] == (folder / "stump.bundle").stat().st_size
    assert main(["model", "check", "stump.bundle", "--trust", "team.pub", "--json"]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert checked["name"] == manifest["name"] == "stump"
    assert checked["verified"] is True
    assert "portable" in checked["load_ms"]


@pytest.mark.parametrize("golden", [(), ("--golden", "samples.npz")])
def test_where_nobody_says_what_is_right_the_bundle_says_so(folder, capsys, golden):
    np.savez(folder / "samples.npz", samples=SAMPLES)
    said = ["model", "import", "model.txt", *golden, "--key", "team.key", "--out", "stump.bundle", "--divisor", "10000"]
    assert main(said) == 0
    assert "not verified: nobody said what" in capsys.readouterr().out
    assert main(["model", "check", "stump.bundle", "--trust", "team.pub"]) == 0
    assert "fit for use, not verified" in capsys.readouterr().out
    assert main(["model", "check", "stump.bundle", "--trust", "team.pub", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verified"] is False
    assert main(["model", "show", "stump.bundle"]) == 0
    assert '"verified": false' in capsys.readouterr().out
    assert imported("--divisor", "10000", "--json") == 0
    assert json.loads(capsys.readouterr().out)["golden"]["verified"] is True


def test_classes_are_compared_as_numbers_not_cast(folder, capsys):
    """A model that gives whole numbers agrees with a mask of any type of number."""
    (folder / "model.txt").write_text(text_of([Split(1, 0.25, 1.0, 0.0)], features=2))
    for dtype in (np.uint8, np.bool_, np.int64, np.float32):
        np.savez(folder / "tile.npz", samples=SAMPLES, expected=(EXPECTED > 0.5).astype(dtype))
        assert imported("--divisor", "10000") == 0
    np.savez(folder / "tile.npz", samples=SAMPLES, expected=(EXPECTED > 0.5)[np.newaxis].astype(np.uint8))
    assert imported("--divisor", "10000") == 0
    np.savez(folder / "tile.npz", samples=SAMPLES, expected=(EXPECTED < 0.5).astype(np.uint8))
    assert imported("--divisor", "10000") == 2


def test_a_model_whose_training_stopped_early_says_where(folder, capsys):
    said = json.loads((RECORDED / "xgboost-stopped.json").read_text())
    (folder / "model.txt").write_text(json.dumps(said["model"]))
    assert main(["model", "import", "model.txt", "--key", "team.key", "--out", "stump.bundle"]) == 0
    assert "up to best_iteration" in capsys.readouterr().err
    assert main(["model", "import", "model.txt", "--all-trees", "--key", "team.key", "--out", "stump.bundle"]) == 0
    assert "best_iteration" not in capsys.readouterr().err


def test_a_bundle_of_somebody_else_is_refused(folder, capsys):
    assert imported("--divisor", "10000") == 0
    assert main(["model", "keygen", "--out", "other"]) == 0
    assert main(["model", "check", "stump.bundle", "--trust", "other.pub"]) == 1
    assert "signed by key" in capsys.readouterr().err


def test_a_private_key_is_for_its_owner_and_never_overwritten(folder, capsys):
    assert (folder / "team.key").stat().st_mode & 0o777 == 0o600
    assert main(["model", "keygen", "--out", "team"]) == 1
    assert "team.key: File exists" in capsys.readouterr().err
    (folder / "team.key").rename(folder / "elsewhere.key")
    before = (folder / "team.pub").read_bytes()
    assert main(["model", "keygen", "--out", "team"]) == 1
    assert (folder / "team.pub").read_bytes() == before


def test_what_a_killed_import_left_does_not_stop_the_next(folder):
    """The bundle is there as a whole or not at all: half of one would be taken for something else."""
    (folder / ".stump.bundle.part").write_bytes(b"SRB1 half")
    assert imported("--divisor", "10000") == 0
    assert not (folder / ".stump.bundle.part").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "tile.npz: the model gives something else than expected, up to 0.625 away"),
        (("--golden", "model.txt"), "model.txt: not an .npz file"),
        (("--golden", "empty.npz"), "empty.npz: it has x, expected samples"),
        (("--golden", "signed.npz"), "signed.npz: samples are int16, expected uint8, uint16, float32, float64"),
        (
            ("--divisor", "10000", "--golden", "mask.npz"),
            "mask.npz: the model gives something else than expected, up to 0.75 away",
        ),
        (("--golden", "blank.npz"), "blank.npz: expected is of shape (0,) without a finite number"),
        (("--golden", "holes.npz"), "holes.npz: expected is of shape (4, 5) without a finite number"),
        (("--golden", "text.npz"), "text.npz: expected is <U1, which is no kind of number"),
        (("--golden", "shape.npz"), "shape.npz: expected is of shape (1,), the model gives (4, 5)"),
        (("--golden", "few.npz"), "few.npz: the model takes "),
        (("--golden", "none.npz"), "none.npz: samples are of shape "),
        (("--golden", "object.npz"), "object.npz: "),
        (("--golden", "cut.npz"), "cut.npz: not a"),
        (("--divisor", "10000", "--key", "team.pub"), "not a private key"),
        (("--divisor", "10000", "--name", "a/b"), "is no name of a model"),
    ],
)
def test_what_is_wrong_is_one_sentence(folder, capsys, options, sentence):
    np.savez(folder / "empty.npz", x=1)
    np.savez(folder / "signed.npz", samples=SAMPLES.astype(np.int16))
    np.savez(folder / "few.npz", samples=np.concatenate([SAMPLES, SAMPLES]))
    np.savez(folder / "none.npz", samples=SAMPLES[:, :0])
    np.savez(folder / "object.npz", samples=SAMPLES.astype(object))
    (folder / "cut.npz").write_bytes((folder / "few.npz").read_bytes()[:-30])
    np.savez(folder / "mask.npz", samples=SAMPLES, expected=np.zeros(EXPECTED.shape, np.uint8))
    np.savez(folder / "blank.npz", samples=SAMPLES, expected=np.zeros(0))
    np.savez(folder / "holes.npz", samples=SAMPLES, expected=np.full(EXPECTED.shape, np.nan))
    np.savez(folder / "text.npz", samples=SAMPLES, expected=np.full(EXPECTED.shape, "x"))
    np.savez(folder / "shape.npz", samples=SAMPLES, expected=[1.0])
    assert imported(*options) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not (folder / "stump.bundle").exists()


def test_a_network_whose_numbers_grow_beyond_all_is_refused(folder, capsys):
    """Sums of what is infinite are no longer those that were predicted: no damage, and no bug either."""
    pytest.importorskip("onnx", reason="the extra onnx is not installed")
    from onnx import numpy_helper

    from kernels.inference.nets_onnxruntime import onnx_model

    model = onnx_model(GRAPH)
    for tensor in model.graph.initializer:
        array = numpy_helper.to_array(tensor)
        if array.dtype.kind == "f":
            tensor.CopyFrom(numpy_helper.from_array(np.full_like(array, 3e38), tensor.name))
    (folder / "net.onnx").write_bytes(model.SerializeToString())
    assert main(["model", "import", "net.onnx", "--key", "team.key", "--out", "net.bundle"]) == 2
    assert "grow beyond those of float32" in capsys.readouterr().err


def test_a_network_is_imported_from_onnx(folder, capsys):
    pytest.importorskip("onnx", reason="the extra onnx is not installed")
    from kernels.inference.nets_onnxruntime import onnx_model

    (folder / "net.onnx").write_bytes(onnx_model(GRAPH).SerializeToString())
    np.savez(folder / "tile.npz", samples=IMAGE, expected=CHANNELS)
    options = "--golden tile.npz --divisor 2 --key team.key --out net.bundle"
    assert main(["model", "import", "net.onnx", *options.split()]) == 0
    assert "net 1: network" in capsys.readouterr().out
    model = Model(folder / "net.bundle", (public_key((folder / "team.pub").read_bytes()),))
    assert np.array_equal(model.run(IMAGE[:, :, ::-1]), CHANNELS[:, :, ::-1])


def test_weights_beside_the_model_are_found_there_and_nowhere_else(folder, capsys):
    onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
    from kernels.inference.nets_onnxruntime import onnx_model

    model = onnx_model(GRAPH)
    onnx.external_data_helper.convert_model_to_external_data(model, location="net.data", size_threshold=0)
    onnx.save_model(model, folder / "net.onnx")
    options = ["--key", "team.key", "--out", "net.bundle", "--divisor", "2"]
    assert main(["model", "import", "net.onnx", *options]) == 0
    np.savez(folder / "tile.npz", samples=IMAGE, expected=CHANNELS)
    assert main(["model", "import", "net.onnx", "--golden", "tile.npz", *options]) == 0
    (folder / "net.data").rename(folder / "other.data")
    assert main(["model", "import", "net.onnx", *options]) != 0
    assert "net.data" in capsys.readouterr().err
    elsewhere = (folder / "net.onnx").read_bytes().replace(b"net.data", b"/net.dat")
    (folder / "net.onnx").write_bytes(elsewhere)
    assert main(["model", "import", "net.onnx", *options]) == 2
    assert "expected a file beside the model" in capsys.readouterr().err


@pytest.mark.parametrize("other", ["model.txt", "tile.npz", "team.key", "notes.txt"])
def test_a_bundle_takes_the_place_of_nothing_but_a_bundle(folder, capsys, other):
    (folder / "notes.txt").write_text("")
    before = (folder / other).read_bytes()
    assert imported("--divisor", "10000", "--out", other) == 2
    assert "is there and is no bundle" in capsys.readouterr().err
    assert (folder / other).read_bytes() == before
    assert imported("--divisor", "10000") == imported("--divisor", "10000") == 0


def test_a_tile_that_is_not_there_is_said_to_be_missing(folder, capsys):
    assert imported("--golden", "lite.npz") == 1
    assert "lite.npz: No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("tile", "sentence"),
    [
        ({"samples": np.array([{}], object)}, "Object arrays cannot be loaded"),
        ({"samples": SAMPLES, "bands": ["a", "a"]}, "two bands have one name: a, a"),
    ],
)
def test_a_tile_that_is_none(folder, capsys, tile, sentence):
    np.savez(folder / "tile.npz", **tile)
    assert imported("--divisor", "10000") == 2
    assert sentence in capsys.readouterr().err
    assert not (folder / "stump.bundle").exists()


def test_a_name_that_is_none_is_told_by_the_rule(folder, capsys):
    """Before, the error was of a regular expression, about a manifest that nobody had asked for."""
    words = ["model.txt", "--key", "team.key", "--out", "my model.bundle"]
    assert main(["model", "import", *words]) == 2
    assert "'my model' is no name of a model: --name gives one" in capsys.readouterr().err
    assert main(["model", "import", *words, "--name", "mine"]) == 0


def test_what_is_no_bundle_is_told_what_makes_one(folder, capsys):
    (folder / "m.pkl").write_bytes(b"\x80\x04\x95")
    for name in ("m.pkl", "model.txt", "team.key"):
        assert main(["model", "show", name]) == 2
        assert capsys.readouterr().err.endswith(
            "not a signed bundle; `skyrack model import` makes one of a trained model\n"
        )
    (folder / "m.bundle").write_bytes(b"SRB2" + bytes(100))
    assert main(["model", "show", "m.bundle"]) == 2
    assert capsys.readouterr().err.endswith("m.bundle: not a signed bundle of this version\n")


def test_a_file_that_is_no_key_is_no_private_one(folder, capsys):
    assert main(["model", "import", "model.txt", "--key", "model.txt", "--out", "a.bundle"]) == 2
    assert "not a private key in PEM" in capsys.readouterr().err
    assert main(["model", "keygen", "--out", "."]) == 2
    assert "expected a name" in capsys.readouterr().err
