"""Arm, then fire: once, within its time, and never what the mode does not allow."""

from pathlib import Path

import pytest

from fsw.executive.app import CommandError
from fsw.modes.authority import Arming, Authority
from fsw.modes.machine import MODE_OCTETS_MAX, KeptMode, ModeMachine
from fsw.modes.table import Mode, ModeTable
from fsw.store.durable import Durable
from hal.sim.clock import VirtualClock
from link.dictionary.model import CommandEntry
from tests.fsw.modes.test_table import Said
from tests.hal.recording_medium import RecordingMedium

SECOND = 1_000_000_000
CAPTURE, BURN, LIST = 1, 2, 3
ENTRIES = (
    CommandEntry(id=CAPTURE, name="imaging.capture"),
    CommandEntry(id=BURN, name="tank.burn", hazardous=True),
    CommandEntry(id=LIST, name="files.list"),
)


class Bridge:
    """An authority on its clock and machine."""

    def __init__(self):
        self.clock = VirtualClock()
        self.machine = ModeMachine(Durable(Path("/m"), "mode", KeptMode(), MODE_OCTETS_MAX, RecordingMedium()))
        said = {mode: Said() for mode in Mode} | {Mode.NOMINAL: Said(commands=())}
        table = ModeTable(said, ("imaging", "tank"), [entry.name for entry in ENTRIES])
        self.authority = Authority(table, self.machine, ENTRIES, self.clock)

    def refusal(self, function):
        """Why a function may not be executed now, or ""."""
        try:
            self.authority.authorise(function)
        except CommandError as error:
            return f"{error.code.name} {error}"
        return ""


@pytest.fixture
def bridge():
    return Bridge()


@pytest.mark.requirement("FSW-CMD-011")
def test_a_mode_refuses_and_says_which_ones_allow(bridge):
    assert bridge.refusal(CAPTURE) == ""
    bridge.machine.force(Mode.SAFE, "a test")
    assert bridge.refusal(CAPTURE) == "NOT_NOW not in mode safe: allowed in payload"
    assert bridge.refusal(LIST) == ""


@pytest.mark.requirement("FSW-CMD-011")
def test_a_command_that_no_mode_allows_says_so():
    one = Bridge()
    said = {mode: Said(commands=()) for mode in Mode}
    table = ModeTable(said, ("imaging",), ["imaging.capture"])
    one.authority = Authority(table, one.machine, ENTRIES, one.clock)
    assert one.refusal(CAPTURE) == "NOT_NOW not in mode payload: allowed in no mode"


@pytest.mark.requirement("FSW-CMD-009")
def test_a_hazardous_command_is_fired_once(bridge):
    assert bridge.refusal(BURN) == "NOT_NOW hazardous and not armed"
    bridge.authority.arm(BURN, 30)
    assert bridge.authority.armed == 1
    assert bridge.refusal(BURN) == ""
    assert bridge.authority.armed == 0
    assert bridge.refusal(BURN) == "NOT_NOW hazardous and not armed"


@pytest.mark.parametrize(
    ("waits_ns", "reason"), [(30 * SECOND, ""), (30 * SECOND + 1, "NOT_NOW armed 30.0 s ago, more than 30 s")]
)
@pytest.mark.requirement("FSW-CMD-009")
def test_it_is_fired_within_its_time(bridge, waits_ns, reason):
    bridge.authority.arm(BURN, 30)
    bridge.clock.advance(waits_ns)
    assert bridge.authority.armed == (not reason)
    assert bridge.refusal(BURN) == reason
    assert bridge.refusal(BURN) == "NOT_NOW hazardous and not armed"


def test_armed_again_its_time_begins_anew(bridge):
    bridge.authority.arm(BURN, 30)
    bridge.clock.advance(29 * SECOND)
    bridge.authority.arm(BURN, 30)
    bridge.clock.advance(29 * SECOND)
    assert bridge.refusal(BURN) == ""


def test_disarmed_nothing_is_fired(bridge):
    bridge.authority.arm(BURN, 30)
    bridge.authority.disarm()
    assert bridge.refusal(BURN) == "NOT_NOW hazardous and not armed"


def test_what_the_mode_refuses_stays_armed(bridge):
    bridge.authority.arm(BURN, 30)
    bridge.machine.force(Mode.SAFE, "a test")
    assert bridge.refusal(BURN) == "NOT_NOW not in mode safe: allowed in payload"
    assert bridge.authority.armed == 1


@pytest.mark.parametrize("function", [CAPTURE, LIST, 99])
def test_only_hazardous_functions_are_armed(bridge, function):
    with pytest.raises(ValueError, match=f"function {function} is no hazardous command"):
        bridge.authority.arm(function, 30)


@pytest.mark.requirement("FSW-CMD-009")
def test_one_armed_function_arms_no_other():
    arming = Arming()
    arming.arm(1, 0, 30)
    assert arming.fire(2, 0) == "hazardous and not armed"
    assert arming.fire(1, 0) == ""
