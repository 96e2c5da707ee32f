"""Watches trip when their condition was seen often or long enough, rest, and are spent; a model says the same."""

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fsw.fdir.watches import KeptWatch, Watches, WatchTable, check_watches
from fsw.mission import WatchSection
from hal.clock import Moment
from kernels.usage import UsageError
from link.pus.services.verification import RefusedError
from tests.examples import examples
from tests.fsw.sequences.small import MS, UTC_NS, a_dictionary, at

LOW = "Tank.percent < 10"
DICTIONARY = a_dictionary()


def watch(**said):
    return WatchSection(**{"name": "low", "when": LOW, "cooldown_s": 1.0, "times_max": 100} | said)


class Bench:
    def __init__(self, *sections):
        self.sections, self.values = sections, {}
        self.watches = self.fresh()

    def fresh(self):
        return Watches(self.sections, DICTIONARY, lambda one: self.values.get(one.field))

    def sample(self, percent, ms):
        """A sample arrives; which watches trip then."""
        self.values["Tank.percent"] = percent
        self.watches.accept("Tank", at(ms))
        return self.step(ms)

    def step(self, ms):
        return [(trip.watch.name, trip.times) for trip in self.watches.step(at(ms))]

    def due_ms(self):
        due_ns = self.watches.due_ns()
        return None if due_ns is None else due_ns / MS

    def reboot(self, now):
        state, self.watches = self.watches.state, self.fresh()
        return self.watches.restore(state, now)


def test_one_sample_is_enough_where_nothing_else_is_said():
    bench = Bench(watch())
    assert (bench.due_ms(), bench.sample(10, 5), bench.sample(9, 6), bench.due_ms()) == (None, [], [("low", 1)], None)


@pytest.mark.requirement("FSW-FDR-001")
def test_three_of_five_samples():
    bench = Bench(watch(hits=3, of=5))
    found = [bench.sample(percent, number) for number, percent in enumerate([9, 20, 9, 20, 20, 9, 20, 9, 9])]
    assert found == [[]] * 8 + [[("low", 1)]]


@pytest.mark.requirement("FSW-FDR-001")
def test_held_for_a_time_without_a_sample_between():
    bench = Bench(watch(held_s=0.5))
    assert (bench.sample(9, 0), bench.due_ms(), bench.sample(9, 400), bench.due_ms()) == ([], 500, [], 500)
    assert (bench.sample(20, 450), bench.due_ms(), bench.sample(9, 600), bench.due_ms()) == ([], None, [], 1100)
    assert (bench.step(1099), bench.step(1100)) == ([], [("low", 1)])


@pytest.mark.requirement("FSW-FDR-003")
def test_a_fault_that_lasts_trips_again_after_the_cooldown():
    bench = Bench(watch(times_max=2))
    assert (bench.sample(9, 0), bench.sample(9, 999), bench.due_ms()) == ([("low", 1)], [], 1000)
    assert bench.step(1000) == [("low", 2)]
    assert bench.watches.standings == {"low": (True, True, 2)}
    assert (bench.sample(9, 5000), bench.due_ms()) == ([], None)
    bench.watches.switch("low", is_enabled=True)
    assert (bench.step(5001), bench.sample(9, 5002)) == ([], [("low", 1)])
    assert bench.watches.trips == 3


def test_only_the_last_trip_says_so():
    bench = Bench(watch(times_max=2))
    lasts = []
    for ms in (0, 1000):
        bench.values["Tank.percent"] = 1
        bench.watches.accept("Tank", at(ms))
        lasts += [trip.is_last for trip in bench.watches.step(at(ms))]
    assert lasts == [False, True]


def test_a_watch_that_is_off_sees_nothing():
    bench = Bench(watch(enabled=False))
    assert (bench.sample(9, 0), bench.due_ms()) == ([], None)
    bench.watches.switch("low", is_enabled=True)
    assert (bench.step(1), bench.sample(9, 2)) == ([], [("low", 1)])
    bench.watches.switch("low", is_enabled=False)
    assert bench.sample(9, 5000) == []
    with pytest.raises(RefusedError, match="no watch is called 'high'"):
        bench.watches.switch("high", is_enabled=True)


def test_a_watch_that_is_enabled_anew_forgets_what_it_saw():
    bench = Bench(watch(hits=2, of=5))
    assert bench.sample(9, 0) == []
    bench.watches.switch("low", is_enabled=True)
    assert [bench.sample(9, ms) for ms in (1, 2)] == [[], [("low", 1)]]


def test_other_reports_are_no_samples():
    bench = Bench(watch(hits=2, of=2))
    bench.sample(9, 0)
    bench.watches.accept("Tan", at(1))
    bench.watches.accept("Moon", at(1))
    assert (bench.step(1), bench.sample(9, 2)) == ([], [("low", 1)])


@pytest.mark.requirement("FSW-FDR-006")
def test_a_parameter_is_looked_at_every_second():
    bench = Bench(watch(when="pump.rate == 0", hits=2, of=2))
    bench.values["pump.rate"] = 0
    assert (bench.due_ms(), bench.step(999), bench.step(1000), bench.due_ms()) == (1000, [], [], 2000)
    assert bench.step(2000) == [("low", 1)]


@pytest.mark.parametrize("off", [{"enabled": False}, {"times_max": 1}])
def test_the_parameter_of_a_watch_that_is_off_or_spent_is_not_looked_at(off):
    bench = Bench(watch(when="pump.rate == 0", **off))
    bench.values["pump.rate"] = 0
    bench.step(1000)
    assert (bench.due_ms(), bench.step(9000)) == (None, [])
    bench.watches.switch("low", is_enabled=True)
    assert bench.step(10_000) == [("low", 1)]


def test_a_rest_that_is_over_at_the_restart_is_over():
    """However long it has been: nothing is made up for."""
    bench = Bench(watch())
    bench.sample(9, 0)
    bench.reboot(Moment(5 * MS, UTC_NS + 9000 * MS))
    bench.watches.accept("Tank", at(5))
    assert (bench.due_ms(), bench.step(5)) == (5, [("low", 2)])


@pytest.mark.requirement("FSW-FDR-003")
def test_count_and_rest_survive_a_restart():
    bench = Bench(watch(times_max=2))
    bench.sample(9, 0)
    now = Moment(5 * MS, UTC_NS + 400 * MS)
    assert bench.reboot(now) == 0
    bench.watches.accept("Tank", now)
    assert bench.watches.step(now) == []
    assert bench.due_ms() == 605
    assert bench.step(605) == [("low", 2)]
    assert bench.reboot(now) == 0
    assert bench.watches.standings == {"low": (True, True, 2)}


def test_a_clock_that_was_set_back_lengthens_no_rest():
    bench = Bench(watch())
    bench.sample(9, 0)
    bench.reboot(Moment(5 * MS, 0))
    bench.watches.accept("Tank", at(5))
    assert bench.due_ms() == 1005


def test_watches_that_the_mission_no_longer_has_are_counted():
    bench = Bench(watch())
    kept = KeptWatch(is_enabled=False, times=3, rests_utc_ns=0)
    assert bench.watches.restore(WatchTable({"low": kept, "old": kept}), at(0)) == 1
    assert bench.watches.standings == {"low": (False, False, 3)}
    assert bench.watches.state == WatchTable({"low": kept})


def test_the_longest_state_fits_into_its_record():
    bench = Bench(*[watch(name=f"{number:040}") for number in range(64)])
    for number in range(64):
        bench.watches.restore(WatchTable({f"{number:040}": KeptWatch(True, 1000, 2**62)}), Moment(0, 2**62))
    assert len(msgspec.msgpack.encode(bench.watches.state)) <= 16 + 64 * Watches.OCTETS_EACH


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"when": "Tank.percnt < 3"}, r"fdir\[1\]\.when: .*did you mean Tank\.percent"),
        ({"when": "x"}, r"fdir\[1\]\.when: condition 'x'"),
        ({"mode": "safe"}, r"fdir\[1\]\.mode: 'safe', expected none: the node has no modes"),
    ],
)
@pytest.mark.requirement("FSW-FDR-004")
def test_a_watch_that_the_node_cannot_keep_is_refused(said, words):
    with pytest.raises(UsageError, match=words):
        check_watches([watch(), watch(**said)], DICTIONARY)


def test_a_mode_is_one_that_the_node_has():
    check_watches([watch(mode="safe")], DICTIONARY, ["safe", "nominal"])
    with pytest.raises(UsageError, match=r"fdir\[0\]\.mode: 'saef', expected one of safe, nominal"):
        check_watches([watch(mode="saef")], DICTIONARY, ["safe", "nominal"])


class Model(RuleBasedStateMachine):
    """Against the list of all that was seen."""

    @initialize(of=st.integers(1, 4), held=st.sampled_from([0, 0, 3]), times_max=st.integers(1, 3), data=st.data())
    def begin(self, of, held, times_max, data):
        hits = data.draw(st.integers(1, 1 if held else of))
        self.section = watch(hits=hits, of=1 if held else of, held_s=held / 1000, cooldown_s=1.0, times_max=times_max)
        self.bench, self.ms, self.times, self.rests = Bench(self.section), 0, 0, 0
        self.seen, self.since, self.is_enabled = [], None, True

    @rule(percent=st.sampled_from([5, 50]), ms=st.sampled_from([0, 1, 2, 5, 600, 1000]))
    def sample(self, percent, ms):
        self.ms += ms
        holds = percent < 10
        if self.is_enabled and self.times < self.section.times_max:
            self.seen.append(holds)
            self.since = (self.ms if self.since is None else self.since) if holds else None
        found = self.bench.sample(percent, self.ms)
        assert found == self.expected()

    @rule(ms=st.sampled_from([1, 3, 400, 1000]))
    def wait(self, ms):
        self.ms += ms
        found = self.bench.step(self.ms)
        assert found == self.expected()

    @rule(is_enabled=st.booleans())
    def switch(self, is_enabled):
        self.bench.watches.switch("low", is_enabled=is_enabled)
        self.is_enabled, self.times, self.rests, self.seen, self.since = is_enabled, 0, 0, [], None

    @rule()
    def reboot(self):
        assert self.bench.reboot(at(self.ms)) == 0
        self.seen, self.since = [], None

    def expected(self):
        section = self.section
        if not self.is_enabled or self.times >= section.times_max or self.ms < self.rests:
            return []
        if section.held_s:
            is_ripe = self.since is not None and self.ms >= self.since + section.held_s * 1000
        else:
            is_ripe = sum(self.seen[-section.of :]) >= section.hits
        if not is_ripe:
            return []
        self.times, self.rests, self.seen, self.since = self.times + 1, self.ms + 1000, [], None
        return [("low", self.times)]

    @invariant()
    def counts_agree(self):
        if hasattr(self, "bench"):
            is_spent = self.times >= self.section.times_max
            assert self.bench.watches.standings == {"low": (self.is_enabled, is_spent, self.times)}


TestModel = Model.TestCase
TestModel.settings = examples(150, stateful_step_count=40)
