"""Two nodes with a bridge between them: in one virtual world over a cable, and over real sockets and terminals."""

import os
import select
from pathlib import Path
from random import Random

import pytest

from fsw.assembly import build_node
from fsw.bridge.app import QUEUE_MAX, BridgeStatus, bridged
from fsw.design import dictionary_of
from fsw.devices import Devices
from fsw.executive.bus import Bus
from fsw.jobs.inline import InlineRunner
from fsw.mission import load_mission
from hal.linux.clock import HostClock
from hal.port import PortClosed
from hal.ports import open_port
from hal.sim.board import ModelBoard
from hal.sim.cable import CableDirection, cable
from hal.sim.camera import SceneCamera
from hal.sim.clock import VirtualClock
from kernels.usage import UsageError
from tests.fsw.bridge.heat import Heat
from tests.fsw.test_node import COASTWATCH
from tests.hal.recording_medium import RecordingMedium
from tests.patience import PATIENCE_S

SECOND, LOOK_NS = 1_000_000_000, 250_000_000
APP = Path(__file__).with_name("heat.py")
BRIDGE = """
[[bridge]]
name = "NAME"
port = "udp://127.0.0.1:1"
topics_out = ["Heat"]
topics_in = ["Heat"]
"""


def mission_file(folder, name, bridge=BRIDGE, own_degc=0):
    path = folder / f"{name}.toml"
    text = COASTWATCH.read_text().replace("../scenes", str(COASTWATCH.parents[1] / "scenes"))
    apps = f'apps = [{{file = "{APP}", own_degc = {own_degc}}}]\n'
    path.write_text(apps + text + bridge.replace("NAME", name))
    return path


def channel(bits_per_second=9600):
    return CableDirection(bits_per_second=bits_per_second)


class Pair:
    """Two nodes on one clock, whose bridges are called "to b" and "to a"."""

    def __init__(self, folder):
        self.clock = VirtualClock()
        self.there, self.back = channel(), channel()
        self.ends = cable(self.clock, self.there, self.back)
        self.media = [RecordingMedium(), RecordingMedium()]
        self.missions = [
            load_mission(mission_file(folder, name, own_degc=degc)) for name, degc in (("to b", 11), ("to a", 22))
        ]
        self.grounds = [None, None]
        self.nodes = [self.boot(number) for number in range(2)]

    def boot(self, number):
        mission, end = self.missions[number], self.ends[number]
        ground, self.grounds[number] = cable(self.clock, channel(115_200), channel(115_200))
        devices = Devices(
            clock=self.clock,
            port=ground,
            bits_per_second=115_200,
            camera=SceneCamera({}, self.clock),
            board=ModelBoard(name="model", idle_watts=2.0, core_watts=1.0),
            runner=InlineRunner(self.clock, {}, duration_ns=1, waiting_max=1),
            medium=self.media[number],
            random=Random(number),
            bridges={mission.bridge[0].name: end},
        )
        return build_node(mission, devices, Path(f"/{number}"))

    def run(self, seconds):
        end_ns = self.clock.monotonic_ns() + int(seconds * SECOND)
        while self.clock.monotonic_ns() < end_ns:
            for node in self.nodes:
                node.step()
            for ground in self.grounds:
                ground.read(1 << 16)
            looks_ns = self.clock.monotonic_ns() + LOOK_NS  # at what has arrived meanwhile
            self.clock.wait(min(end_ns, looks_ns, *(node.next_wake_ns for node in self.nodes)))

    def heard(self, number):
        tasks = self.nodes[number].executive._tasks
        return next(task.app for task in tasks if task.app.app_name == "warmer").heard

    def status(self, number):
        """The last one of those that come every ten seconds."""
        queue = self.nodes[number].bus.subscribe(BridgeStatus, "test", capacity=100, policy="refuse")
        self.run(20)
        (_, last) = queue.drain()
        return last


@pytest.mark.requirement("FSW-BRG-001")
def test_two_nodes_exchange_a_topic(tmp_path):
    pair = Pair(tmp_path)
    pair.run(5)
    assert set(pair.heard(0)) == {("to b", 22)}
    assert set(pair.heard(1)) == {("to a", 11)}
    assert len(pair.heard(0)) >= 3
    status = pair.status(0)
    assert (status.bridge, status.lost, status.repeated, status.unknown, status.misshapen) == ("to b", 0, 0, 0, 0)
    assert status.sent >= status.received > 0


@pytest.mark.requirement("FSW-BRG-002")
def test_what_a_node_hears_of_another_is_not_its_own(tmp_path):
    """It neither goes down as its own telemetry nor back over the bridge."""
    pair = Pair(tmp_path)
    own = pair.nodes[0].bus.subscribe(Heat, "own", capacity=100, policy="drop_old")
    pair.run(6)
    assert {record.heat_degc for record in own.drain() if type(record).__name__ == "Heat"} <= {11}
    assert pair.nodes[0].services.latest is not None
    assert {degc for _, degc in pair.heard(1)} == {11}


def test_loss_is_tolerated_and_counted(tmp_path):
    pair = Pair(tmp_path)
    pair.run(5)
    before = len(pair.heard(1))
    pair.there.cut(pair.clock.monotonic_ns() + 5 * SECOND)
    pair.run(5)
    assert len(pair.heard(1)) <= before + 1
    pair.run(5)
    assert len(pair.heard(1)) >= before + 4
    assert 4 <= pair.status(1).lost <= 6


def test_a_restart_of_one_node_is_no_loss(tmp_path):
    pair = Pair(tmp_path)
    pair.run(5)
    pair.nodes[0] = pair.boot(0)
    pair.run(5)
    assert pair.status(1).lost == 0


@pytest.mark.requirement("FSW-BRG-004")
def test_a_bridge_whose_port_was_closed_costs_itself_alone(tmp_path):
    pair = Pair(tmp_path)
    pair.ends[0].close()
    assert len(pair.nodes[0].waits_for) == 3
    pair.run(12)
    assert len(pair.nodes[0].waits_for) == 2
    assert (pair.nodes[0].executive.failures, pair.heard(0)) == (0, [])
    with pytest.raises(PortClosed):
        pair.ends[0].read(1)


@pytest.mark.requirement("FSW-BRG-004")
def test_a_port_that_takes_little_stops_nothing(tmp_path):
    clock, bus = VirtualClock(), Bus()
    end, _ = cable(clock, channel(50), channel(50))
    bridge = bridged("slow", end, 7, bus, [Heat], [])
    for number in range(300):
        bus.publish(Heat(heat_degc=number))
        bridge.transmit()
    waiting = sum(len(queue) for queue in bridge.topics)
    assert waiting == QUEUE_MAX
    assert bridge.dropped == 300 - bridge.link.sent - waiting
    assert bridge.dropped > 0


def test_what_cannot_be_sent_is_counted_and_hides_nothing():
    clock, bus = VirtualClock(), Bus()
    ours, theirs = cable(clock, channel(), channel())
    bridge, other = bridged("a", ours, 7, bus, [Heat], []), bridged("b", theirs, 8, Bus(), [], [Heat])
    bus.publish(Heat(heat_degc=1 << 20))
    bus.publish(Heat(heat_degc=5))
    bridge.transmit()
    clock.advance(SECOND)
    assert [record.heat_degc for record in other.receive()] == [5]
    assert bridge.unsendable == 1


@pytest.fixture(params=["tcp", "pty"])
def ends(request):
    """The two ends of a line of this host, as a mission's URLs open them."""
    if request.param == "tcp":
        listening = open_port("tcp-listen://127.0.0.1:0".replace(":0", f":{free_port()}"), HostClock())
        calling = open_port(listening.state.name.replace("tcp-listen", "tcp"), HostClock())
        both = [listening, calling]
        yield both
    else:
        import pty
        import tty

        master, slave = pty.openpty()
        tty.setraw(master)
        both = [Master(master), open_port(f"serial://{os.ttyname(slave)}?baud=115200", HostClock())]
        os.close(slave)
        yield both
    for one in both:
        one.close()


class Master:
    """The other end of a pseudo-terminal."""

    next_wake_ns = None

    def __init__(self, descriptor):
        self.descriptor = descriptor
        os.set_blocking(descriptor, False)

    def fileno(self):
        return self.descriptor

    def read(self, size):
        try:
            return os.read(self.descriptor, size)
        except BlockingIOError:
            return b""

    def write(self, octets):
        return os.write(self.descriptor, octets)

    def close(self):
        os.close(self.descriptor)


def free_port():
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_over_a_real_line(ends):
    """Both ways, also where octets come in pieces."""
    buses = [Bus(), Bus()]
    bridges = [bridged(f"{number}", ends[number], number, buses[number], [Heat], [Heat]) for number in range(2)]
    heard = [[], []]
    for number in range(20):
        for bus in buses:
            bus.publish(Heat(heat_degc=number))
    clock = HostClock()
    end_ns = clock.monotonic_ns() + int(PATIENCE_S * SECOND)
    while min(map(len, heard)) < 20 and clock.monotonic_ns() < end_ns:
        for bridge, found in zip(bridges, heard, strict=True):
            found += [record.heat_degc for record in bridge.receive()]
            bridge.transmit()
        select.select([one.fileno() for one in ends], [], [], 0.01)
    assert heard == [list(range(20))] * 2


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("Heat", "Heaven"), r"bridge\[0\].topics_out: the node has no report or event 'Heaven'"),
        (("name", "called"), r"bridge\[0\].called: unknown key"),
    ],
)
def test_a_mistake_in_a_mission_is_told_before_anything_flies(tmp_path, change, complaint):
    with pytest.raises(UsageError, match=complaint):
        dictionary_of(load_mission(mission_file(tmp_path, "a", BRIDGE.replace(*change))))


def test_two_bridges_have_two_names(tmp_path):
    with pytest.raises(UsageError, match=r"bridge\[1\].name: 'a' occurs twice, expected one name a bridge"):
        load_mission(mission_file(tmp_path, "a", BRIDGE * 2))
