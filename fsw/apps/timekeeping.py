"""Timekeeping: UTC by what the ground or a pulse of each second says, its drift, and how well it is known.

A pulse says when a second begins, and not which one: that the ground says, or an earlier correlation that is good to
less than half a second.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated

from fsw.executive.app import App, AppReport, CommandError
from fsw.store.durable import Durable
from fsw.timekeeping.correlation import Observation, TimeSource
from fsw.timekeeping.keeper import KeptTime, TimeKeeper
from fsw.timekeeping.pulses import PulseFilter
from hal.clock import UTC_MAX_NS
from hal.correlated_clock import CorrelatedClock
from hal.pulse import PulseInput
from link.dictionary import Event, Int8ub, Int16ub, Int32sb, Int32ub, Int64sb, Int64ub, Telemetry, Time, command, wire
from link.pus.services.verification import FailureCode
from link.time.leap_seconds import IERS_VALID_UNTIL_NS

_NS, _US = 1_000_000_000, 1000
_DRIFT_PPB = 100_000  # of a crystal that is well
UTC_MIN_NS = 1_577_836_800_000_000_000
"""2020-01-01T00:00:00 UTC: no node flew this before."""
_STAMP_AGE_MAX_NS = 86_400 * _NS
_JUMP_MAX_NS = 10 * _NS  # of a correlation, once UTC is known
_STORED_EVERY_STEPS = 60
_PULSE_ERROR_NS = 100_000  # how late an edge may be stamped
_SURE_NS = 400_000_000  # of which second a pulse begins
_PULSE_EVERY_NS = 64 * _NS  # of a pulse that only confirms what is known
_UNKNOWN_US = (1 << 32) - 1
_STEP_NS = 100_000_000  # of the host's clock between two looks at it: slewing of a clock is slower


class TimeStatus(Telemetry, id=0x28):
    """The node's clock, every ten seconds."""

    met: int = wire(Int64ub, unit="ns", text="mission elapsed time at this report: since the first start")
    source: TimeSource = wire(Int8ub, text="where UTC comes from")
    utc: int = wire(Time(), text="UTC at `met`, as well as it is known")
    offset: int = wire(Int64sb, unit="us", text="UTC less what the host's clock shows")
    drift: int = wire(
        Int32sb,
        unit="ppb",
        limits=(-_DRIFT_PPB, _DRIFT_PPB),
        text="by how much UTC gains on the monotonic time, as measured",
    )
    error: int = wire(Int32ub, unit="us", text="by how much UTC may be off; 4294967295 where that is not known")
    age: int = wire(Int32ub, unit="s", text="time since the last correlation; 4294967295 before the first")
    pulses: int = wire(Int32ub, text="pulses of a second that were taken for such")
    glitches: int = wire(Int16ub, text="edges of the pulse input that were none")
    leap_seconds_until: int = wire(Time(), text="until when all leap seconds are known")
    is_leap_table_stale: bool = wire(text="whether that time has passed: TAI, and times sent, may be a second off")
    steps: int = wire(Int16ub, text="steps of the host's clock against the monotonic time, since the start of the node")


class ClockCorrelated(Event, id=0xB0, severity="low"):
    """UTC jumped by {jump} us, as {source} said; it is known to {error} us."""

    jump: int = wire(Int64sb, unit="us")
    source: TimeSource = wire(Int8ub)
    error: int = wire(Int32ub, unit="us")


class TimeLost(Event, id=0xB1, severity="medium"):
    """UTC was known before the restart, and is not now: no clock ran on meanwhile."""


class HostClockStepped(Event, id=0x28, severity="medium"):
    """The host's clock stepped by {step} us against the monotonic time; the node's UTC {followed}."""

    step: int = wire(Int64sb, unit="us")
    followed: str = wire(text='"stepped with it", where nobody has said what UTC is, or "did not"')


_Utc = Annotated[int, wire(Time(), text="in ns since 1970")]
_Error = Annotated[int, wire(Int32ub, unit="us", text="by how much that may be off")]
_Met = Annotated[int, wire(Int64ub, unit="ns", text="mission elapsed time, as TimeStatus reports it")]


@dataclass
class Timekeeping(App, period_ms=10_000, budget_ms=10):
    """Corrects `clock`, never the host's own. `keeps_time`: the board has a clock that runs on without power.

    `boot` names the host's present start.
    """

    clock: CorrelatedClock
    pulse: PulseInput
    record: Durable[KeptTime]
    keeps_time: bool
    boot: str = ""
    _filter: PulseFilter = field(default_factory=PulseFilter)
    _last_pulse_ns: int | None = None
    _host_ahead_ns: int | None = None
    _host_steps: int = 0
    _steps: int = 0

    def __post_init__(self) -> None:
        self.keeper = TimeKeeper(self.clock, self.record.value, keeps_time=self.keeps_time, boot=self.boot)

    @command(opcode=0xA0)
    def set_utc(self, utc: _Utc, error_us: _Error) -> Iterator[AppReport]:
        """Set UTC, which is `utc` now, whatever it was."""
        yield self._accept(Observation(self.clock.monotonic_ns(), _checked(utc), error_us * _US, TimeSource.GROUND))

    @command(opcode=0xA1)
    def correlate(self, met: _Met, utc: _Utc, error_us: _Error) -> Iterator[AppReport]:
        """UTC was `utc` at an MET of the last day. Refused where it moves a known UTC by more than ten seconds."""
        monotonic_ns, now_ns = self.keeper.monotonic_at(met), self.clock.monotonic_ns()
        if not now_ns - _STAMP_AGE_MAX_NS <= monotonic_ns <= now_ns:
            raise ValueError(f"an MET of {met} ns, expected one of the last day, and not to come")
        jump_ns = _checked(utc) - self.clock.utc_at(monotonic_ns)
        if self.keeper.last is not None and abs(jump_ns) > _JUMP_MAX_NS:
            raise CommandError(FailureCode.NOT_NOW, f"UTC would jump by {jump_ns // _NS} s: set_utc does that")
        yield self._accept(Observation(monotonic_ns, utc, error_us * _US, TimeSource.GROUND))

    @command(opcode=0xA2)
    def pulse_was(self, utc: _Utc) -> Iterator[AppReport]:
        """The last pulse was the beginning of the second `utc` of UTC."""
        if _checked(utc) % _NS:
            raise ValueError(f"utc = {utc}: a pulse begins a whole second")
        if self._last_pulse_ns is None:
            raise CommandError(FailureCode.NOT_NOW, "no pulse has come yet")
        yield self._accept(Observation(self._last_pulse_ns, utc, _PULSE_ERROR_NS, TimeSource.PULSE))

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """Take the pulses that came, and report the clock; now and then the time is stored."""
        if not self._steps and self.keeper.is_lost:
            yield TimeLost()
        yield from self._watch_host()
        for pulse_ns in self._filter.accept(self.pulse.drain()):
            self._last_pulse_ns = pulse_ns
            yield from self._confirm(pulse_ns)
        if not self._steps % _STORED_EVERY_STEPS:
            self._store()
        self._steps += 1
        yield self._status(now_ns)

    def _watch_host(self) -> Iterator[AppReport]:
        """Report a step of the host's clock since the last look at it."""
        before_ns, self._host_ahead_ns = self._host_ahead_ns, self.clock.host_utc_ns() - self.clock.monotonic_ns()
        step_ns = 0 if before_ns is None else self._host_ahead_ns - before_ns
        if abs(step_ns) >= _STEP_NS:
            self._host_steps += 1
            yield HostClockStepped(
                step=step_ns // _US, followed="stepped with it" if self.keeper.last is None else "did not"
            )

    def _confirm(self, pulse_ns: int) -> Iterator[AppReport]:
        """Correlate with the second that begins at a pulse, if it is clear which one that is, and if it says more."""
        last, error_ns = self.keeper.last, self.keeper.error_ns(pulse_ns)
        if last is None or error_ns is None or error_ns > _SURE_NS:
            return
        is_recent = pulse_ns - last.monotonic_ns < _PULSE_EVERY_NS
        if last.source == TimeSource.PULSE and is_recent:
            return
        utc_ns = (last.utc_at(pulse_ns) + _NS // 2) // _NS * _NS
        yield self._accept(Observation(pulse_ns, utc_ns, _PULSE_ERROR_NS, TimeSource.PULSE))

    def _accept(self, seen: Observation) -> ClockCorrelated:
        jump_ns = self.keeper.accept(seen)
        self._store()
        return ClockCorrelated(jump=jump_ns // _US, source=seen.source, error=min(seen.error_ns // _US, _UNKNOWN_US))

    def _store(self) -> None:
        with suppress(OSError):  # the record counts it
            self.record.store(self.keeper.state)

    def _status(self, now_ns: int) -> TimeStatus:
        keeper, utc_ns = self.keeper, self.clock.utc_at(now_ns)
        error_ns = keeper.error_ns(now_ns)
        last = keeper.last
        return TimeStatus(
            met=keeper.met_ns(now_ns),
            source=keeper.source,
            utc=utc_ns,
            offset=(utc_ns - self.clock.host_utc_ns()) // _US,
            drift=last.drift_ppb if last else 0,
            error=_UNKNOWN_US if error_ns is None else min(error_ns // _US, _UNKNOWN_US),
            age=min((now_ns - last.monotonic_ns) // _NS, _UNKNOWN_US) if last else _UNKNOWN_US,
            pulses=self._filter.pulses % (1 << 32),
            glitches=min(self._filter.glitches, 0xFFFF),
            leap_seconds_until=IERS_VALID_UNTIL_NS,
            is_leap_table_stale=utc_ns > IERS_VALID_UNTIL_NS,
            steps=min(self._host_steps, 0xFFFF),
        )


def _checked(utc_ns: int) -> int:
    if not UTC_MIN_NS <= utc_ns <= UTC_MAX_NS:
        raise ValueError(f"utc = {utc_ns}, expected a time of 2020 to 2093, in ns since 1970")
    return utc_ns
