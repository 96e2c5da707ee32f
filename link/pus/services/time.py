"""Time management, service 9 (ECSS-E-ST-70-41C §6.9, §8.9): when a frame of the downlink left the node.

A time report is made every 2^rate frames of virtual channel 0 and names the instant at which that frame left. Its
packet has no secondary header and travels under APID 0.
"""

from link.dictionary.kinds import Int8ub, Time
from link.dictionary.wires import wire
from link.pus.message import Report, Request

TIME_APID = 0
RATE_MAX = 8


class SetTimeReportRate(Request, service=9, subtype=1):
    """Report the time every 2^rate frames of virtual channel 0; `rate` is 0..8."""

    rate: int = wire(Int8ub)


class TimeReport(Report, service=9, subtype=2):
    """The instant `time` at which a frame left; the next report is about the frame 2^rate later."""

    rate: int = wire(Int8ub)
    time: int = wire(Time())
