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
    monkeypatch.setattr(fsw_ticks, "TICKS", 10)
    monkeypatch.setattr(fsw_ticks, "WORKERS", 1)
    (row,) = fsw_ticks.rows()
    assert row.ours > 0
