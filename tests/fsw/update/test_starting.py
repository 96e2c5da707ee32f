"""What the supervisor starts is what was chosen, unpacked and right, or else what is installed."""

import pytest

from fsw.update.record import SlotName
from fsw.update.starting import INSTALLED, chosen_software, forget_unpacked, software_slots
from tests.fsw.update.bundles import KEYS, sha256, software
from tests.fsw.update.node import A, UpdatedNode
from tests.fsw.update.test_unpacking import IMAGE

TWO = software("2", image=IMAGE)


@pytest.fixture
def node(tmp_path):
    folder = tmp_path / "software"
    folder.mkdir()
    return UpdatedNode(folder)


def on_trial(node, octets):
    """Armed, so that it is started next."""
    node.send(A, octets)
    node.verify(A)
    node.updates.arm(A, 2)
    node.updates.boot()


def test_a_node_without_updates_starts_what_is_installed(tmp_path):
    assert chosen_software(tmp_path, KEYS) == INSTALLED


def test_what_is_on_trial_is_unpacked_and_started(node, tmp_path):
    on_trial(node, TWO)
    chosen = chosen_software(tmp_path, KEYS)
    folder = tmp_path / "software" / "unpacked" / sha256(TWO)[:16]
    assert chosen == (SlotName.A, "2", str(folder), True, True, "")
    assert (folder / "app.py").read_text() == "print(1)\n"


def test_what_cannot_be_unpacked_is_told_and_what_is_installed_is_started(node, tmp_path):
    on_trial(node, software("2"))  # whose image is no zip file
    chosen = chosen_software(tmp_path, KEYS)
    assert (chosen.slot, chosen.folder) == (SlotName.G, "")
    assert chosen.complaint.startswith("slot A: image: ")


def test_what_was_unpacked_of_bundles_that_are_gone_is_deleted_and_nothing_else(node, tmp_path):
    on_trial(node, TWO)
    chosen_software(tmp_path, KEYS)
    unpacked = tmp_path / "software" / "unpacked"
    for name in ("0" * 16, "notes"):
        (unpacked / name).mkdir()
    forget_unpacked(software_slots(tmp_path), {sha256(TWO)})
    assert {path.name for path in unpacked.iterdir() if path.is_dir()} == {sha256(TWO)[:16], "notes"}
