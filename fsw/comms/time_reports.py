"""Time reports of service 9 go down: about a frame that leaves, in one of the frames after it."""

from dataclasses import dataclass

from fsw.pus.time import TimeReporter
from hal.correlated_clock import CorrelatedClock
from link.channels.tm_sender import TmSender
from link.pus.services.time import TIME_APID
from link.pus.source import NumberSource
from link.pus.time_packet import encode_time_packet

_REPORTED_VC = 0


@dataclass(slots=True)
class TimeReports:
    """Offers `channel` of `sender` the reports of `reporter`, about frames of virtual channel 0.

    At rate 0 each report makes a frame that is reported in turn, so that the link is never idle.
    """

    reporter: TimeReporter
    clock: CorrelatedClock
    sender: TmSender
    channel: str
    numbers: NumberSource

    def accept(self, frame: bytes, leaves_ns: int) -> None:
        """Report, if it is this frame's turn, that its first bit leaves at the monotonic time `leaves_ns`."""
        channel, number = frame[1] >> 1 & 7, frame[3]  # CCSDS 132.0-B-3 §4.1.2
        if channel != _REPORTED_VC:
            return
        report = self.reporter.report_of(number, self.clock.utc_at(leaves_ns))
        if report is not None:
            self.sender.offer(self.channel, encode_time_packet(report, self.numbers.next(f"{TIME_APID}")))
