"""UTC and mission elapsed time (MET) of a node, and what of them survives a restart.

MET counts from the node's first start, as far as its clocks ran: time without power counts where the board has a clock
that runs on meanwhile (RTC), else it is left out. The same decides whether UTC is still known after a restart.
Whether the host has run on since is asked of the host, where it names its starts: clocks may agree by chance, as where
each start begins in 1970, and disagree because somebody set them.
"""

import msgspec

from fsw.timekeeping.correlation import Correlated, Observation, TimeSource, correlated
from hal.clock import Moment
from hal.correlated_clock import CorrelatedClock

_SAME_NS = 2_000_000_000  # by how much a host's clock may be set while it is still the same start of the host
_RTC_PPB, _RTC_RESOLUTION_NS = 100_000, 1_000_000_000
_PPB = 1_000_000_000
KEPT_TIME_OCTETS_MAX = 192
TIME_RECORD = "time"
"""The name of the record that keeps it."""


class KeptTime(msgspec.Struct, frozen=True, array_like=True):
    """What the host's clocks showed when this was stored, MET at that time, and the last correlation.

    `boot`: in which start of the host that was; "" where it did not say.
    """

    host_monotonic_ns: int = 0
    host_utc_ns: int = 0
    met_ns: int = 0
    last: Correlated | None = None
    boot: str = ""


class TimeKeeper:
    """Keeps the UTC of `clock`. `keeps_time`: the host's clock runs on without power. Begins with what was `kept`.

    `boot` names the present start of the host, at most 64 characters; "" where nobody knows.
    `is_lost`: UTC was known before the restart, and is not now.
    """

    def __init__(self, clock: CorrelatedClock, kept: KeptTime, *, keeps_time: bool, boot: str = "") -> None:
        self._clock, self._boot = clock, boot
        now = Moment(clock.monotonic_ns(), clock.host_utc_ns())
        ran_on = _has_run_on(kept, now, boot)
        elapsed_ns = _elapsed_ns(kept, now, ran_on=ran_on, keeps_time=keeps_time)
        self._met_ahead_ns = kept.met_ns + (elapsed_ns or 0) - now.monotonic_ns
        self.last = kept.last if ran_on or kept.last is None else _resumed(kept.last, kept, now, elapsed_ns)
        self.is_lost = kept.last is not None and self.last is None
        self._apply()

    @property
    def state(self) -> KeptTime:
        """What is to be stored."""
        now_ns = self._clock.monotonic_ns()
        return KeptTime(now_ns, self._clock.host_utc_ns(), self.met_ns(now_ns), self.last, self._boot)

    @property
    def source(self) -> TimeSource:
        """Where UTC comes from."""
        return TimeSource.HOST if self.last is None else TimeSource(self.last.source)

    def met_ns(self, monotonic_ns: int) -> int:
        """MET at a monotonic time."""
        return self._met_ahead_ns + monotonic_ns

    def monotonic_at(self, met_ns: int) -> int:
        """The monotonic time of an MET."""
        return met_ns - self._met_ahead_ns

    def accept(self, seen: Observation) -> int:
        """Correlate; returns by how much UTC jumps."""
        before_ns = self._clock.utc_at(seen.monotonic_ns)
        self.last = correlated(self.last, seen)
        self._apply()
        return seen.utc_ns - before_ns

    def error_ns(self, monotonic_ns: int) -> int | None:
        """By how much UTC may be off; None where nobody said what it is."""
        return None if self.last is None else self.last.error_at(monotonic_ns)

    def _apply(self) -> None:
        if self.last is not None:
            self._clock.correlate(Moment(self.last.monotonic_ns, self.last.utc_ns), self.last.drift_ppb)


def _has_run_on(kept: KeptTime, now: Moment, boot: str) -> bool:
    """Whether the host is still in the start in which `kept` was stored."""
    since_ns = now.monotonic_ns - kept.host_monotonic_ns
    if boot and kept.boot:
        return boot == kept.boot and since_ns >= 0
    return since_ns >= 0 and abs(now.utc_ns - kept.host_utc_ns - since_ns) <= _SAME_NS


def _elapsed_ns(kept: KeptTime, now: Moment, *, ran_on: bool, keeps_time: bool) -> int | None:
    """How long ago `kept` was stored; None where no clock tells."""
    if ran_on:
        return now.monotonic_ns - kept.host_monotonic_ns
    host_since_ns = now.utc_ns - kept.host_utc_ns
    return host_since_ns if keeps_time and host_since_ns >= 0 and kept != KeptTime() else None


def _resumed(last: Correlated, kept: KeptTime, now: Moment, elapsed_ns: int | None) -> Correlated | None:
    """The correlation after the host was off: by its clock, if that ran on, with the error of that."""
    if elapsed_ns is None:
        return None
    return Correlated(
        monotonic_ns=now.monotonic_ns,
        utc_ns=last.utc_at(kept.host_monotonic_ns) + elapsed_ns,
        error_ns=last.error_at(kept.host_monotonic_ns) + _RTC_RESOLUTION_NS + elapsed_ns * _RTC_PPB // _PPB,
        source=int(TimeSource.KEPT),
        drift_ppb=last.drift_ppb,
        is_drift_known=last.is_drift_known,
    )
