"""A whole node in virtual time: commands from a frame to the packet that reports their acceptance, and quiet seconds.

Commands come as they do on a fast line: as many as a node takes from its port at once. Beside it, one at a time: then
the memory of requests is written before each of them.

Beside a quiet node stands the same one that records its flight (`skyrack node --record`), in memory.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from benchmarks.harness import Row, alone, compare
from fsw.comms.telecom import READ_OCTETS
from fsw.devices import Devices
from fsw.flightlog.recorder import FlightRecorder
from fsw.jobs.inline import InlineRunner
from fsw.mission import Mission, load_mission
from fsw.node import Node
from hal.medium import HostMedium, Medium
from hal.sim.board import ModelBoard
from hal.sim.cable import CableDirection, SimPort, cable
from hal.sim.camera import SceneCamera
from hal.sim.clock import VirtualClock
from link.coding.cltu import encode_cltu
from link.frames.tc import TcFrame
from link.pus.message import Report
from link.pus.packets import AckFlags, TcPacket
from link.pus.services.verification import AcceptanceSuccess
from rig.world.disk import Disk
from rig.world.power import Power

MISSION = load_mission(Path(__file__).parents[1] / "examples" / "missions" / "coastwatch.toml")
STATE = Path("/state")
COMMANDS, SECONDS = 1000, 20
WANTED_COMMANDS, WANTED_SECONDS = 20.0, 1e6 / 120
"""Commands: thousands a second. Quiet: seconds of a node in one of CPU, at 120 us each."""


class Flight:
    """A node with its cable, whose far end reads all that comes.

    `record`: where it records its flight. `folder`: of real files for its state, else they are in memory.
    """

    def __init__(self, mission: Mission = MISSION, record: Path | None = None, folder: Path | None = None) -> None:
        self.clock = VirtualClock()
        medium: Medium = HostMedium() if folder else Disk(Random(1), Power())
        if folder is None:
            medium.make_folder(STATE)
        self.ground, near = self._cable()
        devices = Devices(
            clock=self.clock,
            port=near,
            bits_per_second=10**9,
            camera=SceneCamera({}, self.clock),
            board=ModelBoard(name="model", idle_watts=2.0, core_watts=1.0),
            runner=InlineRunner(self.clock, {}, duration_ns=1, waiting_max=1),
            medium=medium,
            random=Random(1),
        )
        self.node: Node = FlightRecorder(record, print).build_node(mission, devices, folder or STATE)
        self.frames = 0

    def _cable(self) -> tuple[SimPort, SimPort]:
        up, down = (CableDirection(bits_per_second=10**9) for _ in range(2))
        return cable(self.clock, up, down)

    def fly(self, seconds: int) -> int:
        """Let time pass; returns the octets of telemetry."""
        end_ns, octets = self.clock.monotonic_ns() + seconds * 10**9, 0
        while self.clock.monotonic_ns() < end_ns:
            self.node.step()
            self.clock.wait(self.node.next_wake_ns)
            octets += len(self.ground.read(1 << 16))
        return octets


def command_units(count: int) -> list[bytes]:
    """Units of one frame each, with one test of the connection; frames of type BD bypass COP-1's sequence."""
    managed, units = MISSION.managed, []
    for number in range(count):
        packet = TcPacket(apid=MISSION.node.apid, count=number, service=17, subtype=1, acknowledge=AckFlags.ALL)
        frame = TcFrame(
            spacecraft_id=managed.spacecraft_id,
            channel=managed.tc_channel,
            sequence=0,
            data=packet.encode(),
            bypass=True,
        )
        units.append(encode_cltu(frame.encode(fecf=managed.tc_fecf), randomise=managed.cltu_randomise))
    return units


class Commanded:
    """A node that gets units, `at_once` octets of them or one at a time.

    `flood` returns how many packets that report acceptance were built.
    """

    def __init__(self, at_once: int = 0) -> None:
        self.node, self.reads = Flight().node, command_units(COMMANDS)
        if at_once:
            octets = b"".join(self.reads)
            self.reads = [octets[at : at + at_once] for at in range(0, len(octets), at_once)]
        self.reports = self.node.bus.subscribe(Report, "bench", capacity=512, policy="drop_new")

    def flood(self) -> int:
        node, built = self.node, 0
        for octets in self.reads:
            packets = node.telecom.uplink.feed(octets)
            node.dispatcher.expect(packets)
            for packet in packets:
                node.dispatcher.handle(packet)
            for report in self.reports.drain():
                if isinstance(report, AcceptanceSuccess):
                    built += len(node.reporter.source.packet(report, 0)) > 0
        return built


def rows() -> Iterator[Row]:
    for what, at_once in (("", READ_OCTETS), (", one at a time", 0)):
        commanded = Commanded(at_once)
        assert commanded.flood() == COMMANDS
        yield alone(f"command frame to packet of its acceptance{what}", commanded.flood, amount=COMMANDS / 1e3,
                    unit="k/s", promise=WANTED_COMMANDS)  # fmt: skip
    quiet = Flight()
    assert quiet.fly(SECONDS) > SECONDS * MISSION.managed.tm_frame_octets
    yield alone("quiet seconds of a node, all services", lambda: quiet.fly(SECONDS), amount=SECONDS, unit="s/s",
                promise=WANTED_SECONDS)  # fmt: skip
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        plain, recorded = Flight(), Flight(record=Path(folder) / "flight.rec")
        yield compare("quiet seconds, recorded", "a node without recorder", lambda: recorded.fly(SECONDS),
                      lambda: plain.fly(SECONDS), amount=SECONDS, unit="s/s", hold=0.6)  # fmt: skip
