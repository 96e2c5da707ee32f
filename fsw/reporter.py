"""What the node says becomes PUS packets: telemetry (service 3), events (5) and verification (1), in order.

Telemetry is state, told anew each second; events and verification are told once, on a link that acknowledges nothing.
So their packets are sent again some seconds later, octet for octet: with number and time as they were, the ground knows
them for the same. An outage shorter than that hides nothing.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from fsw.app import App
from fsw.app import Report as AppReport
from fsw.bus import Bus, Queue
from fsw.services import Services
from hal.clock import Clock
from link.dictionary import Int8ub, Telemetry, parameter
from link.dictionary.declare import Record
from link.pus.housekeeping import HousekeepingReport
from link.pus.source import TmSource
from link.tm_sender import TmSender

_WAITING_MAX = 256
_REMEMBERED_MAX = 64
_AGAIN_AFTER_NS = (4_000_000_000, 12_000_000_000, 36_000_000_000)


@dataclass(slots=True)
class _Told:
    """A packet that was sent at `sent_ns`, and `times` since."""

    packet: bytes
    sent_ns: int
    times: int = 0


@dataclass
class Reporter(App, period_ms=1000, budget_ms=10):
    """Takes the reports of what is published on `bus`, as `services` make them, to `channel` of `sender`.

    The sender counts those that find no room.
    """

    bus: Bus
    services: Services
    clock: Clock
    source: TmSource
    sender: TmSender
    channel: str
    repeats: int = parameter(
        Int8ub,
        id=1,
        default=3,
        range=(0, 3),
        text="how often an event or verification report is sent again",
    )
    _told: deque[_Told] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_MAX))

    def __post_init__(self) -> None:
        self._queue: Queue[Record] = self.bus.subscribe(Record, "reports", capacity=_WAITING_MAX, policy="drop_new")

    def send(self) -> None:
        """Make packets of what was published since the last call."""
        for record in self._queue.drain():
            report = self.services.report_of(record)
            if report is None:
                continue
            packet = self.source.packet(report, self.clock.utc_ns())
            self.sender.offer(self.channel, packet)
            if not isinstance(record, Telemetry | HousekeepingReport):
                self._told.append(_Told(packet, self.clock.monotonic_ns()))

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """Repeat what is due, in the same second's frame as housekeeping."""
        self._told = deque((told for told in self._told if told.times < self.repeats), _REMEMBERED_MAX)
        for told in self._told:
            if now_ns - told.sent_ns >= _AGAIN_AFTER_NS[told.times]:
                self.sender.offer(self.channel, told.packet)
                told.times += 1
        yield from ()
