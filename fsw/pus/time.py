"""Service 9 on board (ECSS-E-ST-70-41C §6.9): the time at which every so many frames left.

A new node reports none, as long as no rate was set: a ground that does not ask for them need not know such packets.
"""

from collections.abc import Iterator

import msgspec

from fsw.pus.instructions import not_mine
from link.pus.message import Report, Request
from link.pus.services.time import RATE_MAX, SetTimeReportRate, TimeReport
from link.pus.services.verification import FailureCode, RefusedError


class TimeReportRate(msgspec.Struct, frozen=True, array_like=True):
    """The rate that was set; None where none was."""

    rate: int | None = None


class TimeReporter:
    """Reports the times of frames of virtual channel 0, one of every 2^rate; none while the rate is None."""

    STATE_OCTETS_MAX = 16

    def __init__(self, rate: int | None = None) -> None:
        self.rate = rate

    @property
    def state(self) -> TimeReportRate:
        """The rate that was set by command."""
        return TimeReportRate(self.rate)

    def restore(self, state: TimeReportRate) -> int:
        """Begin with `state`; returns 1 where it is no rate, and then begins without."""
        is_fit = state.rate is None or 0 <= state.rate <= RATE_MAX
        self.rate = state.rate if is_fit else None
        return int(not is_fit)

    def report_of(self, number: int, utc_ns: int) -> TimeReport | None:
        """The report of frame `number` of the channel, which left at `utc_ns`; None if that frame is not reported."""
        if self.rate is None or number % (1 << self.rate):
            return None
        return TimeReport(rate=self.rate, time=utc_ns)

    def handle(self, request: Request) -> Iterator[Report]:
        """Answer one request. Raises RefusedError."""
        if not isinstance(request, SetTimeReportRate):
            raise not_mine(request)
        if request.rate > RATE_MAX:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"rate {request.rate}, expected 0..{RATE_MAX}")
        self.rate = request.rate
        yield from ()
