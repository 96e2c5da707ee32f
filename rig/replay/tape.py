"""A recording, read in the order in which a node asks: what differs from it ends the replay at that place."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from fsw.flightlog.chunks import ChunkKind, read_chunks
from fsw.flightlog.entries import Ask, DeviceCall, DeviceFailure, Entries, FlightHeader
from kernels.usage import UsageError, shown
from rig.replay.failures import raised

_NS = 1_000_000_000


class Replayed(BaseException):
    """The replay ends here. It is no Exception: every device raises it again and again, as after a power cut."""


class TapeEnds(Replayed):
    """The recording has no more, as the process that wrote it was killed."""


@dataclass(eq=False)
class Divergence(Replayed):
    """The first difference: in which step (from 1), how many seconds after the start, what is `recorded` there and what
    the node does (`replayed`).
    """

    step: int
    seconds: float
    call: int
    recorded: str
    replayed: str

    @property
    def sentence(self) -> str:
        """The difference for a person."""
        place = f"step {self.step}, {self.seconds:.6f} s, call {self.call}"
        return f"{place}: recorded is {self.recorded}, replayed {self.replayed}"


@dataclass
class Tape:
    """The recording at `path`. Its methods raise what was recorded, Divergence, and TapeEnds.

    `step` counts the steps begun, `calls` the calls made; `now_ns` is the last reading of the clock.
    """

    path: Path
    step: int = 0
    calls: int = 0
    now_ns: int = 0
    over: Replayed | None = None
    _readings: deque[int] = field(default_factory=deque)
    _runs: dict[Ask, deque[list[Any]]] = field(default_factory=lambda: {ask: deque() for ask in Ask})
    _pieces: deque[bytes] = field(default_factory=deque)
    _next_calls: deque[tuple[DeviceCall, int, Any, Any]] = field(default_factory=deque)
    _since_call: int = 0
    _first_ns: int | None = None

    def __post_init__(self) -> None:
        self._chunks: Iterator[tuple[ChunkKind, bytes]] = read_chunks(self.path)
        kind, body = next(self._chunks, (None, b""))
        try:
            if kind is not ChunkKind.HEADER:
                raise UsageError(f"{shown(self.path)}: the recording has no header; it was cut off at its start")
            self.header = msgspec.msgpack.decode(body, type=FlightHeader)
        except (msgspec.DecodeError, RecursionError) as error:
            raise self._damaged(error) from None

    @property
    def seconds(self) -> float:
        """Seconds since the first reading."""
        return self._since_start(self.now_ns)

    @property
    def next_seconds(self) -> float:
        """Seconds from the first reading to the one that comes next, or to the last one."""
        if not self._readings:
            self._load_until(lambda: bool(self._readings))
        return self._since_start(self._readings[0]) if self._readings else self.seconds

    def read_clock(self) -> int:
        """The next reading of the monotonic clock."""
        self._check_on()
        if not self._next_calls:
            self._load_until(lambda: bool(self._next_calls))
        if self._next_calls and self._since_call >= self._next_calls[0][1]:
            raise self._differ("a reading of the clock")
        if not self._readings:
            self._load_until(lambda: bool(self._readings))
        if not self._readings:
            raise self._end(TapeEnds())
        self._since_call += 1
        self.now_ns = self._readings.popleft()
        if self._first_ns is None:
            self._first_ns = self.now_ns
        return self.now_ns

    def answer(self, ask: Ask) -> Any:
        """The recorded answer to a question."""
        self._check_on()
        runs = self._runs[ask]
        if not runs:
            self._load_until(lambda: bool(runs))
        if not runs:
            raise self._end(TapeEnds())
        run = runs[0]
        run[0] -= 1
        if run[0] <= 0:
            runs.popleft()
        return _given(run[1])

    def call(self, call: DeviceCall, words: Any = None) -> Any:
        """The recorded answer to a call; what is said must equal what was recorded."""
        self._check_on()
        found = self.peek()
        if found is None:
            raise self._end(TapeEnds())
        kind, gap, recorded, answer = found
        if kind is not call or recorded != words or gap != self._since_call:
            raise self._differ(_in_words(call, words), self._since_call)
        self._next_calls.popleft()
        self._since_call = 0
        self.calls += 1
        self.step += call is DeviceCall.STEP
        return _given(answer)

    def peek(self) -> tuple[DeviceCall, int, Any, Any] | None:
        """The call that comes next; None at the end of the tape."""
        if not self._next_calls:
            self._load_until(lambda: bool(self._next_calls))
        return self._next_calls[0] if self._next_calls else None

    def has_whole_step(self) -> bool:
        """Whether the step that comes next is on the tape up to its end."""

        def found() -> bool:
            return any(
                number and one[0] in (DeviceCall.STEP, DeviceCall.WAKE, DeviceCall.END)
                for number, one in enumerate(calls)
            )

        calls = self._next_calls
        return found() or self._load_until(found)

    def content(self, value: bytes | int) -> bytes:
        """A content that was recorded as it is, or as a number of pieces."""
        if isinstance(value, bytes):
            return value
        if value > len(self._pieces):
            raise self._end(TapeEnds())
        return b"".join(self._pieces.popleft() for _ in range(value))

    def _since_start(self, at_ns: int) -> float:
        return (at_ns - (at_ns if self._first_ns is None else self._first_ns)) / _NS

    def _check_on(self) -> None:
        if self.over is not None:
            raise self.over

    def _load_until(self, is_enough: Callable[[], bool]) -> bool:
        """Read chunks until there is what is wanted; returns whether it came."""
        for kind, body in self._chunks:
            if kind is ChunkKind.PIECE:
                self._pieces.append(body)
            else:
                self._accept(body)
            if is_enough():
                return True
        return False

    def _accept(self, body: bytes) -> None:
        try:
            entries = msgspec.msgpack.decode(body, type=Entries)
        except (msgspec.DecodeError, RecursionError) as error:
            raise self._damaged(error) from None
        at_ns = entries.from_ns
        for difference in entries.differences:
            at_ns += difference
            self._readings.append(at_ns)
        for ask, runs in entries.runs.items():
            self._runs[ask] += map(list, runs)
        self._next_calls += entries.calls

    def _differ(self, replayed: str, readings: int | None = None) -> Divergence:
        call, gap, words, _ = self._next_calls[0]
        recorded = _in_words(call, words)
        if readings is not None and readings != gap:
            recorded, replayed = f"{recorded} after {gap} readings", f"{replayed} after {readings}"
        divergence = Divergence(self.step, self.seconds, self.calls + 1, recorded, replayed)
        self._end(divergence)
        return divergence

    def _end(self, how: Replayed) -> Replayed:
        self.over = how
        return how

    def _damaged(self, error: Exception) -> UsageError:
        return UsageError(f"{shown(self.path)}: a recording that cannot be read ({error})")


def _given(answer: Any) -> Any:
    """The answer, unless it is an exception."""
    if isinstance(answer, dict):
        raise raised(msgspec.convert(answer, DeviceFailure))
    return answer


def _in_words(call: DeviceCall, words: Any) -> str:
    if words is None:
        return call.name.lower()
    told = ", ".join(map(_word, words if isinstance(words, list) else [words]))
    return f"{call.name.lower()}({told})"


def _word(value: Any) -> str:
    if isinstance(value, bytes):
        return f"{int.from_bytes(value[:8])} octets {value[8:16].hex()}.." if len(value) == 40 else value.hex()
    return str(value)
