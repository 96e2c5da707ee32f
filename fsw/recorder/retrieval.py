"""What goes down again of a packet store: spans of time, and without end what the ground has not acknowledged."""

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from fsw.recorder.packet_store import PacketStore, StoreSegment
from fsw.recorder.segment import StoredRecord
from link.cfdp.pdus.intervals import Range

EVER_NS = (-1 << 63, (1 << 63) - 1)
"""From the earliest time to the latest."""
_NONE_NS = 0
SILENCE_NS = 120_000_000_000
"""After so long without a sign of the ground it is taken for gone; it acknowledges what it receives twice a minute."""


class RecordRun(NamedTuple):
    """Records of consecutive numbers of the store `store`, whose packets the dictionary `dictionary` describes."""

    store: int
    dictionary: bytes
    records: list[StoredRecord]


class Cursor:
    """A place in a store: `at` is the number of the record that comes next.

    Only what is recorded is given out: the number of a record that a power cut may still lose is never sent.
    """

    def __init__(self, store: PacketStore, at: int = 0) -> None:
        self.store, self.at = store, at
        self._segment: StoreSegment | None = None
        self._last = -1
        self._records: list[StoredRecord] = []

    def read(self, octets_max: int, span_ns: tuple[int, int], below: int, *, settled: bool) -> RecordRun | None:
        """The next records with times in `span_ns` and numbers below `below`, of which all are recorded: at most
        `octets_max` octets of packets, but at least one packet. None where there are none.

        `settled`: also those that the ground has acknowledged.
        """
        if self.at >= below:
            return None
        for segment in self.store.segments_from(self.at):
            if segment.contents.records and not self._wanted(segment, below, settled=settled):
                continue
            if not segment.is_read and not self._load(segment):
                continue
            if segment.contents.overlaps(*span_ns) and self._load(segment):
                for low, high in self._wanted(segment, below, settled=settled):
                    if run := self._run(low, high, octets_max, span_ns):
                        self.at = run[-1].number + 1
                        return RecordRun(self.store.setting.number, segment.dictionary, run)
        self.at = below
        return None

    def _wanted(self, segment: StoreSegment, below: int, *, settled: bool) -> list[Range]:
        """The numbers of a segment, from the next one on, of which the records are wanted."""
        start, end = max(self.at, segment.contents.first), min(segment.contents.last + 1, below)
        if not settled:
            return list(self.store.marks.unsettled(start, end))
        return [(start, end)] if start < end else []

    def _load(self, segment: StoreSegment) -> bool:
        if self._segment is segment and self._last == segment.contents.last and segment.is_read:
            return True
        try:
            self._records = self.store.read(segment)
        except OSError:
            self.store.failures += 1
            return False
        self._segment, self._last = segment, segment.contents.last
        return True

    def _run(self, low: int, high: int, octets_max: int, span_ns: tuple[int, int]) -> list[StoredRecord]:
        """Consecutive records from number `low` on, below `high`: the first ones in the span of time."""
        run: list[StoredRecord] = []
        octets = 0
        for at in range(bisect_left(self._records, low, key=attrgetter("number")), len(self._records)):
            record = self._records[at]
            if record.number >= high:
                break
            octets += len(record.packet)
            fits = span_ns[0] <= record.utc_ns <= span_ns[1]
            if run and (not fits or octets > octets_max or record.number != run[-1].number + 1):
                break
            if fits:
                run.append(record)
            else:
                octets = 0
        return run


@dataclass(slots=True)
class RangeRetrieval:
    """Sends all of a span of time once, also what the ground has acknowledged; `end` is the first number not sent."""

    cursor: Cursor
    span_ns: tuple[int, int]
    end: int

    def next(self, octets_max: int) -> RecordRun | None:
        """The next records; None when it is over."""
        return self.cursor.read(octets_max, self.span_ns, self.end, settled=True)


class _Ripening:
    """Numbers that grow with time: which one was reached `age_ns` ago, to a sixteenth of that time."""

    def __init__(self, age_ns: int) -> None:
        self._age_ns, self._ripe = age_ns, 0
        self._reached: deque[tuple[int, int]] = deque()

    def begin(self, number: int) -> None:
        """Forget what was; `number` was reached long ago."""
        self._ripe = number
        self._reached.clear()

    def note(self, number: int, now_ns: int) -> None:
        """Note that `number` is reached now."""
        known, known_ns = (self._reached[-1][1], self._reached[-1][0]) if self._reached else (self._ripe, None)
        if number > known and (known_ns is None or now_ns - known_ns >= self._age_ns // 16):
            self._reached.append((now_ns, number))

    def ripe(self, now_ns: int) -> int:
        """The number that was reached long enough ago."""
        while self._reached and now_ns - self._reached[0][0] >= self._age_ns:
            _, self._ripe = self._reached.popleft()
        return self._ripe

    @property
    def next_ns(self) -> int | None:
        """When the next number is ripe; None while none waits."""
        return self._reached[0][0] + self._age_ns if self._reached else None


class OpenRetrieval:
    """Sends what the ground has not acknowledged, from the time `start_ns` on, while the ground listens.

    It runs for `SILENCE_NS` after the ground's last acknowledgement, and goes on at the next one, unless it was
    suspended. What is recorded meanwhile has `patience_ns` to be acknowledged, as it came live, before it is sent, and
    what was sent has as long before it is sent again.
    """

    def __init__(self, store: PacketStore, patience_ns: int) -> None:
        self.store, self.start_ns, self.is_running = store, EVER_NS[0], False
        self._is_suspended, self._until_ns = False, 0
        self._patience_ns = patience_ns
        self._cursor, self._recorded = Cursor(store), _Ripening(patience_ns)
        self._again, self._sent = Cursor(store), _Ripening(patience_ns)
        self._again_ns = 0

    def resume(self, monotonic_ns: int) -> None:
        """Go on, from the oldest record that the ground has not acknowledged; all that was accepted may be sent."""
        self.is_running, self._is_suspended = True, False
        self._until_ns = monotonic_ns + SILENCE_NS
        self._cursor.at = self._again.at = 0
        self._recorded.begin(self.store.marks.next)
        self._sent.begin(0)
        self._again_ns = monotonic_ns + self._patience_ns

    def suspend(self) -> None:
        """Pause until `resume`."""
        self.is_running, self._is_suspended = False, True

    def accept_sign(self, monotonic_ns: int) -> None:
        """Note that the ground listens: go on, or begin again where it was silent for long, but not if suspended."""
        if self.is_running and monotonic_ns < self._until_ns:
            self._until_ns = monotonic_ns + SILENCE_NS
        elif not self._is_suspended:
            self.resume(monotonic_ns)

    @property
    def reached_ns(self) -> int:
        """The time that it has come to: of the oldest record that it has not sent; or 0 where there is none."""
        start = self._cursor.at
        times = [one.contents.oldest_ns for one in self.store.segments_from(start) if one.contents.last >= start]
        return max(min(times, default=_NONE_NS), self.start_ns)

    @property
    def next_due_ns(self) -> int | None:
        """While it runs: when there may be something to send that cannot be sent yet; None: a record is awaited."""
        waits = any(True for _ in self.store.marks.unsettled(0, self._cursor.at))
        due = (self._recorded.next_ns, self._again_ns if waits else None)
        return min((ns for ns in due if ns is not None), default=None)

    def next(self, octets_max: int, monotonic_ns: int) -> RecordRun | None:
        """The next records; None while there is nothing to send, or nobody listens."""
        self.is_running &= monotonic_ns < self._until_ns
        if not self.is_running:
            return None
        self._recorded.note(self.store.durable, monotonic_ns)
        below = min(self._recorded.ripe(monotonic_ns), self.store.durable)
        run = self._next(self._cursor, octets_max, below)
        self._sent.note(self._cursor.at, monotonic_ns)
        return run or self._repeated(octets_max, monotonic_ns)

    def _repeated(self, octets_max: int, monotonic_ns: int) -> RecordRun | None:
        """The next records of a pass through all that was sent long enough ago; passes begin `patience_ns` apart."""
        if monotonic_ns < self._again_ns:
            return None
        run = self._next(self._again, octets_max, self._sent.ripe(monotonic_ns))
        if run is None:
            self._again.at, self._again_ns = 0, monotonic_ns + self._patience_ns
        return run

    def _next(self, cursor: Cursor, octets_max: int, below: int) -> RecordRun | None:
        return cursor.read(octets_max, (self.start_ns, EVER_NS[1]), below, settled=False)
