"""`skyrack kernels` tests and times what is there, and fails when a kernel gives a wrong answer."""

import json

import pytest

from kernels import selftest
from kernels.library import supported_levels
from kernels.speed import work_of
from skyrack.cli import main
from skyrack.commands import kernels


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr("kernels.speed.ROUND_NS", 1)
    monkeypatch.setattr("kernels.speed.ROUNDS", 1)


@pytest.mark.usefixtures("quick")
def test_json_has_every_family_on_every_level(capsys):
    assert main(["kernels", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["families"]) == set(selftest.FAMILIES) >= {"crc", "reed_solomon", "image"}
    for levels in found["families"].values():
        assert list(levels) == list(supported_levels())
        assert all(cell["ok"] for cell in levels.values())


@pytest.mark.usefixtures("quick")
def test_a_wrong_answer_is_shown_and_is_failure(monkeypatch, capsys):
    monkeypatch.setattr(selftest, "self_test", lambda family: family != "crc")
    assert main(["kernels"]) == 1
    wrong = [line for line in capsys.readouterr().out.splitlines() if "WRONG ANSWER" in line]
    assert len(wrong) == 1
    assert wrong[0].startswith("crc")


@pytest.mark.parametrize("family", selftest.FAMILIES)
def test_every_family_has_a_piece_of_work(family):
    work = work_of(family)
    assert work is not None, f"kernels/speed.py: _{family} is missing"
    work.run()


def test_nothing_failed_here():
    assert selftest.failed_families() == ()


def test_speeds_are_told_in_units_of_the_work():
    cell = {"ok": True, "work": "w", "per_second": 2_500_000_000, "unit": "octet"}
    assert kernels._cell(cell) == "2.50 GB/s"
    assert kernels._cell({**cell, "per_second": 5_000_000, "unit": "pixel"}) == "200.00 ns/px"
