"""A stage is found by name or file; whatever is wrong with it is told before a frame is there."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from fsw.pipelines import load
from fsw.pipelines.contract import Array, cube, plane
from fsw.pipelines.load import contract_of, load_stage
from link.product import Product
from tests.fsw.pipelines.pipeline import made, specs

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "stages"
CC = shutil.which("cc")
NEEDS_CC = pytest.mark.skipif(CC is None, reason="no C compiler (cc) is here")


def spec(name, folder=".", **parameters):
    return specs((name, parameters), folder=folder)[0]


def library(folder, source):
    """Compile a stage as its header says."""
    shutil.copy(ROOT / "csrc" / "include" / "skyrack_stage.h", folder)
    (folder / "stage.c").write_text(source)
    subprocess.run([CC, "-shared", "-fPIC", "-o", "stage.so", "stage.c"], cwd=folder, check=True)
    return folder


def test_the_python_example_finds_vegetation(tmp_path):
    shutil.copy(EXAMPLES / "vegetation.py", tmp_path)
    assert contract_of(spec("vegetation.py", tmp_path)).takes == {
        "bands": cube("uint8", "uint16", bands=("nir", "red"))
    }
    samples = np.zeros((3, 8, 8), np.uint8)
    samples[0], samples[2] = 50, 60
    samples[2, 2:6, 2:6] = 200  # NDVI 0.6 in a square, 0.09 around it
    stages = (("vegetation.py", {"limit": 0.5}), "outlines", ("pack", {"runs": False}))
    product = Product.decode(made(samples, ("red", "green", "nir"), *stages, folder=tmp_path)[".product"])
    assert product.water.threshold == 0.5
    assert len(product.water.outlines) < 12


@NEEDS_CC
def test_the_c_example_finds_bright_ground(tmp_path):
    library(tmp_path, (EXAMPLES / "bright.c").read_text())
    contract = contract_of(spec("stage.so", tmp_path, limit=120))
    assert contract.takes == {"bands": cube("uint8", bands=("red", "green", "blue"))}
    assert contract.gives["mask"] == plane("uint8")
    samples = np.full((4, 3, 5), 100, np.uint8)
    samples[:3, 1, 2] = 150
    given = load_stage(spec("stage.so", tmp_path, limit=120)).run(bands=np.ascontiguousarray(samples[:3]))
    assert (given["mask"].sum(), given["mask"][1, 2], given["threshold"]) == (1, 1, 120)


CONTRACT = '"{\\"abi\\": %s, \\"takes\\": {}, \\"gives\\": {\\"x\\": {\\"dtypes\\": [\\"uint8\\"], \\"axes\\": [%s]}}}"'
SOURCE = """
#include <skyrack_stage.h>
const char *sr_stage_contract(void) { return %s; }
int sr_stage_run(const sr_stage_array *takes, const sr_stage_array *gives, const double *parameters) { %s }
"""


def source(abi=1, axes="3", body="return 7;"):
    return SOURCE.replace("<", '"').replace(">", '"') % (CONTRACT % (abi, axes), body)


@NEEDS_CC
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (source(abi=9), "made for ABI 9, expected 1"),
        (source(axes='\\"row\\"'), r"x: uint8 \(row\), expected one dtype, and axes as in what is taken"),
        (SOURCE.replace("<", '"').replace(">", '"') % ('"[]"', "return 0;"), "not a contract"),
        ("int x;", "not a stage"),
    ],
)
def test_a_library_that_is_no_stage(tmp_path, text, sentence):
    with pytest.raises(ValueError, match=sentence):
        load_stage(spec("stage.so", library(tmp_path, text)))


@NEEDS_CC
def test_a_library_that_fails_says_with_what(tmp_path):
    one = load_stage(spec("stage.so", library(tmp_path, source())))
    assert one.contract().gives == {"x": Array(("uint8",), (3,))}
    with pytest.raises(RuntimeError, match="failed with 7"):
        one.run()
    with pytest.raises(ValueError, match="y: unknown key, expected one of none"):
        load_stage(spec("stage.so", tmp_path, y=1))


STAGE = """
from fsw.pipelines.contract import Contract
from fsw.pipelines.stage import Stage
class {name}(Stage, frozen=True):
    limit: float
    def contract(self):
        return Contract(takes={{}}, gives={{}})
"""


@pytest.mark.parametrize(
    ("text", "parameters", "sentence"),
    [
        (STAGE.format(name="One"), {"limit": "x"}, "limit: expected float, got str"),
        (STAGE.format(name="One"), {"limit": 1, "colour": 2}, "colour: unknown key, expected one of limit"),
        (STAGE.format(name="One"), {}, "limit: missing"),
        (STAGE.format(name="One") + STAGE.format(name="Two"), {}, "2 stages in the file, expected one"),
        ("import nothing_like_it", {}, "ModuleNotFoundError: No module named 'nothing_like_it'"),
        ("x = (", {}, "SyntaxError"),
    ],
)
def test_a_file_that_is_no_stage_is_a_sentence(tmp_path, text, parameters, sentence):
    """What the process that is asked says."""
    (tmp_path / "mine.py").write_text(text)
    said = json.loads(load.answer(spec("mine.py", tmp_path, **parameters)))
    assert said["error"].startswith(sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("import os; os._exit(3)", "ended with code 3 when asked for its contract"),
        (STAGE.format(name="One"), "limit: missing"),
    ],
)
def test_what_the_process_that_is_asked_has_to_say(tmp_path, text, sentence):
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(ValueError, match=sentence):
        contract_of(spec("mine.py", tmp_path))


def test_a_file_that_hangs_is_not_waited_for(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("import time; time.sleep(60)")
    monkeypatch.setattr(load, "_ASKING_S", 0.2)
    begin = time.monotonic()
    with pytest.raises(ValueError, match=r"says nothing of its contract within 0.2 s"):
        contract_of(spec("mine.py", tmp_path))
    assert time.monotonic() - begin < 20


def test_asking_runs_nothing_here(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import sys; sys.skyrack_was_here = True; print('hello')" + STAGE.format(name="One")
    )
    assert contract_of(spec("mine.py", tmp_path, limit=1)).takes == {}
    import sys

    assert not hasattr(sys, "skyrack_was_here")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("../mine.py", "expected a file within the mission's folder"),
        ("/etc/mine.py", "expected a file within the mission's folder"),
        ("link.py", "expected a file within the mission's folder"),
        ("none.so", "none.so: no such file in"),
        ("watter", "no stage 'watter', expected above, "),
    ],
)
def test_names_that_lead_nowhere_or_out_of_the_folder(tmp_path, name, sentence):
    folder = tmp_path / "mission"
    folder.mkdir()
    (tmp_path / "mine.py").write_text(STAGE.format(name="One"))
    (folder / "link.py").symlink_to(tmp_path / "mine.py")
    with pytest.raises(ValueError, match=sentence):
        contract_of(spec(name, folder))
