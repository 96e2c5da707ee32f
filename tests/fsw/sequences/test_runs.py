"""Steps are released once, in order, at their times, when their conditions hold; a simple model says the same."""

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fsw.sequences.library import Loaded
from fsw.sequences.runs import NewsKind, SequenceRuns
from hal.clock import Moment
from link.pus.services.automation.sequencing import SequenceEnd, SequenceState
from link.pus.services.verification import RefusedError
from tests.examples import examples
from tests.fsw.sequences.small import MS, UTC_NS, at, sequence, step

STARTED, COMPLETED, STOPPED = NewsKind.STARTED, NewsKind.COMPLETED, NewsKind.STOPPED
TROUBLED, SKIPPED = NewsKind.TROUBLED, NewsKind.SKIPPED
HELD = {"until": "Tank.percent == 1", "timeout_ms": 50}


class Bench:
    """Runs of sequences, and the values that conditions see."""

    def __init__(self):
        self.values = {}
        self.runs = SequenceRuns(lambda one: self.values.get(one.field), ["pump.rate"])
        self.loaded = {}

    def start(self, *steps, ms=0, **said):
        made = sequence(*steps, **said)
        self.runs.start(Loaded.of(made.encode()), at(ms))
        self.loaded[made.number] = Loaded.of(made.encode())

    def sample(self, percent):
        self.values["Tank.percent"] = percent
        self.runs.accept("Tank")

    def due_ms(self, ms=0):
        due_ns = self.runs.due_ns(at(ms))
        return None if due_ns is None else due_ns / MS

    def go(self, ms, trouble=""):
        """Release what is due, and settle it; which steps, by sequence and number."""
        due = self.runs.pop(at(ms))
        for one in due:
            self.runs.settle(one.sequence, at(ms), trouble)
        return [(one.sequence, one.step) for one in due]

    def news(self):
        return [(one.kind, one.step) for one in self.runs.drain_news()]

    def reboot(self, now):
        state, values = self.runs.state, self.values
        self.runs, self.values = SequenceRuns(lambda one: values.get(one.field), ["pump.rate"]), values
        return self.runs.restore(state, self.loaded, now)


@pytest.fixture
def bench():
    return Bench()


def test_each_condition_is_looked_at_when_its_own_step_is_due(bench):
    """Also where it has held since before, and no other sample comes."""
    bench.start(step(**HELD), step(after_ms=100, **HELD))
    assert bench.go(0) == []
    bench.sample(1)
    assert (bench.go(1), bench.go(100), bench.go(101)) == ([(1, 0)], [], [(1, 1)])


def test_a_wait_for_telemetry_wakes_for_its_timeout_only(bench):
    bench.start(step(until="Tank.percent == 1", timeout_ms=5000))
    bench.news()
    assert (bench.go(0), bench.due_ms(0), bench.due_ms(1)) == ([], 5000, 5000)


@pytest.mark.parametrize(("late_ms", "due_ms"), [(1000, 10), (1001, 1011)])
def test_a_step_a_second_late_moves_those_after_it_only_if_it_is_later_still(bench, late_ms, due_ms):
    bench.start(step(1), step(2, after_ms=10))
    bench.news()
    assert (bench.go(late_ms), bench.due_ms(late_ms)) == ([(1, 0)], due_ms)


def test_it_is_busy_while_one_runs_and_until_its_news_are_told(bench):
    bench.start(step())
    busy = [bench.runs.is_busy, bench.news(), bench.runs.is_busy, bench.go(0), bench.runs.is_busy, bench.news()]
    assert busy[::2] == [True, True, True]
    assert not bench.runs.is_busy


def test_a_sequence_that_runs_again_has_not_ended(bench):
    bench.start(step())
    bench.go(0)
    bench.start(step(), ms=5)
    assert bench.runs.standing(1) == (SequenceState.RUNNING, 0, SequenceEnd.NONE)


def test_news_are_due_at_once(bench):
    bench.start(step(after_ms=100))
    assert bench.due_ms(7) == 7
    bench.news()
    assert bench.due_ms(7) == 100


@pytest.mark.requirement("FSW-SEQ-001")
def test_steps_keep_their_pace_to_the_millisecond(bench):
    """A loop that is a little late moves nothing."""
    bench.start(step(1), step(2, after_ms=1), step(3, after_ms=1), step(4, after_ms=10))
    assert bench.news() == [(STARTED, 0)]
    assert [bench.due_ms(), bench.go(0), bench.due_ms(), bench.go(0.5), bench.go(1.3)] == [0, [(1, 0)], 1, [], [(1, 1)]]
    assert (bench.due_ms(), bench.go(2.7), bench.due_ms(), bench.go(12)) == (2, [(1, 2)], 12, [(1, 3)])
    assert (bench.news(), bench.due_ms()) == ([(COMPLETED, 4)], None)
    assert bench.runs.standing(1) == (SequenceState.INACTIVE, 0, SequenceEnd.COMPLETED)
    assert bench.runs.released == 4


@pytest.mark.requirement("FSW-SEQ-001")
def test_a_loop_that_stood_still_does_not_rush_afterwards(bench):
    bench.start(step(), step(after_ms=100))
    assert bench.go(5000) == [(1, 0)]
    bench.news()
    assert bench.due_ms(5000) == 5100


@pytest.mark.requirement("FSW-SEQ-002")
def test_a_step_has_a_time_of_its_own(bench):
    bench.start(step(at_ns=UTC_NS + 700 * MS), step(after_ms=5))
    bench.news()
    assert (bench.due_ms(), bench.go(699), bench.go(700.2), bench.due_ms(701)) == (700, [], [(1, 0)], 705)
    set_back = Moment(701 * MS, UTC_NS)
    assert bench.runs.due_ns(set_back) == 705 * MS


@pytest.mark.parametrize(("policy", "news"), [("stop", STOPPED), ("go on", TROUBLED)])
@pytest.mark.requirement("FSW-SEQ-002")
def test_a_step_whose_time_has_passed_is_not_released(bench, policy, news):
    bench.start(step(at_ns=UTC_NS), step(), ms=10_001, on_trouble=policy)
    assert bench.go(10_001) == ([] if policy == "stop" else [(1, 1)])
    assert bench.news()[1] == (news, 0)


@pytest.mark.requirement("FSW-SEQ-003")
def test_a_step_waits_until_its_condition_holds(bench):
    bench.start(step(**HELD), step(after_ms=5))
    bench.sample(1)  # what was before the step is due does not count, but for the last value
    bench.sample(0)
    bench.news()
    assert (bench.go(0), bench.due_ms(1)) == ([], 50)
    bench.sample(2)
    assert bench.due_ms(2) == 50
    bench.sample(1)
    assert (bench.due_ms(20), bench.go(20), bench.due_ms(21)) == (0, [(1, 0)], 25)


def test_a_condition_that_held_only_for_a_moment_is_waited_for_again(bench):
    bench.start(step(**HELD))
    bench.go(0)
    bench.sample(1)
    bench.values["Tank.percent"] = 0
    bench.news()
    assert (bench.go(5), bench.due_ms(5)) == ([], 50)


def test_a_condition_that_holds_at_once_is_not_waited_for(bench):
    bench.values["Tank.percent"] = 1
    bench.start(step(**HELD))
    assert bench.go(0) == [(1, 0)]


@pytest.mark.parametrize(("policy", "news"), [("stop", [(STOPPED, 0)]), ("go on", [(TROUBLED, 0), (COMPLETED, 2)])])
@pytest.mark.requirement("FSW-SEQ-003")
def test_a_wait_ends_at_its_timeout(bench, policy, news):
    bench.start(step(**HELD), step(), on_trouble=policy)
    bench.news()
    assert (bench.go(0), bench.go(49.9)) == ([], [])
    assert bench.go(50) == ([] if policy == "stop" else [(1, 1)])
    assert bench.news() == news
    assert bench.runs.troubles == 1


def test_a_parameter_is_looked_at_every_second(bench):
    """Nobody tells of its changes."""
    bench.start(step(until="pump.rate == 1", timeout_ms=2500))
    bench.news()
    assert (bench.go(0), bench.due_ms(10), bench.go(1000), bench.due_ms(1001), bench.go(2000)) == (
        [],
        1000,
        [],
        2000,
        [],
    )
    assert bench.due_ms(2001) == 2500
    bench.values["pump.rate"] = 1
    assert bench.go(2400) == [(1, 0)]


@pytest.mark.requirement("FSW-SEQ-003")
def test_a_step_whose_condition_does_not_hold_is_skipped(bench):
    bench.start(step(when="Tank.percent == 1"), step(when="Tank.percent == 2"), step(after_ms=3))
    bench.values["Tank.percent"] = 2
    assert bench.go(0) == [(1, 1)]
    assert bench.runs.drain_news()[1:] == [(SKIPPED, 1, 0, "not Tank.percent == 1")]
    bench.start(step(when="Tank.percent == 1"), number=2)
    assert bench.go(0) == []
    assert bench.news() == [(STARTED, 0), (SKIPPED, 0), (COMPLETED, 1)]


@pytest.mark.parametrize(("policy", "left"), [("stop", []), ("go on", [1])])
@pytest.mark.requirement("FSW-SEQ-005")
def test_a_step_that_failed(bench, policy, left):
    bench.start(step(), step(after_ms=9), on_trouble=policy)
    bench.go(0, "refused")
    assert bench.runs.drain_news()[1].reason == "refused"
    assert bench.runs.active == left


def test_a_pause_takes_no_time(bench):
    bench.start(step(), step(after_ms=100))
    bench.go(0)
    bench.news()
    bench.runs.pause(1, at(40))
    assert (bench.due_ms(50), bench.go(500), bench.runs.standing(1)[0]) == (None, [], SequenceState.PAUSED)
    bench.runs.resume(1, at(1000))
    assert (bench.due_ms(1000), bench.runs.standing(1)[:2]) == (1060, (SequenceState.RUNNING, 1))
    with pytest.raises(RefusedError, match="sequence 1 is not paused"):
        bench.runs.resume(1, at(1000))
    bench.runs.pause(1, at(2))
    with pytest.raises(RefusedError, match="sequence 1 is paused"):
        bench.runs.pause(1, at(2))


def test_what_is_not_under_execution_cannot_be_ended(bench):
    bench.start(step(after_ms=5))
    with pytest.raises(RefusedError, match="sequence 1 is under execution"):
        bench.start(step())
    bench.runs.abort(1)
    assert bench.runs.standing(1)[2] is SequenceEnd.ABORTED
    bench.runs.forget(1)
    assert bench.runs.standing(1)[2] is SequenceEnd.NONE
    with pytest.raises(RefusedError, match="sequence 1 is not under execution"):
        bench.runs.abort(1)


@pytest.mark.requirement("FSW-SEQ-008")
def test_eight_run_side_by_side(bench):
    for number in range(1, 9):
        bench.start(step(), step(after_ms=number), number=number)
    with pytest.raises(RefusedError, match="8 sequences are under execution, no more can be"):
        bench.start(step(), number=9)
    assert bench.go(0) == [(number, 0) for number in range(1, 9)]
    assert bench.go(3) == [(1, 1), (2, 1), (3, 1)]


def test_the_largest_state_fits_into_its_record(bench):
    for number in range(65_528, 65_536):
        bench.start(step(after_ms=1), number=number, ms=2**40)
        bench.runs.pause(number, at(2**41))
    assert len(msgspec.msgpack.encode(bench.runs.state)) <= SequenceRuns.STATE_OCTETS_MAX


def test_after_a_restart_the_delay_goes_on(bench):
    """Monotonic time begins anew; UTC has the time that passed."""
    bench.start(step(), step(after_ms=1000), step(after_ms=10))
    bench.go(0)
    assert bench.reboot(Moment(7 * MS, UTC_NS + 400 * MS)) == (0, [])
    assert bench.runs.due_ns(Moment(7 * MS, UTC_NS + 400 * MS)) == 607 * MS
    assert bench.reboot(Moment(7 * MS, UTC_NS - 400 * MS)) == (0, [])
    assert bench.runs.due_ns(Moment(7 * MS, UTC_NS - 400 * MS)) == 1007 * MS, "a clock set back: the delay begins anew"


def test_after_a_restart_a_paused_one_stays_paused(bench):
    bench.start(step(after_ms=100))
    bench.news()
    bench.runs.pause(1, at(40))
    bench.reboot(Moment(5 * MS, UTC_NS + 90 * MS))
    assert bench.runs.standing(1)[0] is SequenceState.PAUSED
    bench.runs.resume(1, Moment(6 * MS, UTC_NS + 91 * MS))
    assert bench.runs.due_ns(Moment(6 * MS, UTC_NS + 91 * MS)) == 66 * MS


@pytest.mark.parametrize(("policy", "kind", "left"), [("stop", STOPPED, []), ("go on", TROUBLED, [1])])
@pytest.mark.requirement("FSW-SEQ-006")
def test_a_step_that_a_restart_cut_short(bench, policy, kind, left):
    bench.start(step(3), step(after_ms=9), on_trouble=policy)
    bench.runs.pop(at(0))
    misfits, packets = bench.reboot(at(1))
    assert (misfits, packets) == (0, [step(3).packet])
    assert [one[:3] for one in bench.runs.drain_news()] == [(kind, 1, 0)]
    assert bench.runs.active == left


def test_what_is_no_longer_loaded_does_not_go_on(bench):
    bench.start(step(after_ms=9))
    bench.start(step(after_ms=9), number=2)
    bench.start(step(after_ms=9), number=3)
    del bench.loaded[1]
    bench.loaded[2] = Loaded.of(sequence(step(), number=2).encode())
    assert bench.reboot(at(0)) == (2, [])
    assert bench.runs.active == [3]


NUMBERS = st.integers(1, 3)
PLANS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["", "until", "when"])), min_size=1, max_size=4)


class Model(RuleBasedStateMachine):
    """Against lists: each started sequence releases its steps in order, none twice, none before its delay."""

    def __init__(self):
        super().__init__()
        self.bench, self.ms, self.value = Bench(), 0, 0
        self.plans, self.left, self.since, self.paused = {}, {}, {}, {}

    @rule(number=NUMBERS, plan=PLANS)
    def start(self, number, plan):
        steps = [
            step(
                index,
                after_ms=delay,
                until="Tank.percent == 1" if kind == "until" else "",
                timeout_ms=7 if kind == "until" else 0,
                when="Tank.percent == 1" if kind == "when" else "",
            )
            for index, (delay, kind) in enumerate(plan)
        ]
        if number in self.left:
            with pytest.raises(RefusedError):
                self.bench.start(*steps, number=number, ms=self.ms)
            return
        self.bench.start(*steps, number=number, ms=self.ms, on_trouble="go on")
        self.left[number], self.since[number] = list(enumerate(plan)), self.ms

    @rule(value=st.integers(0, 1))
    def sample(self, value):
        self.value = value
        self.bench.sample(value)

    @rule(number=NUMBERS)
    def abort(self, number):
        if number in self.left:
            self.bench.runs.abort(number)
            del self.left[number]
            self.paused.pop(number, None)

    @rule(number=NUMBERS)
    def pause(self, number):
        if number in self.left and number not in self.paused:
            self.bench.runs.pause(number, at(self.ms))
            self.paused[number] = self.ms

    @precondition(lambda self: self.paused)
    @rule(data=st.data())
    def resume(self, data):
        number = data.draw(st.sampled_from(sorted(self.paused)))
        self.bench.runs.resume(number, at(self.ms))
        self.since[number] += self.ms - self.paused.pop(number)

    @rule(ms=st.integers(0, 9))
    def wait(self, ms):
        self.ms += ms
        found = self.bench.go(self.ms)
        wanted = [(number, one) for number in list(self.left) for one in [self.next_of(number)] if one is not None]
        assert found == wanted

    @rule()
    def reboot(self):
        order = [one.sequence for one in self.bench.runs.state.runs]
        assert self.bench.reboot(at(self.ms)) == (0, [])
        assert self.bench.runs.active == order

    def next_of(self, number):
        """The step of a sequence that is released now, by the model, past those that are skipped or timed out."""
        while number in self.left and number not in self.paused:
            index, (delay, kind) = self.left[number][0]
            due = self.since[number] + delay
            if self.ms < due or (kind == "until" and self.value != 1 and self.ms < due + 7):
                return None
            del self.left[number][0]
            timed_out = kind == "until" and self.value != 1
            self.since[number] = self.ms if kind == "until" else due
            if not self.left[number]:
                del self.left[number]
            if not timed_out and not (kind == "when" and self.value != 1):
                return index
        return None

    @invariant()
    def all_agree(self):
        assert self.bench.runs.active == list(self.left)


TestModel = Model.TestCase
TestModel.settings = examples(150, stateful_step_count=40)
