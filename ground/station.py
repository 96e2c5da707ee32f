"""The station: octets from the port become archived packets, samples, events and files; commands become octets.

Pure and stepped: octets and times go in, octets and news come out; archive and file store are handed in. Nothing that
was received is lost because something else failed: what cannot be understood is kept as it came and counted, what
cannot be archived waits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ground.archive import Archive
from ground.command_book import CommandBook
from ground.dictionaries import managed_of
from ground.downlink import Downlink
from ground.errors import MismatchError, NotHeardError
from ground.file_service import FileService
from ground.keeper import Keeper
from ground.logbook import Logbook
from ground.moment import Moment
from ground.records import CommandRecord, LinkRecord, Record, SampleRecord, Status
from ground.telemetry import Telemetry
from ground.uplink import Delivered, Released, Undelivered, Uplink
from link.cfdp import FileStore
from link.cfdp import Settings as FileSettings
from link.dictionary import Dictionary
from link.dictionary.kinds import Value
from link.pus.requests import Requests
from link.pus.source import TcSource
from link.space_packet import HEADER_SIZE

_APID_MASK = 0x7FF
_RETRY_NS = 1_000_000_000  # between attempts to write to an archive that refuses
_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """`round_trip_ms`: longer than a frame takes up, and the next one down with the answer; what is not acknowledged by
    then is sent again. `command_ms`: how long a command may show no sign of life.
    """

    round_trip_ms: int = 3_000
    command_ms: int = 60_000


class Station:
    """Operates the node of `dictionary`. `port` is what clients are told of the port."""

    def __init__(
        self,
        dictionary: Dictionary,
        archive: Archive,
        store: FileStore,
        now: Moment,
        *,
        port: str = "",
        patience: Patience = Patience(),  # frozen
    ) -> None:
        managed = managed_of(dictionary)
        archive.add_dictionary(dictionary.version, dictionary.to_json())
        self._dictionary, self._port, self._begun_ns = dictionary, port, now.utc_ns
        self._log = Logbook(Keeper(archive))
        self._book = CommandBook(archive.commands(), patience.command_ms * _MS, now)
        self._source = TcSource(dictionary.apid, count=self._book.next_count)
        self._requests = Requests(dictionary)
        self._downlink, self._uplink = Downlink(managed), Uplink(managed, patience.round_trip_ms)
        self._telemetry = Telemetry(dictionary, archive, self._book, self._log)
        self._files = self._file_service(store, patience)
        self._linked = False
        self._output = bytearray()
        self._retry_ns = 0

    @property
    def node(self) -> str:
        """The node's name."""
        return self._dictionary.node

    @property
    def version(self) -> str:
        """The version of our dictionary."""
        return self._dictionary.version

    @property
    def latest(self) -> list[SampleRecord]:
        """The last sample of each report since the service began."""
        return list(self._telemetry.latest.values())

    @property
    def next_wake_ns(self) -> int | None:
        """When `step` has something to do again, if nothing is received before."""
        due = [self._uplink.deadline_ns, self._book.deadline_ns]
        due += [self._files.deadline_ns] if self._files and self._linked else []
        due += [self._downlink.lost_at_ns] if self._linked else []
        due += [self._retry_ns] if self._log.keeper.waiting else []
        return min((ns for ns in due if ns is not None), default=None)

    def receive(self, octets: bytes, now: Moment) -> None:
        """Take what the port received; `step` then makes the answers."""
        frames = self._downlink.receiver.frames
        packets = self._downlink.feed(octets, now.monotonic_ns)
        if self._downlink.last_frame_ns == now.monotonic_ns:
            self._acquire(now)
        if self._downlink.receiver.frames > frames and (clcw := self._downlink.clcw):
            self._uplink.on_clcw(clcw, now.monotonic_ns)
        self._note_uplink(now)
        for packet in packets:
            self._route(packet, now)
        self._log.flush()

    def step(self, now: Moment) -> None:
        """Do what is due, and make what the port shall send."""
        self._watch_link(now)
        for packet in self._files.packets(now) if self._files else ():
            self._uplink.send_beside(packet)
        self._output += self._uplink.output(now.monotonic_ns)
        self._note_uplink(now)
        self._log.note(*self._book.step(now))
        self._log.flush()
        self._retry_ns = now.monotonic_ns + _RETRY_NS

    def take_output(self) -> bytes:
        """What the port shall send."""
        taken, self._output = bytes(self._output), bytearray()
        return taken

    def take_news(self) -> list[Record]:
        """What clients want to know, oldest first."""
        return self._log.take_news()

    def command(
        self, name: str, arguments: Mapping[str, Value], now: Moment, *, confirmed: bool = False
    ) -> CommandRecord:
        """Send a command; `step` makes its octets.

        Raises ValueError for a command or argument that the dictionary does not allow, a hazardous one that is not
        `confirmed`, or one whose constraint does not hold; NotHeardError, MismatchError (the node flies another
        dictionary), BusyError (too many wait).
        """
        if not self._linked:
            raise NotHeardError(f"not sent: {self.node} is not heard")
        if self._telemetry.mismatch:
            raise MismatchError(f"not sent: {self._telemetry.mismatch}")
        source = replace(self._source)  # a refused command takes no number
        order = self._requests.make(name, arguments, source)
        if order.hazardous and not confirmed:
            raise ValueError(f"{name} is hazardous; confirm it if you mean it")
        if order.constraint:
            self._telemetry.check(name, order.constraint)
        packet = source.packet(order.request)
        self._uplink.send(packet.encode(), packet.request)
        self._source = source
        self._telemetry.expect(packet.request, order.request)
        if (inside := order.inside) and inside.at_ns is not None:
            released = Moment(now.monotonic_ns + inside.at_ns - now.utc_ns, inside.at_ns)
            self._log.note(self._book.enter(inside.packet.request, inside.order.name, inside.order.arguments, released))
        record = self._book.enter(packet.request, name, order.arguments, now)
        self._log.note(record)
        self._log.flush()
        return record

    def rescue(self, path: Path) -> bool:
        """Before the end: put what the archive could not take into a file of JSON lines; whether there was any."""
        return not self._log.keeper.retry() and self._log.keeper.rescue(path)

    def status(self, now: Moment) -> Status:
        """Everything on one page."""
        return Status(
            node=self._dictionary.node,
            dictionary=self._dictionary.version,
            node_dictionary=self._telemetry.flown,
            port=self._port,
            now_ns=now.utc_ns,
            begun_ns=self._begun_ns,
            linked=self._linked,
            link=self._link_record(now),
            archive=self._log.keeper.record,
            commands=self._book.by_state,
            transfers=self._files.transfers if self._files else (),
        )

    def _link_record(self, now: Moment) -> LinkRecord:
        downlink, decoder, receiver = self._downlink, self._downlink.decoder, self._downlink.receiver
        last_ns = downlink.last_frame_ns
        return LinkRecord(
            octets_received=downlink.octets,
            octets_skipped=decoder.octets_skipped,
            octets_sent=self._uplink.octets,
            frames_received=decoder.received - receiver.bad,
            frames_corrected=decoder.corrected_frames,
            symbols_corrected=decoder.corrected_symbols,
            frames_uncorrectable=decoder.uncorrectable + receiver.bad,
            frames_lost=receiver.lost,
            frames_sent=self._uplink.frames,
            packets=self._log.packets,
            duplicates=self._log.duplicates,
            strays=dict(self._log.strays),
            last_frame_ns=None if last_ns is None else now.utc_ns - (now.monotonic_ns - last_ns),
            uplink=self._uplink.state,
        )

    def _file_service(self, store: FileStore, patience: Patience) -> FileService | None:
        partners = self._dictionary.files
        if partners is None:
            return None
        settings = FileSettings(
            pdu_octets_max=self._uplink.packet_octets_max - HEADER_SIZE,
            ack_ms=patience.round_trip_ms,
            nak_ms=patience.round_trip_ms,
        )
        return FileService(partners, store, settings, self._log)

    def _route(self, packet: bytes, now: Moment) -> None:
        apid = int.from_bytes(packet[:2]) & _APID_MASK
        if apid == self._dictionary.apid:
            self._telemetry.take(packet, now)
        elif self._files and apid == self._files.apid:
            self._files.take(packet, now)
        else:
            self._log.stray(packet, "unknown APID", str(apid), now)

    def _acquire(self, now: Moment) -> None:
        """A good frame came."""
        if self._linked:
            return
        self._linked = True
        self._log.say("info", "LinkAcquired", f"{self.node} is heard.", now)
        if self._files:
            self._files.thaw(now)

    def _watch_link(self, now: Moment) -> None:
        lost_at_ns = self._downlink.lost_at_ns
        if not self._linked or lost_at_ns is None or now.monotonic_ns < lost_at_ns:
            return
        self._linked = False
        self._log.say("low", "LinkLost", f"{self.node} is not heard any more.", now)
        self._uplink.close(now.monotonic_ns, "the link was lost")
        if self._files:
            self._files.freeze(now)

    def _note_uplink(self, now: Moment) -> None:
        for notice in self._uplink.take_notices():
            match notice:
                case Released(request):
                    self._log.note(*self._book.released(request, now))
                case Delivered(request):
                    self._log.note(*self._book.delivered(request, now))
                case Undelivered(request, reason):
                    self._log.note(*self._book.undelivered(request, reason, now))
