"""What a flight does where no executive lives, and what it does not load."""

import subprocess
import sys

import pytest

from fsw.store.records import Records
from fsw.supervisor.causes import EXIT_RESET
from fsw.supervisor.recovery import GRACE_S, SupervisedRecovery
from fsw.supervisor.resets import Resets, open_resets
from fsw.timekeeping.correlation import Observation, TimeSource
from fsw.timekeeping.keeper import KEPT_TIME_OCTETS_MAX, TIME_RECORD, KeptTime, TimeKeeper
from hal.correlated_clock import CorrelatedClock
from hal.linux.clock import HostClock
from hal.medium import HOST
from hal.port import PortState
from hal.sim.clock import VirtualClock
from skyrack.flight import _kept_clock, _loop
from tests.house.sources import ROOT

COASTWATCH = ROOT / "examples" / "missions" / "coastwatch.toml"

S = 1_000_000_000


def test_a_beacon_is_stamped_by_what_an_executive_learnt_of_utc(tmp_path):
    host = HostClock()
    clock = CorrelatedClock(host)
    keeper = TimeKeeper(clock, KeptTime(), keeps_time=False)
    now_ns = host.monotonic_ns()
    keeper.accept(Observation(now_ns, host.utc_ns() - 1000 * S, 0, TimeSource.GROUND))
    Records(tmp_path / "memory", HOST).open(TIME_RECORD, KeptTime(), KEPT_TIME_OCTETS_MAX).store(keeper.state)
    before_ns = clock.utc_ns()
    shown_ns = _kept_clock(tmp_path).utc_ns()
    assert before_ns <= shown_ns <= clock.utc_ns()
    assert shown_ns < host.utc_ns() - 900 * S


def test_where_nothing_was_kept_the_host_s_clock_is_shown(tmp_path):
    host = HostClock()
    before_ns = host.utc_ns()
    assert before_ns <= _kept_clock(tmp_path).utc_ns() <= host.utc_ns()


def test_a_loop_goes_on_for_a_moment_after_its_node_asked_for_a_reset(tmp_path):
    """So that the event goes down; nothing else of this node is ever due."""
    clock = VirtualClock()
    recovery = SupervisedRecovery(clock)

    class Node:
        steps, next_wake_ns, waits_for = 0, 1 << 62, ()

        def step(self):
            self.steps += 1
            recovery.reset("no command was heard for long")

    class Port:
        state = PortState()

    node, lifeline = Node(), Lifeline()
    _loop(node, Port(), clock, lifeline, open_resets(tmp_path), recovery)
    assert (node.steps, clock.monotonic_ns(), recovery.status) == (1, GRACE_S * S, EXIT_RESET)
    assert lifeline.beats == [(0, GRACE_S * S)]


class Lifeline:
    """The supervisor's, which asks for the end at `end_s`; it notes each beat: when, and when the next is due."""

    def __init__(self, end_s=1 << 30):
        self.beats, self._end_ns = [], end_s * S

    @property
    def is_to_end(self):
        return bool(self.beats) and self.beats[-1][1] >= self._end_ns

    def beat(self, now_ns, next_due_ns):
        self.beats.append((now_ns, next_due_ns))

    def fileno(self):
        return 0


class Steady:
    """A node that is due each ten seconds; `seen` is called at each step."""

    waits_for = ()

    def __init__(self, clock, seen):
        self._clock, self._seen, self.next_wake_ns = clock, seen, 0

    def step(self):
        self._seen()
        self.next_wake_ns = self._clock.monotonic_ns() + 10 * S


@pytest.mark.requirement("FSW-SUP-006")
def test_a_minute_of_flight_is_calm_and_so_told_for_good(tmp_path):
    clock, seen = VirtualClock(), []
    resets = open_resets(tmp_path)
    resets.store(Resets(counts={"hang": 2}, boot="b", unstable=4, board_resets=3))
    node = Steady(clock, lambda: seen.append((clock.monotonic_ns() // S, resets.value.unstable)))
    lifeline = Lifeline(end_s=80)
    _loop(node, Silent(), clock, lifeline, resets, SupervisedRecovery(clock))
    assert seen == [(0, 4), (10, 4), (20, 4), (30, 4), (40, 4), (50, 4), (60, 4), (70, 0)]
    assert open_resets(tmp_path).value == Resets(counts={"hang": 2}, boot="b")
    assert lifeline.beats == [(at * S, (at + 10) * S) for at in range(0, 80, 10)]


class Silent:
    state = PortState()


def test_what_happens_to_the_port_is_told_once(tmp_path, capsys):
    clock = VirtualClock()
    port, states = Silent(), [PortState(), PortState("p", away="p: gone", losses=1), PortState("p", losses=1)]

    def seen():
        port.state = states[min(clock.monotonic_ns() // (20 * S), 2)]

    node = Steady(clock, seen)
    _loop(node, port, clock, Lifeline(end_s=80), open_resets(tmp_path), SupervisedRecovery(clock))
    assert capsys.readouterr().err.splitlines() == ["skyrack node: p: gone", "skyrack node: p: it is there"]


FLIGHT = """
import sys
from fsw.apps.imaging import Imaging
from fsw.jobs.inline import InlineRunner
from fsw.jobs.process import JobLimits, ProcessRunner
from fsw.pipelines import PIPELINES
from fsw.update.models import StagesInUse
from hal.linux.clock import HostClock
from hal.sim.camera import SceneCamera
from skyrack.flight import load_flight

class Source:
    def order(self, channel): self.channel = channel.dup()
    def close(self): self.channel.close()

class Store:
    last_id = 0
    def allot_id(self):
        self.last_id += 1
        return self.last_id

flight = load_flight(sys.argv[1], "", "", sys.argv[2], "0")
flight.preload()
flight.practise()
mission, clock = flight._mission, HostClock()
limits = JobLimits(workers=1, waiting_max=9, memory_octets=1 << 20, timeout_s=9.0, attempts=1)
runner = ProcessRunner(clock, limits, PIPELINES, source=Source())
app = Imaging(SceneCamera(mission.scenes, clock), runner, Store(), None, StagesInUse(mission.stages, []))
for target in mission.scenes:
    app.capture(target)
assert runner.unfinished == len(mission.scenes) > 0
print("numpy" in sys.modules)
"""


@pytest.mark.requirement("FSW-SUP-018")
def test_a_flight_that_captures_needs_no_numpy(tmp_path):
    """Neither to begin nor to hand the samples of a frame to a worker."""
    words = [sys.executable, "-c", FLIGHT, str(COASTWATCH), str(tmp_path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("False\n", "")
