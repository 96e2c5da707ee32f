"""Load and energy are accounts: they add up over any sequence of steps."""

from types import SimpleNamespace

import pytest

from fsw.apps.housekeeping import Housekeeping, KernelsFailed, NodeStarted
from fsw.apps.memory import Memory
from fsw.apps.power import PowerSource
from fsw.bus import Bus
from fsw.crash_log import CrashLog
from fsw.dispatch import Dispatcher
from fsw.executive import Executive
from fsw.products import ProductStore
from fsw.telecom import Telecom
from hal.board import Power
from hal.port import PortState
from hal.sim.board import ModelBoard
from hal.sim.cable import Channel, cable
from hal.sim.clock import VirtualClock
from link.managed import Managed, TmChannel
from tests.fsw.memories import numbers_on, request_memory_on

MANAGED = Managed(spacecraft_id=1, tm_channels=(TmChannel(name="housekeeping", vc=0),))
SECOND = 1_000_000_000
SERVICES = SimpleNamespace(releases_dropped=1, monitor=SimpleNamespace(unreadable=2))


class MeteredBoard:
    """A board with a sensor."""

    name = "metered"

    def power(self, busy_cores):
        return Power(5.0, "measured")


class Desk:
    def __init__(self, folder, board, kernels_failed=()):
        self.clock, bus = VirtualClock(), Bus()
        port, _ = cable(self.clock, Channel(bits_per_second=9600), Channel(bits_per_second=9600))
        self.executive = Executive(self.clock, bus)
        self.imaging = SimpleNamespace(jobs_cpu_s=0.0, runner=SimpleNamespace(unfinished=2))
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
            imaging=self.imaging,
            reporter=SimpleNamespace(dropped=3, forgotten=70_000, services=SERVICES),
            crash_log=CrashLog(folder),
            kernels_failed=kernels_failed,
            numbers=numbers,
            memory=Memory({"requests": requests.record, "numbers": numbers.record}, requests),
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
    assert len(desk.step()) == 1


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
    desk.imaging.jobs_cpu_s = 1.5
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


def test_counters_stay_at_their_end_and_the_report_can_be_sent(desk):
    desk.executive.missed = desk.executive.failures = 70_000
    desk.executive.ticks = 1 << 33
    desk.executive.skipped, desk.app.crash_log.lost = 4, 5
    desk.app.dispatcher.memory.repeated, desk.app.telecom.uplink.bad_packets = 6, 7
    desk.app.telecom.port = SimpleNamespace(state=PortState("uart", losses=8, refused=9))
    status = desk.step()[-1]
    assert (status.ticks_missed, status.failures, status.reports_forgotten) == (65_535, 65_535, 65_535)
    assert (status.reports_dropped, status.releases_dropped, status.checks_unread) == (3, 1, 2)
    assert (status.ticks_skipped, status.notes_lost) == (4, 5)
    assert (status.requests_repeated, status.tc_packets_bad) == (6, 7)
    assert (status.port_losses, status.port_refused, status.last_request) == (8, 9, 65_535)
    assert type(status).decode(status.encode()) == status
