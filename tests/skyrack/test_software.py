"""Which software a node starts next, as its supervisor asks: from the mission's file and the node's state alone."""

import subprocess
import sys

import pytest

from fsw.supervisor.messages import Chosen
from fsw.update.boot import BOOTS_MAX
from link.bundles.keys import public_pem
from skyrack.software import has_updates, software_choice
from tests.fsw.update.bundles import NAME, PRIVATE, sha256, software
from tests.fsw.update.node import A, UpdatedNode
from tests.fsw.update.test_unpacking import IMAGE
from tests.house.sources import ROOT

COASTWATCH = ROOT / "examples" / "missions" / "coastwatch.toml"
TWO = software("2", image=IMAGE)


@pytest.fixture
def mission(tmp_path):
    path = tmp_path / "mission.toml"
    (tmp_path / "team.pub").write_bytes(public_pem(PRIVATE))
    text = COASTWATCH.read_text().replace("../scenes", str(COASTWATCH.parents[1] / "scenes"))
    path.write_text(text + f'\n[update]\nname = "{NAME}"\nkeys = ["team.pub"]\n')
    return path


@pytest.fixture
def state(tmp_path):
    """The state folder of the node coastwatch."""
    state = tmp_path / "nodes" / "coastwatch"
    (state / "software").mkdir(parents=True)
    return state


@pytest.fixture
def node(state):
    return UpdatedNode(state / "software")


def test_what_was_armed_is_chosen_wherever_the_state_is_named(mission, state, node):
    node.send(A, TWO)
    node.verify(A)
    node.updates.arm(A, 2)
    node.updates.boot()
    unpacked = str(state / "software" / "unpacked" / sha256(TWO)[:16])
    expected = Chosen("A", "2", unpacked, is_trial=True)
    assert software_choice(str(mission), str(state), "", "0") == expected._asdict()
    assert software_choice(str(mission), "", str(state.parent), "0") == expected._asdict()


def test_starts_that_were_not_counted_are_counted_here(mission, state, node):
    node.promote(A, TWO)
    assert software_choice(str(mission), str(state), "", "0")["slot"] == "A"
    assert software_choice(str(mission), str(state), "", str(BOOTS_MAX))["slot"] == "G"


def test_a_node_that_was_never_updated_starts_what_is_installed_without_delay(mission, tmp_path):
    code = "import sys; from skyrack import software as s; print(s.software_choice(*sys.argv[1:])); print(*sys.modules)"
    words = [sys.executable, "-c", code, str(mission), str(tmp_path / "new"), "", "0"]
    said, loaded = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == str(Chosen()._asdict())
    assert not {"msgspec", "numpy", "fsw.mission"} & {*loaded.split()}


def test_only_a_mission_with_its_table_has_updates(mission, tmp_path):
    assert has_updates(mission)
    assert not has_updates(COASTWATCH)
    assert not has_updates(tmp_path / "none.toml")
