"""What the node says becomes PUS packets: telemetry (service 3), events (5) and verification (1), in order."""

from dataclasses import dataclass

from fsw.bus import Bus, Queue
from hal.clock import Clock
from link.dictionary import Event, Telemetry
from link.dictionary.declare import Record
from link.pus import events, housekeeping
from link.pus.message import Report
from link.pus.source import TmSource
from link.tm_sender import TmSender

_WAITING_MAX = 256


def _report_of(record: Record) -> Report:
    if isinstance(record, Telemetry):
        return housekeeping.report_of(record)
    if isinstance(record, Event):
        return events.report_of(record)
    assert isinstance(record, Report), record
    return record


@dataclass
class Reporter:
    """Takes every record that is published on `bus` to `channel` of `sender`, which counts those that find no room."""

    bus: Bus
    clock: Clock
    source: TmSource
    sender: TmSender
    channel: str

    def __post_init__(self) -> None:
        self._queue: Queue[Record] = self.bus.subscribe(Record, "reports", capacity=_WAITING_MAX, policy="drop_new")

    def send(self) -> None:
        """Make packets of what was published since the last call."""
        for record in self._queue.drain():
            self.sender.offer(self.channel, self.source.packet(_report_of(record), self.clock.utc_ns()))
