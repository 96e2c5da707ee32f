"""The doctor looks at this very machine, and what it finds can be read by people and scripts."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

from skyrack.cli import main
from skyrack.commands import doctor


def test_json_is_stable_and_true(capsys):
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["cores"] >= 1
    assert found["kernels"]["level"] in found["kernels"]["supported"]
    assert set(found) == {
        "board",
        "cores",
        "kernels",
        "memory_mib",
        "missing_packages",
        "missing_tools",
        "other_owners",
        "power_rail",
        "python",
        "realtime_priority_max",
        "serial_ports",
    }


def test_text_names_the_level(capsys):
    assert main(["doctor"]) == 0
    assert "in use; this processor runs portable" in capsys.readouterr().out


def test_a_foreign_owner_of_a_package_name_is_named(monkeypatch):
    owners = {"link": ["skyrack", "linklib"], "numpy": ["numpy"]}
    monkeypatch.setattr(doctor, "packages_distributions", lambda: owners)
    assert doctor._other_owners() == {"link": ["linklib"]}


def test_needs_name_real_extras():
    said = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    assert {extra for extra, _ in doctor.NEEDS.values()} <= set(said["project"]["optional-dependencies"])


def test_a_level_that_the_processor_lacks_is_refused_and_reported():
    environment = {**os.environ, "SKYRACK_ISA": "avx9000"}
    command = [sys.executable, "-m", "skyrack.cli", "doctor"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "no level is called 'avx9000'" in done.stdout
