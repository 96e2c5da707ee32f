"""The ground that operates a node under test: the real station at the other end, and all that it received."""

from collections import deque
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from fsw.design import dictionary_of
from fsw.mission import load_mission
from ground.archive.archive import Archive
from ground.commands.tracker import RequestProgress
from ground.errors import BusyError
from ground.records import CommandRecord, EventRecord
from ground.station.station import Patience
from ground.station.station import Station as RealStation
from hal.clock import Moment
from link.cfdp import MemoryStore
from link.dictionary import Dictionary
from link.pus.catalogue import read_report
from link.pus.packets import TmPacket
from link.pus.services.functions import PerformFunction
from link.pus.services.housekeeping import HousekeepingReport

_PATIENCE = Patience(command_ms=3_600_000)
_PROGRESS = {
    "accepted": RequestProgress.ACCEPTED,
    "started": RequestProgress.STARTED,
    "completed": RequestProgress.COMPLETED,
    "failed": RequestProgress.FAILED,
}


class Event(NamedTuple):
    """An event of the node."""

    name: str
    values: dict
    message: str


class Sent:
    """A request, and how far it has come. It is sent once the node is heard, as an operator would."""

    def __init__(self):
        self.record = None

    @property
    def progress(self):
        return _PROGRESS.get(self.record.state if self.record else "", RequestProgress.SENT)

    @property
    def is_over(self):
        return bool(self.record and self.record.ended)

    @property
    def reason(self):
        return self.record.reason if self.record else ""

    @property
    def stages(self):
        """The stages that the node reported, by name."""
        return [stage.name for stage in self.record.stages if stage.time_ns is not None] if self.record else []


@cache
def known_of(file: bytes) -> Dictionary:
    """What the ground knows of a node: its dictionary file, nothing else."""
    return Dictionary.from_json(file)


class Station:
    """Steps like the node: `step` accepts what came down and sends what is due."""

    def __init__(self, mission_path, clock, port):
        self.dictionary = known_of(dictionary_of(load_mission(mission_path)).to_json())
        self.clock, self.port = clock, port
        self.archive, self.files = Archive(), MemoryStore()
        self.events, self.times = [], []
        self._declared = {entry.name for entry in self.dictionary.events}
        self._sent, self._waiting, self._unsent = {}, deque(), bytearray()
        self.real = RealStation(self.dictionary, self.archive, self.files, self.now, patience=_PATIENCE)

    @property
    def now(self):
        return Moment.of(self.clock)

    @property
    def due_ns(self):
        """Monotonic time at which `step` is due if nothing comes down before."""
        wake_ns = self.real.next_wake_ns
        return 0 if self._waiting or self._unsent or wake_ns is None else wake_ns

    def command(self, name, /, **arguments):
        """Send a command; returns how far it has come."""
        function, octets = self.dictionary.encode_command(name, arguments)
        return self.request(PerformFunction(function=function, arguments=octets), name)

    def request(self, request, name):
        """Send any request, also one that no operator could make."""
        self._waiting.append((request, name, sent := Sent()))
        return sent

    def step(self):
        self.real.feed(self.port.read(1 << 16), self.now)
        self.real.step(self.now)
        while self._waiting and self.real.status(self.now).linked and self._send(*self._waiting[0]):
            self._waiting.popleft()
        self._unsent += self.real.pop_output()
        del self._unsent[: self.port.write(bytes(self._unsent))]
        for record in self.real.drain_news():
            if isinstance(record, EventRecord) and record.name in self._declared:  # answers are records, too
                self.events.append(Event(record.name, record.values, record.message))
            elif isinstance(record, EventRecord) and record.name == "TimeReport":
                self.times.append(record.message)
            elif isinstance(record, CommandRecord) and record.number in self._sent:
                self._sent[record.number].record = record

    def _send(self, request, name, sent):
        """Send a request, as the real station does one that was made of a name; returns whether it had room."""
        source = replace(self.real._source)
        packet = source.packet(request)
        try:
            self.real._uplink.send(packet.encode(), packet.request)
        except BusyError:
            return False
        self.real._source = source
        sent.record = self.real._book.enter(packet.request, name, {}, self.now)
        self._sent[sent.record.number] = sent
        return True

    @property
    def packets(self):
        """All telemetry packets, in the order in which they came."""
        return [TmPacket.decode(row.octets) for row in self.archive.stored("packets")]

    @property
    def reports(self):
        """What all telemetry packets report."""
        return [read_report(packet) for packet in self.packets]

    @property
    def samples(self):
        """The samples of all structures that the dictionary declares."""
        known = {one.id for one in self.dictionary.reports}
        found = (one for one in self.reports if isinstance(one, HousekeepingReport) and one.structure in known)
        return [self.dictionary.decode_report(one.structure, one.values) for one in found]

    def named(self, name):
        """The values of every sample called `name`, in order."""
        return [sample.known for sample in self.samples if sample.name == name]
