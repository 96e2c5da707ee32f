"""Housekeeping: reports once a second how the node is. Its counters count from the start of the node."""

from collections.abc import Iterator
from dataclasses import dataclass

from fsw.apps.memory import Memory
from fsw.apps.power import PowerSource
from fsw.comms.dispatch import Dispatcher
from fsw.comms.numbers import Numbering
from fsw.comms.reporter import Reporter
from fsw.comms.telecom import Telecom
from fsw.executive.app import App, AppReport
from fsw.executive.bus import Bus
from fsw.executive.executive import Executive
from fsw.executive.sendable import bounded
from fsw.own.jobs import SharedRunner
from fsw.store.crash_log import CrashLog
from fsw.store.products import ProductStore
from hal.board import Board, PowerReading
from link.cop1.farm import FarmState
from link.dictionary import Event, Float32b, Int8ub, Int16ub, Int32ub, Octets, Telemetry, wire

_NS = 1_000_000_000
_U16_MAX = 0xFFFF


class NodeStatus(Telemetry, id=0x01):
    """The node, 1 Hz."""

    dictionary: bytes = wire(Octets(8), text="version of the dictionary that this telemetry is declared in")
    boots: int = wire(Int16ub, text="starts of the node, this one included")
    uptime_s: int = wire(Int32ub, unit="s")
    ticks: int = wire(Int32ub, text="steps of apps")
    ticks_missed: int = wire(Int16ub)
    overruns: int = wire(Int16ub, text="steps and commands over their budget")
    failures: int = wire(Int16ub, text="steps and commands that ended in an error")
    loop_load: float = wire(Int8ub, unit="%", limits=(0, 80), text="share of the last second that the loop was busy")
    jobs: int = wire(Int8ub, text="jobs that run or wait for a worker")
    products_waiting: int = wire(Int16ub, text="products that the ground does not have yet")
    store_octets: int = wire(Int32ub, unit="octets")
    commands_accepted: int = wire(Int16ub)
    commands_rejected: int = wire(Int16ub)
    commands_failed: int = wire(Int16ub)
    tc_frames_accepted: int = wire(Int16ub)
    tc_frames_discarded: int = wire(Int16ub, text="by the FARM: repeated or out of sequence")
    tc_frames_rejected: int = wire(Int16ub, text="damaged, or for another spacecraft or channel")
    tc_octets_skipped: int = wire(Int32ub, unit="octets", text="noise between command units")
    farm_state: FarmState = wire(Int8ub)
    farm_expects: int = wire(Int8ub, text="V(R), the next frame's sequence number")
    tm_frames: int = wire(Int32ub)
    reports_dropped: int = wire(Int16ub, text="reports that found their queue full")
    port_losses: int = wire(Int16ub, text="times that the link's port was lost: unplugged, or closed by its other end")
    port_refused: int = wire(Int16ub, text="peers that connected while another one was connected")
    power_w: float = wire(Float32b, unit="W")
    energy_j: float = wire(Float32b, unit="J")
    power_source: PowerSource = wire(Int8ub)
    kernels_failed: int = wire(Int8ub, limits=(0, 0), text="kernel families that failed their self-test at the start")
    ticks_skipped: int = wire(Int16ub, text="of apps that rest because they failed again and again")
    set_aside: int = wire(Int8ub, limits=(0, 0), text="apps and duties that rest, or are tried again after a rest")
    reports_throttled: int = wire(Int32ub, text="events and samples beyond the share of the app that sent them")
    reports_unsendable: int = wire(Int32ub, text="reports with a value that their packet cannot hold")
    reports_forgotten: int = wire(Int16ub, text="events and answers that were sent again less often than was asked for")
    releases_dropped: int = wire(Int16ub, text="requests that events asked for while too many waited already")
    checks_unread: int = wire(Int16ub, text="checks of service 12 whose parameter could not be read")
    tc_packets_bad: int = wire(Int16ub, text="accepted frames whose packets could not be extracted")
    notes_lost: int = wire(Int8ub, text="failures that the crash log could not take")
    last_request: int = wire(Int16ub, text="sequence count of the last request that arrived; 65535 before the first")
    requests_repeated: int = wire(Int16ub, text="requests that were received again and not executed again")
    memory_failed: int = wire(Int16ub, text="values that would be lost at a restart: the medium did not take them")
    memory_damaged: int = wire(
        Int8ub, limits=(0, 0), text="damaged copies that were found of data that survives a restart"
    )


class NodeStarted(Event, id=0x20):
    """{node} runs on {board}; {products_waiting} products wait, {products_damaged} did not survive."""

    node: str = wire()
    board: str = wire()
    products_waiting: int = wire(Int16ub)
    products_damaged: int = wire(Int16ub)


class KernelsFailed(Event, id=0x21, severity="high"):
    """Kernels that do not give their stored answers on this processor: {families}; do not trust what they computed."""

    families: str = wire()


@dataclass
class Housekeeping(App, period_ms=1000, budget_ms=20):
    """Reports the state of all parts of the node, and changes none."""

    node: str
    dictionary_version: str
    board: Board
    bus: Bus
    reporter: Reporter
    crash_log: CrashLog
    executive: Executive
    dispatcher: Dispatcher
    telecom: Telecom
    store: ProductStore
    jobs: SharedRunner
    kernels_failed: tuple[str, ...]
    numbers: Numbering
    memory: Memory
    _start_ns: int | None = None
    _last_ns: int = 0
    _last_loop_s: float = 0.0
    _last_busy_s: float = 0.0
    _energy_j: float = 0.0

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """Report the state of the node; at the first step also its start and kernels that failed their self-test."""
        if self._start_ns is None:
            self._start_ns = self._last_ns = now_ns
            yield self._started()
            if self.kernels_failed:
                yield KernelsFailed(families=", ".join(self.kernels_failed))
        elapsed_s, self._last_ns = (now_ns - self._last_ns) / _NS, now_ns
        load = self._loop_load(elapsed_s)
        power = self._account(elapsed_s)
        yield self._status((now_ns - self._start_ns) // _NS, load, power)

    def _started(self) -> NodeStarted:
        waiting, damaged = min(self.store.waiting_count, _U16_MAX), min(self.store.damaged, _U16_MAX)
        return NodeStarted(node=self.node, board=self.board.name, products_waiting=waiting, products_damaged=damaged)

    def _loop_load(self, elapsed_s: float) -> float:
        """The flight loop's share of a core since the last call, 0..1."""
        loop_s = self.executive.busy_ns / _NS
        busy_s, self._last_loop_s = loop_s - self._last_loop_s, loop_s
        return min(1.0, busy_s / elapsed_s) if elapsed_s else 0.0

    def _account(self, elapsed_s: float) -> PowerReading:
        """The power drawn now; adds the energy used since the last call, for all processor time spent meanwhile."""
        total_s = self.executive.busy_ns / _NS + self.jobs.cpu_s
        busy_s, self._last_busy_s = total_s - self._last_busy_s, total_s
        power = self.board.power(busy_s / elapsed_s if elapsed_s else 0.0)
        self._energy_j += power.watts * elapsed_s
        return power

    def _status(self, uptime_s: int, load: float, power: PowerReading) -> NodeStatus:
        executive, dispatcher, uplink = self.executive, self.dispatcher, self.telecom.uplink
        reporter, port = self.reporter, self.telecom.port.state
        status = NodeStatus(
            dictionary=bytes.fromhex(self.dictionary_version),
            boots=self.numbers.boots,
            uptime_s=uptime_s,
            ticks=executive.ticks % (1 << 32),
            ticks_missed=executive.missed,
            ticks_skipped=executive.skipped,
            set_aside=executive.set_aside,
            overruns=executive.overruns,
            failures=executive.failures,
            loop_load=round(100 * load),
            jobs=self.jobs.unfinished,
            products_waiting=self.store.waiting_count,
            store_octets=self.store.octets,
            commands_accepted=dispatcher.accepted,
            commands_rejected=dispatcher.rejected,
            commands_failed=dispatcher.failed,
            tc_frames_accepted=uplink.accepted,
            tc_frames_discarded=uplink.discarded,
            tc_frames_rejected=uplink.rejected,
            tc_octets_skipped=uplink.octets_skipped % (1 << 32),
            farm_state=uplink.farm.state,
            farm_expects=uplink.farm.vr,
            tm_frames=self.telecom.downlink.sender.frames % (1 << 32),
            reports_dropped=self.bus.dropped + reporter.dropped,
            reports_throttled=executive.throttled,
            reports_unsendable=executive.unsendable,
            reports_forgotten=reporter.forgotten,
            releases_dropped=reporter.services.releases_dropped,
            checks_unread=reporter.services.monitor.unreadable,
            tc_packets_bad=uplink.bad_packets,
            notes_lost=self.crash_log.lost,
            port_losses=port.losses,
            port_refused=port.refused,
            power_w=power.watts,
            energy_j=self._energy_j,
            power_source=PowerSource[power.source.upper()],
            kernels_failed=len(self.kernels_failed),
            last_request=dispatcher.memory.last_count,
            requests_repeated=dispatcher.memory.repeated,
            memory_failed=self.memory.failed,
            memory_damaged=self.memory.damaged,
        )
        return bounded(status)
