"""What new software must show before it is started: what is wrong is told, and nothing is left behind."""

import pytest

from skyrack import proving
from skyrack.proving import main, shadow, vectors
from tests.house.sources import ROOT

COASTWATCH = ROOT / "examples" / "missions" / "coastwatch.toml"
FAILING = """
from fsw.executive.app import App


class Failing(App, period_ms=10_000, budget_ms=10, offset_ms=5_000):
    def step(self, now_ns):
        raise ValueError("a bug of this app")
"""


@pytest.fixture
def mission(tmp_path):
    """Write coastwatch with something else in it; returns the file."""

    def write(first="", last=""):
        path = tmp_path / "mission.toml"
        scenes = str(COASTWATCH.parents[1] / "scenes")
        path.write_text(first + COASTWATCH.read_text().replace("../scenes", scenes) + last)
        return str(path)

    return write


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


def test_a_flight_in_the_shadow_passes_and_leaves_no_trace(mission, state):
    assert shadow(mission(), str(state)) == ""
    assert list(state.iterdir()) == []


def test_what_fails_in_the_shadow_is_told(mission, state, tmp_path):
    (tmp_path / "failing.py").write_text(FAILING)
    assert shadow(mission('apps = ["failing.py"]\n'), str(state)) == "failing: ValueError: a bug of this app"


def test_software_that_sends_nothing_does_not_pass(mission, state):
    assert shadow(mission(last="\n[defences]\nquiet_s = 600\n"), str(state)) == "it sent nothing"


def test_vectors_ask_the_kernels_and_load_what_flies(mission, state, monkeypatch, tmp_path):
    assert vectors(mission(), str(state)) == ""
    assert list(state.iterdir()) == []
    monkeypatch.setattr(proving, "failed_families", lambda: ["crc", "aes"])
    assert vectors(mission(), str(state)) == "kernels fail: crc, aes"


@pytest.mark.parametrize("kind", ["vectors", "shadow"])
def test_the_last_line_says_what_is_wrong(mission, state, kind):
    with pytest.raises(SystemExit) as ended:
        main([kind, mission('apps = ["none.py"]\n'), str(state)])
    assert "none.py" in ended.value.code


def test_where_nothing_is_wrong_the_status_is_0(mission, state, monkeypatch):
    monkeypatch.setattr(proving, "vectors", lambda *_: "")
    with pytest.raises(SystemExit) as ended:
        main(["vectors", mission(), str(state)])
    assert ended.value.code == 0
