"""Reports of the node become PUS packets: telemetry (service 3), events (5), verification (1) and other answers.

Packets are recorded as they are made, those of each call together, whether or not they are to go down at once. They
wait here until the link has room, so that important ones go first: answers to the ground, then the state of the node,
events and repetitions, each class within its quota while a less important one waits. Packets of one class take turns,
kind by kind, so that an app that reports too much drops only its own. Telemetry is state,
reported anew each second; events and answers are reported once, so their packets are sent again some seconds later:
that is sooner than the recorder plays what the ground has not acknowledged.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from fsw.comms.repeats import Repeats
from fsw.comms.services import Services
from fsw.comms.shares import ClassTurns, Shares
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
ANSWERS, STATE, EVENTS, REPEATS = "answers", "state", "events", "repeats"
"""The classes of what is live, the most important first."""
RECORDING = "recording"


class _Outgoing(NamedTuple):
    """A packet, and who remembers it once it is sent."""

    packet: bytes
    repeats: Repeats | None


@dataclass
class Reporter(App, period_ms=1000, budget_ms=10):
    """Passes what is published on `bus` to `channel` of `sender`, as packets of the reports that `services` make of it.

    `record` keeps packets on board; those that it failed to keep are counted as `unrecorded`. At most `ahead_octets`
    wait in the sender, so that later and more important reports overtake the rest here. `turns` has the quota of each
    class. `dropped` counts records whose
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
    turns: ClassTurns
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
        self._live = {name: Shares[_Outgoing](_queue) for name in (ANSWERS, STATE, EVENTS)}
        self._made: list[TimedPacket] = []
        self.unrecorded = 0

    @property
    def dropped(self) -> int:
        """Records whose queue was full, here or in the sender."""
        return sum([one.dropped for one in self._live.values()]) + sum(self.sender.dropped.values())

    @property
    def forgotten(self) -> int:
        """Events and answers that were sent again less often than was asked for."""
        return sum(again.forgotten for again in self._again)

    def waiting(self, name: str) -> int:
        """How many packets of a class wait for room; of repetitions, those that are to be sent again at some time."""
        return sum(map(len, self._again)) if name == REPEATS else len(self._live[name])

    def dropped_of(self, name: str) -> int:
        """How many packets of a class found their queue full, or were sent again less often than was asked for."""
        return self.forgotten if name == REPEATS else self._live[name].dropped

    @property
    def answers_room(self) -> int:
        """How many more answers to the ground have room."""
        return min(_ANSWERS_MAX - len(self._live[ANSWERS]), _PUBLISHED_MAX) - len(self._published[0])

    def send(self) -> bool:
        """Accept what was published since the last call, and send packets of it; returns whether all found room."""
        for queue in self._published:
            for record in queue.drain() if len(queue) else ():
                with self.executive.section(f"report of {type(record).__name__}", _BUDGET_MS):
                    self._accept(record)
        if self._made:
            self._keep()
        return self._hand_over()

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """Release the repetitions that are due, in the same second's frame as housekeeping."""
        self._ticked_ns = now_ns
        for again in self._again:
            again.limit(self.repeats)
        yield from ()

    @property
    def _has_room(self) -> bool:
        return self.sender.room(self.channel) > 0 and self.sender.octets(self.channel) < self.ahead_octets

    def _hand_over(self) -> bool:
        """Hand over waiting packets, by class, as far as there is room; returns whether all found room."""
        are_due = self._are_repeats_due
        while True:
            waiting = [name for name, one in self._live.items() if one]
            if are_due:
                waiting.append(REPEATS)
            if not waiting:
                return True
            if not self._has_room:
                return False
            name = self.turns.next(waiting)
            packet = self._next_repeated() if name == REPEATS else self._packet(self._live[name].pop())
            are_due = self._are_repeats_due if name == REPEATS else are_due
            self.turns.note(name, len(packet))
            self.sender.offer(self.channel, packet)

    @property
    def _are_repeats_due(self) -> bool:
        answers, events = self._again
        return answers.is_due(self._ticked_ns, self.repeats) or events.is_due(self._ticked_ns, self.repeats)

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
            self._offer(EVENTS, type(record), _Outgoing(packet, events))
        elif isinstance(report, HousekeepingReport):
            self._offer(STATE, report.structure, _Outgoing(packet, None))
        else:
            self._offer(ANSWERS, ANSWERS, _Outgoing(packet, answers))

    def _offer(self, name: str, key: Hashable, outgoing: _Outgoing) -> None:
        """Have a packet wait; where its queue is full, what may go is handed over first."""
        if self._live[name].is_full(key):
            self._hand_over()
        self._live[name].offer(key, outgoing)

    def _keep(self) -> None:
        """Record the packets made since the last call, with one write."""
        made, self._made = self._made, []
        if not self.executive.attempt(RECORDING, _BUDGET_MS, lambda: self._is_kept(made)):
            self.unrecorded += len(made)

    def _is_kept(self, made: Sequence[TimedPacket]) -> bool:
        self.record(made)
        return True

    def _packet(self, outgoing: _Outgoing | None) -> bytes:
        assert outgoing is not None  # its class waits
        if outgoing.repeats is not None and self.repeats:
            outgoing.repeats.remember(outgoing.packet, self.clock.monotonic_ns())
        return outgoing.packet

    def _next_repeated(self) -> bytes:
        """The next packet that is due, by the last tick, to be sent again: answers first."""
        found = (again.pop(self._ticked_ns, self.repeats) for again in self._again)
        return next(filter(None, found))


def _queue(key: Hashable) -> Queue[_Outgoing]:
    """A queue that keeps the newest samples, or the oldest answers and events, when it is full."""
    if key == ANSWERS:
        return Queue(ANSWERS, _ANSWERS_MAX, "drop_new")
    policy: Policy = "drop_old" if isinstance(key, int) else "drop_new"
    return Queue(str(key), _SAMPLES_MAX if isinstance(key, int) else _EVENTS_MAX, policy)
