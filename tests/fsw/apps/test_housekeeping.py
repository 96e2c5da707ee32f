"""Load and energy are accounts: they add up over any sequence of steps."""

from types import SimpleNamespace

import pytest

from fsw.apps.housekeeping import Housekeeping, KernelsFailed, NodeStarted
from fsw.apps.memory import Memory
from fsw.apps.power import PowerSource
from fsw.comms.dispatch import Dispatcher
from fsw.comms.telecom import Telecom
from fsw.executive.bus import Bus
from fsw.executive.executive import Executive
from fsw.store.crash_log import CrashLog
from fsw.store.products import ProductStore
from hal.board import PowerReading
from hal.sim.board import ModelBoard
from hal.sim.cable import CableDirection, cable
from hal.sim.clock import VirtualClock
from link.cop1.farm import FarmState
from link.managed import Managed, TmChannel
from link.pus.services.test import Ping
from link.pus.source import TcSource
from tests.fsw.memories import numbers_on, request_memory_on

MANAGED = Managed(spacecraft_id=1, tm_channels=(TmChannel(name="housekeeping", vc=0),))
SECOND = 1_000_000_000
SERVICES = SimpleNamespace(releases_dropped=1, monitor=SimpleNamespace(unreadable=2))


class MeteredBoard:
    """A board with a sensor."""

    name = "metered"

    def power(self, busy_cores):
        return PowerReading(5.0, "measured")


class Desk:
    def __init__(self, folder, board, kernels_failed=()):
        self.clock, bus = VirtualClock(), Bus()
        port, _ = cable(self.clock, CableDirection(bits_per_second=9600), CableDirection(bits_per_second=9600))
        self.executive = Executive(self.clock, bus)
        self.jobs = SimpleNamespace(cpu_s=0.0, unfinished=2)
        telecom, numbers = Telecom(self.clock, port, MANAGED, 9600), numbers_on()
        requests = request_memory_on(farm=telecom.uplink.farm)
        self.app = Housekeeping(
            node="coastwatch",
            dictionary_version="00" * 8,
            board=board,
            bus=bus,
            executive=self.executive,
            dispatcher=Dispatcher(self.executive, bus.publish, {}, requests),
            telecom=telecom,
            store=ProductStore(folder, 1000),
            jobs=self.jobs,
            reporter=SimpleNamespace(dropped=3, forgotten=70_000, services=SERVICES),
            crash_log=CrashLog(folder),
            kernels_failed=kernels_failed,
            numbers=numbers,
            memory=Memory({"requests": requests.record, "numbers": numbers.record}, requests, lambda: 0),
        )

    def step(self):
        return list(self.app.step(self.clock.monotonic_ns()))


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path, ModelBoard(name="model", idle_watts=2.0, core_watts=1.0))


def test_the_first_step_says_that_the_node_has_started(desk):
    started, status = desk.step()
    assert started == NodeStarted(node="coastwatch", board="model", products_waiting=0, products_damaged=0)
    assert (status.boots, status.uptime_s, status.jobs, status.kernels_failed) == (1, 0, 2, 0)
    assert (status.loop_load, status.power_w, status.energy_j) == (0, 2.0, 0.0)  # no time has passed yet
    assert len(desk.step()) == 1


def test_uptime_begins_with_the_first_step(desk):
    desk.clock.advance(7 * SECOND)
    uptimes = [desk.step()[-1].uptime_s]
    for _ in range(3):
        desk.clock.advance(SECOND * 2 // 3)
        uptimes.append(desk.step()[-1].uptime_s)
    assert uptimes == [0, 0, 1, 1]


def test_kernels_that_failed_are_named_once_and_counted_always(tmp_path):
    desk = Desk(tmp_path, MeteredBoard(), kernels_failed=("crc", "sync"))
    _, failed, status = desk.step()
    assert (failed, status.kernels_failed) == (KernelsFailed(families="crc, sync"), 2)
    (status,) = desk.step()
    assert status.kernels_failed == 2


def test_load_and_energy_count_the_loop_and_the_jobs(desk):
    desk.step()
    with desk.executive.section("work", 1000):
        desk.clock.advance(SECOND // 4)
    desk.jobs.cpu_s = 1.5
    desk.clock.advance(SECOND // 4 * 3)
    (status,) = desk.step()
    assert (status.loop_load, status.uptime_s) == (25, 1)
    assert status.power_w == pytest.approx(2.0 + 0.25 + 1.5)
    assert status.energy_j == pytest.approx(3.75)
    desk.clock.advance(2 * SECOND)
    (status,) = desk.step()
    assert (status.loop_load, status.power_w, status.energy_j) == (0, 2.0, pytest.approx(3.75 + 4.0))
    assert status.power_source is PowerSource.MODELLED


def test_measured_power_is_called_measured(tmp_path):
    desk = Desk(tmp_path, MeteredBoard())
    _, status = desk.step()
    assert (status.power_w, status.power_source) == (5.0, PowerSource.MEASURED)


COUNTERS = {
    "boots": ("numbers.boots", 16),
    "ticks_missed": ("executive.missed", 16),
    "ticks_skipped": ("executive.skipped", 16),
    "set_aside": ("executive.set_aside", 8),
    "overruns": ("executive.overruns", 16),
    "failures": ("executive.failures", 16),
    "reports_throttled": ("executive.throttled", 32),
    "reports_unsendable": ("executive.unsendable", 32),
    "jobs": ("jobs.unfinished", 8),
    "store_octets": ("store.octets", 32),
    "commands_accepted": ("dispatcher.accepted", 16),
    "commands_rejected": ("dispatcher.rejected", 16),
    "commands_failed": ("dispatcher.failed", 16),
    "requests_repeated": ("dispatcher.memory.repeated", 16),
    "tc_frames_accepted": ("telecom.uplink.accepted", 16),
    "tc_frames_discarded": ("telecom.uplink.discarded", 16),
    "tc_frames_rejected": ("telecom.uplink.rejected", 16),
    "tc_packets_bad": ("telecom.uplink.bad_packets", 16),
    "port_losses": ("telecom.port.state.losses", 16),
    "port_refused": ("telecom.port.state.refused", 16),
    "reports_dropped": ("reporter.dropped", 16),
    "reports_forgotten": ("reporter.forgotten", 16),
    "releases_dropped": ("reporter.services.releases_dropped", 16),
    "checks_unread": ("reporter.services.monitor.unreadable", 16),
    "notes_lost": ("crash_log.lost", 8),
    "memory_failed": ("memory.failed", 16),
    "memory_damaged": ("memory.damaged", 8),
}
"""Where each is counted, and how many bits it has; it stays at its end."""
TURNING = {
    "ticks": "executive.ticks",
    "tc_octets_skipped": "telecom.uplink.octets_skipped",
    "tm_frames": "telecom.downlink.sender.frames",
}
"""Those that begin anew after 32 bits."""


class Altered:
    """Something of the node, but for the values that a test puts over its own."""

    def __init__(self, one):
        self._one = one

    def __getattr__(self, name):
        return getattr(self._one, name)


def put(one, path, value):
    """A value for a counter, whatever makes it."""
    name, _, rest = path.partition(".")
    if rest:
        setattr(one, name, within := Altered(getattr(one, name)))
        put(within, rest, value)
    else:
        setattr(one, name, value)


def test_each_counter_is_told_as_itself(desk):
    values = {name: number for number, name in enumerate((*COUNTERS, *TURNING), 100)}
    for name, value in values.items():
        put(desk.app, COUNTERS[name][0] if name in COUNTERS else TURNING[name], value)
    told = desk.step()[-1]
    assert {name: getattr(told, name) for name in values} == values


def test_counters_stay_at_their_end_and_the_report_can_be_sent(desk):
    for beyond in (0, 1, 1 << 40):
        for path, bits in COUNTERS.values():
            put(desk.app, path, (1 << bits) - 1 + beyond)
        for number, path in enumerate(TURNING.values()):
            put(desk.app, path, (3 << 32) + number)
        told = desk.step()[-1]
        assert {name: getattr(told, name) for name in COUNTERS} == {
            name: (1 << bits) - 1 for name, (_, bits) in COUNTERS.items()
        }
        assert [getattr(told, name) for name in TURNING] == [0, 1, 2]
        assert type(told).decode(told.encode()) == told


def test_what_it_tells_besides_counters(desk):
    desk.app.dictionary_version = "0123456789abcdef"
    desk.app.bus, desk.app.reporter.dropped = SimpleNamespace(dropped=4), 3
    desk.app.telecom.uplink.farm.begin(9, is_locked=True)
    desk.app.kernels_failed, desk.app.store = (
        ("crc",) * 300,
        SimpleNamespace(waiting_count=70_000, damaged=70_001, octets=0),
    )
    started, _, told = desk.step()
    assert (started.products_waiting, started.products_damaged) == (65_535, 65_535)
    assert (told.dictionary, told.reports_dropped) == (bytes.fromhex("0123456789abcdef"), 7)
    assert (told.farm_state, told.farm_expects, told.last_request) == (FarmState.LOCKOUT, 9, 65_535)
    assert (told.kernels_failed, told.products_waiting) == (255, 65_535)
    request = TcSource(65, count=77).packet(Ping()).encode()
    desk.app.dispatcher.memory.expect([request])
    desk.app.store.damaged = 5
    assert desk.step()[-1].last_request == 77
