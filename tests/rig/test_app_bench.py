"""The bench hands an app all that it may have, and steps it in virtual time."""

import pytest

from fsw.executive.app import CommandError
from kernels.usage import UsageError
from link.dictionary.declare import Event
from rig.app_bench import AppBench

APP = '''
from collections.abc import Iterator
from dataclasses import dataclass
from fsw.own.fields import Folder, Jobs, Log, folder, subscribe
from fsw.executive.app import App
from fsw.executive.bus import Queue
from hal.board import Board
from hal.camera import Camera, CameraError
from hal.clock import Clock
from link.dictionary import Event, Int32ub, Telemetry, wire

class Beat(Telemetry):
    count: int = wire(Int32ub)

class Seen(Event):
    """Seen."""

@dataclass
class Probe(App, period_ms=1000, budget_ms=5):
    board: Board
    camera: Camera
    clock: Clock
    jobs: Jobs
    log: Log
    events: Queue[Event] = subscribe(capacity=8)
    kept: Folder = folder(octets_max=4)
    count: int = 0

    def step(self, now_ns):
        self.count += 1
        if self.count > 3:
            raise ValueError("four")
        self.kept.write("count", str(self.count).encode())
        assert self.clock.monotonic_ns() == now_ns
        if list(self.events.drain()):
            yield Seen()
        try:
            self.camera.capture("moon")
        except CameraError:
            self.log.high(self.board.name)
        yield Beat(count=self.count)
'''


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "probe.py"
    path.write_text(APP)
    return path


def test_an_app_has_all_that_its_fields_ask_for(file):
    bench = AppBench(file)
    bench.run(0.5)
    bench.run(1.5)
    assert [type(record).__name__ for record in bench.told] == ["LogHigh", "Beat", "Seen", "LogHigh", "Beat", "Seen",
                                                                "LogHigh", "Beat"]  # fmt: skip
    assert [beat.count for beat in bench.named("Beat")] == [1, 2, 3]
    assert [(log.app, log.text) for log in bench.named("LogHigh")] == [("probe", "bench")] * 3
    assert (bench.app.kept.read("count"), bench.clock.monotonic_ns()) == (b"3", 2_000_000_000)
    with pytest.raises(CommandError):
        bench.app.kept.write("more", b"12345")


def test_what_the_app_raises_is_raised(file):
    with pytest.raises(ValueError, match="four"):
        AppBench(file).run(10)


def test_it_hears_what_is_published_and_has_the_values_given(file):
    bench = AppBench(str(file), name="probe_b", count=2)
    bench.bus.publish(type("Any", (Event,), {"__doc__": "Any."}, id=1)())
    bench.run(0)
    assert [type(record).__name__ for record in bench.told][1:] == ["probe_b.Seen", "LogHigh", "probe_b.Beat"]
    assert bench.app.count == 3
    with pytest.raises(UsageError, match=r"probe\.py: cuont: unknown key"):
        AppBench(file, cuont=1)
