"""Collects what a node asks and says, and writes it in chunks: once a second, and whenever much has come together."""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from fsw.flightlog.chunks import PIECE_OCTETS_MAX, ChunkKind
from fsw.flightlog.entries import INLINE_OCTETS_MAX, Ask, DeviceCall, Entries

_FLUSH_NS = 1_000_000_000
_AHEAD_NS = _FLUSH_NS // 2
_ANY_TIME_NS = -1
_HELD_MAX = 4096
"""Answers and calls that wait in memory at most; of readings only the time decides, which passes with each of them."""


class Sink(Protocol):
    """Where chunks go."""

    def append(self, kind: ChunkKind, body: bytes) -> None:
        """Keep one more chunk. Raises OSError."""


class _Run:
    """Equal answers to one question, in a row."""

    __slots__ = ("answer", "count")

    def __init__(self) -> None:
        self.count, self.answer = 0, None


class Journal:
    """The entries of a flight, on their way to `sink`. Where that fails, `failed` is told once why, and nothing more is
    recorded: the flight goes on.

    `readings`: those of the monotonic clock since the last flush. At the time `due_ns` of that clock `reach` is due.
    """

    def __init__(self, sink: Sink, failed: Callable[[str], None]) -> None:
        self.readings: list[int] = []
        self.due_ns = _ANY_TIME_NS
        self.is_on = True
        self._sink, self._failed = sink, failed
        self._last_ns = self._counted = self._held = 0
        self._runs = {ask: _Run() for ask in Ask}
        self._ended: dict[Ask, list[tuple[int, Any]]] = {}
        self._calls: list[tuple[DeviceCall, int, Any, Any]] = []

    @property
    def now_ns(self) -> int:
        """The last reading of the monotonic clock."""
        return self.readings[-1] if self.readings else self._last_ns

    def answered(self, ask: Ask, answer: Any) -> None:
        """Note an answer to a question."""
        run = self._runs[ask]
        if run.count and run.answer == answer and type(run.answer) is type(answer):
            run.count += 1
            return
        self._end(ask, run)
        run.count, run.answer = 1, answer
        self._hold()

    def called(self, call: DeviceCall, words: Any = None, answer: Any = None) -> None:
        """Note a call, and what it was answered."""
        now = len(self.readings)
        self._calls.append((call, now - self._counted, words, answer))
        self._counted = now
        self._hold()

    def put(self, octets: bytes) -> bytes | int:
        """What stands for a content: the content, or the number of pieces that it was written in."""
        if len(octets) <= INLINE_OCTETS_MAX:
            return octets
        for at in range(0, len(octets), PIECE_OCTETS_MAX):
            self._append(ChunkKind.PIECE, octets[at : at + PIECE_OCTETS_MAX])
        return -(-len(octets) // PIECE_OCTETS_MAX)

    def reach(self, now_ns: int) -> None:
        """Flush what has waited for a second; or note, after a flush, that from now on something waits."""
        if self.due_ns == _ANY_TIME_NS:
            self.due_ns = now_ns + _FLUSH_NS
        else:
            self.flush()

    def sleep(self, until_ns: int) -> None:
        """Flush before a wait that lasts until about the time of the next flush, or longer."""
        if until_ns >= self.due_ns - _AHEAD_NS:
            self.flush()

    def flush(self) -> None:
        """Write all that waits; the file then holds the flight up to now."""
        for ask, run in self._runs.items():
            self._end(ask, run)
        readings = self.readings
        if readings or self._calls or self._ended:
            before = [self._last_ns, *readings]
            differences = [*map(int.__sub__, readings, before)]
            body = msgspec.msgpack.encode(Entries(self._last_ns, differences, self._ended, self._calls))
            self._append(ChunkKind.ENTRIES, body)
        self._last_ns = self.now_ns
        self._counted -= len(readings)
        self.due_ns, self._held = _ANY_TIME_NS, 0
        readings.clear()
        self._ended, self._calls = {}, []

    def _end(self, ask: Ask, run: _Run) -> None:
        if run.count:
            self._ended.setdefault(ask, []).append((run.count, run.answer))
            run.count = 0

    def _hold(self) -> None:
        self._held += 1
        if self._held >= _HELD_MAX:
            self.flush()

    def _append(self, kind: ChunkKind, body: bytes) -> None:
        if not self.is_on:
            return
        try:
            self._sink.append(kind, body)
        except OSError as error:
            self.is_on = False
            self._failed(error.strerror or str(error))
