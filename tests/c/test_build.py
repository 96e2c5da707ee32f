"""What the build says where a compiler is missing or fails."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(shutil.which("cmake") is None, reason="no cmake here")


def cmake(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    command, variables = ["cmake", *map(str, arguments)], {**os.environ, **variables}
    return subprocess.run(command, check=False, capture_output=True, text=True, env=variables)


def test_a_missing_compiler_is_told_in_a_sentence(tmp_path: Path):
    found = cmake("-S", ROOT, "-B", tmp_path, CC="/no/such/compiler")
    assert found.returncode != 0
    assert "apt install gcc libc6-dev" in " ".join(found.stderr.split())


@pytest.mark.parametrize("works", [False, True])
def test_a_failing_nvcc_never_fails_the_build(works: bool, tmp_path: Path):
    nvcc, build = tmp_path / "nvcc", tmp_path / "build"
    # `-o LIBRARY` is among the arguments; the one that works makes the file, as far as the build can see
    nvcc.write_text(
        '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\n' + (': >"$2"\n' if works else 'echo "$2" >&2; exit 1\n')
    )
    nvcc.chmod(0o755)
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(alone LANGUAGES NONE)\n"
        f"add_subdirectory({ROOT / 'csrc' / 'cuda'} cuda)\n"
    )
    assert cmake("-S", tmp_path, "-B", build, f"-DSKYRACK_NVCC={nvcc}").returncode == 0
    told = cmake("--build", build)
    assert told.returncode == 0, told.stdout + told.stderr
    assert ("left out" in told.stdout) is not works
    assert cmake("--install", build, "--prefix", tmp_path / "there").returncode == 0
    assert (tmp_path / "there" / "libskyrack_cuda.so").exists() is works
