"""The build scripts of the C library: what they delete."""

import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "csrc" / "python" / "emulated.sh"


def test_the_wheel_for_arm_is_not_built_among_a_person_s_files(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "mine").write_text("a person's")
    done = subprocess.run(["sh", SCRIPT, tmp_path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{tmp_path} is not empty and not ours: nothing in it is touched; name another folder\n"
    assert [path.name for path in tmp_path.rglob("*")] == ["tests", "mine"]
