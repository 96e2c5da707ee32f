"""A spacecraft that is not ours, out of pieces of `link`: it does what a right node never does.

It leaves out stages of commands, flies another dictionary, and reports what and when a test wants, so that the station
is held to bear it. The real node and the real station stand in rig/world and tests/fsw.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from ground.station.station import Station
from hal.clock import Moment
from link.cfdp import Entity, MemoryStore, Settings
from link.channels.tm_sender import TmSender
from link.coding.cltu import CltuReader
from link.coding.tm import TmEncoder
from link.cop1.farm import Farm, Verdict
from link.dictionary import Dictionary, Event, Int8ub, Int32ub, Limits, Octets, Telemetry, command, wire
from link.dictionary.dictionary import FilePartners
from link.errors import DecodeError
from link.frames.tc import TcFrame
from link.managed import Managed, TmChannel
from link.packets.space_packet import SpacePacket
from link.pus.catalogue import read_request
from link.pus.packets import TcPacket
from link.pus.services import events, housekeeping
from link.pus.services.verification import ExecutionStage, FailureCode, failure, success
from link.pus.source import TmSource

APID, FILES_APID, NODE_ENTITY, GROUND_ENTITY = 65, 0x7FD, 1, 2
MANAGED = Managed(
    spacecraft_id=0x2A5,
    tm_channels=(TmChannel(name="housekeeping", vc=0), TmChannel(name="files", vc=1, queue_packets=8)),
    tm_frame_octets=223,
    interleave=1,
    tc_frame_octets_max=256,
    farm_window=16,
)


class NodeStatus(Telemetry, id=1):
    """The node."""

    dictionary: bytes = wire(Octets(8))
    uptime_s: int = wire(Int32ub, unit="s")
    load: int = wire(Int8ub, unit="%", limits=Limits(warning=(0, 80)))


class Done(Event, id=5, severity="low"):
    """{what} was done."""

    what: str = wire()


class Imaging:
    @command(opcode=0x31)
    def capture(self, target: str, count: int = 1) -> None:
        """Look at `target`."""

    @command(opcode=0x32, hazardous=True)
    def erase(self) -> None:
        """Forget everything."""

    @command(opcode=0x33, constraint="NodeStatus.load < 90 and NodeStatus.uptime_s >= 0")
    def compress(self) -> None:
        """Make room."""


DICTIONARY = Dictionary.of(
    "coastwatch",
    APID,
    MANAGED.to_dict(),
    [NodeStatus, Done, Imaging],
    FilePartners(apid=FILES_APID, node_entity=NODE_ENTITY, ground_entity=GROUND_ENTITY),
)

SECOND = 1_000_000_000
UTC_NS = 1_800_000_000 * SECOND


@dataclass
class Spacecraft:
    """Accepts frames by FARM-1, answers requests at once, reports its status, sends files by CFDP."""

    dictionary: Dictionary = DICTIONARY
    load: int = 10
    utc_ns: int = UTC_NS
    executed: list[tuple[str, dict]] = field(default_factory=list)
    silent_about: set[str] = field(default_factory=set)
    store: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self):
        self.farm = Farm(MANAGED.farm_window)
        self.units = CltuReader(randomised=MANAGED.cltu_randomise)
        self.sender, self.encoder, self.source = TmSender(MANAGED), TmEncoder(MANAGED), TmSource(APID)
        settings = Settings(pdu_octets_max=MANAGED.tm_data_octets - 6, ack_ms=2000, nak_ms=2000)
        self.entity = Entity(NODE_ENTITY, self.store, settings)
        self.pdus = 0
        self.now_ns = 0

    def receive(self, octets: bytes) -> None:
        for unit in self.units.feed(octets):
            try:
                frame = TcFrame.decode(unit)
            except DecodeError:
                continue
            if self.farm.accept(frame) is Verdict.ACCEPT and not frame.control:
                self._take(frame.data)

    def step(self, now_ns: int) -> bytes:
        """What goes down in the next 100 ms: at most four frames, at least one with the CLCW."""
        self.now_ns = now_ns
        if now_ns % SECOND == 0:
            version = bytes.fromhex(self.dictionary.version)
            uptime = now_ns // SECOND
            self.report(housekeeping.report_of(NodeStatus(dictionary=version, uptime_s=uptime, load=self.load)))
        while self.sender.room("files") and (pdu := self.entity.pop_pdu(now_ns)):
            self.sender.offer("files", SpacePacket(FILES_APID, self.pdus % 16384, pdu).encode())
            self.pdus += 1
        frames = [self.sender.next_frame(self.farm.clcw(MANAGED.tc_channel).word)]
        while self.sender.waiting and len(frames) < 4:
            frames.append(self.sender.next_frame(self.farm.clcw(MANAGED.tc_channel).word))
        return b"".join(self.encoder.encode(frame) for frame in frames)

    def report(self, report) -> bytes:
        packet = self.source.packet(report, self.utc_ns + self.now_ns)
        self.sender.offer("housekeeping", packet)
        return packet

    def _take(self, data: bytes) -> None:
        if SpacePacket.decode(data).apid == FILES_APID:
            self.entity.accept(SpacePacket.decode(data).data, self.now_ns)
            return
        packet = TcPacket.decode(data)
        request = read_request(packet)
        entry, arguments = self.dictionary.decode_command(request.function, request.arguments)
        self.executed.append((entry.name, arguments))
        if arguments.get("target") == "nowhere":
            self.report(failure(packet, ExecutionStage.ACCEPTANCE, FailureCode.BAD_ARGUMENTS, "no such target"))
            return
        for stage in (ExecutionStage.ACCEPTANCE, ExecutionStage.START, ExecutionStage.COMPLETION):
            if stage.name not in self.silent_about:
                self.report(success(packet, stage))
        self.report(events.event_report(Done(what=entry.name)))


@dataclass
class World:
    """A spacecraft and a station on one virtual clock, 100 ms a turn; the link does `up` and `down` to octets."""

    station: Station
    spacecraft: Spacecraft
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
            self.station.feed(self.down(self.spacecraft.step(self.now_ns)), self.now)
            self.station.step(self.now)
            self.spacecraft.receive(self.up(self.station.pop_output()))
            self.news += self.station.drain_news()
            self.now_ns += SECOND // 10

    def of(self, kind: type) -> list:
        """The news of one kind."""
        return [record for record in self.news if isinstance(record, kind)]
