"""Whatever a file holds, reading it ends in one sentence, within bounds of memory and processor time."""

import json
import subprocess
import sys

import pytest

from tests.skyrack import hostile

CPU_S_MAX = 20.0


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """All in one process: what it imports first takes longer than most of them."""
    command = [sys.executable, "-m", "tests.skyrack.hostile", str(tmp_path_factory.mktemp("hostile"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", [name for name, _ in hostile.files()])
def test_one_sentence_within_bounds(outcomes, name):
    found = outcomes[name]
    assert found["code"] == 2, found
    assert found["said"].count("\n") == 1
    assert name in found["said"]
    assert len(found["said"]) < 500
    assert found["cpu_s"] < CPU_S_MAX
