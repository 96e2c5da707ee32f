"""Just enough of a ground station to fly a node in a test: the other end of everything in link/."""

from collections import deque

from fsw.assembly import dictionary_of
from fsw.mission import load_mission
from ground.commands.tracker import CommandTracker
from link.cfdp import Entity, MemoryStore, Settings
from link.channels.tm_receiver import TmReceiver
from link.coding.cltu import encode_cltu
from link.coding.tm import TmDecoder
from link.cop1 import Fop, FopDirective
from link.dictionary import Dictionary
from link.frames.clcw import Clcw
from link.managed import Managed
from link.packets.space_packet import SpacePacket
from link.pus.catalogue import read_report
from link.pus.packets import TmPacket
from link.pus.services.events import EventReport
from link.pus.services.functions import PerformFunction
from link.pus.services.housekeeping import HousekeepingReport
from link.pus.source import TcSource


class Station:
    """Steps like the node: `step` takes what came down and sends what is due. All telemetry is kept in lists."""

    def __init__(self, mission_path, clock, port):
        # what the ground knows of a node is its dictionary file, nothing else
        self.dictionary = Dictionary.from_json(dictionary_of(load_mission(mission_path)).to_json())
        self.clock, self.port = clock, port
        self.managed = Managed.from_dict(self.dictionary.managed)
        self.decoder, self.receiver = TmDecoder(self.managed), TmReceiver(self.managed)
        self.fop = Fop(self.managed, transmission_limit=100)
        self.source, self.tracker = TcSource(self.dictionary.apid), CommandTracker()
        self.files = MemoryStore()
        said = self.dictionary.files
        self.entity = Entity(said.ground_entity, self.files, Settings(pdu_octets_max=200))
        self.samples, self.events, self.reports, self.indications = [], [], [], []
        self._requests, self._unsent, self._pdus = deque(), bytearray(), 0
        self.fop.directive(FopDirective.INITIATE_UNLOCK, clock.monotonic_ns())

    def command(self, name, **arguments):
        """Send a command; returns what the tracker knows of it."""
        function, octets = self.dictionary.encode_command(name, arguments)
        return self.request(PerformFunction(function=function, arguments=octets), name)

    def request(self, request, name):
        packet = self.source.packet(request)
        self._requests.append(packet.encode())
        return self.tracker.sent(packet.request, name, self.clock.utc_ns())

    def step(self):
        now_ns = self.clock.monotonic_ns()
        for frame in self.decoder.feed(self.port.read(1 << 16)):
            for channel, packet in self.receiver.feed(frame):
                self.take(channel, packet)
            self.fop.accept(Clcw.from_word(self.receiver.clcw), now_ns)
        self.fop.step(now_ns)
        self.transmit(now_ns)

    def take(self, channel, packet):
        if channel == "files":
            self.entity.accept(SpacePacket.decode(packet).data, self.clock.monotonic_ns())
            self.indications += self.entity.drain_indications()
            return
        decoded = TmPacket.decode(packet)
        report = read_report(decoded)
        self.reports.append(report)
        self.tracker.accept(report, decoded.time_ns)
        if isinstance(report, HousekeepingReport) and report.structure in {one.id for one in self.dictionary.reports}:
            self.samples.append((decoded.time_ns, self.dictionary.decode_report(report.structure, report.values)))
        elif isinstance(report, EventReport):
            self.events.append(self.dictionary.decode_event(report.event, report.auxiliary))

    def transmit(self, now_ns):
        if self._requests and self.fop.ready:
            self.fop.send(self._requests.popleft(), now_ns)
        if pdu := self.entity.pop_pdu(now_ns):
            packet = SpacePacket(self.dictionary.files.apid, self._pdus, pdu, is_command=True)
            self.fop.send_expedited(packet.encode(), now_ns)
            self._pdus += 1
        for frame in self.fop.drain_frames(now_ns):
            self._unsent += encode_cltu(frame.encode(fecf=self.managed.tc_fecf), randomise=self.managed.cltu_randomise)
        del self._unsent[: self.port.write(bytes(self._unsent))]

    def named(self, name):
        """The values of every report called `name`, in order."""
        return [sample.values for _, sample in self.samples if sample.name == name]
