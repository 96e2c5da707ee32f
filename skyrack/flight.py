"""What `skyrack node` flies, for the processes of its supervisor: loaded once, flown by each executive."""

import sys
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from fsw.apps.processes import Processes
from fsw.design import dictionary_of
from fsw.devices import Devices
from fsw.flightlog.recorder import FlightRecorder
from fsw.jobs.inline import InlineRunner
from fsw.jobs.job import Runner
from fsw.jobs.process import JobLimits, ProcessRunner
from fsw.jobs.source import SharedGuardian
from fsw.mission import Mission, load_mission
from fsw.node import Node
from fsw.pipelines import PIPELINES
from fsw.scrub.areas import WatchedArea, host_areas
from fsw.store.durable import Durable
from fsw.store.records import Records
from fsw.supervisor.beacon import beacon, send
from fsw.supervisor.lifeline import Lifeline
from fsw.supervisor.messages import Start
from fsw.supervisor.recovery import SupervisedRecovery
from fsw.supervisor.resets import CALM_S, Resets, boot_id, calmed, noted, open_resets
from fsw.timekeeping.keeper import KEPT_TIME_OCTETS_MAX, TIME_RECORD, KeptTime, TimeKeeper
from fsw.update.record import SlotName
from fsw.update.software import RunningSoftware
from fsw.update.trials import ProcessTrial
from hal.board import Board
from hal.correlated_clock import CorrelatedClock
from hal.linux.board import MeasuredBoard, board_name, find_input_rail
from hal.linux.clock import HostClock, has_lasting_clock
from hal.linux.gauges.host_vitals import HostVitals
from hal.linux.gauges.power_supply import find_battery
from hal.linux.lasting_port import LastingPort
from hal.linux.memory_lock import lock_memory
from hal.linux.priority import drop_priority, raise_priority
from hal.medium import HOST, Medium
from hal.port import PortState
from hal.ports import open_port, prepare_port
from hal.sim.board import ModelBoard
from hal.sim.camera import SceneCamera
from kernels.usage import given, shown
from skyrack.overlay import Overlay
from skyrack.practice import practise

_NS = 1_000_000_000
_NEVER_NS = 1 << 62
_IN_MEMORY = Path("/dev/shm")  # where it exists, nobody waits for a disk
_PROVING = "skyrack.proving"
LEAD_NS = 50_000
"""How early a flight with real-time priority wakes up, so that ticks are in time."""


class NodeFlight:
    """A mission on a port. `state` is the folder that survives restarts; where it is "", one in the folder `base`.

    `priority`: real-time priority of the flight loop, 0 for none. `record`: the file to record it in, "" for none;
    `file`: that of the mission, which a trial of other software loads anew. `lacks`: what the supervisor was to have
    and does not.
    """

    def __init__(
        self,
        mission: Mission,
        port: str,
        state: str,
        base: str,
        priority: int,
        record: str = "",
        file: str = "",
        lacks: str = "",
    ) -> None:
        self.name = mission.node.name
        self.state = state or str(Path(base) / self.name)
        self._mission, self._port, self._priority, self._record = mission, port, priority, record
        self._file, self._lacks = file, lacks
        self._areas: tuple[WatchedArea, ...] = ()

    def fly(self, start: Start, lifeline: Lifeline, door: int) -> int:
        """Fly until the supervisor wants an end."""
        no_priority = raise_priority(self._priority) if self._priority else ""
        not_locked = lock_memory() if self._mission.rights.lock_memory else ""
        priority = 0 if no_priority else self._priority
        clock = CorrelatedClock(HostClock(LEAD_NS if priority else 0))
        with ExitStack() as devices:
            runner = ProcessRunner(
                clock, _limits(self._mission), PIPELINES, source=SharedGuardian(door, lifeline.complain)
            )
            devices.callback(runner.close)
            port = open_port(self._port, clock, is_patient=not start.is_first)
            devices.callback(port.close)
            bridges = {one.name: open_port(one.port, clock, is_patient=True) for one in self._mission.bridge}
            for one in bridges.values():
                devices.callback(one.close)
            resets = open_resets(Path(self.state))
            recorder = devices.enter_context(FlightRecorder(Path(self._record) if self._record else None, report))
            recovery = SupervisedRecovery(clock)
            lacks = ", ".join(filter(None, (no_priority, not_locked, self._lacks)))
            is_locked = self._mission.rights.lock_memory and not not_locked
            on_board = replace(
                self._devices(clock, port, runner),
                processes=Processes(start, resets, lacks, priority, is_locked),
                bridges=bridges,
                recovery=recovery,
                software=self._software(start, clock, devices),
            )
            node = recorder.build_node(self._mission, on_board, Path(self.state), safe=start.is_safe)
            _store(resets, noted(resets.value, start, boot_id()))
            if start.is_first:
                recorded = f", recorded in {shown(recorder.file)}" if recorder.file else ""
                more = f"{recorded}; with {lacks}" if lacks else recorded
                report(f"{self.name} flies on {self._port}, its state is in {shown(Path(self.state))}{more}")
            lifeline.flies()
            _loop(node, port, clock, lifeline, resets, recovery)
        return recovery.status

    def _software(self, start: Start, clock: CorrelatedClock, devices: ExitStack) -> RunningSoftware:
        """The software that runs, which tries another one in processes that end with this one."""
        said, state = self._mission.update, Path(self.state).resolve()
        if said is None:
            return RunningSoftware()
        words = ((_PROVING, kind, str(Path(self._file).resolve()), str(state)) for kind in ("vectors", "shadow"))
        vectors, shadow = (ProcessTrial(clock, state, said.trusted_keys, one) for one in words)
        for trial in (vectors, shadow):
            devices.callback(trial.close)
        return RunningSoftware(SlotName[start.slot], vectors, shadow)

    def preload(self) -> None:
        """Have all ready that an executive would else prepare while it is waited for.

        The memory that executives watch is read once, for all.
        """
        twin = NodeFlight(msgspec.structs.replace(self._mission, apps=()), "", "", "", 0)
        with TemporaryDirectory(dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as folder:
            practise(twin._mission, twin._warm_devices, Path(folder), HOST)
        self._areas = tuple(host_areas(self._mission.stages))
        if self._priority:
            raise_priority(self._priority, is_inherited=True)  # an executive is waited for from its fork on

    def practise(self) -> None:
        """Fly on no devices and no medium, and be in nobody's way meanwhile."""
        drop_priority()
        twin = NodeFlight(msgspec.structs.replace(self._mission, apps=()), "", "", "", 0)
        practise(twin._mission, twin._warm_devices, Path("/practice"), Overlay())
        prepare_port(self._port)
        if self._priority:
            raise_priority(self._priority)

    def _warm_devices(self, clock: CorrelatedClock, port: LastingPort) -> Devices:
        """What a warm-up flies on: there are no workers."""
        return self._devices(clock, port, InlineRunner(clock, {}, duration_ns=0, waiting_max=0))

    def send_beacon(self, cause: str, failures: int) -> None:
        """Tell the ground, in one frame, that no executive lives."""
        clock = _kept_clock(Path(self.state))
        with closing(open_port(self._port, clock, is_patient=True)) as port:
            send(beacon(self._mission, Path(self.state), cause, failures, clock.utc_ns()), port, clock)

    def _devices(
        self,
        clock: CorrelatedClock,
        port: LastingPort,
        runner: Runner,
        medium: Medium = HOST,
    ) -> Devices:
        mission = self._mission
        return Devices(
            clock=clock,
            port=port,
            bits_per_second=port.bits_per_second or mission.radio.bits_per_second,
            camera=SceneCamera(mission.scenes, clock),
            board=_board(mission),
            runner=runner,
            medium=medium,
            areas=self._areas,
            keeps_time=has_lasting_clock(),
            boot=boot_id(),
            battery=find_battery(),
            vitals=HostVitals(Path(self.state)),
        )


def load_flight(
    mission: str, port: str, state: str, base: str, priority: str, record: str = "", lacks: str = ""
) -> NodeFlight:
    """The flight of a mission file; its stages are not looked at, which the guardian of the jobs does meanwhile."""
    for module in ("serial", "hal.linux.serial_port", "hal.linux.socket_port"):
        import_module(module)  # so that a restarted executive opens any port at once

    path = Path(mission)
    loaded = load_mission(path, with_stages=False)
    with given(path):
        dictionary_of(loaded)  # checked here: a conflict is a mistake in the user's apps
    return NodeFlight(loaded, port, state, base, int(priority), record, mission, lacks)


def report(sentence: str) -> None:
    """Tell a person."""
    with suppress(OSError):  # a closed pipe or a full disk must not end the flight
        print(f"skyrack node: {sentence}", file=sys.stderr, flush=True)


def _kept_clock(state: Path) -> CorrelatedClock:
    """The host's clock, with what an executive learnt of UTC."""
    kept = Records(state / "memory", HOST).open(TIME_RECORD, KeptTime(), KEPT_TIME_OCTETS_MAX).value
    clock = CorrelatedClock(HostClock())
    TimeKeeper(clock, kept, keeps_time=has_lasting_clock(), boot=boot_id())
    return clock


def _loop(
    node: Node,
    port: LastingPort,
    clock: CorrelatedClock,
    lifeline: Lifeline,
    resets: Durable[Resets],
    recovery: SupervisedRecovery,
) -> None:
    """Step the node until the supervisor wants an end, or the node itself asked for one and its time has come."""
    told, calm_ns = PortState(), clock.monotonic_ns() + round(CALM_S * _NS)
    while not (lifeline.is_to_end or recovery.is_due(clock.monotonic_ns())):
        node.step()
        if resets.value.unstable and clock.monotonic_ns() >= calm_ns:
            _store(resets, calmed(resets.value))
        for news in port.state.news_since(told):
            report(news.sentence)
        told = port.state
        next_ns = min(node.next_wake_ns, recovery.due_ns or _NEVER_NS)
        lifeline.beat(clock.monotonic_ns(), next_ns)
        clock.wait(next_ns, [*node.waits_for, lifeline])


def _store(resets: Durable[Resets], value: Resets) -> None:
    with suppress(OSError):  # the record counts it: a node flies on without its disk
        resets.store(value)


def _limits(mission: Mission) -> JobLimits:
    said = mission.jobs
    return JobLimits(
        workers=said.workers,
        waiting_max=said.waiting_max,
        memory_octets=said.memory_mib << 20,
        timeout_s=said.timeout_s,
        attempts=said.attempts,
    )


def _board(mission: Mission) -> Board:
    """The sensors of this computer, or else the board that the mission models."""
    said = mission.board
    model = ModelBoard(name=said.name, idle_watts=said.idle_watts, core_watts=said.core_watts)
    rail = find_input_rail()
    return MeasuredBoard(board_name(), rail, model) if rail else model
