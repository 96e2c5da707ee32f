"""What the fsw benchmarks do is done; their rates are nobody's business here."""

import pytest

from benchmarks import fsw_bus, fsw_node, fsw_ticks, harness


@pytest.fixture(autouse=True)
def short_turns(monkeypatch):
    monkeypatch.setattr(harness, "TURN_NS", 10_000)
    monkeypatch.setattr(harness, "ROUNDS", 1)


def test_messages_are_carried(monkeypatch):
    monkeypatch.setattr(fsw_bus, "MESSAGES", 200)
    assert [row.unit for row in fsw_bus.rows()] == ["M/s", "M/s"]


def test_commands_are_accepted_and_quiet_nodes_fly(monkeypatch):
    monkeypatch.setattr(fsw_node, "COMMANDS", 3)
    monkeypatch.setattr(fsw_node, "SECONDS", 2)
    assert len([*fsw_node.rows()]) == 4
    assert fsw_node.Flight().fly(3) == fsw_node.Flight().fly(3) > 0


def test_ticks_are_all_accounted_for(monkeypatch):
    monkeypatch.setattr(fsw_ticks, "WORKERS", 1)
    (row,) = fsw_ticks.rows(10)
    assert row.ours > 0


@pytest.mark.parametrize(("ours", "theirs", "code"), [(10.0, 20.0, 0), (9.0, 20.0, 1), (9.0, None, 0)])
def test_late_ticks_tell_by_their_code_whether_the_promise_is_met(ours, theirs, code, monkeypatch, capsys):
    row = harness.Row(name="7 ticks", peer="C", level="avx2", ours=ours, theirs=theirs, unit="1/ms", hold=0.5)
    monkeypatch.setattr(fsw_ticks, "rows", lambda ticks: iter([row]) if ticks == 7 else iter(()))
    assert fsw_ticks.main(["--ticks", "7"]) == code
    assert capsys.readouterr().out.startswith(f"7 ticks: median lateness {1e3 / ours:.1f} us")
