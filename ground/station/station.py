"""The station: octets from the port become archived packets, samples, events and files; commands become octets.

Pure and stepped: octets and times go in, octets and news come out; archive and file store are handed in. Nothing that
was received is lost because something else failed: what cannot be decoded is kept as received and counted, what
cannot be archived waits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ground.archive.archive import Archive
from ground.archive.dictionaries import managed_of
from ground.archive.keeper import Keeper
from ground.archive.known import Known
from ground.archive.rows import DictionaryRow
from ground.commands.book import CommandBook, request_of
from ground.commands.requests import ReadyRequest, Requests
from ground.errors import MismatchError, NotHeardError
from ground.records import CommandRecord, GroundRecord, LinkRecord, SampleRecord, Severity, Status, TransferRecord
from ground.station.downlink import Downlink
from ground.station.duties import Duties
from ground.station.file_service import FileService, TransferShelf
from ground.station.logbook import Logbook
from ground.station.telemetry import TelemetryReader
from ground.station.uplink import Delivered, Released, Undelivered, Uplink
from hal.clock import Moment
from hal.port import PortNews
from link.cfdp import FileStore
from link.cfdp import Settings as FileSettings
from link.cfdp.silence import WAIT_FOR_OTHER_END
from link.dictionary import Dictionary
from link.dictionary.kinds import Value
from link.packets.space_packet import COUNT_MODULUS, HEADER_SIZE
from link.pus.packets import TC_OVERHEAD, AckFlags, RequestId
from link.pus.services.time import TIME_APID
from link.pus.source import TcSource

_APID_MASK = 0x7FF
_CLOCK_STEP_NS = 100_000_000  # slewing of a clock is slower
_RETRY_NS = 1_000_000_000  # between attempts to write to an archive that fails
_MS = 1_000_000
_RECORDS_NS, _PACKETS_NS = 5_000_000_000, 30_000_000_000
"""How long after one acknowledgement the next one is sent, of records and of packets that came live."""
_PORT_EVENTS: dict[str, tuple[str, Severity]] = {
    "away": ("LinkPortAway", "medium"),
    "back": ("LinkPortBack", "info"),
    "refused": ("LinkPortRefused", "medium"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the station waits. `round_trip_ms`: more than the time for a frame up and the next frame down; a frame
    not acknowledged by then is sent again. `command_ms`: a command without any report for this long times out.
    """

    round_trip_ms: int = 3_000
    command_ms: int = 60_000


class Station:
    """Operates the node of `dictionary`. `port` is the port's name for clients; `duties` isolates failures.

    `transfers` keeps file transfers from one run of the service to the next; None: they begin anew.

    `known` answers queries about all that was received and sent, archived or not yet.
    """

    def __init__(
        self,
        dictionary: Dictionary,
        archive: Archive,
        store: FileStore,
        now: Moment,
        *,
        port: str = "",
        patience: Patience = Patience(),  # a shared default is safe: it is frozen
        transfers: TransferShelf | None = None,
    ) -> None:
        managed = managed_of(dictionary)
        self._dictionary, self._port, self._begun_ns, self._now = dictionary, port, now.utc_ns, now
        self.duties = Duties(self._report_failure)
        self._log = Logbook(keeper := Keeper(archive), self.duties)
        self.known = Known(archive, lambda: keeper.waiting)
        self._log.note(DictionaryRow(dictionary.version, dictionary.to_json()))
        self._log.flush()  # before any reading: writing sets a damaged archive aside
        self._book = CommandBook(self._earlier(archive), patience.command_ms * _MS, now)
        self._source = TcSource(dictionary.apid, count=self._book.next_count)
        self._requests = Requests(dictionary)
        self._downlink = Downlink(managed)
        self._uplink = Uplink(managed, patience.round_trip_ms, has_sent=not self._book.is_empty)
        self._telemetry = TelemetryReader(dictionary, archive, self._book, self._log)
        self._files = self._file_service(store, patience, transfers)
        if self._files:
            self._files.freeze(now)  # until the node is heard
        self._linked = False
        self._retry_ns = 0
        self._acknowledged_ns, self._lost = now.monotonic_ns, self._log.lost

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
        """Monotonic time at which `step` is due next, if nothing is received before."""
        due = [self._uplink.deadline_ns, self._book.deadline_ns]
        due += [self._files.deadline_ns] if self._files and self._linked else []
        due += [self._downlink.lost_at_ns] if self._linked else []
        due += [self._retry_ns] if self._log.keeper.waiting else []
        due += [self._acknowledge_ns] if self._acknowledge_ns is not None and self._linked else []
        return min((ns for ns in due if ns is not None), default=None)

    def feed(self, octets: bytes, now: Moment) -> None:
        """Take octets that the port received; `step` then makes the answers."""
        self._go_on(now)
        good = self._downlink.good
        packets: list[bytes] = []
        with self.duties.alone("frames"):
            packets = self._downlink.feed(octets, now.monotonic_ns)
        if self._downlink.good > good:
            self._acquire(now)
        with self.duties.alone("command link"):
            if self._downlink.good > good and (clcw := self._downlink.clcw):
                self._uplink.accept(clcw, now.monotonic_ns)
            self._note_uplink(now)
        for packet in packets:
            with self.duties.alone("packet"):
                self._route(packet, now)
        self._log.flush()

    def report_port(self, news: PortNews, now: Moment) -> None:
        """Report a change of the port to the clients."""
        name, severity = _PORT_EVENTS[news.kind]
        self._log.report_event(severity, name, f"{news.sentence}.", now)

    def step(self, now: Moment) -> None:
        """Do what is due, and make the octets that the port is to send."""
        self._go_on(now)
        for severity, name, sentence in self._log.keeper.drain_news():
            self._log.report_event(severity, name, sentence, now)
        with self.duties.alone("watching the link"):
            self._watch_link(now)
        self._send_file_data(now)
        with self.duties.alone("acknowledging"):
            self._acknowledge(now)
        with self.duties.alone("command time-outs"):
            self._time_out(now)
        with self.duties.alone("command link"):
            self._uplink.step(now.monotonic_ns)
            self._note_uplink(now)
        self._log.flush()
        self._retry_ns = now.monotonic_ns + _RETRY_NS

    @property
    def output(self) -> bytes:
        """The octets to write to the port next; `wrote` reports how many of them it took."""
        return self._uplink.output

    @property
    def busy(self) -> bool:
        """Whether octets to be sent have not left the port yet."""
        return self._uplink.busy

    def pop_withdrawal(self) -> bool:
        """Whether the port's buffers must be cleared, as their content was withdrawn; `emptied` reports it done."""
        return self._uplink.pop_withdrawal()

    def emptied(self) -> None:
        """Note that the port's buffers were cleared."""
        self._uplink.emptied()

    def wrote(self, count: int, held: int, now: Moment) -> None:
        """Note that the port took `count` octets of `output`, and that `held` octets are still in its buffers."""
        self._go_on(now)
        if self._linked:
            self._send_file_data(now)
        with self.duties.alone("command link"):
            self._uplink.wrote(count, held, now.monotonic_ns)
            self._note_uplink(now)
        self._log.flush()

    def send_file(self, source: str, name: str, now: Moment) -> TransferRecord:
        """Send the file that the store opens as `source` to the node, which is to keep it as `name`, now or when heard.

        Raises ValueError where the node takes no files, or for a name that no packet can hold; BusyError.
        """
        if self._files is None:
            raise ValueError(f"{self.node} takes no files")
        record = self._files.send(source, name, now)
        self._log.flush()
        return record

    def _send_file_data(self, now: Moment) -> None:
        """Give the uplink as many packets of the file service as it has room for."""
        with self.duties.alone("files"):
            for packet in self._files.packets(now, self._uplink.file_room) if self._files else ():
                self._uplink.send_beside(packet)

    def pop_output(self) -> bytes:
        """All octets to be sent, for a port that takes everything at once."""
        taken = bytearray()
        while octets := self.output:
            taken += octets
            self.wrote(len(octets), 0, self._now)
        return bytes(taken)

    def drain_news(self) -> list[GroundRecord]:
        """The records for clients since the last call, oldest first."""
        return self._log.drain_news()

    def command(
        self, name: str, arguments: Mapping[str, Value], now: Moment, *, confirmed: bool = False
    ) -> CommandRecord:
        """Send a command, and before it the one that arms it on board if it is hazardous; `step` makes their octets.

        Raises ValueError for a command or argument that the dictionary does not allow, a hazardous one that is not
        `confirmed`, or one whose constraint does not hold; NotHeardError, MismatchError (the node flies another
        dictionary), BusyError (too many wait).
        """
        self._check_node()
        self._follow()
        source = replace(self._source)  # a copy, so that a refused command uses up no sequence count
        order = self._requests.make(name, arguments, source)
        if order.hazardous and not confirmed:
            raise ValueError(f"{name} is hazardous; confirm it if you mean it")
        if order.constraint:
            self._telemetry.check(name, order.constraint)
        sent = [(one, source.packet(one.request)) for one in (order.arming, order) if one]
        self._uplink.send_all([(packet.encode(), packet.request) for _, packet in sent])
        self._source = source
        records = [self._enter(one, packet.request, now) for one, packet in sent]
        self._log.flush()
        return records[-1]

    def _enter(self, order: ReadyRequest, request: RequestId, now: Moment) -> CommandRecord:
        """Note a request that is sent, and those inside it that the node releases at a time."""
        self._telemetry.expect(request, order.request)
        for inside in (order.inside.arming, order.inside) if order.inside else ():
            if inside is not None and inside.at_ns is not None:
                released = Moment(now.monotonic_ns + max(0, inside.at_ns - now.utc_ns), inside.at_ns)
                inner, of = inside.packet.request, inside.order
                self._log.note(self._book.enter(inner, of.name, of.arguments, released, carrier=request))
        record = self._book.enter(request, order.name, order.arguments, now)
        self._log.note(record)
        return record

    def end(self, now: Moment) -> None:
        """End the service: commands that were not sent never will be, and are recorded so."""
        self._uplink.close(now.monotonic_ns, "the service ended")
        self._note_uplink(now)
        self._log.flush()

    def rescue(self, path: Path) -> bool:
        """Write what could not be archived to a file of JSON lines; return whether there was any."""
        return not self._log.keeper.retry() and self._log.keeper.rescue(path)

    def status(self, now: Moment) -> Status:
        """The state of the station on one page."""
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
            dropped=self._dropped(),
            failed=dict(self.duties.failed),
        )

    def _dropped(self) -> dict[str, int]:
        """How much was dropped for lack of room, by kind."""
        files = self._files.dropped if self._files else {}
        return (
            self.duties.dropped
            | files
            | {
                "file packets": self._uplink.file_packets_dropped,
                "FOP-1 notices": self._uplink.notices_dropped,
                "commands forgotten": self._book.forgotten,
                "reports about unknown commands": self._book.unmatched,
                "packets not decoded": self._telemetry.undecoded,
                "packets not acknowledged": self._telemetry.receipts.dropped,
            }
        )

    def _check_node(self) -> None:
        """Raises NotHeardError or MismatchError unless the node is heard and known to fly our dictionary."""
        if not self._linked:
            raise NotHeardError(f"not sent: {self.node} is not heard")
        if self._telemetry.flown is None:
            raise NotHeardError(f"not sent: {self.node} has not reported yet which dictionary it flies")
        if self._telemetry.mismatch:
            raise MismatchError(f"not sent: {self._telemetry.mismatch}")

    def _earlier(self, archive: Archive) -> list[CommandRecord]:
        """The archived commands of earlier runs of the service, as far as they can be read."""
        with self.duties.alone("reading earlier commands"):
            return archive.commands()
        return []

    def _report_failure(self, sentence: str) -> None:
        self._log.report_event("high", "DutyFailed", sentence, self._now)

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
            frames_twice=receiver.duplicates,
            frames_sent=self._uplink.frames,
            packets=self._log.packets,
            duplicates=self._log.duplicates,
            packets_played=self._telemetry.played,
            strays=dict(self._log.strays),
            last_frame_ns=None if last_ns is None else now.utc_ns - (now.monotonic_ns - last_ns),
            uplink=self._uplink.state,
        )

    def _file_service(
        self, store: FileStore, patience: Patience, transfers: TransferShelf | None
    ) -> FileService | None:
        partners = self._dictionary.files
        if partners is None:
            return None
        settings = FileSettings(
            pdu_octets_max=self._uplink.packet_octets_max - HEADER_SIZE,
            crc=True,
            ack_ms=patience.round_trip_ms,
            nak_ms=patience.round_trip_ms,
            handlers=WAIT_FOR_OTHER_END,
        )
        return FileService(partners, store, settings, self._log, self._now, transfers)

    def _route(self, packet: bytes, now: Moment) -> None:
        apid = int.from_bytes(packet[:2]) & _APID_MASK
        if apid == self._dictionary.apid:
            self._accept_report(packet, now)
        elif apid == TIME_APID:
            self._telemetry.accept_time(packet, now)
        elif self._files and apid == self._files.apid:
            self._files.accept(packet, now)
        else:
            self._log.stray(packet, "unknown APID", str(apid), now)

    def _accept_report(self, packet: bytes, now: Moment) -> None:
        mismatch = self._telemetry.mismatch
        request = self._telemetry.accept(packet, now)
        if request:
            self._uplink.verified(request, now.monotonic_ns)
            self._note_uplink(now)
        if self._telemetry.mismatch and not mismatch:
            self._uplink.close(now.monotonic_ns, "the node flies another dictionary")

    def _acquire(self, now: Moment) -> None:
        """A valid frame came: where the link was lost, it is back."""
        if self._linked:
            return
        self._linked = True
        self._acknowledged_ns = now.monotonic_ns - _PACKETS_NS  # at once: it lets the node play what it recorded
        self._log.report_event("info", "LinkAcquired", f"{self.node} is heard.", now)
        if self._files:
            self._files.thaw(now)

    def _follow(self) -> None:
        """Continue the sequence count after the node's last request, whoever sent it: a node does not execute a
        count that it took before. Requests of ours may be on their way: never go back, unless none was ever sent.
        """
        last = self._telemetry.last_request
        if last is not None:
            ahead = (last + 1 - self._source.count) % COUNT_MODULUS
            if self._book.is_empty or ahead < COUNT_MODULUS // 2:
                self._source.count = (last + 1) % COUNT_MODULUS

    def _go_on(self, now: Moment) -> None:
        """Take the time, and report a step of this host's UTC against the monotonic time."""
        step_ns = now.utc_ns - self._now.utc_ns - (now.monotonic_ns - self._now.monotonic_ns)
        self._now = now
        if abs(step_ns) >= _CLOCK_STEP_NS:
            words = f"The clock of the ground stepped by {step_ns / 1e9:+.3f} s: times before and after do not compare."
            self._log.report_event("medium", "GroundClockStepped", words, now)

    def _watch_link(self, now: Moment) -> None:
        lost_at_ns = self._downlink.lost_at_ns
        if not self._linked or lost_at_ns is None or now.monotonic_ns < lost_at_ns:
            return
        self._linked = False
        self._log.report_event("low", "LinkLost", f"{self.node} is not heard any more.", now)
        self._uplink.close(now.monotonic_ns, "the link was lost")
        self._telemetry.forget_node()
        if self._files:
            self._files.freeze(now)

    @property
    def _acknowledge_ns(self) -> int | None:
        """When the next acknowledgement is due, in monotonic time; None while there is nothing to acknowledge.

        It is the sign by which the node knows that somebody listens.
        """
        if self._telemetry.flown != self._dictionary.version:
            return None
        receipts = self._telemetry.receipts
        after = _RECORDS_NS if receipts.has_records else _PACKETS_NS if receipts.has_packets else None
        return None if after is None else self._acknowledged_ns + after

    def _acknowledge(self, now: Moment) -> None:
        """Acknowledge to the node's recorder what the archive has for good; playback makes good a lost request."""
        if self._acknowledge_ns is None or now.monotonic_ns < self._acknowledge_ns:
            return
        self._acknowledged_ns = now.monotonic_ns
        if self._log.lost != self._lost:
            self._lost = self._log.lost
            self._telemetry.receipts.clear()
        if not self._linked or not self._log.keeper.secure():
            return
        self._follow()
        for request in self._telemetry.receipts.drain(self._uplink.packet_octets_max - TC_OVERHEAD):
            self._uplink.send_beside(self._source.packet(request, AckFlags.NONE).encode())

    def _time_out(self, now: Moment) -> None:
        """Withdraw the commands that have timed out."""
        for record in self._book.step(now):
            self._uplink.withdraw(request_of(record), now.monotonic_ns)
            self._log.note(record)

    def _note_uplink(self, now: Moment) -> None:
        for notice in self._uplink.drain_notices():
            match notice:
                case Released(request):
                    self._log.note(*self._book.released(request, now))
                case Delivered(request):
                    self._log.note(*self._book.delivered(request, now))
                case Undelivered(request, reason, sent):
                    self._log.note(*self._book.undelivered(request, reason, now, sent=sent))
