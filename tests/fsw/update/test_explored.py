"""Whatever order it comes in, and whatever fails in between: something sound is started, and the ground can go on.

What the explorer found is printed: `pytest -s tests/fsw/update/test_explored.py`.
"""

import re

import pytest

from fsw.update import boot, machine, verification
from fsw.update.record import SlotName
from tests.fsw.update.bundles import STRANGER, delta, model, software
from tests.fsw.update.explorer import Explorer, cached_contents

TWO, THREE = software("2"), software("3")
MODEL = model("2")
ONE_FILE = {"2": (TWO, TWO)}
TWO_FILES = {**ONE_FILE, "3": (THREE, THREE)}
HOSTILE = {
    **ONE_FILE,
    "older": (software("0"), software("0")),
    "a stranger's": (software("7", STRANGER), None),
    "another node's": (software("8", name="floodwatch"), None),
}
OLDER = {**ONE_FILE, "older": HOSTILE["older"]}
ONE_SLOT = (SlotName.A,)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Verify each signature once: the explorer asks for the same ones again and again."""
    for module in (boot, machine, verification):
        monkeypatch.setattr(module, "bundle_contents", cached_contents)


def explored(name, files, states_min, **how):
    found = Explorer(files, **how).run()
    print(f"{name}: {found.states} states, {found.starts} starts, {len(found.probed)} updates carried to their end")
    assert found.states >= states_min, "the explorer itself reaches less than it did"
    for refusal in found.refusals:  # each says what to do
        assert re.search(r": \w|, expected ", refusal), refusal
    return found


def test_every_order_with_power_cut_at_every_change_of_one_slot():
    explored("one slot, power cuts", ONE_FILE, 200, slots=ONE_SLOT)


@pytest.mark.slow
@pytest.mark.requirement("FSW-UPD-001")
def test_every_order_with_power_cut_at_every_change_of_the_disk():
    explored("two slots, power cuts", ONE_FILE, 2500)


@pytest.mark.requirement("FSW-UPD-002")
def test_bundles_that_are_old_strange_or_for_others_are_never_started():
    explored("hostile bundles", HOSTILE, 500, slots=ONE_SLOT)


@pytest.mark.slow
@pytest.mark.requirement("FSW-UPD-003")
def test_rollbacks_are_only_what_the_ground_asks_for():
    explored("rollbacks", OLDER, 1300, slots=ONE_SLOT, cuts=False, rollbacks=True)


@pytest.mark.slow
@pytest.mark.requirement("FSW-UPD-001")
def test_a_disk_that_fails_at_any_call():
    explored("one slot, errors", ONE_FILE, 800, slots=ONE_SLOT, cuts=False, errors=(False,))


@pytest.mark.slow
def test_a_disk_that_fails_at_any_call_before_or_behind_it():
    explored("one slot, errors before and behind", ONE_FILE, 5000, slots=ONE_SLOT, cuts=False, errors=(False, True))


@pytest.mark.slow
@pytest.mark.parametrize("chunks", [1, 2])
def test_a_disk_that_once_loses_or_misplaces_a_change(chunks):
    explored("one slot, lies", ONE_FILE, 15_000, slots=ONE_SLOT, cuts=False, lies=True, chunks=chunks)


@pytest.mark.slow
def test_two_versions_in_turn():
    explored("two slots, two versions", TWO_FILES, 10_000, cuts=False)


@pytest.mark.slow
def test_a_delta_on_what_is_there():
    explored("delta", {**ONE_FILE, "3": (delta("3", THREE, TWO), THREE)}, 10_000, cuts=False)


@pytest.mark.requirement("FSW-UPD-015")
def test_a_model_that_is_started_in_a_node_that_goes_on():
    explored("a model, power cuts", {"2": (MODEL, MODEL)}, 200, slots=ONE_SLOT, make=model, in_place=True)


@pytest.mark.slow
@pytest.mark.requirement("FSW-UPD-015")
def test_two_versions_of_a_model_in_turn():
    files = {"2": (MODEL, MODEL), "3": (delta("3", model("3"), MODEL), model("3"))}
    explored("a model, a delta", files, 10_000, cuts=False, make=model, in_place=True)


@pytest.mark.slow
def test_rollbacks_between_hostile_bundles_and_power_cuts():
    explored("hostile bundles, rollbacks, power cuts", HOSTILE, 5000, slots=ONE_SLOT, rollbacks=True)


@pytest.mark.slow
def test_two_versions_on_a_disk_that_fails():
    explored("one slot, two versions, power cuts and errors", TWO_FILES, 50_000, slots=ONE_SLOT, errors=(False,))
