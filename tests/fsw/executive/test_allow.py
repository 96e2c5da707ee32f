"""Apps that a mode stops are not stepped, miss nothing, and end first what they began."""

from dataclasses import dataclass

import pytest

from fsw.executive.app import App
from fsw.executive.executive import _ENDING_NS, Heartbeat, TickMissed
from hal.sim.clock import VirtualClock
from tests.fsw.executive.test_executive import MS, Failing, Fast, Slow, flight, run


@dataclass
class Busy(Fast, period_ms=10, budget_ms=5):
    """Has work that was begun, until a test ends it."""

    is_at_work: bool = True

    @property
    def is_busy(self):
        if self.is_at_work is None:
            raise RuntimeError("who knows")
        return self.is_at_work


@dataclass
class Chooser(App, period_ms=100, budget_ms=5):
    """Stops or allows the others in the middle of a turn."""

    choose: object

    def step(self, now_ns):
        self.choose(now_ns // MS)
        yield from ()


def only(*names):
    return lambda app: app in names


@pytest.mark.requirement("FSW-EXE-013")
def test_an_app_that_is_stopped_misses_no_tick_and_goes_on_with_its_grid():
    clock = VirtualClock()
    fast, slow = Fast(clock), Slow(clock)
    executive, events = flight(clock, fast, slow)
    run(executive, clock, 20)
    executive.allow(only("slow"))
    assert (executive.steps("fast"), executive.steps("slow"), executive.steps("nobody")) == (False, True, False)
    assert executive.next_due_ns == 100 * MS
    run(executive, clock, 300)
    clock.wait(305 * MS)
    executive.allow(only("slow", "fast"))
    run(executive, clock, 341)
    assert fast.ran_ms == [0, 10, 310, 320, 330, 340]
    assert not [event for event in events.drain() if isinstance(event, TickMissed) and event.app == "fast"]


def test_a_tick_that_is_due_when_it_goes_on_is_made():
    clock = VirtualClock()
    fast, slow = Fast(clock), Slow(clock)
    executive, _ = flight(clock, slow, fast)
    executive.allow(only("slow"))
    run(executive, clock, 100)
    clock.wait(100 * MS)
    executive.allow(only("slow", "fast"))
    run(executive, clock, 111)
    assert (fast.ran_ms, executive.missed) == ([100, 110], 0)


def test_it_may_be_chosen_by_an_app_of_the_same_turn():
    clock = VirtualClock()
    fast = Fast(clock)
    executive, _ = flight(clock)
    executive.add(Chooser(lambda ms: executive.allow(only("chooser", *["fast"] * (ms % 200 == 0)))))
    executive.add(fast)
    run(executive, clock, 301)
    assert fast.ran_ms == [*range(0, 100, 10), *range(200, 300, 10)]


def test_an_app_that_is_added_later_is_judged_as_well():
    clock = VirtualClock()
    executive, _ = flight(clock, Slow(clock))
    executive.allow(only("slow"))
    fast = Fast(clock)
    executive.add(fast)
    run(executive, clock, 200)
    assert fast.ran_ms == []


def test_where_every_app_is_stopped_a_turn_does_nothing():
    clock = VirtualClock()
    fast = Fast(clock)
    executive, events = flight(clock, fast)
    executive.allow(only())
    clock.advance(MS)
    executive.run_due()
    assert (fast.ran_ms, executive.ticks, len(events)) == ([], 0, 0)
    assert executive.next_due_ns > 1 << 61


@pytest.mark.requirement("FSW-EXE-014")
def test_what_an_app_began_it_ends():
    clock = VirtualClock()
    busy, slow = Busy(clock), Slow(clock)
    executive, _ = flight(clock, busy, slow)
    run(executive, clock, 20)
    executive.allow(only("slow"))
    executive.allow(only("slow"))
    run(executive, clock, 50)
    assert executive.steps("busy")
    busy.is_at_work = False
    run(executive, clock, 300)
    assert busy.ran_ms == [0, 10, 20, 30, 40]
    busy.is_at_work = True
    run(executive, clock, 400)
    assert not executive.steps("busy")


def test_an_app_allowed_again_while_it_ends_loses_no_tick():
    clock = VirtualClock()
    busy, slow = Busy(clock), Slow(clock)
    executive, _ = flight(clock, busy, slow)
    executive.allow(only("slow"))
    run(executive, clock, 30)
    executive.allow(only("slow", "busy"))
    busy.is_at_work = False
    run(executive, clock, 60)
    assert (busy.ran_ms, executive.missed) == ([0, 10, 20, 30, 40, 50], 0)


@pytest.mark.requirement("FSW-EXE-014")
def test_no_app_is_busy_for_ever():
    clock = VirtualClock()
    busy, slow = Busy(clock), Slow(clock)
    executive, _ = flight(clock, busy, slow)
    executive.allow(only("slow"))
    clock.advance(_ENDING_NS - MS)
    executive.run_due()
    assert executive.steps("busy")
    clock.advance(MS)
    executive.run_due()
    assert not executive.steps("busy")


def test_who_cannot_say_whether_it_is_busy_is_stopped():
    clock = VirtualClock()
    busy, slow = Busy(clock), Slow(clock)
    executive, _ = flight(clock, busy, slow)
    busy.is_at_work = None
    executive.allow(only("slow"))
    executive.run_due()
    assert not executive.steps("busy")


def test_heartbeats_are_those_of_the_apps_that_are_stepped():
    clock = VirtualClock()
    fast, slow = Fast(clock), Slow(clock)
    executive, _ = flight(clock, fast, slow)
    assert executive.heartbeats == [Heartbeat("fast", 10 * MS, 0), Heartbeat("slow", 100 * MS, 0)]
    run(executive, clock, 121)
    assert [beat.beat_ns for beat in executive.heartbeats] == [120 * MS, 100 * MS]
    executive.allow(only("slow"))
    assert [beat.app for beat in executive.heartbeats] == ["slow"]
    clock.wait(500 * MS)
    executive.allow(only("slow", "fast"))
    assert executive.heartbeats[0] == Heartbeat("fast", 10 * MS, 500 * MS)  # silent only from now on


def test_a_step_that_fails_is_no_heartbeat():
    clock = VirtualClock()
    failing = Failing(["first", "second"])
    executive, _ = flight(clock, failing)
    run(executive, clock, 21)
    assert executive.heartbeats == [Heartbeat("failing", 10 * MS, 20 * MS)]
    failing.errors += ["again"] * 5
    run(executive, clock, 61)
    assert executive.heartbeats == [Heartbeat("failing", 10 * MS, 20 * MS)]
