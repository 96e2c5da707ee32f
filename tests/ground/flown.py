"""The real node under the real station, and between the two a relay that does what no right node does.

The relay drops, repeats or changes what the node sends, packet by packet: the ground must bear it from other people's
spacecraft, of which it knows a dictionary file alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from fsw.assembly import build_node
from fsw.design import dictionary_of
from fsw.devices import Devices
from fsw.jobs.inline import InlineRunner
from fsw.mission import (
    HOUSEKEEPING_CHANNEL,
    BoardSection,
    DefencesSection,
    FilesSection,
    JobsSection,
    Mission,
    NodeSection,
    PipelineSection,
    RadioSection,
    StoreSection,
)
from fsw.own.loading import AppSpec, module_in
from fsw.store.products import Provenance
from ground.station.station import Station
from hal.clock import Moment
from hal.port import PortState
from hal.sim.board import ModelBoard
from hal.sim.clock import VirtualClock
from link.channels.tm_receiver import TmReceiver
from link.channels.tm_sender import TmSender
from link.coding.tm import TmDecoder, TmEncoder
from link.dictionary import Dictionary
from link.dictionary.codec.record import Codec
from link.pus.catalogue import read_report
from link.pus.packets import TmPacket
from link.pus.services.housekeeping import HousekeepingReport
from link.pus.source import TmSource
from rig.world.ends import Notes
from tests.ground.example_dictionary import APID, FILES_APID, GROUND_ENTITY, MANAGED, NODE_ENTITY, SECOND, UTC_NS
from tests.hal.recording_medium import RecordingMedium

LOOKOUT = Path(__file__).with_name("lookout.py")
TURN_NS = SECOND // 10
_BOARD = BoardSection(name="model", idle_watts=2.0, core_watts=1.0)
MISSION = Mission(
    node=NodeSection(name="coastwatch", apid=APID),
    board=_BOARD,
    radio=RadioSection(bits_per_second=115_200),
    files=FilesSection(apid=FILES_APID, entity=NODE_ENTITY, ground_entity=GROUND_ENTITY),
    store=StoreSection(octets_max=1_000_000),
    jobs=JobsSection(workers=1, waiting_max=4, memory_mib=512, timeout_s=20.0, attempts=2),
    pipeline=PipelineSection(stages=()),
    scene=(),
    link=MANAGED.to_dict(),
    apps=(AppSpec(LOOKOUT),),
    defences=DefencesSection(starts_max=0),
)
# what the ground knows of a node is its dictionary file, nothing else
DICTIONARY = Dictionary.from_json(dictionary_of(MISSION).to_json())
Done, LookoutStatus = module_in(LOOKOUT).Done, module_in(LOOKOUT).LookoutStatus
_NODE_STATUS = next(one for one in DICTIONARY.reports if one.name == "NodeStatus")
_CODEC = Codec(_NODE_STATUS.fields)
_STATE = Path("/node")
_PROVENANCE = Provenance(
    target="coast", raw_octets=1, input_sha256="00" * 32, capture_utc_ns=1, compute_start_utc_ns=2,
    compute_end_utc_ns=3, joules=0.5, joules_source="modelled",
)  # fmt: skip


@dataclass
class Relay:
    """Takes the node's frames apart and sends their packets on in frames of its own, one each turn at least.

    While `is_mute` it sends none; else none of the services and subtypes that it is `silent_about`. `beacon` has fields
    of NodeStatus that it changes, `set_back_ns` sets the times of reports back, `change` makes another packet of each,
    `clcw` says something else of the node's FARM.
    """

    is_mute: bool = False
    silent_about: set[tuple[int, int]] = field(default_factory=set)
    beacon: dict[str, object] = field(default_factory=dict)
    set_back_ns: int = 0
    change: Callable[[bytes], bytes] = bytes
    clcw: Callable[[int], int] = int

    def __post_init__(self) -> None:
        self.sender, self.source = TmSender(MANAGED), TmSource(APID)
        self._decoder, self._receiver, self._encoder = TmDecoder(MANAGED), TmReceiver(MANAGED), TmEncoder(MANAGED)

    def pass_on(self, octets: bytes) -> bytes:
        """What comes down in place of these octets of the node."""
        frames = []
        for frame in self._decoder.feed(octets):
            for delivery in self._receiver.feed(frame):
                self._pass_on(delivery.channel, delivery.packet)
            frames += self._frames()
        return b"".join(map(self._encoder.encode, frames or self._frames()))

    def _pass_on(self, channel: str, packet: bytes) -> None:
        if channel == HOUSEKEEPING_CHANNEL:
            report = TmPacket.decode(packet)
            if self.is_mute or (report.service, report.subtype) in self.silent_about:
                return
            packet = self._with_beacon(replace(report, time_ns=report.time_ns - self.set_back_ns)).encode()
        assert self.sender.offer(channel, self.change(packet))

    def _with_beacon(self, packet: TmPacket) -> TmPacket:
        """The packet; where it is a NodeStatus, with other values of some of its fields."""
        if (
            not self.beacon
            or not isinstance(report := read_report(packet), HousekeepingReport)
            or report.structure != 1
        ):
            return packet
        values = DICTIONARY.decode_report(_NODE_STATUS.id, report.values).values | self.beacon
        changed = HousekeepingReport(structure=_NODE_STATUS.id, values=_CODEC.encode([*values.values()]))
        return replace(packet, data=changed.encode())

    def _frames(self) -> list[bytes]:
        word = self.clcw(self._receiver.clcw or 0)
        frames = [self.sender.next_frame(word)]
        while self.sender.waiting:
            frames.append(self.sender.next_frame(word))
        return frames


class Line:
    """The node's port; its other side takes everything at once."""

    state, next_wake_ns = PortState("line"), None

    def __init__(self) -> None:
        self.unread, self.sent = bytearray(), bytearray()

    def read(self, size_max: int) -> bytes:
        octets = bytes(self.unread[:size_max])
        del self.unread[:size_max]
        return octets

    def write(self, octets: bytes) -> int:
        self.sent += octets
        return len(octets)

    def fileno(self) -> int:
        return -1

    line_fileno = fileno


class Flown:
    """The node with the app `lookout`, which `receive`s octets and sends others through its relay as time passes."""

    def __init__(self, begun_ns: int = 0) -> None:
        self.relay, self.port = Relay(), Line()
        self.clock = VirtualClock(utc_ns=UTC_NS + begun_ns, monotonic_ns=begun_ns)
        devices = Devices(
            clock=self.clock,
            port=self.port,
            bits_per_second=MISSION.radio.bits_per_second,
            camera=None,
            board=ModelBoard(name=_BOARD.name, idle_watts=_BOARD.idle_watts, core_watts=_BOARD.core_watts),
            runner=InlineRunner(self.clock, {}, duration_ns=0, waiting_max=4),
            medium=RecordingMedium(),
            random=Random("flown"),
            self_test=tuple,
        )
        self.node = build_node(MISSION, devices, _STATE, Notes())
        kind = module_in(LOOKOUT).Lookout
        self.lookout = next(task.app for task in self.node.executive._tasks if isinstance(task.app, kind))

    @property
    def executed(self) -> list[tuple[str, dict]]:
        """The commands that were executed, with their arguments."""
        return self.lookout.executed

    def receive(self, octets: bytes) -> None:
        """What comes up now."""
        self.port.unread += octets
        while self.port.unread:
            self.node.step()

    def step(self, now_ns: int) -> bytes:
        """Execute all that is due until `now_ns`; what comes down meanwhile."""
        while (wake_ns := self.node.next_wake_ns) <= now_ns:
            self.clock.wait(wake_ns)
            self.node.step()
        self.clock.wait(now_ns)
        octets, self.port.sent = bytes(self.port.sent), bytearray()
        return self.relay.pass_on(octets)

    def report(self, report) -> bytes:
        """Let the relay send a report that the node did not make, now."""
        packet = self.relay.source.packet(report, self.clock.utc_ns())
        assert self.relay.sender.offer(HOUSEKEEPING_CHANNEL, packet)
        return packet

    def send_file(self, name: str, content: bytes) -> None:
        """Let the node send a file, as it does a product."""
        store = self.node.files.store
        store.add(store.allot_id(), name, content, _PROVENANCE)


@dataclass
class World:
    """A node and a station on one virtual clock, 100 ms a turn; the link does `up` and `down` to octets."""

    station: Station
    flown: Flown
    up: Callable[[bytes], bytes] = bytes
    down: Callable[[bytes], bytes] = bytes
    now_ns: int = 0
    utc_ns: int = UTC_NS
    news: list = field(default_factory=list)

    @property
    def now(self) -> Moment:
        return Moment(self.now_ns, self.utc_ns + self.now_ns)

    def run(self, seconds: float) -> None:
        for _ in range(round(10 * seconds)):
            self.station.feed(self.down(self.flown.step(self.now_ns)), self.now)
            self.station.step(self.now)
            self.flown.receive(self.up(self.station.pop_output()))
            self.news += self.station.drain_news()
            self.now_ns += TURN_NS

    def of(self, kind: type) -> list:
        """The news of one kind."""
        return [record for record in self.news if isinstance(record, kind)]
