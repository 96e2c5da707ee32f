"""The two ends of the world's radio link: the real node and the real station, each driven as its own process drives it.

Each is a computer that may stop at any moment: the node keeps what its disk keeps, the ground its archive and files.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from fsw.assembly import Devices, build_node
from fsw.comms.numbers import Numbering
from fsw.executive.bus import Queue
from fsw.jobs.inline import InlineRunner
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
from ground.records import GroundRecord
from ground.service.service import PORT_HOLDS_MAX, READ_OCTETS
from ground.station.station import Station
from hal.clock import Moment
from hal.sim.battery import ModelBattery
from hal.sim.board import ModelBoard
from hal.sim.clock import VirtualClock
from hal.sim.vitals import ModelVitals
from link.dictionary import Dictionary
from rig.world.devices import Payload, WorldArchive, WorldInbox, WorldShelf
from rig.world.disk import Disk
from rig.world.power import Power, PowerCut
from rig.world.wire import Wire, WirePort

WITNESS = Path(__file__).with_name("witness.py")
NEVER = 1 << 62
_STATE = Path("/node")  # a folder of the simulated disk
_JOB_NS = 40_000_000
_BOARD = ModelBoard(name="model", idle_watts=2.0, core_watts=1.0)


def world_mission(bits_per_second: int) -> Mission:
    """The mission of a world: coastwatch's link with small frames, and the app `witness`."""
    return Mission(
        node=NodeSection(name="world", apid=65),
        board=BoardSection(name=_BOARD.name, idle_watts=_BOARD.idle_watts, core_watts=_BOARD.core_watts),
        radio=RadioSection(bits_per_second=bits_per_second),
        files=FilesSection(apid=0x7FD, entity=1, ground_entity=2),
        store=StoreSection(octets_max=64_000),
        recorder=RecorderSection(octets_max=1 << 19),
        jobs=JobsSection(workers=1, waiting_max=4, memory_mib=512, timeout_s=20.0, attempts=2),
        pipeline=PipelineSection(stages=()),
        scene=(),
        link={
            "spacecraft_id": 0x2A5,
            "tm_frame_octets": 446,
            "interleave": 2,
            "tc_frame_octets_max": 256,
            "tm_channels": [
                {"name": "housekeeping", "vc": 0, "queue_packets": 64, "quota": 1},
                {"name": "playback", "vc": 2, "queue_packets": 8, "quota": 1},
                {"name": "files", "vc": 1, "queue_packets": 2},
            ],
        },
        apps=(AppSpec(WITNESS),),
        # faults restart a node more often than any loop would
        defences=DefencesSection(starts_max=0, battery_low_percent=20),
    )


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
    """The node, while its computer has power. `marked` gets the number of each mark made; `off` is called at a cut.

    `payload`, `battery` and `vitals` survive the computer; `restarts_asked` lists what the node asked for.

    `was_blind`: the node once started while its disk failed, so that it may have forgotten numbers, and files that it
    could not read wait for another start. While `cuts_at_mark`, the power fails as soon as a mark is made, before
    anything of it is sent.
    """

    mission: Mission
    clock: VirtualClock
    outgoing: Wire
    random: Random
    marked: Callable[[int], None]
    off: Callable[[], None]

    def __post_init__(self) -> None:
        self.payload = Payload(self.clock, lambda: self.forgets)
        self.boots = self.wakes = self.idle_wakes = 0
        self._on_ns = self._since_ns = 0
        self.was_blind = self.cuts_at_mark = False
        self.notes, self.battery, self.restarts_asked = Notes(), ModelBattery(), list[str]()
        self.vitals = ModelVitals(self.clock)
        self.disk = Disk(self.random, Power())
        self.disk.make_folder(_STATE)
        self.disk.sync(Path("/"))
        self.boot()

    def boot(self, cut_after: int | None = None) -> None:
        """Start with what the last cut left on the disk. `cut_after`: the power fails again in that call of it."""
        self.boots += 1
        self._since_ns = self.clock.monotonic_ns()
        self.power = Power(self._cut)
        before = self.disk
        self.disk = before.after_cut(self.power)
        self.disk.octets_max, self.disk.failing = before.octets_max, before.failing
        self.was_blind |= self.disk.failing > 0
        self.port = WirePort(self.clock, self.outgoing, self.power)
        self.disk.cut_after = cut_after
        try:
            self._build()
        except PowerCut:
            return
        self.disk.cut_after = None

    def _build(self) -> None:
        devices = Devices(
            clock=self.clock,
            port=self.port,
            bits_per_second=self.outgoing.bits_per_second,
            camera=self.payload,
            board=_BOARD,
            runner=InlineRunner(self.clock, {"stages": self.payload.work}, duration_ns=_JOB_NS, waiting_max=4),
            medium=self.disk,
            battery=self.battery,
            vitals=self.vitals,
            recovery=self,
            random=Random(f"{self.random.random()}/{self.boots}"),
        )
        self.node: Node = build_node(self.mission, devices, _STATE, self.notes)
        marked = module_in(WITNESS).Marked
        self._marks: Queue[Any] = self.node.bus.subscribe(marked, "witness", capacity=1000, policy="refuse")
        self.due_ns = 0

    def step(self) -> None:
        """Execute everything that is due; nothing without power."""
        if not self.power.is_on:
            return
        before, has_octets = self._done, bool(self.port.unread)
        try:
            self.node.step()
            self.due_ns = self.node.next_wake_ns
        except PowerCut:
            pass
        self.wakes += 1
        self.idle_wakes += before == self._done and not has_octets
        if self._drain_marks() and self.cuts_at_mark and not self.forgets:
            self.power.cut()

    def restart(self, cause: str) -> None:
        """Note that the node asks to be started again."""
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
        """When the node last started, in nanoseconds of virtual time."""
        return self._since_ns

    @property
    def seconds(self) -> float:
        """How long the node has had power, all starts together, in seconds."""
        return (self._on_ns + (self.clock.monotonic_ns() - self._since_ns) * self.power.is_on) / 1e9

    @property
    def forgets(self) -> bool:
        """Whether a restart would lose something that the disk did not take, as the node itself reports."""
        numbers = self.node.reporter.source.numbers
        assert isinstance(numbers, Numbering)
        return bool(self.node.dispatcher.memory.record.fault or numbers.record.fault)

    def _cut(self) -> None:
        self._on_ns += self.clock.monotonic_ns() - self._since_ns
        self._drain_marks()
        self.off()

    def _drain_marks(self) -> bool:
        """Report the marks made; returns whether there were any."""
        made = self._marks.drain() if self.power.is_on else []
        for mark in made:
            self.marked(mark.number)
        return bool(made)


@dataclass(kw_only=True)
class GroundEnd:
    """The station, driven as `ground.service.Service` drives it. `accept` gets all its records.

    `due_ns`: when to `step`; `drained_ns`: when to `resume`, as the port's buffers have drained.
    """

    dictionary: Dictionary
    clock: VirtualClock
    outgoing: Wire
    accept: Callable[[GroundRecord], None]

    def __post_init__(self) -> None:
        self.archive, self.inbox, self.shelf = WorldArchive(), WorldInbox(), WorldShelf()
        self.starts = self.wakes = self.idle_wakes = self._reported = 0
        self.port = WirePort(self.clock, self.outgoing, Power())
        self.start()

    @property
    def now(self) -> Moment:
        """The time of the world's clock."""
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
        self.due_ns = min(due, default=NEVER)
        left_ns = self.outgoing.next_left_ns() if self.station.busy and not full else None
        self.drained_ns = NEVER if left_ns is None else left_ns

    def _withdraw(self) -> None:
        if self.station.pop_withdrawal():
            self.outgoing.forget(self.clock.monotonic_ns())
            self.station.emptied()

    def _held(self) -> int:
        return self.outgoing.held(self.clock.monotonic_ns())

    def _report(self) -> None:
        for record in self.station.drain_news():
            self._reported += 1
            self.accept(record)
