"""A node, put together: one loop over one port, in host time or virtual time alike.

`step` does what is due and returns; its caller waits until `next_wake_ns`, or until one of `waits_for` is readable.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

from fsw.apps import files, housekeeping, imaging, memory
from fsw.apps.files import Files
from fsw.apps.housekeeping import Housekeeping
from fsw.apps.imaging import Imaging
from fsw.apps.memory import Memory
from fsw.apps.own import app_in, check_names, module_in
from fsw.comms import dispatch, reporter, services
from fsw.comms.dispatch import Dispatcher
from fsw.comms.numbers import NUMBERS_OCTETS_MAX, Numbering, Reserved
from fsw.comms.reporter import Reporter
from fsw.comms.request_memory import REQUESTS_OCTETS_MAX, Remembered, RequestMemory
from fsw.comms.services import Services
from fsw.comms.telecom import Telecom
from fsw.executive import executive
from fsw.executive.bus import Bus
from fsw.executive.executive import Executive
from fsw.executive.floods import FLOODS_OCTETS_MAX, Flooded, Floods
from fsw.jobs.job import Runner
from fsw.mission import FILES_CHANNEL, HOUSEKEEPING_CHANNEL, Mission
from fsw.store import products
from fsw.store.crash_log import CrashLog
from fsw.store.durable import Durable
from fsw.store.outbox import FileOutbox
from hal.board import Board
from hal.camera import Camera
from hal.clock import Clock, Waitable
from hal.medium import HOST, Medium
from hal.port import Port, PortClosed
from kernels.selftest import failed_families
from link.cfdp.entity import Entity
from link.cfdp.settings import Settings
from link.dictionary import Dictionary, FilePartners
from link.managed import Managed
from link.packets.space_packet import HEADER_SIZE
from link.pus.services.verification import FailureCode, RoutingFailure
from link.pus.source import TmSource

_LINK_BUDGET_MS = 50
_FRAMES_AHEAD = 2  # filled with reports before the wire is free; more would delay later and more important reports
_UPLINK, _SCHEDULE, _ROUTE, _COMPLETIONS = "uplink", "schedule", "route", "completions"
_FILE_DATA, _REPORTS, _DOWNLINK = "file data", "reports", "downlink"
_OUR_APPS = [app.app_name for app in (Memory, Housekeeping, Imaging, Files, Services, Reporter)]
_ENDS = (PortClosed,)  # without its port the node cannot continue: its caller decides
_APID_MASK = 0x7FF
_RECEIVED_MAX = 16  # transactions that others may have open with the node, which takes no files


def dictionary_of(mission: Mission) -> Dictionary:
    """The dictionary of the mission's node. Raises UsageError for an app or a number declared twice."""
    check_names(mission.apps, _OUR_APPS)
    said = mission.files
    service = FilePartners(apid=said.apid, node_entity=said.entity, ground_entity=said.ground_entity)
    own = (module_in(file) for file in mission.apps)
    declared = (executive, housekeeping, imaging, files, services, reporter, dispatch, memory, *own)
    node, managed = mission.node, mission.managed.to_dict()
    return Dictionary.of(node.name, node.apid, managed, declared, service, services.OFFERED)


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
    imaging: Imaging
    files: Files

    def step(self) -> None:
        """Execute everything that is due now. Raises PortClosed; all that must survive is on the disk then."""
        loop = self.executive
        loop.attempt(_UPLINK, _LINK_BUDGET_MS, self._receive, _ENDS)
        loop.attempt(_SCHEDULE, _LINK_BUDGET_MS, self._release)
        if self.imaging.is_busy:
            loop.wake(self.imaging)
        if self.services.is_due:
            loop.wake(self.services)
        loop.run_due()
        loop.attempt(_COMPLETIONS, _LINK_BUDGET_MS, self.dispatcher.report_completions)
        self._queue()
        if loop.attempt(_DOWNLINK, _LINK_BUDGET_MS, self.telecom.transmit, _ENDS):
            self._queue()  # the unit handed over made room in the queues, and what fills it decides the next wake

    @property
    def next_wake_ns(self) -> int:
        """The monotonic time at which something is due next, if nothing arrives before."""
        due = {
            _DOWNLINK: self.telecom.next_wake_ns,
            _FILE_DATA: self.files.deadline_ns,
            _SCHEDULE: self.services.next_release_ns,
            self.services.app_name: self.services.next_step_ns,
            self.imaging.app_name: self.imaging.next_wake_ns,
        }
        times = (self.executive.rested(name, due_ns) for name, due_ns in due.items())
        return min([self.executive.next_due_ns, *(ns for ns in times if ns is not None)])

    @property
    def waits_for(self) -> Sequence[Waitable]:
        """The port and the runner of jobs: what may become readable before `next_wake_ns`."""
        return self.telecom.port, self.imaging.runner

    def _queue(self) -> None:
        """Pass file data and reports to the link's queues, as far as there is room; neither holds the other back."""
        self.executive.attempt(_FILE_DATA, _LINK_BUDGET_MS, self._fill)
        self.executive.attempt(_REPORTS, _LINK_BUDGET_MS, self.reporter.send)

    def _fill(self) -> None:
        for report in self.files.fill():
            self.executive.tell(self.files.app_name, report)

    def _receive(self) -> None:
        packets = self.telecom.receive(self.reporter.answers_room)
        self.dispatcher.expect([packet for packet in packets if _apid(packet) == self.apid])
        self._route_all(packets, self.dispatcher.handle)

    def _release(self) -> None:
        self._route_all(self.services.release(), self.dispatcher.release)

    def _route_all(self, packets: Iterable[bytes], dispatch: Callable[[bytes], None]) -> None:
        """Route each packet by itself, so that a failure of one stops no other."""
        for packet in packets:
            with self.executive.section(_ROUTE, _LINK_BUDGET_MS):
                self._route(packet, dispatch)

    def _route(self, packet: bytes, dispatch: Callable[[bytes], None]) -> None:
        apid = _apid(packet)
        if apid == self.apid:
            dispatch(packet)
        elif apid == self.files.apid:
            self.files.receive(packet)
        else:
            request = int.from_bytes(packet[:4])
            reason = f"APID {apid}, expected {self.apid} or {self.files.apid}"
            self.bus.publish(RoutingFailure(request=request, code=FailureCode.ILLEGAL_APID, reason=reason))


def _apid(packet: bytes) -> int:
    return int.from_bytes(packet[:2]) & _APID_MASK


def build_node(
    mission: Mission,
    *,
    clock: Clock,
    port: Port,
    bits_per_second: int,
    camera: Camera,
    board: Board,
    runner: Runner,
    state: Path,
    random: Random | None = None,
    medium: Medium = HOST,
    log: CrashLog | None = None,
) -> Node:
    """The node of `mission` on these devices; `state` is the folder on `medium` that survives a restart.

    No flight decision depends on the `log` of failures, which people read on the host; None: it is kept in `state`.
    `random` draws the number of the first file transfer of each start; None: the system's random numbers.
    """
    managed, bus = mission.managed, Bus()
    store = products.ProductStore(state / "products", mission.store.octets_max, medium)
    dictionary = dictionary_of(mission)
    pus = Services(dictionary, clock, bus)
    log = log or CrashLog(state)
    flooded = Durable(state / "memory", "floods", Flooded(), FLOODS_OCTETS_MAX, medium)
    loop = Executive(clock, bus, check=pus.check, note=log.note, floods=Floods(flooded))
    telecom = Telecom(clock, port, managed, bits_per_second)
    requests = Durable(state / "memory", "requests", Remembered(), REQUESTS_OCTETS_MAX, medium)
    reserved = Durable(state / "memory", "numbers", Reserved(), NUMBERS_OCTETS_MAX, medium)
    numbers = Numbering(reserved)
    request_memory = RequestMemory(requests, telecom.uplink.farm)
    dispatcher = Dispatcher(loop, bus.publish, pus.handlers(), request_memory)
    records: dict[str, Durable[Any]] = {
        "memory of requests": requests,
        "memory of numbers": reserved,
        "memory of floods": flooded,
    }
    remembering = Memory(records, request_memory, lambda: telecom.downlink.units)
    sender = telecom.downlink.sender
    telling = Reporter(
        bus=bus,
        services=pus,
        clock=clock,
        source=TmSource(mission.node.apid, numbers=numbers),
        sender=sender,
        channel=HOUSEKEEPING_CHANNEL,
        executive=loop,
        ahead_octets=_FRAMES_AHEAD * managed.tm_data_octets,
    )
    imager = Imaging(camera=camera, runner=runner, store=store, board=board, stages=mission.stages)
    sending = Files(
        clock=clock,
        store=store,
        entity=_entity(mission, store, telecom, random or SystemRandom()),
        ground_entity=mission.files.ground_entity,
        sender=sender,
        channel=FILES_CHANNEL,
        apid=mission.files.apid,
        numbers=numbers,
    )
    keeper = Housekeeping(
        node=mission.node.name,
        dictionary_version=dictionary.version,
        board=board,
        bus=bus,
        executive=loop,
        dispatcher=dispatcher,
        telecom=telecom,
        store=store,
        imaging=imager,
        reporter=telling,
        crash_log=log,
        kernels_failed=failed_families(),
        numbers=numbers,
        memory=remembering,
    )
    for app in (remembering, keeper, imager, sending, *map(app_in, mission.apps), pus, telling):
        loop.add(app)
        dispatcher.add(app)
        pus.add(app)
    return Node(mission.node.apid, bus, loop, dispatcher, pus, telecom, telling, imager, sending)


def _entity(mission: Mission, store: products.ProductStore, telecom: Telecom, random: Random) -> Entity:
    """The node's CFDP entity: a PDU fills a frame; its timers are two seconds and the time of what waits on the wire.

    Transactions are numbered from a random number on: the ground remembers those of earlier starts, even where the
    node has lost its memory of them. Transactions that others open leave room for the node's own files.
    """
    patience_ms = 2_000 + 6 * telecom.downlink.unit_ns // 1_000_000
    settings = Settings(pdu_octets_max=_pdu_octets(mission.managed), ack_ms=patience_ms, nak_ms=patience_ms)
    first = random.getrandbits(8 * settings.sequence_octets)
    return Entity(mission.files.entity, FileOutbox(store), settings, first_sequence=first, received_max=_RECEIVED_MAX)


def _pdu_octets(managed: Managed) -> int:
    return managed.tm_data_octets - HEADER_SIZE
