"""Playback fills the channels of the stores as far as they have room, in the order of importance, whole."""

from fsw.comms.playback import Playback
from fsw.pus.large_packets import LargePackets
from hal.sim.clock import VirtualClock
from link.channels.tm_receiver import TmReceiver
from link.channels.tm_sender import TmSender
from link.frames.tc_segment import split_packets
from link.managed import Managed, TmChannel
from link.pus.catalogue import read_report
from link.pus.packets import TmPacket
from link.pus.parts import Reassembly, read_large_report
from link.pus.services.large_packets import DownlinkedPart
from link.pus.services.storage import StoredPackets
from link.pus.source import TmSource
from tests.fsw.recorded import EAGER, packet, packets, recorder, setting

MANAGED = Managed(
    spacecraft_id=1,
    tm_channels=(TmChannel(name="live", vc=0), TmChannel(name="first", vc=1), TmChannel(name="second", vc=2)),
    tm_frame_octets=446,
    interleave=2,
    tc_frame_octets_max=256,
)


class Link:
    """A node's recorder and sender, and a ground that takes reports apart."""

    def __init__(self, *stores, packet_octets_max=2000):
        self.recorder = recorder(None, *stores, policy=EAGER)
        self.sender, self.receiver, self.parts = TmSender(MANAGED), TmReceiver(MANAGED), Reassembly()
        large = LargePackets(packet_octets_max, Reassembly())
        channels = {1: "first", 2: "second"}
        clock = VirtualClock()
        self.playback = Playback(self.recorder, large, TmSource(65), clock, self.sender, channels, octets_max=1000)
        self.heard = []

    def resume(self):
        for retrieval in self.recorder.retrievals.values():
            retrieval.resume(0)

    def step(self):
        """One frame; the channels and stores of the reports in it."""
        self.playback.fill()
        for channel, octets in self.receiver.feed(self.sender.next_frame()):
            report = read_report(TmPacket.decode(octets))
            if isinstance(report, DownlinkedPart):
                whole = self.parts.accept(report, 0)
                report = read_large_report(whole) if isinstance(whole, bytes) else None
            if isinstance(report, StoredPackets):
                self.heard += [(channel, report.store, octets) for octets in split_packets(report.packets)]


def test_what_is_played_comes_whole_and_the_most_important_first():
    stores = [setting(1, channel=1, priority=1), setting(2, channel=2, priority=2), setting(3, channel=7)]
    link = Link(*stores)
    made = packets(*range(40), size=100)
    link.recorder.accept(made, 0)
    link.step()
    assert (link.heard, link.playback.next_wake_ns) == ([], None)
    link.resume()
    for _ in range(60):
        link.step()
        assert max(link.sender.octets(name) for name in ("first", "second")) < 2100
    taken = [(name, number, octets) for name, number in (("first", 1), ("second", 2)) for octets, _ in made]
    assert sorted(link.heard) == sorted(taken)
    assert link.sender.dropped == {"live": 0, "first": 0, "second": 0}
    assert link.playback.next_wake_ns == 30_000_000_000


def test_a_packet_longer_than_the_link_takes_comes_in_parts():
    link = Link(setting(1, channel=1), packet_octets_max=300)
    made = [packet(0, 5000), packet(1, 10)]
    link.recorder.accept(made, 0)
    link.resume()
    for _ in range(60):
        link.step()
        assert link.sender.octets("first") < 1300
    assert [octets for _, _, octets in link.heard] == [octets for octets, _ in made]
