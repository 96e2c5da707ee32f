import numpy as np
import pytest

from benchmarks import faults, faults_water, network_flips
from benchmarks.faults import Finding


def finding(**changes):
    said = {"where": "w", "protection": "p", "flips": 2000, "harmful": 1000, "seen": 999, "clean_runs": 9, "alarms": 0}
    return Finding(**{**said, "overhead": 0.08, **changes})


@pytest.mark.parametrize(
    ("changes", "is_met"),
    [
        ({}, True),
        ({"seen": 998}, False),
        ({"alarms": 1}, False),
        ({"overhead": 0.09}, False),
        ({"overhead": None}, True),
    ],
)
def test_a_promise(changes, is_met):
    assert finding(**changes).is_met == is_met
    assert ("MISSED" in finding(**changes).line()) == (not is_met)


def test_the_table_is_put_into_its_page_and_nothing_else_changes(tmp_path, monkeypatch):
    page = tmp_path / "faults.md"
    page.write_text(f"before\n{faults.BEGIN}old\n{faults.END}after\n")
    monkeypatch.setattr(faults, "PAGE", page)
    faults.write(faults.table([finding()]))
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| w | p | 2000 | 1000 | 99.90 % | 0 in 9 | 8.0 % | met |" in text


@pytest.mark.parametrize("field", range(3))
def test_checks_see_every_harmful_flip(field):
    harmful, by_checks, by_invariants, by_twin = faults_water.flipped(field, 60, at_step=0)
    assert 0 < by_invariants <= harmful == by_checks == by_twin


def test_checked_networks_see_every_harmful_flip():
    found = {site: (share, harmful) for site, share, harmful in network_flips.campaign(60)}
    assert {site for site, (share, harmful) in found.items() if share == 1 and harmful > 5} == set(network_flips.SITES)


def test_harm():
    right = np.zeros((3, 2, 2), np.float32)
    right[:, 0, 0] = 1
    wrong = right.copy()
    assert not faults_water.is_harmful(wrong, right)
    wrong[1, 1, 1] = 0.02
    assert faults_water.is_harmful(wrong, right)
    wrong[1, 1, 1] = np.nan
    assert faults_water.is_harmful(wrong, right)
