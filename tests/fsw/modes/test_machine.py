"""The mode: allowed changes, refusals with their reason, and what a restart finds."""

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.executive.app import CommandError
from fsw.modes.machine import MODE_OCTETS_MAX, KeptMode, ModeMachine
from fsw.modes.table import Mode
from fsw.store.durable import Durable
from tests.hal.recording_medium import RecordingMedium

SAFE, NOMINAL, PAYLOAD = Mode


def machine(medium=None, hold=lambda: "", **first):
    record = Durable(Path("/m"), "mode", KeptMode(**first), MODE_OCTETS_MAX, medium or RecordingMedium())
    return ModeMachine(record, hold)


def test_a_first_start_has_the_mode_of_the_mission():
    one = machine()
    assert (one.mode, one.cause, one.changes) == (PAYLOAD, "first start", 0)


@pytest.mark.requirement("FSW-MOD-001")
def test_a_restart_keeps_the_mode_and_its_cause():
    medium = RecordingMedium()
    assert machine(medium).command(NOMINAL) is PAYLOAD
    again = machine(medium)
    assert (again.mode, again.cause, again.changes) == (NOMINAL, "command", 1)


@pytest.mark.parametrize(("before", "after"), [((1 << 32) - 2, (1 << 32) - 1), ((1 << 32) - 1, 0)])
def test_changes_are_counted_as_far_as_their_report_can_say(before, after):
    one = machine(changes=before)
    one.force(SAFE, "a test")
    assert one.changes == after


@pytest.mark.parametrize("mode", Mode)
def test_the_mode_in_force_may_be_asked_for_again(mode):
    one = machine()
    one.force(mode, "a test")
    changes = one.changes
    assert one.command(mode) is None
    assert one.changes == changes


@pytest.mark.requirement("FSW-MOD-003")
def test_the_payload_is_reached_through_nominal_only():
    one = machine()
    one.force(SAFE, "a test")
    with pytest.raises(CommandError, match=r"^from safe mode only to nominal$"):
        one.command(PAYLOAD)
    assert one.command(NOMINAL) is SAFE
    assert one.command(PAYLOAD) is NOMINAL
    assert one.command(SAFE) is PAYLOAD


def test_safe_mode_is_not_left_while_something_holds_it():
    one = machine(hold=lambda: "battery at 9 %")
    assert one.command(NOMINAL) is PAYLOAD
    assert one.command(SAFE) is NOMINAL
    with pytest.raises(CommandError, match=r"^battery at 9 %$"):
        one.command(NOMINAL)
    assert one.command(SAFE) is None


def test_a_medium_that_fails_holds_up_no_change():
    def fail(call, path):
        if call == "overwrite":
            raise OSError(errno.EIO, "gone")

    one = machine(RecordingMedium(fail))
    assert one.force(SAFE, "a test") is PAYLOAD
    assert one.mode is SAFE


@given(st.text(max_size=200), st.sampled_from(Mode))
def test_any_cause_fits_its_record(cause, mode):
    medium = RecordingMedium()
    machine(medium).force(SAFE, cause)
    assert machine(medium).cause == cause[:60]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(Mode))))
@pytest.mark.requirement("FSW-MOD-003")
def test_whatever_is_asked_the_payload_follows_nominal_or_a_force(asked):
    one = machine()
    for is_command, mode in asked:
        before = one.mode
        try:
            one.command(mode) if is_command else one.force(mode, "x")
        except CommandError:
            assert one.mode is before
            continue
        assert one.mode is mode
        assert not (is_command and (before, mode) == (SAFE, PAYLOAD))
