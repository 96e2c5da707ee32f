"""Reports of the node become PUS packets: telemetry (service 3), events (5), verification (1) and other answers.

Packets are recorded as they are made, those of each call together, whether or not they are to go down at once. They
wait here until the link has room, so that important ones go first: answers to the ground and the state of the node,
then events, then repetitions. Packets of one rank take turns, kind by kind, so that an app that reports too much drops
only its own. Telemetry is state, reported anew each second; events and answers are reported once, so their packets are
sent again some seconds later: that is sooner than the recorder plays what the ground has not acknowledged.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from fsw.comms.repeats import Repeats
from fsw.comms.services import Services
from fsw.comms.shares import Shares
from fsw.executive.app import App, AppReport
from fsw.executive.bus import Bus, Policy, Queue
from fsw.executive.executive import Executive
from fsw.recorder.packet_store import TimedPacket
from hal.clock import Clock
from link.channels.tm_sender import TmSender
from link.dictionary import Event, Int8ub, Telemetry, parameter
from link.dictionary.declare import Record
from link.pus.message import Report
from link.pus.services.housekeeping import HousekeepingReport
from link.pus.source import TmSource

_PUBLISHED_MAX = 512  # between two turns of the loop
_ANSWERS_MAX, _SAMPLES_MAX, _EVENTS_MAX = 512, 16, 64  # that wait for the link; samples and events: of each kind
_ANSWERS_REPEATED, _EVENTS_REPEATED = 2048, 512
_BUDGET_MS = 10
ANSWERS, RECORDING = "answers", "recording"


class _Outgoing(NamedTuple):
    """A packet, and who remembers it once it is sent."""

    packet: bytes
    repeats: Repeats | None


@dataclass
class Reporter(App, period_ms=1000, budget_ms=10):
    """Passes what is published on `bus` to `channel` of `sender`, as packets of the reports that `services` make of it.

    `record` keeps packets on board; those that it failed to keep are counted as `unrecorded`. At most `ahead_octets`
    wait in the sender, so that later and more important reports overtake the rest here. `dropped` counts records whose
    queue was full, `forgotten` packets repeated less often than was asked for.
    """

    bus: Bus
    services: Services
    clock: Clock
    source: TmSource
    sender: TmSender
    channel: str
    executive: Executive
    ahead_octets: int
    record: Callable[[Sequence[TimedPacket]], None]
    repeats: int = parameter(
        Int8ub,
        id=1,
        default=3,
        range=(0, 3),
        text="how often an event or verification report is sent again",
    )
    _again: tuple[Repeats, Repeats] = field(
        default_factory=lambda: (Repeats(_ANSWERS_REPEATED), Repeats(_EVENTS_REPEATED))
    )
    _ticked_ns: int = 0

    def __post_init__(self) -> None:
        topics: tuple[type[Record], ...] = (Report, Telemetry, Event)
        self._published: list[Queue[Record]] = [
            self.bus.subscribe(topic, topic.__name__, capacity=_PUBLISHED_MAX, policy="drop_new") for topic in topics
        ]
        self._first, self._then = Shares[_Outgoing](_queue), Shares[_Outgoing](_queue)
        self._made: list[TimedPacket] = []
        self.unrecorded = 0

    @property
    def dropped(self) -> int:
        """Records whose queue was full, here or in the sender."""
        return self._first.dropped + self._then.dropped + sum(self.sender.dropped.values())

    @property
    def forgotten(self) -> int:
        """Events and answers that were sent again less often than was asked for."""
        return sum(again.forgotten for again in self._again)

    @property
    def answers_room(self) -> int:
        """How many more answers to the ground have room."""
        return min(_ANSWERS_MAX - self._first.waiting(ANSWERS), _PUBLISHED_MAX) - len(self._published[0])

    def send(self) -> bool:
        """Accept what was published since the last call, and send packets of it; returns whether all found room."""
        for queue in self._published:
            for record in queue.drain():
                with self.executive.section(f"report of {type(record).__name__}", _BUDGET_MS):
                    self._accept(record)
                self._hand_over()
        self._keep()
        self._hand_over()
        while self._has_room:
            packet = self._next_repeated()
            if packet is None:
                return True
            self.sender.offer(self.channel, packet)
        return False

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """Release the repetitions that are due, in the same second's frame as housekeeping."""
        self._ticked_ns = now_ns
        for again in self._again:
            again.limit(self.repeats)
        yield from ()

    @property
    def _has_room(self) -> bool:
        return self.sender.room(self.channel) > 0 and self.sender.octets(self.channel) < self.ahead_octets

    def _hand_over(self) -> None:
        """Hand over waiting records in the order of their rank, as far as there is room."""
        while (waiting := self._first or self._then) and self._has_room:
            outgoing = waiting.pop()
            assert outgoing is not None  # something waits
            self.sender.offer(self.channel, self._packet(outgoing))

    def _accept(self, record: Record) -> None:
        report = self.services.report_of(record)
        if report is None:
            return
        utc_ns = self.clock.utc_ns()
        packet = self.source.packet(report, utc_ns)
        self._made.append((packet, utc_ns))
        if not self.services.is_forwarded(report):
            return
        answers, events = self._again
        if isinstance(record, Event):
            self._then.offer(type(record), _Outgoing(packet, events))
        elif isinstance(report, HousekeepingReport):
            self._first.offer(report.structure, _Outgoing(packet, None))
        else:
            self._first.offer(ANSWERS, _Outgoing(packet, answers))

    def _keep(self) -> None:
        """Record the packets made since the last call, with one write."""
        if not self._made:
            return
        made, self._made = self._made, []
        if not self.executive.attempt(RECORDING, _BUDGET_MS, lambda: self._is_kept(made)):
            self.unrecorded += len(made)

    def _is_kept(self, made: Sequence[TimedPacket]) -> bool:
        self.record(made)
        return True

    def _packet(self, outgoing: _Outgoing) -> bytes:
        if outgoing.repeats is not None and self.repeats:
            outgoing.repeats.remember(outgoing.packet, self.clock.monotonic_ns())
        return outgoing.packet

    def _next_repeated(self) -> bytes | None:
        """The next packet that is due, by the last tick, to be sent again: answers first."""
        found = (again.pop(self._ticked_ns, self.repeats) for again in self._again)
        return next(filter(None, found), None)


def _queue(key: Hashable) -> Queue[_Outgoing]:
    """A queue that keeps the newest samples, or the oldest answers and events, when it is full."""
    if key == ANSWERS:
        return Queue(ANSWERS, _ANSWERS_MAX, "drop_new")
    policy: Policy = "drop_old" if isinstance(key, int) else "drop_new"
    return Queue(str(key), _SAMPLES_MAX if isinstance(key, int) else _EVENTS_MAX, policy)
