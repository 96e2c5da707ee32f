"""Telemetry packets to samples with limit checks, events and verification; each packet is archived as received.

The node's beacon names the dictionary that it flies. While that is not ours nothing is decoded by ours, which
would give plausible nonsense; packets before the first beacon wait for it. Packets are archived as they come, and
get their dictionary version once the node has named it.

Packets that the node had recorded come in reports of service 15, which name the dictionary of their time. They are
archived like others, and events among them become news; they are not the present state, so nothing else does.
"""

from collections import deque
from contextlib import suppress
from typing import Any

from ground.archive.archive import Archive
from ground.archive.dictionaries import differences_line, stored_dictionary
from ground.archive.reading import BEACON_STRUCTURE, Reading, read_packet, reading_of
from ground.archive.rows import NamedRow
from ground.commands.book import CommandBook
from ground.commands.names import Names
from ground.records import TIME_UNIT, EventRecord, SampleRecord, plain
from ground.station.limits import LimitWatch
from ground.station.logbook import Logbook
from ground.station.receipts import Receipts
from hal.clock import Moment
from link.dictionary import Dictionary, Happening, Sample
from link.dictionary.codec.record import Codec
from link.dictionary.conditions import Condition, comparisons_of
from link.dictionary.model import ReportEntry
from link.errors import DecodeError
from link.frames.tc_segment import split_packets
from link.packets.space_packet import COUNT_MODULUS
from link.pus.message import Report, Request
from link.pus.packets import RequestId
from link.pus.parts import Reassembly, read_large_report
from link.pus.services import verification
from link.pus.services.events import EventReport
from link.pus.services.housekeeping import (
    AppendParameters,
    CreateStructure,
    HousekeepingReport,
    StructureReport,
    structure_of,
)
from link.pus.services.large_packets import DownlinkedPart
from link.pus.services.storage import StoredPackets
from link.pus.services.verification import RefusedError
from link.pus.time_packet import decode_time_packet
from link.time.calendar import encode_ascii

_STALE_NS = 10_000_000_000  # then an earlier time counts as the latest: the node's clock was set back
_UNDECODED_MAX = 1000
UNKNOWN = "unknown"
"""The archived dictionary version of packets whose node was lost before it named one."""


class TelemetryReader:
    """`latest`: the last sample of each report; `flown`: the dictionary version named by the node, None before.

    `undecoded` counts packets that came too long before the node named its dictionary, and are only archived; `played`
    those that came from the node's recorder.
    """

    def __init__(self, dictionary: Dictionary, archive: Archive, book: CommandBook, logbook: Logbook) -> None:
        self.latest: dict[str, SampleRecord] = {}
        self.flown: str | None = None
        self.undecoded = self.played = 0
        self.receipts = Receipts()
        """What the node may forget, as it is archived; stays empty for a node without a recorder."""
        self.last_request: int | None = None
        """Sequence count of the last request that the node took, from any sender; None until its beacon reports one."""
        self.mismatch = ""
        """How the node's dictionary differs from ours; empty if it does not, or is not known."""
        self._dictionary, self._archive, self._book, self._log = dictionary, archive, book, logbook
        self._has_recorder = StoredPackets.__service__ in dictionary.services
        self._parts = Reassembly()
        self._early: deque[tuple[Reading, Moment]] = deque()  # packets before the node named its dictionary
        self._taken_ns: dict[str, int] = {}  # monotonic time of arrival of each report's latest sample
        self._limits = LimitWatch()
        logbook.note(NamedRow(UNKNOWN))  # packets without a version that a killed service left
        self._names = dictionary.derived(Names)
        self._declared = frozenset(entry.id for entry in dictionary.reports)
        self._created: dict[int, tuple[ReportEntry, Codec]] = {}
        self._parameters: dict[int, list[int]] = {}
        self._expected: dict[int, CreateStructure | AppendParameters] = {}

    def accept(self, octets: bytes, now: Moment) -> RequestId | None:
        """Take one telemetry packet of the node; return the request that it reports on, if it is of service 1."""
        try:
            reading = read_packet(octets)
        except DecodeError as error:
            self._log.stray(octets, "not a report", str(error), now)
            return None
        if self._has_recorder:
            self.receipts.accept_packet(reading.packet.apid, reading.packet.count, reading.packet.time_ns)
        if not isinstance(reading.report, StoredPackets):
            self._log.note(reading.row(octets, now.utc_ns, reading.flown_version or self.flown or ""))
        if isinstance(reading.report, DownlinkedPart):
            whole = self._completed(reading.report, now)
            if whole is None:
                return None
            reading = reading_of(reading.packet, whole)
        if isinstance(reading.report, StoredPackets):
            self._accept_stored(reading.report, octets, now)
            return None
        self._check_version(reading, now)
        self._log.note(*self._book.reported(reading.report, reading.packet.time_ns, now))
        self._early.append((reading, now))
        self._decode_early()
        match reading.report:
            case verification.Success(request=word) | verification.Failure(request=word):
                return RequestId.of(word)
        return None

    def accept_time(self, octets: bytes, now: Moment) -> None:
        """Take a time report: when, by the node's clock, a frame left shortly before."""
        try:
            report = decode_time_packet(octets)
        except DecodeError as error:
            self._log.stray(octets, "not a time report", str(error), now)
            return
        left = encode_ascii(report.time).decode()
        ahead_s = (report.time - now.utc_ns) / 1e9
        words = f"A frame left at {left} by the node's clock, {ahead_s:+.3f} s from ours when this report came."
        self._log.report_event("info", "TimeReport", words, now)

    def forget_node(self) -> None:
        """The link is lost: the next frames may come from another node, or from this one with another dictionary."""
        if self.flown is None:
            self._log.note(NamedRow(UNKNOWN))
        self.flown, self.mismatch = None, ""
        self.undecoded += len(self._early)
        self._early.clear()

    def _accept_stored(self, stored: StoredPackets, octets: bytes, now: Moment) -> None:
        """Archive packets that the node had recorded; `octets`, in which they came, only where they cannot be told."""
        try:
            packets = split_packets(stored.packets)
        except DecodeError as error:
            self._log.stray(octets, "recorded packets", str(error), now)
            return
        version = stored.dictionary.hex() if any(stored.dictionary) else UNKNOWN
        for packet in packets:
            self._recall(packet, version, now)
        if self._has_recorder:
            self.receipts.accept_records(stored.store, stored.first, len(packets))

    def _recall(self, octets: bytes, version: str, now: Moment) -> None:
        """Take a packet of earlier, made while the node flew the dictionary `version`."""
        try:
            reading = read_packet(octets)
        except DecodeError as error:
            self._log.stray(octets, "not a report", str(error), now)
            return
        self._log.note(reading.row(octets, now.utc_ns, version))
        self._log.note(*self._book.reported(reading.report, reading.packet.time_ns, now))
        self.played += 1
        if isinstance(reading.report, EventReport) and version == self._dictionary.version:
            self._decode(reading, now, playback=True)

    def _completed(self, part: DownlinkedPart, now: Moment) -> Report | None:
        """The report longer than a packet of which `part` is the last; None while parts of it are missing."""
        self._parts.step(now.monotonic_ns)
        whole = self._parts.accept(part, now.monotonic_ns)
        try:
            return read_large_report(whole) if isinstance(whole, bytes) else None
        except DecodeError as error:
            self._log.count_stray("not a report", str(error), now)
            return None

    def _decode_early(self) -> None:
        """Decode the waiting packets once the dictionary is known to be ours; drop them if it is another."""
        if self.mismatch:
            self._early.clear()
        while self._early and (self.flown or len(self._early) > _UNDECODED_MAX):
            reading, now = self._early.popleft()
            if self.flown:
                self._decode(reading, now)
            else:
                self.undecoded += 1

    def _check_version(self, reading: Reading, now: Moment) -> None:
        flown = reading.flown_version
        if flown is None or flown == self.flown:
            return
        if self.flown is None:
            self._log.note(NamedRow(flown))
        self.flown = flown
        self.mismatch = "" if flown == self._dictionary.version else self._explain(flown)
        if self.mismatch:
            self._log.report_event("high", "DictionaryMismatch", f"{self.mismatch}.", now)

    def _explain(self, flown: str) -> str:
        ours = self._dictionary
        theirs = stored_dictionary(self._archive, flown)
        if theirs is None:
            what = "which this archive has never seen; `skyrack dictionary export MISSION.toml` writes a mission's"
        else:
            what = differences_line(ours, theirs)
        return f"{ours.node} flies dictionary {flown}, this station has {ours.version}: {what}"

    def _decode(self, reading: Reading, now: Moment, *, playback: bool = False) -> None:
        try:
            self._understand(reading, now, playback=playback)
        except DecodeError as error:
            self._log.count_stray("not as in the dictionary", str(error), now)

    def _understand(self, reading: Reading, now: Moment, *, playback: bool) -> None:
        content = self._content(reading)
        match content:
            case Sample():
                self._accept_sample(content, reading, now)
            case Happening():
                self._log.note(_event(content, reading, now, playback=playback))
            case StructureReport():
                self._learn(content.structure, content.parameters)
                self._log.note(self._answer(content, reading, now))
            case verification.CompletionSuccess(request=word) if word in self._expected:
                self._do(self._expected.pop(word))
            case verification.Failure(request=word):
                self._expected.pop(word, None)
                if not self._book.knows(RequestId.of(word)):
                    self._log.note(self._answer(content, reading, now))
            case Report() if content.__service__ != verification.SERVICE:
                self._log.note(self._answer(content, reading, now))

    def check(self, name: str, constraint: Condition) -> None:
        """Raises ValueError unless the node's last samples fulfil `constraint` of the command `name`."""
        if not constraint.holds(lambda one: self._last(one.field)):
            told = ", ".join(f"{one.field} = {_shown(self._last(one.field))}" for one in comparisons_of(constraint))
            raise ValueError(f"{name} is sent only while {constraint}; last reported: {told}")

    def _last(self, parameter: str) -> Any:
        """The value of `Report.field` in the last sample; None before the first one."""
        report, _, field = parameter.partition(".")
        return self.latest[report].values.get(field) if report in self.latest else None

    def expect(self, request: RequestId, message: Request) -> None:
        """Note a request that is sent: once the node has executed it, the structures that it creates can be decoded."""
        if isinstance(message, CreateStructure | AppendParameters):
            self._expected[request.word] = message

    def _do(self, message: CreateStructure | AppendParameters) -> None:
        before = [] if isinstance(message, CreateStructure) else self._parameters.get(message.structure, [])
        self._learn(message.structure, [*before, *message.parameters])

    def _learn(self, structure: int, parameters: list[int]) -> None:
        if structure not in self._declared:
            with suppress(RefusedError):  # parameters that our dictionary does not have cannot be decoded
                entry = structure_of(structure, parameters, self._names.table)
                self._created[structure], self._parameters[structure] = (entry, Codec(entry.fields)), parameters

    def _content(self, reading: Reading) -> Sample | Happening | Report:
        created = self._created.get(reading.definition)
        if created and isinstance(reading.report, HousekeepingReport):
            structure, codec = created
            names = (field.name for field in structure.fields)
            return Sample(structure, dict(zip(names, codec.decode(reading.report.values), strict=True)))
        return reading.content(self._dictionary)

    def _answer(self, report: Report, reading: Reading, now: Moment) -> EventRecord:
        """The answer of a service as an event with one sentence."""
        return EventRecord(
            origin="node",
            severity="info",
            name=type(report).__name__,
            message=self._names.words(report) or (type(report).__doc__ or "").partition("\n")[0],
            time_ns=reading.packet.time_ns,
            received_ns=now.utc_ns,
            count=reading.packet.count,
        )

    def _accept_sample(self, sample: Sample, reading: Reading, now: Moment) -> None:
        time_ns, latest = reading.packet.time_ns, self.latest.get(sample.name)
        if latest and time_ns <= latest.time_ns and now.monotonic_ns - self._taken_ns[sample.name] < _STALE_NS:
            return  # late or repeated: it is not the present state
        self._taken_ns[sample.name] = now.monotonic_ns
        if sample.entry.id == BEACON_STRUCTURE:
            self.last_request = _count_in(sample.values.get("last_request"))
        for crossing in self._limits.check(sample):
            self._log.report_event(crossing.severity, "LimitCrossed", crossing.message, now)
        self.latest[sample.name] = SampleRecord(
            report=sample.name,
            time_ns=time_ns,
            received_ns=now.utc_ns,
            values={name: value if type(value) is int else plain(value) for name, value in sample.known.items()},
            units=sample.units | dict.fromkeys(sample.entry.times, TIME_UNIT),
            out_of_limits=self._limits.of(sample),
        )
        self._log.report([self.latest[sample.name]])


def _shown(value: Any) -> str:
    return "nothing yet" if value is None else str(value)


def _count_in(value: Any) -> int | None:
    """The count in the beacon's `last_request`; None for the larger number that stands for no request yet."""
    return value if isinstance(value, int) and 0 <= value < COUNT_MODULUS else None


def _event(happening: Happening, reading: Reading, now: Moment, *, playback: bool) -> EventRecord:
    return EventRecord(
        origin="node",
        severity=happening.severity,
        name=happening.name,
        message=happening.message,
        time_ns=reading.packet.time_ns,
        received_ns=now.utc_ns,
        count=reading.packet.count,
        values={name: plain(value) for name, value in happening.values.items()},
        playback=playback,
    )
