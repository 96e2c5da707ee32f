"""Ticks are numbered: whatever delays them, none is lost in silence and none shifts."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.executive.app import App
from fsw.executive.bus import Bus
from fsw.executive.executive import BudgetOverrun, Executive, SetAside, StepFailed, Throttled, TickMissed
from hal.port import PortClosed
from hal.sim.clock import VirtualClock
from link.dictionary import Event, Int8ub, Telemetry, wire

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


@pytest.mark.requirement("FSW-EXE-001")
def test_apps_run_on_their_grid():
    clock = VirtualClock()
    fast, slow = Fast(clock), Slow(clock)
    executive, events = flight(clock, slow, fast)
    run(executive, clock, 200)
    assert fast.ran_ms == list(range(0, 200, 10))
    assert slow.ran_ms == [0, 100]
    assert (executive.ticks, executive.missed, len(events)) == (22, 0, 0)


@pytest.mark.requirement("FSW-EXE-002")
def test_missed_ticks_are_counted_and_their_culprit_named():
    clock = VirtualClock()
    fast, slow = Fast(clock), Slow(clock, work_ms=[35])
    executive, events = flight(clock, fast, slow)
    run(executive, clock, 100)
    assert fast.ran_ms == [0, 35, 40, 50, 60, 70, 80, 90]
    assert list(events.drain()) == [TickMissed(app="fast", culprit="slow", tick=3, missed=2)]
    assert executive.missed == 2


def test_the_host_is_named_though_a_section_ran_after_the_pause():
    clock = VirtualClock()
    executive, events = flight(clock, Fast(clock))
    executive.run_due()
    clock.advance(25 * MS)
    with executive.section("uplink", 10):
        clock.advance(MS)
    executive.run_due()
    assert [event.culprit for event in events.drain()] == ["host"]


def test_the_section_inside_is_named_and_not_the_one_around_it():
    clock = VirtualClock()
    executive, events = flight(clock, Fast(clock))
    executive.run_due()
    with executive.section("uplink", 100):
        clock.advance(MS)
        with executive.section("imaging", 100):
            clock.advance(20 * MS)
        clock.advance(5 * MS)
    executive.run_due()
    assert [event.culprit for event in events.drain() if isinstance(event, TickMissed)] == ["imaging"]


@pytest.mark.parametrize("days", [50, 400 * 365])
def test_ticks_are_told_however_long_the_flight(days):
    clock = VirtualClock()
    executive, events = flight(clock, Fast(clock))
    executive.run_due()
    clock.advance(days * 86_400_000 * MS)
    executive.run_due()
    (missed,) = events.drain()
    assert TickMissed.decode(missed.encode()).missed == days * 8_640_000 - 1


@pytest.mark.requirement("FSW-EXE-002")
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


@pytest.mark.requirement("FSW-EXE-004")
def test_overrun_is_told_once_a_streak_and_counted_always():
    clock = VirtualClock()
    executive, events = flight(clock, Fast(clock, work_ms=[6, 7, 0, 8]))
    run(executive, clock, 50)
    assert [event.took_ms for event in events.drain() if isinstance(event, BudgetOverrun)] == [6, 8]
    assert executive.overruns == 3


@pytest.mark.requirement("FSW-EXE-005")
def test_an_exception_ends_the_step_only():
    clock = VirtualClock()
    executive, events = flight(clock, Failing(["x", "x", "y", "z" * 300]), neighbour := Fast(clock))
    run(executive, clock, 60)
    failures = [event.error for event in events.drain() if isinstance(event, StepFailed)]
    assert failures == ["RuntimeError: x", "RuntimeError: y", "RuntimeError: " + "z" * 46]
    assert (executive.failures, len(neighbour.ran_ms)) == (4, 6)


@dataclass
class Prompt(Slow, period_ms=100, budget_ms=50):
    """Is due when `wanted_ms` says, and busy until its tests end that."""

    wanted_ms: int | None = None
    busy: bool = False

    @property
    def due_ns(self):
        return None if self.wanted_ms is None else self.wanted_ms * MS

    @property
    def is_busy(self):
        return self.busy

    def step(self, now_ns):
        self.wanted_ms = None
        return super().step(now_ns)


@pytest.mark.requirement("FSW-EXE-012")
def test_an_app_is_stepped_between_its_ticks_when_it_is_due():
    clock = VirtualClock()
    executive, _ = flight(clock, prompt := Prompt(clock))
    run(executive, clock, 20)
    prompt.wanted_ms = 30
    run(executive, clock, 150)
    assert prompt.ran_ms == [0, 30, 100]
    assert executive.ticks == 2


def test_an_app_that_is_due_at_its_tick_is_stepped_once():
    clock = VirtualClock()
    executive, _ = flight(clock, prompt := Prompt(clock))
    run(executive, clock, 20)
    prompt.wanted_ms = 100
    run(executive, clock, 150)
    assert prompt.ran_ms == [0, 100]


def test_a_busy_app_is_stepped_at_each_turn_and_wakes_for_none():
    clock = VirtualClock()
    executive, _ = flight(clock, prompt := Prompt(clock, busy=True), Fast(clock))
    run(executive, clock, 21)
    assert prompt.ran_ms == [0, 10, 20]
    prompt.busy = False
    run(executive, clock, 50)
    assert prompt.ran_ms == [0, 10, 20]


@dataclass
class Confused(Fast, period_ms=100, budget_ms=50):
    """Cannot say when it is due."""

    @property
    def due_ns(self):
        raise RuntimeError("when?")


@dataclass
class Dazed(Fast, period_ms=100, budget_ms=50):
    """Cannot say whether it is busy, which it is asked while the loop is awake."""

    @property
    def is_busy(self):
        raise RuntimeError("what?")


@pytest.mark.parametrize("kind", [Confused, Dazed])
def test_an_app_that_cannot_say_when_it_is_due_is_stepped_at_its_ticks(kind):
    clock = VirtualClock()
    executive, events = flight(clock, app := kind(clock), fast := Fast(clock))
    run(executive, clock, 250)
    assert app.ran_ms == [0, 100, 200]
    assert len(fast.ran_ms) == 25
    told = [(event.name, type(event).__name__) for event in events.drain()]
    duty = f"due time of {app.app_name}"
    assert told == [(duty, "StepFailed"), (duty, "SetAside")]


@dataclass
class Hesitant(Fast, period_ms=1000, budget_ms=50):
    """Takes `thinks_ms` to say when it is due."""

    thinks_ms: int = 0

    @property
    def due_ns(self):
        self.clock.advance(self.thinks_ms * MS)
        return None


@pytest.mark.parametrize(("thinks_ms", "overruns"), [(1, 0), (2, 0), (50, 0), (51, 1)])
def test_an_app_that_thinks_long_about_when_it_is_due_is_over_its_budget(thinks_ms, overruns):
    clock = VirtualClock()
    executive, events = flight(clock, hesitant := Hesitant(clock))
    executive.run_due()
    hesitant.thinks_ms = thinks_ms
    assert executive.next_due_ns >= 1000 * MS
    assert executive.overruns == overruns
    assert [event.name for event in events.drain()] == ["due time of hesitant"] * overruns


def test_an_app_that_only_takes_commands_needs_no_step():
    class Silent(App, period_ms=10, budget_ms=5):
        pass

    clock = VirtualClock()
    executive, events = flight(clock, Silent())
    run(executive, clock, 50)
    assert (executive.ticks, executive.failures, [*events.drain()]) == (5, 0, [])


@dataclass
class Later(Fast, period_ms=10, budget_ms=5, offset_ms=4):
    pass


@dataclass
class First(Fast, period_ms=10, budget_ms=5, order=-1):
    pass


@pytest.mark.requirement("FSW-EXE-003")
def test_offsets_and_order_are_kept():
    clock, turns = VirtualClock(), []
    executive, _ = flight(clock, *(kind(clock, ran_ms=turns) for kind in (Later, Fast, First)))
    for app in (task.app for task in executive._tasks):
        app.step = lambda now_ns, name=app.app_name: turns.append((now_ns // MS, name)) or iter(())
    run(executive, clock, 20)
    both = ["first", "fast"]
    assert turns == [*((0, name) for name in both), (4, "later"), *((10, name) for name in both), (14, "later")]


@pytest.mark.requirement("FSW-EXE-001")
def test_a_late_tick_with_an_offset_is_counted_from_its_offset():
    clock = VirtualClock()
    executive, events = flight(clock, later := Later(clock))
    clock.advance(25 * MS)
    executive.run_due()
    assert (later.ran_ms, executive.missed, executive.next_due_ns) == ([25], 2, 34 * MS)
    assert [event.tick for event in events.drain()] == [2]


@pytest.mark.parametrize("said", [{"offset_ms": 10}, {"offset_ms": -1}])
def test_an_offset_is_within_the_period(said):
    with pytest.raises(TypeError, match=r"offset -?\d+ ms, expected 0\.\.9"):
        type("Odd", (App,), {}, period_ms=10, budget_ms=5, **said)


def test_nested_sections_count_time_once():
    clock = VirtualClock()
    executive, _ = flight(clock)
    with executive.section("outer", 10):
        clock.advance(2 * MS)
        with executive.section("inner", 10):
            clock.advance(3 * MS)
    assert executive.busy_ns == 5 * MS


def test_only_the_port_of_the_link_ends_the_loop():
    executive, events = flight(VirtualClock())
    with pytest.raises(PortClosed), executive.section("link", 10, (PortClosed,)):
        raise PortClosed("unplugged")
    with executive.section("app", 10):
        raise PortClosed("a sensor of the app's own")

    def unplug():
        raise PortClosed("unplugged")

    with pytest.raises(PortClosed):
        executive.attempt("link", 10, unplug, (PortClosed,))
    assert [event.name for event in events.drain()] == ["app"]


class MuteError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SystemExit("no licence"), "SystemExit: no licence"),
        (KeyboardInterrupt(), "KeyboardInterrupt: "),
        (MemoryError(), "MemoryError: "),
        (ValueError("caf\udce9"), "ValueError: caf\\udce9"),
        (MuteError(), "MuteError: its message cannot be made"),
    ],
)
@pytest.mark.requirement("FSW-EXE-005")
def test_whatever_comes_out_of_an_app_is_a_failure_of_that_app(error, said):
    clock = VirtualClock()
    executive, events = flight(clock, Failing([]), neighbour := Fast(clock))

    def leave():
        raise error

    executive.attempt("duty", 10, leave)
    run(executive, clock, 30)
    failed = [event for event in events.drain() if isinstance(event, StepFailed)]
    assert failed == [StepFailed(name="duty", error=said)]
    assert failed[0].encode()
    assert len(neighbour.ran_ms) == 3


@pytest.mark.requirement("FSW-EXE-006")
def test_who_fails_again_and_again_rests_longer_and_longer_and_comes_back():
    clock = VirtualClock()
    executive, events = flight(clock, failing := Failing(["x"] * 40), neighbour := Fast(clock))
    run(executive, clock, 60_000)
    # eight in a row, one each after 0.1, 0.2, ... 6.4 s, and then one every ten seconds
    assert (executive.failures, executive.set_aside) == (8 + 7 + 4, 1)
    assert executive.ticks + executive.skipped + executive.missed == 2 * 6000
    assert len(neighbour.ran_ms) == 6000
    aside = [event for event in events.drain() if isinstance(event, SetAside)]
    assert aside == [SetAside(name="failing", failures=8)]
    failing.errors.clear()
    run(executive, clock, 85_000)
    assert executive.set_aside == 0
    skipped = executive.skipped
    run(executive, clock, 95_000)
    assert executive.skipped == skipped


def test_a_duty_that_rests_is_not_due_before_it_is_tried_again():
    clock = VirtualClock()
    executive, _ = flight(clock)
    assert [executive.attempt("duty", 10, lambda: 1 / 0) for _ in range(8)] == [None] * 8
    assert executive.rested("duty", 0) == 100 * MS
    assert executive.rested("other", 0) == 0
    assert executive.rested("duty", None) is None
    assert executive.attempt("duty", 10, lambda: "done") is None
    clock.advance(100 * MS)
    assert executive.attempt("duty", 10, lambda: "done") == "done"


class Level(Telemetry, id=9):
    percent: int = wire(Int8ub)


class Spilt(Event, id=8):
    percent: int = wire(Int8ub)


@dataclass
class Telling(App, period_ms=10, budget_ms=5):
    """Yields what it is told to."""

    records: list

    def step(self, now_ns):
        yield from self.records


@pytest.mark.requirement("FSW-EXE-011")
def test_a_value_that_does_not_fit_is_told_once_and_costs_nothing_else():
    clock = VirtualClock()
    executive, events = flight(clock, Telling([Level(percent=-1), Spilt(percent=5), Level(percent=300)]))
    run(executive, clock, 100)
    told = list(events.drain())
    assert [event for event in told if isinstance(event, StepFailed)] == [
        StepFailed(name="telling", error="UnsendableError: Level.percent = -1, expected 0..255"),
        StepFailed(name="telling", error="UnsendableError: Level.percent = 300, expected 0..255"),
    ] * 4  # at most eight at once of one trouble, should the words change all the time
    assert sum(isinstance(event, Spilt) for event in told) == 10
    assert (executive.unsendable, executive.failures, executive.set_aside) == (20, 0, 0)


def test_a_value_that_fitted_meanwhile_is_told_when_it_does_not_fit_again():
    clock = VirtualClock()
    executive, events = flight(clock, telling := Telling([]))
    for tick, percent in enumerate((300, 300, 5, 300)):
        telling.records = [Level(percent=percent)]
        run(executive, clock, 10 * tick + 10)
    assert sum(isinstance(event, StepFailed) for event in events.drain()) == 2


@pytest.mark.requirement("FSW-EXE-008")
def test_who_tells_too_much_is_cut_to_a_share_and_told_once_until_it_was_calm():
    clock = VirtualClock()
    executive, events = flight(clock, flood := Telling([Spilt(percent=1)] * 50), Telling([Level(percent=1)]))
    run(executive, clock, 10_000)
    told = list(events.drain())
    assert sum(isinstance(event, Spilt) for event in told) == 32 + 10 * 4 - 1
    assert [event for event in told if isinstance(event, Throttled)] == [Throttled(name="telling", what="Spilt")]
    assert executive.throttled == 50_000 - 71
    flood.records = []
    run(executive, clock, 20_000)
    flood.records = [Spilt(percent=2)] * 50
    run(executive, clock, 20_010)
    assert sum(isinstance(event, Throttled) for event in events.drain()) == 1


@pytest.mark.requirement("FSW-EXE-008")
def test_samples_have_a_share_of_their_own():
    clock, bus = VirtualClock(), Bus()
    levels = bus.subscribe(Level, "levels", capacity=1000, policy="drop_new")
    executive = Executive(clock, bus)
    passed = []
    for _ in range(3):
        for _ in range(300):
            executive.report("meter", Level(percent=1))
        passed.append(len(list(levels.drain())))
        clock.advance(900 * MS)
    assert passed == [128, 115, 115]  # and 128 a second


@pytest.mark.requirement("FSW-EXE-005")
def test_failures_that_are_told_are_noted_with_their_trace():
    clock, notes = VirtualClock(), []
    executive = Executive(clock, Bus(), note=lambda *note: notes.append(note))
    executive.add(Failing(["x", "x", "y"]))
    run(executive, clock, 60)
    assert [(name, str(error), utc_ns) for name, error, utc_ns in notes] == [
        ("failing", "x", clock.utc_ns() - 50 * MS),
        ("failing", "y", clock.utc_ns() - 30 * MS),
    ]


def test_a_budget_fits_into_its_period():
    with pytest.raises(TypeError, match=r"Greedy: budget 20 ms, expected 1\.\.10"):

        class Greedy(App, period_ms=10, budget_ms=20):
            pass


@dataclass
class Asked(Slow, period_ms=100, budget_ms=50):
    """Counts how often it is asked when it is due."""

    due_ms: int | None = None
    asked: int = 0

    @property
    def due_ns(self):
        self.asked += 1
        return None if self.due_ms is None else self.due_ms * MS


def test_an_app_is_asked_once_a_turn_when_it_is_due_and_again_once_something_happened():
    clock = VirtualClock()
    app = Asked(clock)
    executive, _ = flight(clock, app, Fast(clock))
    executive.run_due()
    turns = []
    for told_ms in (None, 25, None):
        before = app.asked
        clock.wait(executive.next_due_ns)
        if told_ms:
            with executive.section("command", 10):
                app.due_ms = told_ms
        executive.run_due()
        turns.append(app.asked - before)
    assert turns == [1, 2, 1]
    assert app.ran_ms == [0, 25]
    assert clock.monotonic_ns() == 25 * MS
