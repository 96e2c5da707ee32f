"""The node's end of the link: whatever comes up is survived and counted; what goes down keeps the wire's pace."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.comms.telecom import NodeDownlink, NodeUplink, Telecom
from hal.port import PortClosed
from hal.sim.cable import CableDirection, cable
from hal.sim.clock import VirtualClock
from link.channels.tm_receiver import TmReceiver
from link.coding.cltu import encode_cltu
from link.coding.tm import ASM_OCTETS, TmDecoder
from link.frames.clcw import Clcw
from link.frames.tc import TcFrame
from link.managed import Managed, TmChannel
from link.packets.space_packet import SpacePacket
from link.pus.packets import TC_OVERHEAD

BITS_PER_SECOND = 115_200
MANAGED = Managed(
    spacecraft_id=0x2A5,
    tm_frame_octets=892,
    interleave=4,
    tm_channels=(TmChannel(name="housekeeping", vc=0), TmChannel(name="files", vc=1, queue_packets=2)),
)
UNIT_NS = (ASM_OCTETS + MANAGED.tm_code_octets) * 10 * 1_000_000_000 // BITS_PER_SECOND
SECOND, MS = 1_000_000_000, 1_000_000


def packet(count, size=20, apid=65):
    return SpacePacket(apid, count, bytes(size), is_command=True).encode()


def command_unit(data, sequence, **wrong):
    fields = {"spacecraft_id": 0x2A5, "channel": 0, "sequence": sequence, "data": data, **wrong}
    return encode_cltu(TcFrame(**fields).encode(), randomise=True)


def open_uplink():
    """Of a node that the ground has unlocked."""
    uplink = NodeUplink(MANAGED)
    uplink.farm.begin(0, is_locked=False)
    return uplink


class Bench:
    """A node's end, a cable, and the receiving half of a ground station."""

    def __init__(self):
        self.clock = VirtualClock()
        self.up, self.down = (
            CableDirection(bits_per_second=BITS_PER_SECOND),
            CableDirection(bits_per_second=BITS_PER_SECOND),
        )
        self.ground, port = cable(self.clock, self.up, self.down)
        self.telecom = Telecom(self.clock, port, MANAGED, BITS_PER_SECOND)
        self.telecom.uplink.farm.begin(0, is_locked=False)
        self.decoder, self.receiver = TmDecoder(MANAGED), TmReceiver(MANAGED)
        self.got = []

    def run_until(self, end_ns, ready=lambda: None):
        """Step the node's end whenever it asks to be; note (time, channel, packet) of what arrives."""
        while self.clock.monotonic_ns() < end_ns:
            ready()
            self.telecom.transmit()
            now = self.clock.monotonic_ns()
            self.clock.wait(max(now + 1, min(end_ns, now + 5 * MS, self.telecom.downlink.next_wake_ns)))
            for frame in self.decoder.feed(self.ground.read(65536)):
                self.got += [(self.clock.monotonic_ns(), *delivery) for delivery in self.receiver.feed(frame)]


@pytest.mark.requirement("FSW-LNK-001")
def test_packets_come_out_of_accepted_frames_in_order():
    uplink = open_uplink()
    stream = command_unit(packet(1) + packet(2, 30), 0) + command_unit(packet(3), 1)
    assert uplink.feed(stream) == [packet(1), packet(2, 30), packet(3)]
    assert (uplink.accepted, uplink.rejected, Clcw.from_word(uplink.clcw_word).report) == (2, 0, 2)


@pytest.mark.parametrize("wrong", [{"spacecraft_id": 0x2A4}, {"channel": 1}])
@pytest.mark.requirement("FSW-LNK-002")
def test_frames_for_others_are_counted_and_left_alone(wrong):
    uplink = open_uplink()
    assert uplink.feed(command_unit(packet(1), 0, **wrong)) == []
    assert (uplink.accepted, uplink.rejected, uplink.farm.vr) == (0, 1, 0)


@pytest.mark.requirement("FSW-LNK-002")
def test_a_damaged_frame_is_rejected():
    frame = TcFrame(spacecraft_id=0x2A5, channel=0, sequence=0, data=packet(1)).encode()
    uplink = open_uplink()
    assert uplink.feed(encode_cltu(frame[:-1] + bytes([frame[-1] ^ 1]), randomise=True)) == []
    assert (uplink.accepted, uplink.rejected) == (0, 1)


@pytest.mark.requirement("FSW-LNK-001")
def test_a_repeated_frame_is_discarded():
    uplink = open_uplink()
    uplink.feed(command_unit(packet(1), 0))
    assert uplink.feed(command_unit(packet(1), 0)) == []
    assert (uplink.accepted, uplink.discarded) == (1, 1)


def test_half_a_packet_in_a_frame_is_counted():
    uplink = open_uplink()
    assert uplink.feed(command_unit(packet(1) + packet(2)[:-1], 0)) == []
    assert uplink.feed(command_unit(b"\x20" * 9, 1)) == []
    assert uplink.bad_packets == 2


@settings(max_examples=50)
@given(st.binary(max_size=200), st.integers(1, 40))
@pytest.mark.requirement("FSW-LNK-003")
def test_garbage_is_counted_and_the_next_command_still_comes_through(garbage, chunk):
    uplink = open_uplink()
    stream = garbage + command_unit(packet(7), 0) * 2
    packets = [one for at in range(0, len(stream), chunk) for one in uplink.feed(stream[at : at + chunk])]
    assert packets[-1:] == [packet(7)]
    assert uplink.units.octets_skipped <= len(stream)


@pytest.mark.requirement("FSW-LNK-006")
def test_without_anything_to_say_one_frame_a_second():
    bench = Bench()
    bench.run_until(10 * SECOND)
    assert bench.telecom.downlink.units == 10
    assert bench.receiver.idle == bench.decoder.received == 10
    assert bench.receiver.clcw == bench.telecom.uplink.clcw_word


@pytest.mark.requirement("FSW-LNK-007")
def test_a_changed_clcw_goes_down_at_once():
    bench = Bench()
    bench.run_until(SECOND // 2)
    bench.telecom.uplink.feed(command_unit(packet(1), 0))
    bench.run_until(SECOND // 2 + 2 * UNIT_NS)
    assert Clcw.from_word(bench.receiver.clcw).report == 1


@pytest.mark.requirement("FSW-LNK-008")
def test_file_data_fill_the_wire_and_housekeeping_overtakes_them():
    bench, sent = Bench(), []
    sender = bench.telecom.downlink.sender

    def ready():
        while sender.room("files"):
            sender.offer("files", SpacePacket(2045, len(sent) % 16384, bytes(860)).encode())
            sent.append(None)
        second = bench.clock.monotonic_ns() // SECOND
        if second > len(told):
            told.append(bench.clock.monotonic_ns())
            sender.offer("housekeeping", packet(second))

    told = []
    bench.run_until(20 * SECOND, ready)
    carried = bench.down.carried * 10 / BITS_PER_SECOND
    assert carried > 19.9  # the wire was never idle
    arrived = [ns for ns, channel, _ in bench.got if channel == "housekeeping"]
    assert len(arrived) >= 18
    delays = [there - here for here, there in zip(told, arrived, strict=False)]
    assert max(delays) <= 2 * UNIT_NS + 30 * MS  # the frame on the wire, its own, the lead and the station's polling


@pytest.mark.requirement("FSW-LNK-012")
def test_a_full_port_buffer_delays_and_loses_nothing(monkeypatch):
    bench = Bench()
    port, takes = bench.telecom.port, iter([100, 0, 7, 0] * 50)
    write = port.write
    monkeypatch.setattr(port, "write", lambda octets: write(octets[: next(takes, len(octets))]))
    bench.run_until(5 * SECOND)
    assert bench.decoder.received >= 3
    assert bench.decoder.octets_skipped == 0


@pytest.mark.parametrize(("bits_per_second", "lead_ns"), [(BITS_PER_SECOND, 20 * MS), (100_000_000, 102_400)])
def test_a_unit_is_handed_over_a_little_before_the_wire_is_free(bits_per_second, lead_ns):
    """Times are whole nanoseconds; on a fast wire the lead is a whole unit at most."""
    clock = VirtualClock()
    _, port = cable(
        clock, CableDirection(bits_per_second=BITS_PER_SECOND), CableDirection(bits_per_second=BITS_PER_SECOND)
    )
    downlink = NodeDownlink(clock, port, MANAGED, bits_per_second)
    unit_ns = (ASM_OCTETS + MANAGED.tm_code_octets) * 10 * SECOND // bits_per_second
    for count in range(3):
        downlink.sender.offer("files", packet(count, 800))
    assert (downlink.unit_ns, downlink.step(0), downlink.next_wake_ns) == (unit_ns, True, unit_ns - lead_ns)
    assert {type(ns) for ns in (downlink.unit_ns, downlink.next_wake_ns)} == {int}


def test_so_much_is_read_at_once():
    """A babbling port holds the loop for no longer than that takes."""
    bench, asked = Bench(), []
    bench.telecom.port.read = lambda size_max: asked.append(size_max) or b""
    assert (bench.telecom.receive(99), asked) == ([], [4096])


def test_an_unplugged_port_is_reported():
    bench = Bench()
    bench.telecom.port.close()
    with pytest.raises(PortClosed):
        bench.telecom.receive(99)
    with pytest.raises(PortClosed):
        bench.telecom.transmit()


@pytest.mark.requirement("FSW-LNK-004")
def test_no_more_is_taken_than_can_be_answered():
    """Each frame may hold so many requests, each with its answers; the ground is told to wait, and loses nothing."""
    uplink, held = open_uplink(), MANAGED.tc_frame_octets_max // TC_OVERHEAD * 4
    units = [command_unit(packet(number), number) for number in range(9)]
    assert uplink.feed(b"".join(units), held + 9) == [packet(number) for number in range(3)]
    report = Clcw.from_word(uplink.clcw_word)
    assert (report.report, report.wait, report.retransmit) == (3, True, True)
    assert uplink.feed(b"", held - 1) == []
    assert Clcw.from_word(uplink.clcw_word).wait
    assert uplink.feed(b"", held) == []
    assert not Clcw.from_word(uplink.clcw_word).wait
    assert uplink.feed(b"".join(units[3:]), 1000) == [packet(number) for number in range(3, 9)]


def test_a_control_command_is_no_packet():
    uplink = open_uplink()
    assert uplink.feed(command_unit(b"\0", 0, bypass=True, control=True)) == []
    assert (uplink.accepted, uplink.bad_packets) == (1, 0)
