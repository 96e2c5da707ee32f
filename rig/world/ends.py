"""The two ends of the world's radio link: the real node and the real station, each driven as its own process drives it.

Each is a computer that may stop at any moment: the node keeps what its disk keeps, the ground its archive and files.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, NoReturn

from fsw.assembly import build_node
from fsw.comms.numbers import Numbering
from fsw.design import dictionary_of
from fsw.devices import Devices
from fsw.executive.bus import Queue
from fsw.mission import (
    BoardSection,
    DefencesSection,
    FilesSection,
    JobsSection,
    Mission,
    NodeSection,
    PipelineSection,
    RadioSection,
    RecorderSection,
    StoreSection,
)
from fsw.node import Node
from fsw.own.loading import AppSpec, module_in
from fsw.store.crash_log import CrashLog
from fsw.supervisor.supervisor import SupervisionLimits
from ground.records import GroundRecord
from ground.service.service import PORT_HOLDS_MAX, READ_OCTETS
from ground.station.station import Station
from hal.clock import Moment
from hal.sim.battery import ModelBattery
from hal.sim.board import ModelBoard
from hal.sim.vitals import ModelVitals
from link.dictionary import Dictionary
from rig.world.bridges.end import BridgeEnd
from rig.world.clocks import EndClock
from rig.world.conduct import Conduct
from rig.world.devices import Payload, WorldArchive, WorldInbox, WorldRunner, WorldShelf
from rig.world.disk import Disk
from rig.world.power import Power, PowerCut
from rig.world.timeline import NEVER
from rig.world.updating.supervisor import WorldSupervisor
from rig.world.wire import Wire, WirePort

_APPS = Path(__file__).with_name("apps")
WITNESS, TENANT = _APPS / "witness.py", _APPS / "tenant.py"
NODE_FOLDER = Path("/node")  # a folder of the simulated disk
_FIRST_NS = 2_000_000_000, 30_000_000_000  # what a board's monotonic clock shows when its software starts
_ENDS_NS = 500_000_000  # from a request for a restart to the end of the executive: what was told goes down before
_BACK_NS = 5_000_000_000  # from a short loss of the power to the next start
_RESTART_NS = 20_000_000  # from a crash to the next executive, by the supervisor
_SILENCE_NS = int(SupervisionLimits().silence_s * 1e9)
_BOARD = ModelBoard(name="model", idle_watts=2.0, core_watts=1.0)


def world_mission(bits_per_second: int, number: int = 0) -> Mission:
    """The mission of node `number`: coastwatch's link with small frames, and the apps `witness` and `tenant`."""
    return Mission(
        node=NodeSection(name="world", apid=65 + number),
        board=BoardSection(name=_BOARD.name, idle_watts=_BOARD.idle_watts, core_watts=_BOARD.core_watts),
        radio=RadioSection(bits_per_second=bits_per_second),
        files=FilesSection(apid=0x7FD, entity=1, ground_entity=2),
        store=StoreSection(octets_max=64_000),
        recorder=RecorderSection(octets_max=1 << 19),
        jobs=JobsSection(workers=1, waiting_max=4, memory_mib=512, timeout_s=20.0, attempts=2),
        pipeline=PipelineSection(stages=()),
        scene=(),
        link={
            "spacecraft_id": 0x2A5 + number,
            "tm_frame_octets": 446,
            "interleave": 2,
            "tc_frame_octets_max": 256,
            "tm_channels": [
                {"name": "housekeeping", "vc": 0, "queue_packets": 64, "quota": 1},
                {"name": "playback", "vc": 2, "queue_packets": 8, "quota": 1},
                {"name": "files", "vc": 1, "queue_packets": 2},
            ],
        },
        apps=(AppSpec(WITNESS), AppSpec(TENANT)),
        # faults restart a node more often than any loop would
        defences=DefencesSection(starts_max=0, battery_low_percent=20),
    )


def world_dictionary(mission: Mission) -> Dictionary:
    """The dictionary of a node, as its ground reads it from a file."""
    return Dictionary.from_json(dictionary_of(mission).to_json())


class Notes(CrashLog):
    """A crash log in memory: the name and failure of everything that failed."""

    def __init__(self) -> None:
        super().__init__(Path())
        self.taken: list[tuple[str, BaseException]] = []

    def note(self, name: str, error: BaseException, utc_ns: int) -> None:  # noqa: ARG002
        """Keep the failure in memory."""
        self.taken.append((name, error))


@dataclass(kw_only=True)
class NodeEnd:
    """The node, while it lives: its computer has power, and its process was not killed.

    `marked` gets the number of each mark made; `off` is called when the power fails. `payload`, `battery` and `vitals`
    survive the computer; `restarts_asked` lists what the node asked for.

    `was_blind`: the node once started while its disk failed, or its disk lost what it had confirmed: it may
    have forgotten numbers, and files that it could not read wait for another start. While there is a `cut_at_mark`, the
    power fails when a mark is made, in that call of the disk, or for 0 as soon as it is stored, before anything of it
    is sent; with a `cut_at_octets`, in that call of the disk after something has arrived. It then comes back soon.
    While its receiver `forgets_frames`, V(R) falls back behind each command frame that it took.
    """

    mission: Mission
    clock: EndClock
    outgoing: Wire
    random: Random
    marked: Callable[[int], None]
    off: Callable[[], None]
    supervisor: WorldSupervisor
    bridges: list[BridgeEnd]

    def __post_init__(self) -> None:
        self.payload = Payload(self.clock, lambda: self.is_doubted, self.hang)
        self.boots = self.wakes = self.idle_wakes = self.kills = 0
        self._on_ns = self._since_ns = 0
        self.due_ns, self.restart_ns, self.ends_ns = 0, NEVER, NEVER
        self.was_blind = self._is_kill = self._comes_back = False
        self.has_stuck_port = self.forgets_frames = False
        self.cut_at_mark: int | None = None
        self.cut_at_octets: int | None = None
        self.payload.after_mark = self._after_mark
        self.conduct = Conduct(self.clock)
        self.notes, self.battery, self.restarts_asked = Notes(), ModelBattery(), list[str]()
        self.vitals = ModelVitals(self.clock)
        self.disk = Disk(self.random, Power())
        self.disk.make_folder(NODE_FOLDER)
        self.disk.sync(Path("/"))
        self.supervisor.deliver(self.disk)
        self.payload.models = lambda work: self.supervisor.used(self.disk, work, is_doubted=self.was_blind)
        self.payload.try_model = lambda trial: self.supervisor.try_model(self.disk, trial)
        self._start(self.disk)

    def boot(self, cut_after: int | None = None) -> None:
        """Start again: with what a power cut left on the disk, or after a kill with all that was written.

        `cut_after`: the power fails again in that call of the disk.
        """
        self.disk.cut_after = None
        if self._is_kill:
            self._start(self.disk, cut_after)
        else:
            self.clock.restart(self.random.randint(*_FIRST_NS))
            self._start(self.disk.after_cut(self.disk.power), cut_after)

    def _start(self, disk: Disk, cut_after: int | None = None) -> None:
        self.boots += 1
        self._since_ns, self.restart_ns = self.clock.true_ns, NEVER
        self.ends_ns = NEVER
        self._is_kill = self._comes_back = False
        self.power = Power(self._cut)
        self.disk = disk
        self.disk.power = self.power
        self.was_blind |= self.disk.failing > 0
        self.port = WirePort(
            self.clock, self.outgoing, self.power, lambda: self.hang() if self.has_stuck_port else None
        )
        self.disk.cut_after = cut_after
        try:
            self._build()
        except PowerCut:
            return
        self.disk.cut_after = None

    def _build(self) -> None:
        software = self.supervisor.choose(self.mission, self.disk, is_doubted=self.was_blind)
        devices = Devices(
            clock=self.clock,
            port=self.port,
            bits_per_second=self.outgoing.bits_per_second,
            camera=self.payload,
            board=_BOARD,
            runner=WorldRunner(self.clock, self.payload),
            medium=self.disk,
            battery=self.battery,
            vitals=self.vitals,
            recovery=self,
            random=Random(f"{self.random.random()}/{self.boots}"),
            software=software,
            bridges={end.name: end.plug(self.clock, self.power) for end in self.bridges},
            self_test=self.supervisor.self_test,
        )
        self.node: Node = build_node(self.mission, devices, NODE_FOLDER, self.notes)
        marked = module_in(WITNESS).Marked
        self._marks: Queue[Any] = self.node.bus.subscribe(marked, "witness", capacity=1000, policy="refuse")
        for end in self.bridges:
            end.begin(self.node)
        self.due_ns = 0
        self.conduct.begin(self.node, is_doubted=self.was_blind)

    def step(self) -> None:
        """Execute everything that is due; nothing without power."""
        if not self.power.is_on:
            return
        if self.clock.true_ns >= self.ends_ns:
            self.kill()
            return
        before, has_octets = self._done, bool(self.port.unread)
        farm = self.node.telecom.uplink.farm
        vr = farm.vr
        if has_octets and self.cut_at_octets:
            self._cut_soon(self.cut_at_octets)
        try:
            self.node.step()
            self.due_ns = min(self.ends_ns, self.clock.true(self.node.next_wake_ns))
            self.supervisor.check()
            if self.power.is_on:
                self.conduct.step()
            for end in self.bridges:
                end.check()
        except PowerCut:
            pass
        if self.forgets_frames and farm.vr != vr and not farm.lockout:
            farm.begin(vr, is_locked=False)
        self.wakes += 1
        self.idle_wakes += before == self._done and not has_octets
        if self._drain_marks() and self.cut_at_mark == 0:
            self._cut_soon(0)

    def cut(self, *, after_calls: int = 0) -> None:
        """Cut the power now, or in the middle of a later call of the disk."""
        self._end(after_calls, is_kill=False)

    def kill(self, *, after_calls: int = 0) -> None:
        """Kill the process now, or behind a later call of the disk; its supervisor starts another one at once."""
        self._end(after_calls, is_kill=True)

    def hang(self) -> NoReturn:
        """A device does not answer: the process does nothing any more, until its supervisor ends it for its silence."""
        if self.power.is_on:
            self._end(0, is_kill=True)
            self.restart_ns = self.clock.true_ns + _SILENCE_NS
        raise PowerCut

    def restart(self, cause: str) -> None:
        """Note that the node asks to be started again; for an update it soon is."""
        if cause == "update":
            self.ends_ns = min(self.ends_ns, self.clock.true_ns + _ENDS_NS)
        self.restarts_asked.append(f"restart: {cause}")

    def reset(self, cause: str) -> None:
        """Note that the node asks for a reset."""
        self.restarts_asked.append(f"reset: {cause}")

    def boot_golden(self, cause: str) -> None:
        """Note that the node asks for a start of its golden copy."""
        self.restarts_asked.append(f"golden copy: {cause}")

    @property
    def _done(self) -> tuple[int, ...]:
        """Counters of all that a wake can be for; one that changes none of them was idle."""
        loop, node = self.node.executive, self.node
        work = node.telecom.downlink.units, node.imaging.runner.unfinished, node.dispatcher.behind
        return loop.ticks, loop.skipped, *work

    @property
    def since_ns(self) -> int:
        """When the node last started, in nanoseconds of true time."""
        return self._since_ns

    @property
    def seconds(self) -> float:
        """How long the node has lived, all starts together, in seconds."""
        return (self._on_ns + (self.clock.true_ns - self._since_ns) * self.power.is_on) / 1e9

    @property
    def forgets(self) -> bool:
        """Whether a restart would lose something that the disk did not take, as the node itself reports."""
        numbers = self.node.reporter.source.numbers
        assert isinstance(numbers, Numbering)
        return bool(self.node.dispatcher.memory.record.fault or numbers.record.fault)

    @property
    def is_doubted(self) -> bool:
        """Whether a restart may lose something, of which the node knows nothing where its disk has lied."""
        return self.forgets or self.disk.has_lied

    def _end(self, after_calls: int, *, is_kill: bool) -> None:
        if not self.power.is_on:
            return
        self._is_kill = is_kill
        if after_calls:
            self.disk.cut_after = after_calls
        else:
            self.power.cut()

    def _after_mark(self) -> None:
        if self.cut_at_mark:
            self._cut_soon(self.cut_at_mark)

    def _cut_soon(self, after_calls: int) -> None:
        """Cut the power for a short while, unless a start would lose something that the disk did not take."""
        if not self.forgets:
            self._comes_back = True
            self._end(after_calls, is_kill=False)

    def _cut(self) -> None:
        self._on_ns += self.clock.true_ns - self._since_ns
        self.was_blind |= self.is_doubted
        self._drain_marks()
        if self._is_kill:
            self.kills += 1
            self.restart_ns = self.clock.true_ns + _RESTART_NS
        else:
            self.off()
            if self._comes_back:
                self.restart_ns = self.clock.true_ns + _BACK_NS

    def _drain_marks(self) -> bool:
        """Report the marks made; returns whether there were any."""
        made = list(self._marks.drain()) if self.power.is_on else []
        for mark in made:
            self.marked(mark.number)
        return bool(made)


@dataclass(kw_only=True)
class GroundEnd:
    """The station, driven as `ground.service.Service` drives it. `accept` gets all its records.

    `due_ns`: when to `step`; `drained_ns`: when to `resume`, as the port's buffers have drained.
    """

    dictionary: Dictionary
    clock: EndClock
    outgoing: Wire
    accept: Callable[[GroundRecord], None]

    def __post_init__(self) -> None:
        self.archive, self.inbox, self.shelf = WorldArchive(), WorldInbox(), WorldShelf()
        self.starts = self.wakes = self.idle_wakes = self._reported = 0
        self.port = WirePort(self.clock, self.outgoing, Power())
        self.start()

    @property
    def now(self) -> Moment:
        """The time of the ground's clock."""
        return Moment.of(self.clock)

    def start(self) -> None:
        """Start a new service with the records in the archive."""
        self.starts += 1
        self.port = WirePort(self.clock, self.outgoing, Power())
        self.station = Station(self.dictionary, self.archive, self.inbox, self.now, port="world", transfers=self.shelf)
        self.due_ns, self.drained_ns = 0, NEVER

    def end(self) -> None:
        """End the service in order."""
        self.station.end(self.now)
        self._withdraw()
        self._report()

    def step(self) -> None:
        """Step the station, as the service does when octets have come or a timer has run out."""
        octets, before = self.port.read(READ_OCTETS), (self._reported, self.outgoing.taken_octets)
        self.station.feed(octets, self.now)
        self.station.step(self.now)
        self._go_on()
        self.wakes += 1
        self.idle_wakes += before == (self._reported, self.outgoing.taken_octets) and not octets

    def resume(self) -> None:
        """Go on writing, as the service does when the port's buffers may have drained."""
        self.wakes += 1
        self.station.wrote(0, self._held(), self.now)
        self._go_on()

    def _go_on(self) -> None:
        self._withdraw()
        full = False
        while (octets := self.station.output) and self._held() < PORT_HOLDS_MAX and not full:
            count = self.port.write(octets)
            self.station.wrote(count, self._held(), self.now)
            full = count < len(octets)
        self.port.is_full = full
        self._report()
        due = [ns for ns in (self.station.next_wake_ns, self.port.next_wake_ns) if ns is not None]
        self.due_ns = self.clock.true(min(due)) if due else NEVER
        left_ns = self.outgoing.next_left_ns() if self.station.busy and not full else None
        self.drained_ns = NEVER if left_ns is None else left_ns

    def _withdraw(self) -> None:
        if self.station.pop_withdrawal():
            self.outgoing.forget(self.clock.true_ns)
            self.station.emptied()

    def _held(self) -> int:
        return self.outgoing.held(self.clock.true_ns)

    def _report(self) -> None:
        for record in self.station.drain_news():
            self._reported += 1
            self.accept(record)
