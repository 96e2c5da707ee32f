"""The last lines of defence, one by one and on their record, in virtual time."""

import math
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.modes.boot_loop import BootLoop
from fsw.modes.brown_out import BrownOut
from fsw.modes.command_loss import CommandLoss, Remedy
from fsw.modes.defences import DEFENCES_OCTETS_MAX, Defences, KeptDefences
from fsw.modes.life import STORED_EVERY_S, Life
from fsw.store.durable import Durable
from tests.hal.recording_medium import RecordingMedium

NS, HOUR = 1_000_000_000, 3600.0
UTC = 1_800_000_000 * NS
SAFE, RESET, GOLDEN = Remedy


def test_the_age_of_a_node_goes_on_where_it_was():
    assert Life(0.0, None, 5 * NS, UTC).age_s(8 * NS) == 3
    assert Life(100.0, UTC, 7 * NS, UTC + 20 * NS).age_s(8 * NS) == 121
    assert [Life(100.0, UTC, 0, UTC + passed).age_s(0) for passed in (0, NS // 2)] == [100, 100.5]


@pytest.mark.parametrize("jump_s", [-1, -(10**9), 61, 10**9])
@pytest.mark.requirement("FSW-DEF-007")
def test_neither_a_set_clock_nor_months_without_power_make_it_older(jump_s):
    assert Life(100.0, UTC, 0, UTC + jump_s * NS).age_s(0) == 100 + STORED_EVERY_S


@pytest.mark.requirement("FSW-DEF-001")
def test_silence_is_answered_by_ever_stronger_measures():
    loss = CommandLoss(72 * HOUR, 24 * HOUR)
    taken = [(hour, found) for hour in range(200) if (found := loss.step(hour * HOUR))]
    assert taken == [(72, SAFE), (96, RESET), (120, GOLDEN), (144, RESET), (168, RESET), (192, RESET)]


@pytest.mark.requirement("FSW-DEF-002")
def test_a_command_begins_the_silence_anew():
    loss = CommandLoss(10, 5)
    assert [loss.step(age) for age in (9, 10, 11)] == [None, SAFE, None]
    loss.accept(14)
    assert [loss.step(age) for age in (15, 23, 24, 28, 29)] == [None, None, SAFE, None, RESET]


def test_without_a_limit_silence_is_nothing():
    assert CommandLoss(0, 5).step(1e12) is None


def battery(**said):
    return BrownOut(**{"low": 20, "leave": 40, "step": 10, "window_s": 100, **said})


@pytest.mark.requirement("FSW-DEF-003")
def test_a_low_battery_is_good_only_from_a_higher_charge_on():
    one = battery()
    changes = [one.accept(charge, 0) for charge in (20, 19.9, 5, 21, 39.9, 40, 30, 20)]
    assert changes == [False, True, False, False, False, True, False, False]
    assert not one.is_low


@pytest.mark.requirement("FSW-DEF-004")
def test_each_fall_in_the_window_raises_what_it_must_reach():
    one, left = battery(), []
    for age in range(0, 90, 10):
        one.accept(10, age)
        charge = next(charge for charge in range(101) if one.accept(charge, age))
        left.append(charge)
    assert left == [40, 50, 60, 70, 80, 90, 95, 95, 95]
    one.accept(10, 300)
    assert one.leave_at == 40


@pytest.mark.parametrize(("age_s", "leave_at"), [(99, 50), (100, 40)])
def test_a_fall_counts_as_long_as_the_window_lasts(age_s, leave_at):
    one = battery()
    for charge, age in ((10, 0), (100, 1), (10, age_s)):
        one.accept(charge, age)
    assert one.leave_at == leave_at


@pytest.mark.parametrize("charge", [0, 0.5])
def test_an_empty_battery_is_low(charge):
    one = battery()
    assert one.accept(charge, 0)
    assert (one.is_low, one.charge) == (True, charge)


def test_the_reason_is_told_while_it_is_low():
    one = battery()
    assert one.hold == ""
    one.accept(10, 0)
    assert one.hold == "battery at 10 %: safe mode is left from 40 % on"
    one.accept(None, 1)
    assert (one.hold, one.is_low) == ("", True)


@pytest.mark.parametrize("reading", [None, math.nan, math.inf, -1.0, 101.0])
def test_what_is_no_charge_changes_nothing(reading):
    one = battery()
    assert not one.accept(reading, 0)
    assert (one.is_low, one.charge) == (False, None)


def test_without_a_threshold_no_battery_is_low():
    one = battery(low=0)
    assert not one.accept(0, 0)
    assert not one.is_low


@given(st.lists(st.floats(0, 100), max_size=200))
def test_falls_of_a_battery_are_few_however_it_behaves(charges):
    """The storm: between two falls it was charged to more than the one before asked for, 95 % in the end."""
    one, falls = battery(window_s=1e9), 0
    for age, charge in enumerate(charges):
        if one.accept(charge, age) and one.is_low:
            falls += 1
            assert charge < one.low
            assert one.leave_at == min(40 + 10 * (falls - 1), 95)
    assert len(one.falls) == min(falls, 32)


@pytest.mark.requirement("FSW-DEF-005")
def test_too_many_starts_in_a_window_are_a_loop():
    loop = BootLoop(3, 100)
    assert [loop.begin(age) for age in (0, 10, 20, 30, 40)] == [False, False, False, True, True]
    assert not loop.begin(1000)
    assert not any(BootLoop(0, 100).begin(0) for _ in range(9))
    unlimited = BootLoop(0, 100)
    assert not any(unlimited.begin(0) for _ in range(9))


def test_a_start_counts_as_long_as_the_window_lasts_and_no_more_are_kept_than_count():
    assert [BootLoop(1, 100, [0.0]).begin(age_s) for age_s in (99, 100)] == [True, False]
    loop = BootLoop(1, 100)
    assert [loop.begin(age) for age in range(9)] == [False] + [True] * 8
    assert loop.starts == [7, 8]


class Node:
    """The defences through restarts; `age` is what the node itself counts."""

    def __init__(self, medium=None, **limits):
        self.limits = SimpleNamespace(
            **{
                "silence_h": 1,
                "further_h": 1,
                "quiet_s": 0,
                "battery_low_percent": 20,
                "battery_leave_percent": 40,
                "battery_step_percent": 10,
                "battery_window_h": 10,
                "starts_max": 3,
                "starts_window_s": 600,
                **limits,
            }
        )
        self.medium, self.utc_ns = medium or RecordingMedium(), UTC
        self.start()

    def start(self, off_s=0):
        self.now_ns, self.utc_ns = 0, self.utc_ns + round(off_s * NS)
        record = Durable(Path("/m"), "defences", KeptDefences(), DEFENCES_OCTETS_MAX, self.medium)
        self.defences = Defences(record, self.limits, 0, self.utc_ns)

    def run(self, seconds, charge=None, is_heard=False, until=lambda found: False):
        """Step each second; what was found until `until` holds."""
        found = []
        for _ in range(seconds):
            self.now_ns, self.utc_ns = self.now_ns + NS, self.utc_ns + NS
            found.append(self.defences.step(self.now_ns, self.utc_ns, charge, is_heard=is_heard))
            if until(found[-1]):
                break
        return found

    @property
    def age_s(self):
        return self.defences.age_s(self.now_ns)


def measures(found):
    return [one.measure for one in found if one.measure]


@pytest.mark.requirement("FSW-DEF-007")
def test_silence_goes_on_through_restarts_and_time_without_power_is_none():
    node = Node()
    for _ in range(5):
        node.run(500)
        node.start(off_s=10**6)
    assert 2500 <= node.age_s <= 2500 + 5 * STORED_EVERY_S
    assert measures(node.run(1200)) == [SAFE]
    node.start()
    assert measures(node.run(3000)) == []
    assert measures(node.run(700)) == [RESET]


@pytest.mark.requirement("FSW-DEF-002")
def test_a_measure_is_taken_once_though_it_ends_the_life():
    """A reset that comes at once finds that it was asked for already."""
    node = Node()
    node.run(7300, until=lambda found: found.measure is RESET)
    node.start(off_s=2)
    assert measures(node.run(3000)) == []
    assert measures(node.run(700)) == [GOLDEN]


def test_in_quiet_it_is_stored_once_a_minute():
    """And no more, whatever is heard: a disk wears."""
    node, stored = Node(), []
    for second in range(1, 200):
        before = len(node.medium.calls)
        node.run(1, charge=50, is_heard=True)
        stored += [second] * (len(node.medium.calls) > before)
    assert stored == [60, 120, 180]


def test_what_is_heard_is_kept_at_once_where_measures_were_taken():
    node = Node()
    assert measures(node.run(3700)) == [SAFE]
    node.run(1, is_heard=True)
    node.start()
    assert measures(node.run(3500)) == []


def test_a_low_battery_is_known_after_a_restart():
    node = Node()
    assert [found.battery_changed for found in node.run(2, charge=10)] == [True, False]
    node.start()
    assert not any(found.battery_changed for found in node.run(5, charge=39))
    assert any(found.battery_changed for found in node.run(1, charge=40))
    node.run(1, charge=10)
    node.start()
    assert node.defences.brown_out.leave_at == 50


def test_starts_one_after_the_other_are_a_loop():
    node = Node()
    loops = []
    for _ in range(4):
        loops.append(node.defences.is_looping)
        node.run(20)
        node.start(off_s=1)
    assert [*loops, node.defences.is_looping] == [False, False, False, True, True]
    node.run(700)
    node.start()
    assert not node.defences.is_looping


@pytest.mark.requirement("FSW-DEF-006")
def test_a_node_is_quiet_in_its_first_life_only():
    node = Node(quiet_s=300)
    assert node.defences.quiet_until_ns == 300 * NS
    node.run(120)
    node.start()
    assert 120 * NS <= node.defences.quiet_until_ns <= 180 * NS
    node.run(180)
    node.start()
    assert node.defences.quiet_until_ns == 0


def test_a_node_that_lost_its_memory_is_not_quiet_again():
    medium = RecordingMedium()
    node = Node(medium, quiet_s=300)
    for slot in "ab":
        medium.overwrite(Path(f"/m/defences.{slot}"), b"rotten")
    node.start()
    assert node.defences.quiet_until_ns == 0
    assert measures(node.run(3000)) == []


@pytest.mark.requirement("FSW-DEF-008")
def test_a_disk_that_fails_ends_no_defence():
    def fail(call, path):
        if call == "overwrite":
            raise OSError("gone")

    node = Node(RecordingMedium(fail))
    assert measures(node.run(3700)) == [SAFE]


@given(
    st.lists(st.floats(0, 1e9), max_size=101),
    st.lists(st.floats(0, 1e9), max_size=32),
    st.floats(0, 1e9),
    st.integers(0, 2**62),
)
def test_whatever_is_known_fits_the_record(starts, falls, age, utc_ns):
    kept = KeptDefences(age, utc_ns, age, 2**31, tuple(starts), tuple(falls), True)
    record = Durable(Path("/m"), "defences", KeptDefences(), DEFENCES_OCTETS_MAX, RecordingMedium())
    record.store(kept)
    assert record.value == kept
