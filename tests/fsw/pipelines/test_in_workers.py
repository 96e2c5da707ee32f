"""A user's own stage in the process where it really runs: it does its work there, and what it breaks stays there."""

import select
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from fsw.jobs.job import Job
from fsw.jobs.process import JobLimits, ProcessRunner
from fsw.pipelines import PIPELINES
from fsw.pipelines.load import module_of
from fsw.pipelines.run import files_of
from hal.linux.clock import HostClock
from link.products.product import Product
from tests.fsw.pipelines.pipeline import specs, work

ROOT = Path(__file__).parents[3]
LIMITS = JobLimits(workers=1, waiting_max=8, memory_octets=200 << 20, timeout_s=30.0, attempts=2)
SAMPLES = np.full((3, 8, 8), 50, np.uint8)
SAMPLES[2, 2:6, 2:6] = 200


@pytest.fixture(scope="module")
def runner():
    one = ProcessRunner(HostClock(), LIMITS, PIPELINES, map(module_of, ("outlines", "pack")))
    yield one
    one.close()


def outcome_of(runner, folder, *stages):
    parameters = work(specs(*stages, "outlines", ("pack", {"runs": False}), folder=folder), ("red", "green", "nir"))
    runner.submit(Job(id=1, pipeline="stages", samples=SAMPLES, parameters=parameters))
    end = time.monotonic() + 60
    while time.monotonic() < end:
        select.select([runner.fileno()], [], [], 1)
        for outcome in runner.poll():
            return outcome
    raise AssertionError("no outcome")


def test_the_python_example(runner, tmp_path):
    shutil.copy(ROOT / "examples" / "stages" / "vegetation.py", tmp_path)
    outcome = outcome_of(runner, tmp_path, "vegetation.py")
    (file,) = files_of(outcome.answer)
    assert Product.decode(file.octets).water is not None
    assert outcome.attempts == 1


def test_a_stage_that_raises_is_quoted(runner, tmp_path):
    text = (ROOT / "examples" / "stages" / "vegetation.py").read_text()
    (tmp_path / "mine.py").write_text(text.replace("nir, red = ", "raise RuntimeError('no sun')  # "))
    assert outcome_of(runner, tmp_path, "mine.py").failure == "RuntimeError: no sun"


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler (cc) is here")
def test_a_library_that_crashes_costs_its_job_only(runner, tmp_path):
    text = (ROOT / "examples" / "stages" / "bright.c").read_text().replace('\\"blue\\"', '\\"nir\\"')
    include = ("-I", ROOT / "csrc" / "include")
    for name, body in (("bright", text), ("crash", text.replace("takes[0].data;", "(void *)8;"))):
        (tmp_path / f"{name}.c").write_text(body)
        command = ["cc", "-shared", "-fPIC", *include, "-o", f"{name}.so", f"{name}.c"]
        subprocess.run(command, cwd=tmp_path, check=True)
    crashed = outcome_of(runner, tmp_path, "crash.so")
    assert (crashed.answer, crashed.failure, crashed.attempts) == (None, "worker ended by SIGSEGV", 2)
    (file,) = files_of(outcome_of(runner, tmp_path, ("bright.so", {"limit": 99})).answer)
    assert Product.decode(file.octets).water.threshold == 99
