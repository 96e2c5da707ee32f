"""Heartbeats: who is silent is named once, and once more when it is heard."""

import pytest

from fsw.executive.executive import Heartbeat
from fsw.health.heartbeats import Heartbeats

S = 1_000_000_000
PERIODS = 3


def beat(app, period_s, beat_s):
    return Heartbeat(app, period_s * S, beat_s * S)


@pytest.mark.requirement("FSW-HLT-004")
def test_an_app_is_silent_after_some_of_its_own_periods():
    heartbeats = Heartbeats()
    fast, slow = beat("fast", 1, 7), beat("slow", 10, 0)
    assert heartbeats.accept([fast, slow], 10 * S, PERIODS) == ([], [])
    assert heartbeats.accept([fast, slow], 10 * S + 1, PERIODS) == ([fast], [])
    assert heartbeats.accept([fast, slow], 20 * S, PERIODS) == ([], [])
    assert heartbeats.silent == {"fast"}
    assert heartbeats.accept([beat("fast", 1, 30), slow], 31 * S, PERIODS) == ([slow], ["fast"])


@pytest.mark.requirement("FSW-HLT-004")
def test_one_that_is_stopped_is_neither_silent_nor_heard():
    heartbeats = Heartbeats()
    heartbeats.accept([beat("fast", 1, 0)], 10 * S, PERIODS)
    assert heartbeats.accept([], 20 * S, PERIODS) == ([], [])
    assert heartbeats.silent == frozenset()
