"""Ticks are numbered: whatever delays them, none is lost in silence and none shifts."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.app import App
from fsw.bus import Bus
from fsw.executive import BudgetOverrun, Executive, StepFailed, TickMissed
from hal.port import PortClosed
from hal.sim.clock import VirtualClock
from link.dictionary import Event

MS = 1_000_000


@dataclass
class Fast(App, period_ms=10, budget_ms=5):
    """Notes when it ran; each step takes what `work_ms` says next."""

    clock: VirtualClock
    work_ms: list[int] = field(default_factory=list)
    ran_ms: list[int] = field(default_factory=list)

    def step(self, now_ns):
        self.ran_ms.append(now_ns // MS)
        self.clock.advance((self.work_ms.pop(0) if self.work_ms else 0) * MS)
        return iter(())


@dataclass
class Slow(Fast, period_ms=100, budget_ms=50):
    pass


@dataclass
class Failing(App, period_ms=10, budget_ms=5):
    errors: list[str]

    def step(self, now_ns):
        yield TickMissed(app="a", culprit="b", tick=1, missed=1)
        if self.errors:
            raise RuntimeError(self.errors.pop(0))


def flight(clock, *apps):
    bus = Bus()
    events = bus.subscribe(Event, "events", capacity=1000, policy="drop_new")
    executive = Executive(clock, bus)
    for app in apps:
        executive.add(app)
    return executive, events


def run(executive, clock, until_ms):
    while executive.next_due_ns < until_ms * MS:
        clock.wait(executive.next_due_ns)
        executive.run_due()


def test_apps_run_on_their_grid():
    clock = VirtualClock()
    fast, slow = Fast(clock), Slow(clock)
    executive, events = flight(clock, slow, fast)
    run(executive, clock, 200)
    assert fast.ran_ms == list(range(0, 200, 10))
    assert slow.ran_ms == [0, 100]
    assert (executive.ticks, executive.missed, len(events)) == (22, 0, 0)


def test_missed_ticks_are_counted_and_their_culprit_named():
    clock = VirtualClock()
    fast, slow = Fast(clock), Slow(clock, work_ms=[35])
    executive, events = flight(clock, fast, slow)
    run(executive, clock, 100)
    assert fast.ran_ms == [0, 35, 40, 50, 60, 70, 80, 90]
    assert list(events.drain()) == [TickMissed(app="fast", culprit="slow", tick=3, missed=2)]
    assert executive.missed == 2


def test_the_host_is_named_where_nobody_of_ours_ran():
    clock = VirtualClock()
    executive, events = flight(clock, Fast(clock))
    executive.run_due()
    clock.advance(25 * MS)
    executive.run_due()
    assert list(events.drain()) == [TickMissed(app="fast", culprit="host", tick=2, missed=1)]


@given(st.lists(st.integers(0, 60), max_size=30))
def test_ticks_that_ran_and_missed_ones_are_all_ticks(work_ms):
    clock = VirtualClock()
    app = Fast(clock, work_ms=list(work_ms))
    executive, events = flight(clock, app)
    run(executive, clock, 500)
    assert executive.ticks + executive.missed == executive.next_due_ns // (10 * MS)
    told = [event.missed for event in events.drain() if isinstance(event, TickMissed)]
    assert sum(told) == executive.missed
    assert executive.busy_ns == (sum(work_ms) - sum(app.work_ms)) * MS


def test_overrun_is_told_once_a_streak_and_counted_always():
    clock = VirtualClock()
    executive, events = flight(clock, Fast(clock, work_ms=[6, 7, 0, 8]))
    run(executive, clock, 50)
    assert [event.took_ms for event in events.drain() if isinstance(event, BudgetOverrun)] == [6, 8]
    assert executive.overruns == 3


def test_an_exception_ends_the_step_only():
    clock = VirtualClock()
    executive, events = flight(clock, Failing(["x", "x", "y", "z" * 300]), neighbour := Fast(clock))
    run(executive, clock, 60)
    failures = [event.error for event in events.drain() if isinstance(event, StepFailed)]
    assert failures == ["RuntimeError: x", "RuntimeError: y", "RuntimeError: " + "z" * 46]
    assert (executive.failures, len(neighbour.ran_ms)) == (4, 6)


def test_an_app_may_be_woken_between_its_ticks():
    clock = VirtualClock()
    executive, _ = flight(clock, slow := Slow(clock))
    run(executive, clock, 50)
    clock.advance(30 * MS)
    executive.wake(slow)
    run(executive, clock, 150)
    assert slow.ran_ms == [0, 30, 100]
    assert executive.ticks == 2


def test_nested_sections_count_time_once():
    clock = VirtualClock()
    executive, _ = flight(clock)
    with executive.section("outer", 10):
        clock.advance(2 * MS)
        with executive.section("inner", 10):
            clock.advance(3 * MS)
    assert executive.busy_ns == 5 * MS


def test_only_a_port_that_went_away_ends_the_loop():
    executive, events = flight(VirtualClock())
    with pytest.raises(PortClosed), executive.section("link", 10):
        raise PortClosed("unplugged")
    with executive.section("link", 10):
        raise OSError("disk")
    assert len(events) == 1


def test_a_budget_fits_into_its_period():
    with pytest.raises(TypeError, match=r"Greedy: budget 20 ms, expected 1\.\.10"):

        class Greedy(App, period_ms=10, budget_ms=20):
            pass
