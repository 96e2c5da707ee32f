"""The health app alone: what it reads, judges and reports, and when jobs wait."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from fsw.executive.executive import Heartbeat
from fsw.health.app import Health
from fsw.health.reports import AppHeard, AppSilent, HealthStatus, JobsHeld, LimitExceeded, LimitKept
from hal.sim.clock import VirtualClock
from hal.sim.vitals import ModelVitals
from hal.vitals import NoVitalSigns

S = 1_000_000_000
MIB = 1 << 20


class Runner:
    """Notes whether jobs are held."""

    cpu_s, unfinished = 0.0, 3

    def __init__(self):
        self.held = []

    def hold(self, *, is_held):
        self.held.append(is_held)


class Desk:
    def __init__(self, **options):
        self.clock = VirtualClock()
        self.vitals = ModelVitals(self.clock)
        self.executive = SimpleNamespace(heartbeats=[])
        self.runner = Runner()
        self.app = Health(self.vitals, self.executive, self.runner, **options)

    def step(self, seconds=10):
        """The reports of the step that comes so much later."""
        self.clock.advance(seconds * S)
        return list(self.app.step(self.clock.monotonic_ns()))

    def set(self, **readings):
        self.vitals.vitals = replace(self.vitals.vitals, **readings)


@pytest.fixture
def desk():
    made = Desk()
    made.step(0)
    return made


@pytest.mark.requirement("FSW-HLT-001")
def test_what_a_board_measures_is_reported(desk):
    desk.runner.cpu_s = 1.5
    (status,) = desk.step()
    assert (status.cpu, status.jobs_cpu, status.load) == (pytest.approx(2.0), pytest.approx(15.0), 0.5)
    assert (status.resident_octets, status.descriptors, status.free_octets) == (40 * MIB, 24, 1 << 30)
    assert (status.heat_degc, status.throttling, status.jobs_held) == (45.0, 0, False)
    assert HealthStatus.decode(status.encode()) == status
    desk.runner.cpu_s = 2.0
    (status,) = desk.step()
    assert (status.cpu, status.jobs_cpu) == (pytest.approx(2.0), pytest.approx(5.0))


def test_processor_time_is_known_from_the_second_reading_on():
    desk = Desk()
    (status,) = desk.step(0)
    assert (status.has_cpu, status.jobs_cpu) == (False, 0.0)
    (status,) = desk.step()
    assert (status.has_cpu, status.cpu) == (True, pytest.approx(2.0))


@pytest.mark.requirement("FSW-HLT-001")
def test_what_a_board_cannot_measure_is_absent():
    app = Health(NoVitalSigns(), SimpleNamespace(heartbeats=[]), Runner())
    for now_ns in (0, 10 * S):
        (status,) = app.step(now_ns)
        assert not any(getattr(status, name) for name in HealthStatus.__slots__ if name.startswith("has_"))
        assert HealthStatus.decode(status.encode()) == status


def test_what_no_field_holds_stays_at_its_end(desk):
    desk.executive.heartbeats = [Heartbeat(f"app {number}", S, 0) for number in range(300)]
    desk.vitals.cpu_share, desk.runner.cpu_s = 1000.0, 1e6
    desk.set(load=1000.0)
    *_, status = desk.step()
    assert (status.apps, status.apps_silent, status.jobs_cpu) == (255, 255, 6553.5)
    assert (status.cpu, status.load) == (655.35, 655.35)
    status.encode()


def test_readings_have_a_period_of_their_own(desk):
    desk.app.period_s = 30
    found = [len(desk.step()) for _ in range(9)]
    assert found == [1, 0, 0, 1, 0, 0, 1, 0, 0]


def test_a_late_reading_moves_none_after_it(desk):
    assert [len(desk.step(seconds)) for seconds in (12, 8, 10)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("options", "readings", "name", "value", "bound"),
    [
        ({"load_max": 2}, {"load": 2.5}, "load", 2.5, 2),
        ({"memory_max_mib": 50}, {"resident_octets": 51 * MIB}, "resident memory (MiB)", 51, 50),
        ({"descriptors_max": 100}, {"descriptors": 101}, "open descriptors", 101, 100),
        ({"free_min_mib": 16}, {"free_octets": 15 * MIB}, "free room (MiB)", 15, 16),
    ],
)
@pytest.mark.requirement("FSW-HLT-002")
def test_each_limit_has_persistence_and_hysteresis(options, readings, name, value, bound):
    desk = Desk(**options)
    calm = desk.vitals.vitals
    desk.step()
    desk.set(**readings)
    assert [len(desk.step()) for _ in range(2)] == [1, 1]
    event, status = desk.step()
    assert event == LimitExceeded(reading=name, value=value, bound=bound)
    alarms = [field for field in HealthStatus.__slots__ if field.endswith("_alarm") and getattr(status, field)]
    assert len(alarms) == 1
    assert len(desk.step()) == 1  # told once
    desk.vitals.vitals = calm
    kept, status = desk.step()
    assert (type(kept), kept.reading, getattr(status, alarms[0])) == (LimitKept, name, False)


@pytest.mark.parametrize("option", ["load_max", "memory_max_mib", "descriptors_max", "free_min_mib"])
def test_a_limit_of_zero_is_none(option):
    desk = Desk(**{option: 0, "held_s": 0})
    desk.set(load=600.0, resident_octets=0, descriptors=0, free_octets=1 << 40)
    if option != "load_max":
        desk.set(load=0.1, resident_octets=1 << 40 if option == "memory_max_mib" else 0)
    if option == "descriptors_max":
        desk.set(descriptors=1 << 30)
    if option == "free_min_mib":
        desk.set(free_octets=0)
    assert len(desk.step()) == 1


@pytest.mark.requirement("FSW-HLT-003")
def test_jobs_wait_while_the_board_is_hot(desk):
    desk.vitals.trip()
    desk.step(), desk.step()
    hot, throttled, held, status = desk.step()
    assert hot == LimitExceeded(reading="heat (degC)", value=95.0, bound=80.0)
    assert throttled == LimitExceeded(reading="throttling", value=4.0, bound=0.0)
    assert held == JobsHeld(jobs=3, good_degc=70.0)
    assert (status.jobs_held, status.heat_alarm, status.throttling_alarm) == (True, True, True)
    desk.vitals.trip(75.0)
    assert [type(one) for one in desk.step()] == [LimitKept, HealthStatus]  # no longer slowed, but not cool yet
    assert desk.runner.held == [True]
    desk.vitals.cool()
    kept, status = desk.step()
    assert (kept.value, status.jobs_held, desk.runner.held) == (45.0, False, [True, False])


def test_where_the_heat_cannot_be_measured_any_more_jobs_go_on(desk):
    desk.vitals.trip()
    for _ in range(3):
        desk.step()
    desk.vitals.heat_degc = None
    (status,) = desk.step()
    assert (desk.runner.held, status.heat_alarm, status.has_heat) == ([True, False], True, False)


@pytest.mark.requirement("FSW-HLT-004")
def test_apps_that_fall_silent_are_named(desk):
    desk.executive.heartbeats = [Heartbeat("imaging", S, 0), Heartbeat("files", 10 * S, 0)]
    silent, status = desk.step()
    assert silent == AppSilent(app="imaging", silent_s=10.0, period_s=1.0)
    assert (status.apps, status.apps_silent) == (2, 1)
    desk.executive.heartbeats = [Heartbeat("imaging", S, 20 * S), Heartbeat("files", 10 * S, 10 * S)]
    heard, status = desk.step()
    assert (heard, status.apps_silent) == (AppHeard(app="imaging"), 0)


@pytest.mark.parametrize(("load", "kinds"), [(3.0, [LimitKept, HealthStatus]), (None, [HealthStatus])])
def test_a_limit_that_is_taken_away_ends_its_alarm(load, kinds):
    """Of a reading that is not there any more, there is no value to tell."""
    desk = Desk(load_max=2.0, held_s=0.0)
    desk.set(load=3.0)
    assert desk.step()[-1].load_alarm
    desk.app.load_max = 0.0
    desk.set(load=load)
    reports = desk.step()
    assert ([type(one) for one in reports], reports[-1].load_alarm) == (kinds, False)
