"""A stage is found by name or file; whatever is wrong with it is reported before there is a frame."""

import json
import shutil
import subprocess
from pathlib import Path

import msgspec
import numpy as np
import pytest

from fsw.pipelines import ask
from fsw.pipelines.ask import contract_of
from fsw.pipelines.contract import ArrayItem, cube, plane
from fsw.pipelines.load import load_stage
from link.products.product import Product
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
        (SOURCE.replace("<", '"').replace(">", '"') % ('"\\xff"', "return 0;"), "not a contract"),
        (SOURCE.replace("<", '"').replace(">", '"') % ("0", "return 0;"), "sr_stage_contract gives NULL"),
        ("int x;", "not a stage"),
        (source().partition("int sr_stage_run")[0], "not a stage: .*sr_stage_run"),
        (source().replace("uint8", "object"), "x: dtype object, expected one of bool, int8"),
        (source().replace("uint8", "O"), "x: dtype O, expected one of bool, int8"),
        (source(axes="-1"), r"x: uint8 \(-1\), expected 8 axes at most, each a name or a size of 1\.\.2147483647"),
        (source(axes="0"), r"x: uint8 \(0\), expected"),
        (source(axes="1000000000000000000"), r"x: uint8 \(1000000000000000000\), expected"),
        (source(axes="1,1,1,1,1,1,1,1,1"), "expected 8 axes at most"),
        (source().replace("{x", "{repairs").replace('\\"x\\"', '\\"repairs\\"'), "item 'repairs'"),
        (source().replace('\\"x\\"', '\\"files\\"'), r"files: uint8 \(3\), expected files"),
        (source().replace('\\"x\\"', '\\"a b\\"'), "item 'a b', expected letters"),
    ],
)
def test_a_library_that_is_no_stage(tmp_path, text, sentence):
    with pytest.raises(ValueError, match=sentence):
        load_stage(spec("stage.so", library(tmp_path, text)))


@NEEDS_CC
def test_a_library_that_fails_says_with_what(tmp_path):
    one = load_stage(spec("stage.so", library(tmp_path, source())))
    assert one.contract().gives == {"x": ArrayItem(("uint8",), (3,))}
    with pytest.raises(RuntimeError, match="failed with 7"):
        one.run()
    with pytest.raises(ValueError, match="y: unknown key, expected one of none"):
        load_stage(spec("stage.so", tmp_path, y=1))


WRITES = """
#include "skyrack_stage.h"
const char *sr_stage_contract(void) {
    return "{\\"abi\\": 1, \\"takes\\": {\\"a\\": {\\"dtypes\\": [\\"uint8\\"], \\"axes\\": [\\"row\\"]}},"
           " \\"gives\\": {\\"b\\": {\\"dtypes\\": [\\"uint8\\"], \\"axes\\": [\\"row\\"]}},"
           " \\"parameters\\": {\\"p\\": 0}}";
}
int sr_stage_run(const sr_stage_array *takes, const sr_stage_array *gives, const double *parameters) {
    ((char *)takes->data)[0] = 7;
    ((char *)sr_stage_room(gives))[0] = ((const char *)takes->data)[0];
    return 0;
}
"""


@NEEDS_CC
def test_a_library_that_writes_to_what_it_takes_changes_a_copy(tmp_path):
    one = load_stage(spec("stage.so", library(tmp_path, WRITES)))
    taken = np.arange(5, dtype=np.uint8)
    assert one.run(a=taken)["b"][0] == 7
    assert taken.tolist() == [0, 1, 2, 3, 4]
    for value, sentence in ((float("inf"), "p: inf, expected a finite"), (True, "p: expected a number, got bool")):
        with pytest.raises(ValueError, match=sentence):
            load_stage(spec("stage.so", tmp_path, p=value))


@NEEDS_CC
def test_a_library_is_compiled_without_a_cast_only_where_it_keeps_its_promise(tmp_path):
    library(tmp_path, WRITES)
    (tmp_path / "stage.c").write_text(WRITES.replace("(char *)takes->data", "(takes->data)"))
    command = [CC, "-shared", "-fPIC", "-o", "stage.so", "stage.c"]
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode


STAGE = """
from fsw.pipelines.contract import Contract, plane
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
        (
            STAGE.format(name="One").replace("Contract(takes={}, gives={})", "None"),
            {"limit": 1},
            "not a contract: Expected",
        ),
        (STAGE.format(name="One").replace("gives={}", "gives={'x': 5}"), {"limit": 1}, "not a contract: Expected"),
        (STAGE.format(name="One").replace("gives={}", "gives={'x': plane('object')}"), {"limit": 1}, "x: dtype object"),
        (STAGE.format(name="One").replace("return", "raise SystemError #"), {"limit": 1}, "SystemError: "),
    ],
)
def test_a_file_that_is_no_stage_is_a_sentence(tmp_path, text, parameters, sentence):
    """What the process that is asked says."""
    (tmp_path / "mine.py").write_text(text)
    said = json.loads(ask.run(np.empty(0), msgspec.to_builtins(spec("mine.py", tmp_path, **parameters))))
    assert said["error"].startswith(sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("import os; os._exit(3)", r"worker ended by itself with status 3 when asked for its contract"),
        (STAGE.format(name="One"), "limit: missing"),
    ],
)
def test_what_the_process_that_is_asked_has_to_say(tmp_path, text, sentence):
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(ValueError, match=sentence):
        contract_of(spec("mine.py", tmp_path))


def test_a_file_that_hangs_is_not_waited_for(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("import time; time.sleep(60)")
    monkeypatch.setattr(ask, "_ASKING_S", 0.2)
    with pytest.raises(ValueError, match=r"says nothing of its contract within 0.2 s"):
        contract_of(spec("mine.py", tmp_path))


def test_asking_leaves_nothing_behind(tmp_path):
    """A stage's file may start what it likes when it is loaded, and print when it ends."""
    (tmp_path / "mine.py").write_text(
        "import atexit, os, time\natexit.register(print, 'goodbye')\nprint('hello')\n"
        "if not os.fork():\n    os.setsid()\n    open('mine.pid', 'w').write(str(os.getpid()))\n    time.sleep(600)\n"
        "while not os.path.exists('mine.pid'): pass\n".replace("mine.pid", str(tmp_path / "pid"))
        + STAGE.format(name="One")
    )
    assert contract_of(spec("mine.py", tmp_path, limit=1)).takes == {}
    assert not Path("/proc", (tmp_path / "pid").read_text()).exists()


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
