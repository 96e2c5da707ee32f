"""A node with many apps for a day of virtual time: its memory stays flat, and its descriptors are the same in the end.

    python -m benchmarks.soak                     100 apps at 10 Hz, 24 hours; a line each hour
    python -m benchmarks.soak --hours 2 --warm 0.5

Memory may grow by 1 % after the time that it takes to be warm: by then the recorder is full, which here is a small one.
The node's files are real ones, which no memory of the process holds. Exit code 0: it was flat, 1: it was not.
"""

import argparse
import gc
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from benchmarks.fsw_node import MISSION, Flight
from fsw.executive.app import App, AppReport
from fsw.executive.bus import Bus, Queue
from hal.linux.gauges.host_vitals import HostVitals
from hal.vitals import Vitals

GROWTH_MAX = 0.01
_HOUR_S = 3600
_PERIOD_MS = 100
_RECORDED_OCTETS = 2**19


@dataclass(frozen=True, slots=True)
class Baton:
    """What an app passes on to the next one; each app has a kind of its own, so that one only gets it."""

    holder: int


@dataclass
class Runner(App, period_ms=_PERIOD_MS, budget_ms=50):
    """One of many: reads what was passed on by the app before it, and passes on."""

    bus: Bus
    number: int
    passes: type[Baton]
    passed: Queue[Baton]
    steps: int = 0

    def step(self, now_ns: int) -> Iterator[AppReport]:  # noqa: ARG002
        """Count, read and publish."""
        self.steps += 1
        for _ in self.passed.drain():
            pass
        self.bus.publish(self.passes(self.number))
        yield from ()


def flight_of(apps: int, folder: Path) -> tuple[Flight, list[Runner]]:
    """A flight with so many apps beside the node's own, and its state in a folder."""
    small = msgspec.structs.replace(MISSION.recorder, octets_max=_RECORDED_OCTETS)
    mission = msgspec.structs.replace(MISSION, recorder=small)
    flight, runners = Flight(mission, folder=folder), []
    batons = [type(f"Baton{number}", (Baton,), {"__slots__": ()}) for number in range(apps)]
    for number in range(apps):
        bus = flight.node.bus
        queue: Queue[Baton] = bus.subscribe(batons[number - 1], f"baton {number}", capacity=1, policy="latest")
        kind = type(f"Runner{number}", (Runner,), {}, period_ms=_PERIOD_MS, budget_ms=50)
        runner = kind(bus, number, batons[number], queue)
        flight.node.executive.add(runner)
        runners.append(runner)
    return flight, runners


def reading() -> Vitals:
    """Memory and descriptors of this process, without what waits to be collected."""
    gc.collect()
    return HostVitals(Path()).read()


def soak(hours: float, warm_hours: float, apps: int) -> bool:
    """Fly, print a line each hour, and return whether memory and descriptors stayed as they were when it was warm."""
    with TemporaryDirectory(prefix="skyrack-") as folder:
        return _soaked(*flight_of(apps, Path(folder)), hours, warm_hours)


def _soaked(flight: Flight, runners: list[Runner], hours: float, warm_hours: float) -> bool:
    flight.fly(round(warm_hours * _HOUR_S))
    warm = reading()
    flown_s, end_s, now = 0, round((hours - warm_hours) * _HOUR_S), warm
    while flown_s < end_s:
        part_s = min(_HOUR_S, end_s - flown_s)
        flight.fly(part_s)
        flown_s, now = flown_s + part_s, reading()
        print(
            f"{warm_hours + flown_s / _HOUR_S:5.2f} h  {_told(now)}, growth {100 * _growth(warm, now):+.2f} %",
            flush=True,
        )
    wanted = round(hours * _HOUR_S * 1000) // _PERIOD_MS
    has_stepped = all(runner.steps >= wanted for runner in runners)
    is_flat = _growth(warm, now) <= GROWTH_MAX and now.descriptors == warm.descriptors
    steps, verdict = min((runner.steps for runner in runners), default=0), "flat" if is_flat else "NOT FLAT"
    print(f"{len(runners)} apps, {steps} steps each of {wanted}: {verdict}")
    return is_flat and has_stepped


def _growth(warm: Vitals, now: Vitals) -> float:
    assert warm.resident_octets
    assert now.resident_octets
    return now.resident_octets / warm.resident_octets - 1


def _told(vitals: Vitals) -> str:
    assert vitals.resident_octets
    return f"{vitals.resident_octets / 2**20:.1f} MiB, {vitals.descriptors} descriptors"


def main(words: Sequence[str] | None = None) -> int:
    """Read the options, and fly."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--hours", type=float, default=24.0, help="of virtual time, the warm ones included")
    parser.add_argument("--warm", type=float, default=1.0, metavar="HOURS", help="before memory is measured")
    parser.add_argument("--apps", type=int, default=100)
    options = parser.parse_args(words)
    return 0 if soak(options.hours, options.warm, options.apps) else 1


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # an executive takes KeyboardInterrupt for a failure of an app
    sys.exit(main())
