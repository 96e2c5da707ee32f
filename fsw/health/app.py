"""The health app: judges the board's vital signs and the heartbeats of apps, and has jobs wait while the board is hot.

A reading costs no wake of the loop: it is due with the ticks of other apps, between those with long reports. Watches of
a mission (fsw/fdir) act on its report, as `when = "HealthStatus.heat_alarm == 1"` with `mode = "safe"`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from fsw.executive.app import App, AppReport
from fsw.executive.executive import Executive
from fsw.health.heartbeats import Heartbeats
from fsw.health.limit import Bound, Limit
from fsw.health.reports import AppHeard, AppSilent, HealthStatus, JobsHeld, LimitExceeded, LimitKept
from fsw.own.jobs import SharedRunner
from hal.vitals import Vitals, VitalSigns
from link.dictionary import Float32b, Int8ub, Int16ub, Int32ub, parameter

_NS, _MIB = 1_000_000_000, 1 << 20
_NAMES = {
    "load": "load",
    "memory": "resident memory (MiB)",
    "descriptors": "open descriptors",
    "free": "free room (MiB)",
    "heat": "heat (degC)",
    "throttling": "throttling",
}
"""The readings that have limits, as events call them."""


@dataclass
class Health(App, period_ms=10_000, budget_ms=20, offset_ms=5000):
    """`jobs` waits while the board is hotter than its limit. A limit of 0 is none, but for that of the heat.

    A reading beyond its limit for `held_s` is an alarm, until it is `margin_percent` of the limit inside.
    """

    vitals: VitalSigns
    executive: Executive
    jobs: SharedRunner
    period_s: int = parameter(
        Int16ub, id=0x78, default=10, unit="s", range=(10, 3600), text="between two readings, in steps of 10"
    )
    held_s: float = parameter(
        Float32b, id=0x79, default=20.0, unit="s", range=(0, 3600), text="beyond a limit before it is an alarm"
    )
    margin_percent: float = parameter(
        Float32b, id=0x7A, default=10.0, unit="%", range=(0, 90), text="of a limit, inside of which its alarm ends"
    )
    heat_max: float = parameter(
        Float32b, id=0x7B, default=80.0, unit="degC", range=(-40, 150), text="of the hottest place that is measured"
    )
    heat_margin: float = parameter(
        Float32b, id=0x7C, default=10.0, unit="degC", range=(0, 100), text="below the limit, where jobs go on"
    )
    load_max: float = parameter(Float32b, id=0x7D, default=0.0, range=(0, 1000), text="of the last minute; 0: none")
    memory_max_mib: int = parameter(Int32ub, id=0x7E, default=1024, unit="MiB", text="of the flight loop's process")
    descriptors_max: int = parameter(Int32ub, id=0x7F, default=512, text="that the flight loop has open; 0: none")
    free_min_mib: int = parameter(Int32ub, id=0x76, default=16, unit="MiB", text="room where the state is kept")
    silent_periods: int = parameter(
        Int8ub, id=0x77, default=3, range=(1, 255), text="of an app without a step, before it is called silent"
    )
    _limits: dict[str, Limit] = field(default_factory=lambda: {name: Limit() for name in _NAMES})
    _heartbeats: Heartbeats = field(default_factory=Heartbeats)
    _due_ns: int = 0
    _read_ns: int | None = None
    _cpu_s: float | None = None
    _jobs_cpu_s: float = 0.0
    _are_held: bool = False

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """Read and judge, where it is due."""
        if now_ns < self._due_ns:
            return
        self._due_ns = now_ns + self.period_s * _NS - self.period_ms * _NS // 2000  # a late tick moves none after it
        reading = self.vitals.read()
        yield from self._judge(reading, now_ns)
        yield from self._hold_jobs()
        beats = self.executive.heartbeats
        silent, heard = self._heartbeats.accept(beats, now_ns, self.silent_periods)
        for beat in silent:
            yield AppSilent(app=beat.app, silent_s=(now_ns - beat.beat_ns) / _NS, period_s=beat.period_ns / _NS)
        for app in heard:
            yield AppHeard(app=app)
        yield self._status(reading, len(beats), now_ns)

    def _judge(self, reading: Vitals, now_ns: int) -> Iterator[AppReport]:
        """Compare each reading with its limit, and report the alarms that begin and end."""
        bounds = self._bounds()
        for name, value in _limited(reading).items():
            limit, bound = self._limits[name], bounds[name]
            if not limit.accept(value, bound, now_ns, self.held_s):
                continue
            if limit.is_alarm and value is not None and bound is not None:
                yield LimitExceeded(reading=_NAMES[name], value=value, bound=bound.bad)
            elif value is not None:
                yield LimitKept(reading=_NAMES[name], value=value)

    def _bounds(self) -> dict[str, Bound | None]:
        part = self.margin_percent / 100
        most = {"load": self.load_max, "memory": self.memory_max_mib, "descriptors": self.descriptors_max}
        bounds = {name: Bound(bad, bad * (1 - part)) if bad else None for name, bad in most.items()}
        least = self.free_min_mib
        return {
            **bounds,
            "free": Bound(least, least * (1 + part), is_least=True) if least else None,
            "heat": Bound(self.heat_max, self.heat_max - self.heat_margin),
            "throttling": Bound(0, 0),
        }

    def _hold_jobs(self) -> Iterator[AppReport]:
        """Have jobs wait while the board is too hot; where its heat cannot be measured any more, they go on."""
        heat = self._limits["heat"]
        are_held, self._are_held = self._are_held, heat.is_alarm and heat.value is not None
        if are_held != self._are_held:
            self.jobs.hold(is_held=self._are_held)
            if self._are_held:
                yield JobsHeld(jobs=self.jobs.unfinished, good_degc=self.heat_max - self.heat_margin)

    def _status(self, reading: Vitals, apps: int, now_ns: int) -> HealthStatus:
        cpu, jobs_cpu = self._used(reading.cpu_s, now_ns)
        heat, throttling = reading.heat_degc, reading.throttling
        return HealthStatus(
            has_cpu=cpu is not None,
            has_load=reading.load is not None,
            has_memory=reading.resident_octets is not None,
            has_descriptors=reading.descriptors is not None,
            has_free=reading.free_octets is not None,
            has_heat=heat is not None,
            has_throttling=throttling is not None,
            jobs_held=self._are_held,
            **{f"{name}_alarm": limit.is_alarm for name, limit in self._limits.items()},
            apps=min(apps, 255),
            apps_silent=min(len(self._heartbeats.silent), 255),
            jobs_cpu=min(jobs_cpu, 6553.5),
            cpu=min(cpu or 0.0, 655.35),
            load=min(reading.load or 0.0, 655.35),
            resident_octets=reading.resident_octets or 0,
            descriptors=reading.descriptors or 0,
            free_octets=reading.free_octets or 0,
            heat_degc=heat or 0.0,
            throttling=int(throttling or 0),
        )

    def _used(self, cpu_s: float | None, now_ns: int) -> tuple[float | None, float]:
        """Processor time of this process and of jobs since the reading before, in per cent of a core.

        At the first reading there is none before: that of this process is not known then.
        """
        elapsed_s = 0.0 if self._read_ns is None else (now_ns - self._read_ns) / _NS
        before_s, self._cpu_s, self._read_ns = self._cpu_s, cpu_s, now_ns
        jobs_s, self._jobs_cpu_s = self.jobs.cpu_s - self._jobs_cpu_s, self.jobs.cpu_s
        if not elapsed_s:
            return None, 0.0
        used_s = None if cpu_s is None or before_s is None else max(0.0, cpu_s - before_s)
        return None if used_s is None else 100 * used_s / elapsed_s, 100 * jobs_s / elapsed_s


def _limited(reading: Vitals) -> dict[str, float | None]:
    """The readings that have limits, in the units of these."""
    octets = {"memory": reading.resident_octets, "free": reading.free_octets}
    return {
        "load": reading.load,
        "descriptors": reading.descriptors,
        **{name: None if one is None else one / _MIB for name, one in octets.items()},
        "heat": reading.heat_degc,
        "throttling": None if reading.throttling is None else float(reading.throttling),
    }
