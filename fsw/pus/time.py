"""Service 9 on board (ECSS-E-ST-70-41C §6.9): the time at which every so many frames left."""

from collections.abc import Iterator

from fsw.pus.instructions import not_mine
from link.pus.message import Report, Request
from link.pus.services.time import RATE_MAX, SetTimeReportRate, TimeReport
from link.pus.services.verification import FailureCode, RefusedError


class TimeReporter:
    """Reports the times of frames of virtual channel 0, one of every 2^rate."""

    def __init__(self, rate: int = RATE_MAX) -> None:
        self.rate = rate

    def report_of(self, number: int, utc_ns: int) -> TimeReport | None:
        """The report of frame `number` of the channel, which left at `utc_ns`; None if that frame is not reported."""
        return None if number % (1 << self.rate) else TimeReport(rate=self.rate, time=utc_ns)

    def handle(self, request: Request) -> Iterator[Report]:
        """Answer one request. Raises RefusedError."""
        if not isinstance(request, SetTimeReportRate):
            raise not_mine(request)
        if request.rate > RATE_MAX:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"rate {request.rate}, expected 0..{RATE_MAX}")
        self.rate = request.rate
        yield from ()
