"""The C side on its own: built with the sanitizers that the compiler has, every test program on every level."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def sanitizers_work(folder: Path) -> bool:
    source = folder / "probe.c"
    source.write_text("int main(void) { return 0; }\n")
    command = [os.environ.get("CC", "cc"), "-fsanitize=address,undefined", str(source), "-o", str(folder / "probe")]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not shutil.which("cmake"), reason="no cmake on this machine: the C tests run where there is one")
def test_c_tests_pass_under_the_sanitizers(tmp_path):
    sanitize = "ON" if sanitizers_work(tmp_path) else "OFF"
    build = ROOT / "build" / "c-tests"
    run("cmake", "-S", str(ROOT), "-B", str(build), f"-DSKYRACK_SANITIZE={sanitize}")
    run("cmake", "--build", str(build), "--parallel", "2")
    run("ctest", "--test-dir", str(build), "--output-on-failure", "--parallel", "2")
