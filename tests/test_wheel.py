"""The wheel: what it carries, how its extension is linked, and that building it anywhere gives the same octets."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
EPOCH = "1700000000"


def test_every_licence_is_named_and_goes_along():
    """What comes from elsewhere is in NOTICE, with a text beside it; the wheel is told to carry both."""
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for scene in (ROOT / "examples" / "scenes").glob("*.npz"):
        assert scene.name in notice
    for text in (ROOT / "LICENSES").iterdir():
        assert f"LICENSES/{text.name}" in notice
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license-files"] == ["LICENSE", "NOTICE", "LICENSES/*.txt"]


def test_a_checkout_puts_only_itself_on_the_path():
    """A package within another one would have the folder above the checkout there: what lies beside it is not ours."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["scikit-build"]["wheel"]["packages"]
    assert all(name == folder and "/" not in name for name, folder in packages.items())


def built(folder: Path) -> Path:
    """The wheel of a copy of the tree that lies in `folder`."""
    tree = folder / "tree"
    left_out = shutil.ignore_patterns(".*", "build", "mutants", "__pycache__", "node", "ground-data")
    shutil.copytree(ROOT, tree, ignore=left_out)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "-w",
        folder,
    ]
    subprocess.run([*map(str, command), "."], cwd=tree, check=True, env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH})
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.mark.slow
def test_the_wheel(tmp_path: Path):
    folders = [tmp_path / "one", tmp_path / "another, with a longer name"]
    wheels = [built(folder) for folder in folders]
    assert wheels[0].read_bytes() == wheels[1].read_bytes()
    with ZipFile(wheels[0]) as wheel:
        names = {name.rpartition("/licenses/")[2] for name in wheel.namelist() if "/licenses/" in name}
        assert names >= {"LICENSE", "NOTICE", "LICENSES/xarray-spatial.txt", "LICENSES/cffi.txt"}
        assert {"link/py.typed", "fsw/py.typed", "skyrack/examples/hello.py"} <= set(wheel.namelist())
        wheel.extract("_csrc.abi3.so", tmp_path)
    if shutil.which("readelf") is None:
        pytest.skip("no readelf here")
    found = subprocess.run(
        ["readelf", "-dlsW", tmp_path / "_csrc.abi3.so"], check=True, capture_output=True, text=True
    ).stdout
    for sign in ("BIND_NOW", "GNU_RELRO", "__stack_chk_fail", "[libm.so.6]"):
        assert sign in found, sign
    assert "RWE" not in found  # no stack that can be executed
