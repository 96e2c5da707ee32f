"""Puts a node together: its parts on the devices of a board."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from fsw.apps.downlink import DownlinkShares
from fsw.apps.dwell import Dwell
from fsw.apps.files import Files
from fsw.apps.housekeeping import Housekeeping
from fsw.apps.imaging import Imaging
from fsw.apps.memory import Memory
from fsw.apps.scrub import Scrub
from fsw.apps.timekeeping import Timekeeping
from fsw.bridge.app import Bridge, Bridges, bridged
from fsw.bridge.topics import topics_in
from fsw.comms import services
from fsw.comms.dispatch import Dispatcher
from fsw.comms.handlers import Handler
from fsw.comms.numbers import NUMBERS_OCTETS_MAX, Numbering, Reserved
from fsw.comms.playback import Playback
from fsw.comms.reporter import Reporter
from fsw.comms.request_memory import REQUESTS_OCTETS_MAX, Remembered, RequestMemory
from fsw.comms.services import Services
from fsw.comms.shares import ClassTurns
from fsw.comms.telecom import Telecom
from fsw.comms.time_reports import TimeReports
from fsw.design import declaring_modules, design_of
from fsw.devices import Devices
from fsw.events.app import EventQuotas
from fsw.events.quotas import Quota
from fsw.executive.app import App
from fsw.executive.bus import Bus
from fsw.executive.executive import Executive
from fsw.executive.floods import FLOODS_OCTETS_MAX, Flooded, Floods
from fsw.fdir.app import Fdir
from fsw.files.exchange import FileExchange
from fsw.files.management import FileManagement
from fsw.files.node_roots import node_roots
from fsw.files.roots import Roots
from fsw.files.transfer_memory import TransferMemory
from fsw.files.transfer_store import TransferStore
from fsw.files.workshop import Workshop
from fsw.health.app import Health
from fsw.mission import (
    FILES_CHANNEL,
    HOUSEKEEPING_CHANNEL,
    Mission,
    UpdateSection,
)
from fsw.modes.app import Modes
from fsw.modes.authority import Authority
from fsw.modes.defences import DEFENCES_OCTETS_MAX, Defences, KeptDefences
from fsw.modes.machine import MODE_OCTETS_MAX, KeptMode, ModeMachine
from fsw.modes.table import Mode
from fsw.node import Node
from fsw.own.jobs import SharedRunner
from fsw.own.provisions import Provisions
from fsw.pipelines.stage import files_named
from fsw.pus.storage import StorageControl
from fsw.recorder.app import Recording
from fsw.recorder.recorder import Recorder
from fsw.recorder.setting import SyncPolicy, first_stores
from fsw.sequences.app import Sequences
from fsw.sequences.folder import SequenceFolder
from fsw.store.crash_log import CrashLog
from fsw.store.outbox import FileOutbox
from fsw.store.products import ProductStore
from fsw.store.records import Records
from fsw.timekeeping.keeper import KEPT_TIME_OCTETS_MAX, TIME_RECORD, KeptTime
from fsw.update.app import Update, UpdateTarget
from fsw.update.machine import UpdateRules, Updates
from fsw.update.models import StagesInUse, UpdatedModel, WorkerRoom
from fsw.update.record import SOFTWARE
from fsw.update.slots import FolderSlots
from fsw.update.software import GoldenFallback, SoftwareHealth
from fsw.update.starting import software_slots
from hal.correlated_clock import CorrelatedClock
from link.cfdp.entity import Entity
from link.cfdp.settings import Settings
from link.cfdp.silence import WAIT_FOR_OTHER_END
from link.packets.space_packet import HEADER_SIZE
from link.pus.services.files import FILE_MANAGEMENT
from link.pus.services.storage import StoredPackets
from link.pus.services.verification import FailureCode, RefusedError
from link.pus.source import TmSource
from link.sequences.check import SEQUENCING

_FRAMES_AHEAD = 2  # filled with reports before the wire is free; more would delay later and more important reports
_RECEIVED_MAX = 16  # transactions that others may have open with the node


def build_node(
    mission: Mission, devices: Devices, state: Path, log: CrashLog | None = None, *, safe: bool = False
) -> Node:
    """The node of `mission` on these devices; `state` is the folder on the medium that survives a restart.

    `safe`: it begins in safe mode, as its supervisor asks; else in the mode in which it was.

    No flight decision depends on the `log` of failures, which people read on the host; None: it is kept in `state`.
    """
    return _Assembly(mission, devices, state, log or CrashLog(state)).node(safe=safe)


class _Assembly:
    """The parts of a node, each made of those before it."""

    def __init__(self, mission: Mission, devices: Devices, state: Path, log: CrashLog) -> None:
        clock = devices.clock if isinstance(devices.clock, CorrelatedClock) else CorrelatedClock(devices.clock)
        devices = replace(devices, clock=clock)
        self.mission, self.devices, self.log, self.clock = mission, devices, log, clock
        self.dictionary, self.table, self.own_apps = design_of(mission)
        self.bus = Bus()
        self.records = Records(state / "memory", devices.medium)
        self.store = ProductStore(state / "products", mission.store.octets_max, devices.medium)
        self.services = Services(self.dictionary, clock, self.bus, self.records)
        for area in devices.areas:
            self.services.memories.add(area.number, area.memory)
        self.sequences = Sequences(
            self.dictionary,
            clock,
            self.records,
            self.services.latest,
            SequenceFolder(state, devices.medium).read,
            self._release_step,
        )
        floods = Floods(self.records.open("floods", Flooded(), FLOODS_OCTETS_MAX))
        self.executive = Executive(clock, self.bus, check=self.services.check, note=log.note, floods=floods)
        self.telecom = Telecom(clock, devices.port, mission.managed, devices.bits_per_second)
        requests = self.records.open("requests", Remembered(), REQUESTS_OCTETS_MAX)
        self.requests = RequestMemory(requests, self.telecom.uplink.farm)
        self.requests.keep_cut_short([*self.services.schedule.releasing, *self.sequences.cut_short])
        self.services.settle_scheduled()
        self.sequences.keep()
        self.numbers = Numbering(self.records.open("numbers", Reserved(), NUMBERS_OCTETS_MAX))
        self.machine, self.defences = self._mode()
        self.telecom.downlink.quiet_until_ns = self.defences.quiet_until_ns
        self.authority = Authority(self.table, self.machine, self.dictionary.commands, clock)
        self.management = self._management(state)
        self.recorder = self._recorder(state / "recorder")
        handlers, publish = self._handlers(), self.bus.publish
        self.dispatcher = Dispatcher(self.executive, publish, handlers, self.requests, self.authority.authorise)
        self.reporter = self._reporter()
        self.runner = SharedRunner(devices.runner)
        self.models = self._models(state / "models")
        stages = StagesInUse(mission.stages, self.models)
        self.imaging = Imaging(devices.camera, self.runner, self.store, devices.board, stages)
        self.provisions = self._provisions(self.runner, state / "apps")
        self.kernels_failed = devices.self_test()
        self.updates = self._updates(state)
        self.files = self._files()

    def _management(self, state: Path) -> FileManagement:
        medium, limits = self.devices.medium, self.mission.files
        roots = Roots(node_roots(state, limits.octets_max, limits.entries_max), medium)
        workshop = Workshop(state / "transfers", medium, limits.octets_max)
        return FileManagement(self.devices.clock, self.bus, self.records, roots, workshop)

    def node(self, *, safe: bool) -> Node:
        """The node, with all apps added."""
        self.modes = self._modes(safe=safe)
        self.bridges = Bridges(self.bus, list(self._bridges())) if self.devices.bridges else None
        for app in self._apps():
            self.executive.add(app)
            self.dispatcher.add(app)
            self.services.add(app)
        return Node(
            apid=self.mission.node.apid,
            bus=self.bus,
            executive=self.executive,
            dispatcher=self.dispatcher,
            services=self.services,
            telecom=self.telecom,
            reporter=self.reporter,
            playback=self._playback(),
            imaging=self.imaging,
            files=self.files,
            modes=self.modes,
            bridges=self.bridges,
        )

    def _handlers(self) -> dict[int, Handler]:
        """Who handles the requests of each service."""
        channels = [channel.vc for channel in self.mission.managed.tm_channels]
        storage, now_ns = StorageControl(self.recorder, {self.mission.node.apid}, channels), self.clock.monotonic_ns
        return {
            **self.services.handlers(),
            SEQUENCING: self.sequences.handle,
            FILE_MANAGEMENT: self.management.handle,
            StoredPackets.__service__: lambda request: storage.handle(request, now_ns()),
        }

    def _recorder(self, folder: Path) -> Recorder:
        mission, octets_max = self.mission, self.mission.recorder.octets_max
        channel = mission.managed.tm_channel(mission.playback_channel).vc
        return Recorder(
            folder,
            first_stores(mission.node.apid, services.OFFERED, channel, octets_max),
            octets_max=octets_max,
            version=bytes.fromhex(self.dictionary.version),
            policy=SyncPolicy(ms=round(1000 * mission.recorder.sync_s)),
            medium=self.devices.medium,
            draw=self.devices.random.getrandbits,
        )

    def _playback(self) -> Playback:
        return Playback(
            self.recorder,
            self.services.large,
            self.reporter.source,
            self.clock,
            self.telecom.downlink.sender,
            {channel.vc: channel.name for channel in self.mission.managed.tm_channels},
            _FRAMES_AHEAD * self.mission.managed.tm_data_octets,
        )

    def _mode(self) -> tuple[ModeMachine, Defences]:
        """The mode of before, and what the defences know."""
        clock, open_record = self.devices.clock, self.records.open
        kept = open_record("defences", KeptDefences(), DEFENCES_OCTETS_MAX)
        defences = Defences(kept, self.mission.defences, clock.monotonic_ns(), clock.utc_ns())
        first = KeptMode(Mode[self.mission.modes.first.upper()])
        return ModeMachine(open_record("mode", first, MODE_OCTETS_MAX), lambda: defences.brown_out.hold), defences

    def _modes(self, *, safe: bool) -> Modes:
        causes = {"too many starts": self.defences.is_looping, "the supervisor asks for it": safe}
        return Modes(
            clock=self.devices.clock,
            machine=self.machine,
            table=self.table,
            authority=self.authority,
            defences=self.defences,
            executive=self.executive,
            recovery=GoldenFallback(self.devices.recovery, self.updates),
            battery=self.devices.battery,
            frames_accepted=lambda: self.telecom.uplink.accepted,
            safe=next((cause for cause, holds in causes.items() if holds), ""),
        )

    def _apps(self) -> Iterator[App]:
        """The apps, in the order in which those that are due together are stepped."""
        memory_app = Memory(self.records.opened, self.requests, lambda: self.telecom.downlink.units)
        yield memory_app
        yield self.modes
        yield self._housekeeping(memory_app)
        yield self.imaging
        yield self.files
        yield self.management
        if self.devices.processes:
            yield self.devices.processes
        yield from map(self.provisions.app, self.own_apps)
        yield Health(self.devices.vitals, self.executive, self.runner)
        yield Scrub(self.devices.areas)
        yield self._timekeeping()
        yield DownlinkShares(self.reporter, self.telecom.downlink.sender)
        yield Dwell(self.services.parameters, self.devices.clock)
        yield self.services
        yield self.sequences
        yield self._fdir()
        yield self._quotas()
        yield self._update()
        yield Recording(self.recorder, lambda: self.reporter.unrecorded)
        if self.bridges:
            yield self.bridges
        yield self.reporter

    def _provisions(self, runner: SharedRunner, folder: Path) -> Provisions:
        return Provisions(
            clock=self.devices.clock,
            board=self.devices.board,
            camera=self.devices.camera,
            bus=self.bus,
            runner=runner,
            medium=self.devices.medium,
            folder=folder,
            report=self.executive.report,
        )

    def _timekeeping(self) -> Timekeeping:
        sender = self.telecom.downlink.sender
        reports = TimeReports(self.services.time, self.clock, sender, HOUSEKEEPING_CHANNEL, self.numbers)
        self.telecom.downlink.on_frame = reports.accept
        record = self.records.open(TIME_RECORD, KeptTime(), KEPT_TIME_OCTETS_MAX)
        return Timekeeping(self.clock, self.devices.pulse, record, self.devices.keeps_time, self.devices.boot)

    def _fdir(self) -> Fdir:
        return Fdir(
            self.dictionary,
            self.devices.clock,
            self.records,
            self.services.latest,
            self.mission.fdir,
            self.sequences.start,
            self._request_mode,
        )

    def _bridges(self) -> Iterator[Bridge]:
        topics = topics_in(declaring_modules(self.own_apps))
        for one in self.mission.bridge:
            if one.name in self.devices.bridges:
                port, session = self.devices.bridges[one.name], self.devices.random.getrandbits(32)
                ways = ([topics[name] for name in way] for way in (one.topics_out, one.topics_in))
                yield bridged(one.name, port, session, self.bus, *ways)

    def _quotas(self) -> EventQuotas:
        known = frozenset(entry.name for entry in self.dictionary.events)
        first = {one.event: Quota(one.count, one.period_s) for one in self.mission.quota}
        return EventQuotas(self.services.quotas, known, first, self.records)

    def _updates(self, state: Path) -> Updates | None:
        """The updates of the node's software, where its mission trusts a key."""
        said, software = self.mission.update, self.devices.software
        if said is None:
            return None
        slots = software_slots(state, self.devices.medium)
        return Updates(
            name=said.name,
            record=slots.record(),
            slots=slots,
            trusted_keys=said.trusted_keys,
            running=software.slot,
            run_vectors=software.run_vectors,
            shadow=software.shadow,
            rules=_rules(said),
        )

    def _models(self, folder: Path) -> list[UpdatedModel]:
        """The models that can be updated; their slots are below `folder`."""
        said, mission, medium = self.mission.update, self.mission, self.devices.medium
        if said is None:
            return []
        return [
            UpdatedModel(
                name=one.name,
                files=files_named(mission.stages, one.file.resolve()),
                slots=FolderSlots(folder / one.name, medium, golden=one.file),
                trusted_keys=said.trusted_keys,
                rules=_rules(said),
                shadow_frames=one.shadow_frames,
                stages=mission.stages,
                runner=self.runner,
                room=WorkerRoom(mission.jobs.timeout_s, mission.jobs.memory_mib << 20),
                clock=self.clock,
                frames_accepted=lambda: self.telecom.uplink.accepted,
            )
            for one in said.model
        ]

    def _update(self) -> Update:
        """The update app; files come to it by commands, or from those that the node received."""
        targets = {}
        if self.updates:
            targets[SOFTWARE] = UpdateTarget(
                updates=self.updates,
                restart=lambda: self.devices.recovery.restart("update"),
                health=SoftwareHealth(self.executive, self.kernels_failed),
                is_heard=lambda: self.telecom.uplink.accepted > 0,
            )
        targets |= {model.name: _target_of(model) for model in self.models}
        return Update(targets, self._received_file)

    def _received_file(self, name: str) -> bytes:
        """The octets of a file in the root `files`. Raises RefusedError where there is none, OSError."""
        roots = self.management.roots
        place = roots.place("files", name)
        roots.file(place)  # no longer than the mission lets the root hold
        return self.devices.medium.read(place.path)

    def _request_mode(self, name: str, cause: str) -> None:
        """Enter the mode that a watch asks for. Raises RefusedError for one that there is not."""
        mode = Mode.__members__.get(name.upper())
        if mode is None:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"no mode {name}")
        self.modes.enter(mode, cause)

    def _release_step(self, packet: bytes) -> bool:
        """Execute a step of a sequence, and store what is to be remembered of it."""
        is_done = self.dispatcher.release(packet)
        self.requests.flush()
        return is_done

    def _reporter(self) -> Reporter:
        return Reporter(
            bus=self.bus,
            services=self.services,
            clock=self.devices.clock,
            source=TmSource(self.mission.node.apid, numbers=self.numbers),
            sender=self.telecom.downlink.sender,
            channel=HOUSEKEEPING_CHANNEL,
            executive=self.executive,
            ahead_octets=_FRAMES_AHEAD * self.mission.managed.tm_data_octets,
            turns=ClassTurns(self.mission.downlink.quotas),
            record=lambda packets: self.recorder.accept(packets, self.clock.monotonic_ns()),
        )

    def _files(self) -> Files:
        management, ground = self.management, self.mission.files.ground_entity
        files = TransferStore(FileOutbox(self.store), management.roots, management.marks, management.workshop)
        entity = self._entity(files)
        return Files(
            clock=self.devices.clock,
            store=self.store,
            entity=entity,
            exchange=FileExchange(entity, management.roots, files, ground),
            memory=TransferMemory(self.records),
            ground_entity=ground,
            sender=self.telecom.downlink.sender,
            channel=FILES_CHANNEL,
            apid=self.mission.files.apid,
            numbers=self.numbers,
        )

    def _entity(self, files: TransferStore) -> Entity:
        """The CFDP entity: a PDU fills a frame; its timers are two seconds and the time of what waits on the wire.

        Transactions are numbered from a random number on: the ground remembers those of earlier starts, even where the
        node has lost its memory of them. Transactions that others open leave room for the node's own files.
        """
        patience_ms = 2_000 + 6 * self.telecom.downlink.unit_ns // 1_000_000
        pdu_octets = self.mission.managed.tm_data_octets - HEADER_SIZE
        settings = Settings(
            pdu_octets_max=pdu_octets,
            crc=True,  # a packet that was joined of two wrong halves costs itself, not the whole file
            ack_ms=patience_ms,
            nak_ms=patience_ms,
            handlers=WAIT_FOR_OTHER_END,
        )
        first = self.devices.random.getrandbits(8 * settings.sequence_octets)
        return Entity(self.mission.files.entity, files, settings, first_sequence=first, received_max=_RECEIVED_MAX)

    def _housekeeping(self, memory_app: Memory) -> Housekeeping:
        return Housekeeping(
            node=self.mission.node.name,
            dictionary_version=self.dictionary.version,
            board=self.devices.board,
            bus=self.bus,
            executive=self.executive,
            dispatcher=self.dispatcher,
            telecom=self.telecom,
            store=self.store,
            jobs=self.runner,
            reporter=self.reporter,
            crash_log=self.log,
            kernels_failed=self.kernels_failed,
            numbers=self.numbers,
            memory=memory_app,
        )


def _rules(said: UpdateSection) -> UpdateRules:
    return UpdateRules(octets_max=said.octets_max, settle_s=said.settle_s, confirm_s=round(said.confirm_h * 3600))


def _target_of(model: UpdatedModel) -> UpdateTarget:
    return UpdateTarget(
        updates=model.updates,
        restart=model.restart,
        health=lambda: model.health,
        is_heard=lambda: model.is_heard,
        compared=model.pop_shadow,
    )
