from hypothesis import given
from hypothesis import strategies as st

from link.cfdp.countdown import Countdown

MS = 1_000_000


def test_expires_once_for_each_start():
    timer = Countdown(10, limit=2)
    assert not timer.expired(0)
    timer.start(0)
    assert timer.running
    assert not timer.expired(10 * MS - 1)
    assert timer.expired(10 * MS)
    assert not timer.expired(99 * MS)
    assert not timer.running
    assert not timer.exhausted
    timer.start(100 * MS)
    assert timer.deadline_ns == 110 * MS
    assert timer.expired(110 * MS)
    assert timer.exhausted
    timer.forgive()
    assert not timer.exhausted


def test_paused_it_stands_still():
    timer = Countdown(10)
    timer.start(0)
    timer.pause(4 * MS)
    assert timer.running
    assert not timer.expired(99 * MS)
    timer.resume(100 * MS)
    assert timer.deadline_ns == 106 * MS


def test_start_and_stop_while_paused():
    timer = Countdown(10)
    timer.pause(0)
    timer.start(1)
    assert timer.deadline_ns is None
    timer.resume(5 * MS)
    assert timer.deadline_ns == 15 * MS
    timer.pause(6 * MS)
    timer.stop()
    timer.resume(7 * MS)
    assert not timer.running


def test_late_pause_leaves_nothing():
    timer = Countdown(10)
    timer.start(0)
    timer.pause(50 * MS)
    timer.resume(60 * MS)
    assert timer.deadline_ns == 60 * MS


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8))
def test_pauses_add_up(pairs):
    """Running and paused stretches of time, in ms: it expires after 10 ms of running."""
    timer, now, ran = Countdown(10), 0, 0
    timer.start(0)
    for running, paused in pairs:
        now, ran = now + running, ran + running
        timer.pause(now * MS)
        now += paused
        timer.resume(now * MS)
    assert timer.deadline_ns == (now + max(0, 10 - ran)) * MS
