import json
import sys
from types import SimpleNamespace

import pytest

from benchmarks import __main__ as command
from benchmarks import harness, native
from benchmarks.harness import Row, alone, by_turns, compare


@pytest.fixture(autouse=True)
def short_turns(monkeypatch):
    monkeypatch.setattr(harness, "TURN_NS", 10_000)


def row(ours: float, theirs: float | None, hold: float | None) -> Row:
    return Row(name="n", peer="p", level="portable", ours=ours, theirs=theirs, unit="GB/s", hold=hold)


def test_a_promise_is_met_by_the_ratio_only():
    assert row(6, 2, 3).met
    assert not row(5, 2, 3).met
    assert row(1, 2, None).met


def test_a_missing_peer_is_not_a_pass():
    assert not row(6, None, 3).met
    assert row(6, None, 3).ratio is None
    missing = compare("n", "p", lambda: 1, None, amount=1, unit="1/s", hold=2)
    assert missing.theirs is None
    assert not missing.met


def test_work_without_a_peer_only_informs():
    slow = alone("n", lambda: sum(range(100)), amount=1, unit="1/s", promise=1e12)
    assert slow.hold is None
    assert slow.met


@pytest.mark.parametrize(
    ("against", "package"),
    [("libfec", "libfec-dev"), ("ISA-L", "libisal-dev"), ("scipy.fft", "scipy"), ("plain C", "gcc")],
)
def test_a_missing_peer_says_what_brings_it(against, package):
    assert package in compare("n", against, lambda: 1, None, amount=1, unit="1/s").peer


def test_different_answers_are_not_timed():
    with pytest.raises(AssertionError, match="the results of p and ours differ"):
        compare("n", "p", lambda: 1, lambda: 2, amount=1, unit="1/s")


def test_more_work_takes_more_time():
    few, many = by_turns([lambda: sum(range(1000)), lambda: sum(range(20_000))])
    assert 5 < many / few < 80


def test_a_peer_in_c():
    found = native.built("int twice(int);", "int twice(int x) { return 2 * x; }", *native.BEST)
    if found is None:
        pytest.skip("no C compiler")
    assert found[1].twice(21) == 42
    assert native.built("int broken(int);", "this is not C") is None


def test_command(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(command, "topics", lambda area: ["coding_made_up"])
    monkeypatch.setitem(sys.modules, "benchmarks.coding_made_up", SimpleNamespace(rows=lambda: [row(6, 2, 3)]))
    monkeypatch.setattr(sys, "argv", ["benchmarks", "coding", "--json", str(tmp_path / "rows.json")])
    assert command.main() == 0
    assert "GB/s" in capsys.readouterr().out
    written = json.loads((tmp_path / "rows.json").read_text())
    assert {"processor", "level", "kernels", "peers", "load"} < written.keys()
    assert written["rows"] == [
        {"name": "n", "peer": "p", "level": "portable", "ours": 6, "theirs": 2, "unit": "GB/s", "ratio": 3, "hold": 3,
         "met": True}]  # fmt: skip


def test_command_fails_where_a_promise_does(monkeypatch):
    monkeypatch.setattr(command, "rows", lambda area: [row(5, 2, 3)])
    monkeypatch.setattr(sys, "argv", ["benchmarks", "coding"])
    assert command.main() == 1


def test_topics():
    assert "coding_crc" in command.topics("coding")
    assert command.topics("coding_crc") == ["coding_crc"]
    assert not command.topics("no_such_area")
