"""A node: one loop over one port, in host time or virtual time alike (assembly.py puts it together).

`step` does what is due and returns; its caller waits until `next_wake_ns`, or until one of `waits_for` is readable.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fsw.apps.files import Files
from fsw.apps.imaging import Imaging
from fsw.bridge.app import Bridges
from fsw.comms.dispatch import Dispatcher
from fsw.comms.playback import Playback
from fsw.comms.reporter import Reporter
from fsw.comms.services import Services
from fsw.comms.telecom import Telecom
from fsw.executive.bus import Bus
from fsw.executive.executive import Executive
from fsw.modes.app import Modes
from hal.clock import Waitable
from hal.port import PortClosed
from link.pus.services.verification import FailureCode, RoutingFailure

_LINK_BUDGET_MS = 50
_UPLINK, _SCHEDULE, _ROUTE, _COMPLETIONS = "uplink", "schedule", "route", "completions"
_FILE_DATA, _REPORTS, _PLAYBACK, _DOWNLINK = "file data", "reports", "playback", "downlink"
_ENDS = (PortClosed,)  # without its port the node cannot continue: its caller decides
_APID_MASK = 0x7FF
_AT_ONCE_NS = 0


@dataclass
class Node:
    """The flight software of one node. `apid` is that of its requests."""

    apid: int
    bus: Bus
    executive: Executive
    dispatcher: Dispatcher
    services: Services
    telecom: Telecom
    reporter: Reporter
    playback: Playback
    imaging: Imaging
    files: Files
    modes: Modes
    bridges: Bridges | None = None

    def step(self) -> None:
        """Execute everything that is due now. Raises PortClosed; all that must survive is on the disk then."""
        loop = self.executive
        loop.attempt(_UPLINK, _LINK_BUDGET_MS, self._receive, _ENDS)
        if self.services.may_release:
            loop.attempt(_SCHEDULE, _LINK_BUDGET_MS, self._release)
        loop.run_due()
        if self.dispatcher.is_busy:
            loop.attempt(_COMPLETIONS, _LINK_BUDGET_MS, self.dispatcher.report_completions)
        is_short = self._queue()
        if loop.attempt(_DOWNLINK, _LINK_BUDGET_MS, self.telecom.transmit, _ENDS) and is_short:
            self._queue()  # the unit handed over made room in the queues, and what fills it decides the next wake

    @property
    def next_wake_ns(self) -> int:
        """The monotonic time at which something is due next, if nothing arrives before."""
        loop = self.executive
        times = [loop.next_due_ns, loop.rested(_DOWNLINK, self.telecom.next_wake_ns)]
        if self.files.is_active:
            times.append(loop.rested(_FILE_DATA, self.files.deadline_ns))
        if self.services.may_release:
            times.append(loop.rested(_SCHEDULE, self.services.next_release_ns))
        if self.dispatcher.behind:
            times.append(loop.rested(_COMPLETIONS, _AT_ONCE_NS))
        if self.playback.is_active:
            times.append(loop.rested(_PLAYBACK, self.playback.next_wake_ns))
        return min([ns for ns in times if ns is not None])

    @property
    def waits_for(self) -> Sequence[Waitable]:
        """What may become readable before `next_wake_ns`: the ports, and the runner of jobs where somebody asks it."""
        bridges = self.bridges.waits_for if self.bridges else ()
        runner = (self.imaging.runner,) if self.executive.steps(self.imaging.app_name) else ()
        return self.telecom.port, *runner, *bridges

    def _queue(self) -> bool:
        """Pass file data, reports and what was recorded to the link's queues, each alone; whether room is short."""
        attempt = self.executive.attempt
        files_fit = not self.files.is_active or attempt(_FILE_DATA, _LINK_BUDGET_MS, self._fill)
        reports_fit = attempt(_REPORTS, _LINK_BUDGET_MS, self.reporter.send)
        playback_fits = not self.playback.is_active or attempt(_PLAYBACK, _LINK_BUDGET_MS, self.playback.fill)
        return not (files_fit and reports_fit and playback_fits)

    def _fill(self) -> bool:
        for report in self.files.fill():
            self.executive.report(self.files.app_name, report)
        return self.files.has_room

    def _receive(self) -> None:
        packets = self.telecom.receive(self.reporter.answers_room)
        if packets:
            self.files.resume()
        self._handle(packets)
        if whole := self.services.large.drain():
            self._handle(whole)

    def _handle(self, packets: Sequence[bytes]) -> None:
        self.dispatcher.expect([packet for packet in packets if _apid(packet) == self.apid])
        self._route_all(packets, self.dispatcher.handle)

    def _release(self) -> None:
        due = self.services.pop_scheduled()
        self._route_all(due.late, self.dispatcher.miss)
        self._route_all(due.released, self.dispatcher.release)
        if due.late or due.released:
            self.dispatcher.memory.flush()
            self.services.settle_scheduled()
        self._route_all(self.services.drain_actions(), self.dispatcher.release)

    def _route_all(self, packets: Iterable[bytes], dispatch: Callable[[bytes], object]) -> None:
        """Route each packet by itself, so that a failure of one stops no other."""
        for packet in packets:
            with self.executive.section(_ROUTE, _LINK_BUDGET_MS):
                self._route(packet, dispatch)

    def _route(self, packet: bytes, dispatch: Callable[[bytes], object]) -> None:
        apid = _apid(packet)
        if apid == self.apid:
            dispatch(packet)
        elif apid == self.files.apid:
            self.files.accept(packet)
        else:
            request = int.from_bytes(packet[:4])
            reason = f"APID {apid}, expected {self.apid} or {self.files.apid}"
            self.bus.publish(RoutingFailure(request=request, code=FailureCode.ILLEGAL_APID, reason=reason))


def _apid(packet: bytes) -> int:
    return int.from_bytes(packet[:2]) & _APID_MASK
