"""What goes down again of a packet store: spans of time, and without end what the ground has not acknowledged."""

from bisect import bisect_left
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from fsw.recorder.packet_store import PacketStore, StoreSegment
from fsw.recorder.segment import StoredRecord

EVER_NS = (-1 << 63, (1 << 63) - 1)
"""From the earliest time to the latest."""
_NONE_NS = 0


class RecordRun(NamedTuple):
    """Records of consecutive numbers of the store `store`, whose packets the dictionary `dictionary` describes."""

    store: int
    dictionary: bytes
    records: list[StoredRecord]


class Cursor:
    """A place in a store: `at` is the number of the record that comes next. Counts segments that it found `unreadable`.

    Only what is recorded is given out: the number of a record that a power cut may still lose is never sent.
    """

    def __init__(self, store: PacketStore, at: int = 0) -> None:
        self.store, self.at, self.unreadable = store, at, 0
        self._segment: StoreSegment | None = None
        self._last = -1
        self._records: list[StoredRecord] = []

    def take(self, octets_max: int, span_ns: tuple[int, int], *, again: bool) -> RecordRun | None:
        """The next records with times in `span_ns`, at most `octets_max` octets of packets, but at least one packet.

        `again`: also those that the ground has acknowledged. None at the end of what is recorded.
        """
        if self.at >= self.store.durable:
            return None
        for segment in self.store.segments_from(self.at):
            if not segment.is_read:
                self._load(segment)
            contents = segment.contents
            if contents.last < self.at or not contents.overlaps(*span_ns):
                continue
            start, end = max(self.at, contents.first), contents.last + 1
            spans = [(start, end)] if again else list(self.store.marks.unsettled(start, end))
            if spans and self._load(segment):
                for low, high in spans:
                    if taken := self._run(low, high, octets_max, span_ns):
                        self.at = taken[-1].number + 1
                        return RecordRun(self.store.setting.number, segment.dictionary, taken)
        self.at = self.store.durable
        return None

    def _load(self, segment: StoreSegment) -> bool:
        if self._segment is segment and self._last == segment.contents.last and segment.is_read:
            return True
        try:
            self._records = self.store.read(segment)
        except OSError:
            self.unreadable += 1
            return False
        self._segment, self._last = segment, segment.contents.last
        return True

    def _run(self, low: int, high: int, octets_max: int, span_ns: tuple[int, int]) -> list[StoredRecord]:
        """Consecutive records from number `low` on, below `high`: the first ones in the span of time."""
        taken: list[StoredRecord] = []
        octets = 0
        for at in range(bisect_left(self._records, low, key=attrgetter("number")), len(self._records)):
            record = self._records[at]
            if record.number >= high:
                break
            octets += len(record.packet)
            fits = span_ns[0] <= record.utc_ns <= span_ns[1]
            if taken and (not fits or octets > octets_max or record.number != taken[-1].number + 1):
                break
            if fits:
                taken.append(record)
            else:
                octets = 0
        return taken


@dataclass(slots=True)
class RangeRetrieval:
    """Sends all of a span of time once, also what the ground has acknowledged; `end` is the first number not sent."""

    cursor: Cursor
    span_ns: tuple[int, int]
    end: int

    def take(self, octets_max: int) -> RecordRun | None:
        """The next records; None when it is over."""
        if self.cursor.at >= self.end:
            return None
        run = self.cursor.take(octets_max, self.span_ns, again=True)
        records = [one for one in run.records if one.number < self.end] if run else []
        if run is None or not records:
            self.cursor.at = self.end
            return None
        return run._replace(records=records)


class OpenRetrieval:
    """Sends what the ground has not acknowledged, from the time `start_ns` on, and what comes meanwhile.

    What was sent and is still not acknowledged `patience_ns` after the last record went is sent again.
    """

    def __init__(self, store: PacketStore, patience_ns: int) -> None:
        self.store, self.start_ns, self.is_running = store, EVER_NS[0], False
        self._cursor, self._patience_ns = Cursor(store), patience_ns
        self._sent_ns: int | None = None

    def resume(self) -> None:
        """Go on, from the oldest record that the ground has not acknowledged."""
        self.is_running, self._sent_ns, self._cursor.at = True, None, 0

    def suspend(self) -> None:
        """Pause."""
        self.is_running = False

    @property
    def reached_ns(self) -> int:
        """The time that it has come to: of the oldest record that it has not sent; or 0 where there is none."""
        start = self._cursor.at
        times = [one.contents.oldest_ns for one in self.store.segments_from(start) if one.contents.last >= start]
        return max(min(times, default=_NONE_NS), self.start_ns)

    @property
    def again_ns(self) -> int | None:
        """When what was sent is sent again if it is not acknowledged by then; None before anything was sent."""
        return None if self._sent_ns is None or not self.is_running else self._sent_ns + self._patience_ns

    def take(self, octets_max: int, monotonic_ns: int) -> RecordRun | None:
        """The next records; None while there is nothing to send."""
        if not self.is_running:
            return None
        unreadable = self._cursor.unreadable
        run = self._next(octets_max)
        if run is None and self.again_ns is not None and monotonic_ns >= self.again_ns:
            self._cursor.at, self._sent_ns = 0, None
            run = self._next(octets_max)
        if run or self._cursor.unreadable > unreadable:
            self._sent_ns = monotonic_ns
        return run

    def _next(self, octets_max: int) -> RecordRun | None:
        return self._cursor.take(octets_max, (self.start_ns, EVER_NS[1]), again=False)
