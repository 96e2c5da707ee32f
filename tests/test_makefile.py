"""What `make` says, before anything is made, of a machine that lacks what an environment takes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="no make here")


def make(environment: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    given = [f"{name}={value}" for name, value in variables.items()]
    words = ["make", "--no-print-directory", "demo", f"VENV={environment}", *given]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True, env=clean)


def test_no_venv_is_told_in_one_sentence(tmp_path):
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    done = make(tmp_path / "environment", PYTHON=str(python), CC="true")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].endswith("Debian and Ubuntu: `sudo apt-get install python3-venv`")
    assert not (tmp_path / "environment").exists()


def test_no_compiler_is_told_in_one_sentence(tmp_path):
    done = make(tmp_path / "environment", PYTHON=sys.executable, CC="/no/such/compiler")
    assert done.returncode == 2
    assert done.stderr.startswith("Skyrack needs a C compiler (/no/such/compiler) for its kernels; ")
    assert not (tmp_path / "environment").exists()
