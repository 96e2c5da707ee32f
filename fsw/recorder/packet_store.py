"""A packet store: numbered records in segments on a medium that may fail or lose its power at any octet.

A batch is one write behind the active segment. What was written counts as recorded once the medium confirmed it: until
then it is held in memory as well, so that a write or a sync that fails costs nothing; it begins a new segment. A start
begins one too, as the end of the last one may be torn. Only what is recorded is ever read back. At the start a long
segment is judged by its ends: what stands between them is read when it is asked for, or when there is time.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from errno import ENOSPC
from itertools import accumulate, pairwise, takewhile
from pathlib import Path
from typing import NamedTuple

from fsw.recorder.contents import Contents, RecordedKind
from fsw.recorder.marks import RecordMarks
from fsw.recorder.segment import (
    DICTIONARY_OCTETS,
    HEADER_OCTETS,
    RECORD_OCTETS,
    Scan,
    StoredRecord,
    encode_records,
    ends_in,
    scan_segment,
    seed_of,
    segment_header,
)
from fsw.recorder.segment_files import SegmentFiles
from fsw.recorder.setting import StoreSetting, SyncPolicy
from kernels.coding.crc import crc32c
from link.packets.space_packet import COUNT_MODULUS

_LONG_OCTETS = 1 << 14  # from here on to look at the ends of a segment is faster than to read it
_END_OCTETS = 2048
_FILE_OCTETS_MIN = 4096  # what the smallest file takes of a disk
_ID_OCTETS = 4  # of a packet: APID and sequence count
_RECENT = 2048  # records whose packets can be acknowledged without reading the medium
_MS = 1_000_000
UNKNOWN_DICTIONARY = bytes(DICTIONARY_OCTETS)
TimedPacket = tuple[bytes, int]
"""A whole space packet and its time, `utc_ns`: that in its header, where it has one."""


@dataclass(slots=True, eq=False)
class StoreSegment:
    """A segment of a store: its file of `octets`, and what is recorded in it.

    `is_read`: its contents are known; else they are judged by its ends, or empty where it could not be read.
    `is_named`: its name survives a power cut. `crc`: CRC-32C of all its octets; None where it is not known.
    """

    path: Path
    first: int
    seed: int
    priority: int
    dictionary: bytes
    octets: int = 0
    contents: Contents = field(default_factory=Contents)
    is_read: bool = True
    is_named: bool = True
    crc: int | None = None

    @property
    def room(self) -> int:
        """The octets that it takes of the store's size."""
        return max(self.octets, _FILE_OCTETS_MIN)


class PacketSpan(NamedTuple):
    """Packets of `apid` with sequence counts from the first to the last, through 0 where the last one is lower, that
    were made from `start_ns` to `end_ns`.
    """

    apid: int
    first_count: int
    last_count: int
    start_ns: int
    end_ns: int

    def has(self, count: int, utc_ns: int) -> bool:
        """Whether a packet of the APID with this count and time is one of them."""
        ahead, span = count - self.first_count, self.last_count - self.first_count
        return ahead % COUNT_MODULUS <= span % COUNT_MODULUS and self.start_ns <= utc_ns <= self.end_ns


class DroppedSegment(NamedTuple):
    """What was lost with a segment that was dropped to make room."""

    store: int
    priority: int
    records: int
    unacknowledged: int
    oldest_ns: int
    newest_ns: int
    kinds: frozenset[RecordedKind]


class PacketStore:
    """The store of `setting`. `version`: 8 octets that name the dictionary by which its packets are read.

    Counts `refused` packets, which found no room, `failures` of the medium (`fault` says why the last one failed, and
    is empty while it works), and runs of octets that were found `damaged`.
    """

    def __init__(
        self, setting: StoreSetting, marks: RecordMarks, files: SegmentFiles, version: bytes, policy: SyncPolicy
    ) -> None:
        assert len(version) == DICTIONARY_OCTETS, version
        self.setting, self.marks, self._files = setting, marks, files
        self._version, self._policy = version, policy
        self.segments: list[StoreSegment] = []
        self.refused = self.failures = self.damaged = 0
        self.fault = ""
        self.disk_is_full = False
        self.octets = 0
        self._active: StoreSegment | None = None
        self._held: list[StoredRecord] = []  # not confirmed yet; the first `_written` of them stand in the active one
        self._recent: list[StoredRecord] = []  # the latest ones, with the first octets of their packets only
        self._written = self._held_octets = self._waiting_octets = 0
        self._sync_ns: int | None = None
        self._rest_ms = self._retry_ns = 0

    @property
    def durable(self) -> int:
        """All records with lower numbers are recorded: no power cut loses them."""
        return self._held[0].number if self._held else self.marks.next

    @property
    def next_due_ns(self) -> int | None:
        """When `step` has something to do, in monotonic time; None while it has nothing."""
        if self._held and self.fault:
            return self._retry_ns
        return self._sync_ns

    def may_try(self, monotonic_ns: int) -> bool:
        """Whether the medium works, or has rested long enough since it failed."""
        return not self.fault or monotonic_ns >= self._retry_ns

    def find(self, firsts: Sequence[int]) -> None:
        """At the start: look at the segments that begin with these numbers, in order, and make safe what is read.

        A process that died left what it wrote with the operating system: it is read, and the power may fail yet.
        """
        below = None
        for first in reversed(firsts):
            segment = self._found(first, below)
            self.segments.insert(0, segment)
            self.octets += segment.room
            below = segment.contents.first if segment.contents.records else below
        if firsts:
            self._secure(self._files.folder)
        for segment in self.segments:
            self.marks.skip(max(segment.first, segment.contents.last))
        with suppress(OSError):  # each write tries again
            self.marks.reserve()
        if all(segment.is_read or segment.contents.records for segment in self.segments):
            ends = [0, *(end for one in self.segments for end in (one.contents.first, one.contents.last + 1)
                         if one.contents.records), self.marks.next]  # fmt: skip
            for start, end in zip(ends[::2], ends[1::2], strict=True):
                self.marks.absent(start, end)

    def accept(self, packets: Sequence[TimedPacket], monotonic_ns: int) -> int:
        """Keep packets, with one write; returns how many were kept: the first ones, where the medium fails for long.

        They are recorded once `durable` reaches the number that `marks.next` has now.
        """
        count, octets = 0, 0
        for packet, _ in packets:
            octets += len(packet) + RECORD_OCTETS
            if self.fault and self._held_octets + octets > self._policy.held_octets_max:
                octets -= len(packet) + RECORD_OCTETS
                break
            count += 1
        self.refused += len(packets) - count
        first = self.marks.next_numbers(count)
        records = [StoredRecord(first + at, utc_ns, packet) for at, (packet, utc_ns) in enumerate(packets[:count])]
        self._held += records
        self._recent += [StoredRecord(number, utc_ns, packet[:_ID_OCTETS]) for number, utc_ns, packet in records]
        if len(self._recent) > 2 * _RECENT:
            del self._recent[:-_RECENT]
        self._held_octets += octets
        self._waiting_octets += octets
        self.step(monotonic_ns)
        return count

    def step(self, monotonic_ns: int) -> None:
        """Write what waits, and make it safe when that is due; a failure of the medium is counted and tried again."""
        if not self.may_try(monotonic_ns):
            return
        try:
            self._write(monotonic_ns)
            due = self._sync_ns is not None and monotonic_ns >= self._sync_ns
            if due or self._held_octets >= self._policy.octets or self.fault:
                self._sync()
        except OSError as error:
            self._give_up(error, monotonic_ns)

    def flush(self, monotonic_ns: int) -> None:
        """Record all that was accepted, now. Raises OSError where the medium does not take it."""
        try:
            self._write(monotonic_ns)
            self._sync()
        except OSError as error:
            self._give_up(error, monotonic_ns)
            raise

    def room_needed(self, octets: int) -> int:
        """How much the store may grow by when `octets` octets of records are accepted."""
        return self._waiting_octets + octets + HEADER_OCTETS + _FILE_OCTETS_MIN  # perhaps of a new file

    def unacknowledged(self, segment: StoreSegment) -> int:
        """How many records of a segment the ground has not acknowledged."""
        contents = segment.contents
        return self.marks.count_unsettled(contents.first, contents.last + 1)

    def segments_from(self, number: int) -> Iterator[StoreSegment]:
        """The segments that may hold records of this number or greater ones, in order."""
        at = bisect_right(self.segments, number, key=lambda one: one.first) - 1
        yield from list(self.segments[max(at, 0) :])

    def read(self, segment: StoreSegment) -> list[StoredRecord]:
        """The recorded records of a segment. Raises OSError. Those that are damaged meanwhile are counted."""
        contents, octets = segment.contents, self._files.medium.read(segment.path)
        if not segment.is_read:
            records = self._learn(segment, octets)
            if contents.records:
                self._note_gaps(records, contents.first, contents.last + 1)
            return records
        scan = scan_segment(octets, segment.seed)
        records = [one for one in scan.records if contents.first <= one.number <= contents.last]
        missing = contents.records - len(records)
        if missing > 0:
            self.damaged += missing
            contents.records = len(records)
            self._note_gaps(records, contents.first, contents.last + 1)
        return records

    def read_part(self, segment: StoreSegment, offset: int, octets: int) -> bytes:
        """Octets of a segment's file. Raises OSError."""
        return self._files.medium.read_part(segment.path, offset, octets)

    def remove(self, segment: StoreSegment) -> DroppedSegment:
        """Delete a segment and what it holds. Raises OSError."""
        if segment is self._active:
            self._active = None
            self._written = 0  # what of it is not recorded yet goes into the next one
            self._waiting_octets = self._held_octets
        contents, unacknowledged = segment.contents, self.unacknowledged(segment)
        self._files.remove(segment.path)
        self._forget(segment)
        return DroppedSegment(
            self.setting.number, segment.priority, contents.records, unacknowledged,
            contents.oldest_ns, contents.newest_ns, frozenset(contents.kinds))  # fmt: skip

    def delete_up_to(self, utc_ns: int, monotonic_ns: int) -> None:
        """Delete the packets with times up to `utc_ns`; on return no restart brings them back. Raises OSError."""
        self.flush(monotonic_ns)
        segments = list(self.segments)
        for segment in segments:
            if not segment.is_read:
                self.read(segment)
            if not segment.contents.records or segment.contents.newest_ns <= utc_ns:
                self.remove(segment)
            elif segment.contents.oldest_ns <= utc_ns:
                if segment is self._active:
                    self._active = None
                self._keep_only(segment, [one for one in self.read(segment) if one.utc_ns > utc_ns])
        if segments:
            self._files.sync()

    def clear(self) -> None:
        """Delete all segments; on return no restart brings them back. Raises OSError."""
        segments = list(self.segments)
        for segment in segments:
            self.remove(segment)
        if segments:
            self._files.sync()

    def acknowledge_packets(self, spans: Sequence[PacketSpan]) -> None:
        """Note that the ground has these packets, where the store has them.

        Only what is earlier than the latest records is looked for on the medium. Where a clock was set back, or a
        segment cannot be read, this may miss some: the ground gets them once more, and acknowledges their numbers.
        """
        if not spans:
            return
        of_apid: defaultdict[int, list[PacketSpan]] = defaultdict(list)
        for span in spans:
            of_apid[span.apid].append(span)
        start_ns, end_ns = min(span.start_ns for span in spans), max(span.end_ns for span in spans)
        near = [one for one in self._recent if start_ns <= one.utc_ns <= end_ns]  # of all that are recent, few
        meant = [one.number for one in near if _is_among(one, of_apid)]
        if not self._recent or start_ns < self._recent[0].utc_ns:
            meant += self._meant_before(self._recent[0].number if self._recent else self.marks.next, of_apid)
        if meant:
            self.marks.acknowledge((number, number + 1) for number in sorted(meant))

    def _meant_before(self, below: int, of_apid: Mapping[int, Sequence[PacketSpan]]) -> list[int]:
        """The numbers below `below` of the packets that are meant: those records are on the medium, or wait for it."""
        spans = [span for of_one in of_apid.values() for span in of_one]
        meant = [one.number for one in self._held if one.number < below and _is_among(one, of_apid)]
        for segment in self.segments:
            overlaps = any(segment.contents.overlaps(span.start_ns, span.end_ns) for span in spans)
            end = min(segment.contents.last + 1, below)
            if overlaps and self.marks.count_unsettled(segment.contents.first, end):
                try:
                    records = self.read(segment)
                except OSError:
                    self.failures += 1
                    continue
                meant += [one.number for one in records if one.number < end and _is_among(one, of_apid)]
        return meant

    def _write(self, monotonic_ns: int) -> None:
        self.marks.reserve()
        while self._written < len(self._held):
            count = self._fitting()
            if count:
                self._append(self._held[self._written : self._written + count], monotonic_ns)
            else:
                self._sync()
                self._active = None

    def _fitting(self) -> int:
        """How many of the waiting records the active segment has room for; at least one if there is no active one."""
        room = self.setting.segment_octets - (self._active.octets if self._active else HEADER_OCTETS)
        if self._waiting_octets <= room:
            return len(self._held) - self._written
        sizes = accumulate(RECORD_OCTETS + len(one.packet) for one in self._held[self._written :])
        return sum(1 for _ in takewhile(lambda size: size <= room, sizes)) or (not self._active)

    def _append(self, fresh: list[StoredRecord], monotonic_ns: int) -> None:
        segment = self._active or self._new_segment(fresh[0].number)
        encoded = encode_records(segment.seed, fresh)
        self._waiting_octets -= len(encoded)
        if segment is self._active:
            self._files.medium.append(segment.path, encoded)
        else:
            encoded = segment_header(segment.seed, segment.priority, segment.dictionary) + encoded
            self._files.begin(segment.path, encoded)
            self._active = segment
            self.segments.append(segment)
            self.octets += segment.room
        segment.crc = None if segment.octets and segment.crc is None else crc32c(encoded, segment.crc or 0)
        self._grow(segment, len(encoded))
        self._written += len(fresh)
        if self._sync_ns is None:
            self._sync_ns = monotonic_ns + self._policy.ms * _MS

    def _sync(self) -> None:
        if self._written and self._active:
            self._files.medium.sync(self._active.path)
            if not self._active.is_named:
                self._files.sync()
                self._active.is_named = True
            self._active.contents.add(self._held[: self._written])
            del self._held[: self._written]
            self._written, self._held_octets = 0, self._waiting_octets
        self._sync_ns, self._rest_ms, self.fault, self.disk_is_full = None, 0, "", False

    def _give_up(self, error: OSError, monotonic_ns: int) -> None:
        """Write no more to the active segment: nobody knows what stands at its end now."""
        self.failures += 1
        self.fault = error.strerror or str(error)
        self.disk_is_full = error.errno == ENOSPC
        self._rest_ms = min(2 * self._rest_ms or self._policy.retry_ms, self._policy.retry_ms_max)
        self._retry_ns = monotonic_ns + self._rest_ms * _MS
        self._sync_ns, self._written, self._waiting_octets = None, 0, self._held_octets
        segment, self._active = self._active, None
        if segment and not segment.contents.records:
            self._forget(segment)  # the next one has its name

    def _new_segment(self, first: int) -> StoreSegment:
        number, path = self.setting.number, self._files.path(self.setting.number, first)
        return StoreSegment(path, first, seed_of(number, first), self.setting.priority, self._version, is_named=False)

    def _found(self, first: int, below: int | None) -> StoreSegment:
        """The segment on the medium that begins with `first`; records from `below` on stand in a later one too."""
        path, seed = self._files.path(self.setting.number, first), seed_of(self.setting.number, first)
        segment = StoreSegment(path, first, seed, self.setting.priority, UNKNOWN_DICTIONARY)
        segment.is_read = False
        try:
            if not self._glimpse(segment, below):
                self._learn(segment, self._files.medium.read(path), below)
        except OSError:
            self.failures += 1
            segment.octets = self.setting.segment_octets
        return segment

    def _glimpse(self, segment: StoreSegment, below: int | None) -> bool:
        """Judge a segment by its ends, if it is long and nothing of it stands in a later one. Raises OSError.

        The last segment is made safe now, as whoever wrote it may have died before that; the others when they are read.
        """
        medium, path = self._files.medium, segment.path
        segment.octets = medium.entry(path).octets
        if segment.octets < _LONG_OCTETS:
            return False
        head = medium.read_part(path, 0, _END_OCTETS)
        tail = medium.read_part(path, segment.octets - _END_OCTETS, _END_OCTETS)
        ends = ends_in(head, tail, segment.seed)
        if ends is None or (below is not None and ends.last.number >= below):
            return False
        segment.priority, segment.dictionary = ends.priority, ends.dictionary
        segment.contents = Contents.between(ends.first, ends.last)
        if below is None:
            self._secure(path)
        return True

    def _learn(self, segment: StoreSegment, octets: bytes, below: int | None = None) -> list[StoredRecord]:
        """Learn from the octets of a segment what stands in it, and make it safe; returns its records."""
        self._secure(segment.path)
        scan = scan_segment(octets, segment.seed)
        self.damaged += scan.damaged
        segment.priority, segment.dictionary = _head_of(scan, segment)
        records = [one for one in scan.records if below is None or one.number < below]
        self._note_gaps(records)
        segment.contents, segment.is_read = _contents_of(records), True
        return records

    def _secure(self, path: Path) -> None:
        """Have the medium confirm what it gave to read; where it does not, that is still all there is."""
        try:
            self._files.medium.sync(path)
        except OSError:
            self.failures += 1

    def _note_gaps(self, records: list[StoredRecord], start: int | None = None, end: int | None = None) -> None:
        """Note the numbers between records, and between them and the ends, as absent."""
        numbers = [one.number for one in records]
        for before, after in pairwise(
            [*([] if start is None else [start - 1]), *numbers, *([] if end is None else [end])]
        ):
            if after - before > 1:
                self.marks.absent(before + 1, after)

    def _keep_only(self, segment: StoreSegment, records: list[StoredRecord]) -> None:
        head = segment_header(segment.seed, segment.priority, segment.dictionary)
        octets = head + encode_records(segment.seed, records)
        before = segment.contents
        self._files.rewrite(segment.path, octets)
        segment.contents, segment.crc = _contents_of(records), None
        self._grow(segment, len(octets) - segment.octets)
        self._note_gaps(records, before.first, before.last + 1)

    def _grow(self, segment: StoreSegment, octets: int) -> None:
        before = segment.room
        segment.octets += octets
        self.octets += segment.room - before

    def _forget(self, segment: StoreSegment) -> None:
        self.segments.remove(segment)
        self.octets -= segment.room
        if segment.contents.records:
            self.marks.absent(segment.contents.first, segment.contents.last + 1)
        oldest = self.segments[0] if self.segments else None
        self.marks.gone_below(oldest.first if oldest else self.durable)


def _is_among(one: StoredRecord, of_apid: Mapping[int, Sequence[PacketSpan]]) -> bool:
    word = int.from_bytes(one.packet[:_ID_OCTETS])
    spans = of_apid.get(word >> 16 & 0x7FF, ())
    return any(span.has(word & 0x3FFF, one.utc_ns) for span in spans)


def _contents_of(records: list[StoredRecord]) -> Contents:
    contents = Contents()
    contents.add(records)
    return contents


def _head_of(scan: Scan, segment: StoreSegment) -> tuple[int, bytes]:
    if scan.priority is None or scan.dictionary is None:
        return segment.priority, segment.dictionary
    return scan.priority, scan.dictionary
