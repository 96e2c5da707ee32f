"""Timekeeping by command and by pulse: every jump is reported, and a bound of the error that holds."""

import errno
from pathlib import Path

import pytest

from fsw.apps.timekeeping import UTC_MIN_NS, ClockCorrelated, HostClockStepped, Timekeeping, TimeLost, TimeStatus
from fsw.store.durable import Durable
from fsw.timekeeping.correlation import Correlated, TimeSource
from fsw.timekeeping.keeper import KEPT_TIME_OCTETS_MAX, KeptTime
from hal.clock import UTC_MAX_NS
from hal.correlated_clock import CorrelatedClock
from hal.sim.clock import EPOCH_UTC_NS, VirtualClock
from hal.sim.pulse import SimPulse
from link.pus.services.verification import RefusedError
from link.time.leap_seconds import IERS_VALID_UNTIL_NS
from rig.world.clocks import EndClock
from tests.hal.recording_medium import RecordingMedium

S, MS, US = 1_000_000_000, 1_000_000, 1000
UNKNOWN = (1 << 32) - 1


class Desk:
    """A board that woke in 1970, with a pulse; `truth` is UTC."""

    def __init__(self, host=None, medium=None, **options):
        self.host = host or VirtualClock(utc_ns=0, monotonic_ns=5 * S)
        self.medium = medium or RecordingMedium()
        self.pulse = SimPulse(self.host, offset_ns=300 * MS, is_on=False)
        record = Durable(Path("/memory"), "time", KeptTime(), KEPT_TIME_OCTETS_MAX, self.medium)
        self.clock = CorrelatedClock(self.host)
        self.app = Timekeeping(self.clock, self.pulse, record, options.get("keeps_time", False))

    @property
    def truth(self):
        return EPOCH_UTC_NS + 300 * MS + self.host.monotonic_ns() - 600 * MS  # a second begins with each pulse

    def run(self, seconds=10):
        """What the app reports; its status in a list of its own."""
        found, statuses = [], []
        for _ in range(seconds // 10):
            self.host.advance(10 * S)
            for record in self.app.step(self.host.monotonic_ns()):
                (statuses if isinstance(record, TimeStatus) else found).append(record)
        return found, statuses


def test_the_ground_sets_utc_and_a_jump_is_reported():
    desk = Desk()
    found, (status,) = desk.run()
    assert found == []
    assert (status.source, status.offset, status.error, status.age) == (TimeSource.HOST, 0, UNKNOWN, UNKNOWN)
    assert status.met == 10 * S
    before = desk.clock.utc_ns()
    (event,) = desk.app.set_utc(desk.truth, 2000)
    assert event == ClockCorrelated(jump=(desk.truth - before) // US, source=TimeSource.GROUND, error=2000)
    assert desk.clock.utc_ns() == desk.truth
    _, (status,) = desk.run()
    assert (status.source, status.utc, status.age, status.error) == (TimeSource.GROUND, desk.truth, 10, 3000)
    assert status.offset == (desk.truth - desk.host.utc_ns()) // US
    assert not status.is_leap_table_stale
    assert status.leap_seconds_until == IERS_VALID_UNTIL_NS


@pytest.mark.requirement("FSW-TIM-001")
def test_a_stamp_of_the_past_is_correlated_and_gives_the_drift():
    desk = Desk()
    desk.run(100)
    met = desk.app.keeper.met_ns(desk.host.monotonic_ns() - 7 * S)
    list(desk.app.correlate(met, desk.truth - 7 * S, 0))
    assert desk.clock.utc_ns() == desk.truth
    _, statuses = desk.run(1000)
    gained = 1000 * 20_000  # 20 ppm
    met = desk.app.keeper.met_ns(desk.host.monotonic_ns())
    (event,) = desk.app.correlate(met, desk.truth + gained, 0)
    assert event.jump == gained // US
    _, statuses = desk.run()
    assert statuses[0].drift == pytest.approx(gained * S / (1007 * S), abs=1)
    assert statuses[0].error == 50  # 5 ppm of ten seconds


@pytest.mark.requirement("FSW-TIM-009")
@pytest.mark.parametrize("step_s", [-3600, 0.5])
@pytest.mark.parametrize("is_known", [True, False])
def test_a_step_of_the_hosts_clock_is_told_with_its_size(step_s, is_known):
    clock = EndClock(VirtualClock())
    desk = Desk(host=clock)
    clock.advance = lambda ns: clock.wait(clock.monotonic_ns() + ns)
    if is_known:
        list(desk.app.set_utc(EPOCH_UTC_NS, 0))
    assert desk.run(20)[0] == []
    clock.set_ahead(round(step_s * S))
    found, (status,) = desk.run()
    assert found == [HostClockStepped(step=step_s * S // US, followed="did not" if is_known else "stepped with it")]
    assert (status.steps, desk.run()[0]) == (1, [])
    clock.drift(400_000)  # a clock that is slewed does not step
    assert desk.run(50)[0] == []


@pytest.mark.parametrize("utc", [0, UTC_MIN_NS - 1, UTC_MAX_NS + 1])
def test_a_utc_that_cannot_be_is_refused(utc):
    desk = Desk()
    met = desk.app.keeper.met_ns(desk.host.monotonic_ns())
    for order in (lambda: desk.app.set_utc(utc, 0), lambda: desk.app.correlate(met, utc, 0)):
        with pytest.raises(ValueError, match=r"expected a time of 2020 to 2093"):
            list(order())
    with pytest.raises(ValueError, match=r"expected a time of 2020 to 2093"):
        list(desk.app.pulse_was(utc))
    assert desk.clock.utc_ns() == desk.host.utc_ns()


def test_a_stamp_that_is_old_or_to_come_is_refused():
    desk = Desk(VirtualClock(utc_ns=0, monotonic_ns=10 * 86_400 * S))
    now = desk.app.keeper.met_ns(desk.host.monotonic_ns())
    for met in (now + 1, now - 86_400 * S - 1):
        with pytest.raises(ValueError, match="expected one of the last day"):
            list(desk.app.correlate(met, EPOCH_UTC_NS, 0))
    list(desk.app.correlate(now - 86_400 * S, EPOCH_UTC_NS, 0))


@pytest.mark.requirement("FSW-TIM-006")
def test_a_known_utc_is_moved_far_only_on_purpose():
    desk = Desk()
    list(desk.app.set_utc(desk.truth, 0))
    met = desk.app.keeper.met_ns(desk.host.monotonic_ns())
    with pytest.raises(RefusedError, match="UTC would jump by 11 s: set_utc does that"):
        list(desk.app.correlate(met, desk.truth + 11 * S, 0))
    list(desk.app.correlate(met, desk.truth + 10 * S, 0))
    list(desk.app.set_utc(desk.truth, 0))
    assert desk.clock.utc_ns() == desk.truth


@pytest.mark.requirement("FSW-TIM-007")
def test_a_pulse_makes_a_coarse_time_fine():
    desk = Desk()
    desk.pulse.is_on = True
    found, statuses = desk.run(20)
    assert found == []  # which second it was, no one knows
    assert statuses[-1].pulses > 10
    list(desk.app.set_utc(desk.truth + 250 * MS, 300_000))
    found, statuses = desk.run(20)
    (event,) = found
    assert (event.source, event.jump, event.error) == (TimeSource.PULSE, -250_000, 100)
    assert abs(desk.clock.utc_ns() - desk.truth) < 10 * US
    assert statuses[-1].error < 2500
    found, _ = desk.run(1000)
    assert 14 <= len(found) <= 15  # a pulse now and then confirms it
    assert {abs(event.jump) <= 1 for event in found} == {True}


def test_a_pulse_says_nothing_where_the_second_is_not_sure():
    desk = Desk()
    desk.pulse.is_on = True
    desk.run(20)
    list(desk.app.set_utc(desk.truth + 600 * MS, 600_000))
    found, _ = desk.run(50)
    assert found == []


def test_the_ground_names_the_second_of_a_pulse():
    desk = Desk()
    with pytest.raises(RefusedError, match="no pulse has come yet"):
        list(desk.app.pulse_was(EPOCH_UTC_NS))
    desk.pulse.is_on = True
    desk.run(20)
    with pytest.raises(ValueError, match="a pulse begins a whole second"):
        list(desk.app.pulse_was(EPOCH_UTC_NS + 1))
    list(desk.app.pulse_was(desk.truth // S * S))
    assert desk.clock.utc_ns() == desk.truth


def test_glitches_are_counted():
    desk = Desk()
    desk.pulse.is_on = True
    desk.run(20)
    desk.pulse.noise = [desk.host.monotonic_ns() + 77 * MS]
    _, (status,) = desk.run()
    assert status.glitches == 1


@pytest.mark.requirement("FSW-TIM-005")
def test_a_lost_time_is_reported_once():
    desk = Desk()
    list(desk.app.set_utc(desk.truth, 0))
    woken = Desk(VirtualClock(utc_ns=0, monotonic_ns=S), desk.medium)
    found, _ = woken.run(30)
    assert found == [TimeLost()]


def test_a_clock_that_runs_on_keeps_the_time():
    desk = Desk()
    list(desk.app.set_utc(desk.truth, 0))
    host = VirtualClock(utc_ns=desk.host.utc_ns() + 3600 * S, monotonic_ns=S)
    woken = Desk(host, desk.medium, keeps_time=True)
    assert woken.clock.utc_ns() == desk.truth + 3600 * S
    found, (status,) = woken.run()
    assert (found, status.source) == ([], TimeSource.KEPT)


def test_the_time_is_stored_now_and_then_and_a_medium_that_fails_stops_nothing():
    desk = Desk()
    desk.run(10)
    stored = desk.app.record.value
    desk.run(590)
    assert desk.app.record.value == stored
    desk.run(10)
    assert desk.app.record.value.met_ns == stored.met_ns + 600 * S

    def fail(call, path):
        raise OSError(errno.EIO, "Input/output error")

    desk.medium.fail = fail
    list(desk.app.set_utc(desk.truth, 0))
    assert desk.clock.utc_ns() == desk.truth
    assert desk.app.record.fault == "Input/output error"


@pytest.mark.requirement("FSW-TIM-008")
def test_a_table_of_leap_seconds_grows_stale():
    desk = Desk()
    list(desk.app.set_utc(IERS_VALID_UNTIL_NS - 5 * S, 0))
    _, (status,) = desk.run()
    assert status.is_leap_table_stale
    assert isinstance(desk.app.keeper.last, Correlated)
