"""Octets from the port: what is a frame of the node, when the last one came, and what it said of its receiver."""

import dataclasses

from ground.station.downlink import Downlink
from link.channels.tm_sender import TmSender
from link.coding.tm import TmEncoder
from link.frames.clcw import Clcw
from tests.ground.example_dictionary import MANAGED, SECOND

CLCW = Clcw(channel=MANAGED.tc_channel, report=7)


class Sender:
    """Frames as they are sent, each with a CLCW."""

    def __init__(self, managed=MANAGED):
        self.sender, self.encoder = TmSender(managed), TmEncoder(managed)

    def frame(self, word=CLCW.word):
        return self.encoder.encode(self.sender.next_frame(word))


def test_before_anything_came():
    downlink = Downlink(MANAGED)
    assert (downlink.octets, downlink.good, downlink.last_frame_ns, downlink.lost_at_ns) == (0, 0, None, None)
    assert downlink.clcw is None


def test_good_frames_keep_the_link_and_no_others():
    downlink, node = Downlink(MANAGED), Sender()
    stranger = Sender(dataclasses.replace(MANAGED, spacecraft_id=1))
    octets = 0
    for now_ns, sent, good, last_ns in (
        (1, node.frame() + node.frame(), 2, 1),
        (2, b"noise", 2, 1),
        (3, stranger.frame(), 2, 1),
        (4, node.frame(), 3, 4),
        (5, stranger.frame() + node.frame() + stranger.frame(), 4, 5),
    ):
        downlink.feed(sent, now_ns)
        octets += len(sent)
        assert (downlink.octets, downlink.good, downlink.last_frame_ns) == (octets, good, last_ns)
    assert downlink.lost_at_ns == 5 + 10 * SECOND


def test_packets_of_all_frames_that_came_together_are_given():
    downlink, node = Downlink(MANAGED), Sender()
    packets = [bytes([0x08, 0x41, 0xC0, number, 0, 99]) + bytes(100) for number in range(5)]
    for packet in packets:
        node.sender.offer("housekeeping", packet)
    frames = []
    while node.sender.waiting:
        frames.append(node.frame())
    assert len(frames) > 1
    assert downlink.feed(b"".join(frames), 0) == packets


def test_a_packet_begun_before_the_link_was_lost_is_not_completed_behind_it():
    """256 frames were lost, so that the count seems to go on; the rest of another packet would fit."""
    downlink, node = Downlink(MANAGED), Sender()
    for number in range(2):
        packet = bytes([0x08, 0x41, 0xC0, number, 0xFF, 0x00]) + bytes([number]) * 0xFF01
        assert node.sender.offer("housekeeping", packet)
    frames = [node.frame() for _ in range(300)]
    assert downlink.feed(b"".join(frames[:20]), 0) == []
    assert downlink.feed(b"".join(frames[276:]), 10 * SECOND) == []
    assert downlink.receiver.channels["housekeeping"].extractor.octets_dropped > 0


def test_the_last_report_on_the_command_link_is_given_where_it_is_one():
    downlink, node = Downlink(MANAGED), Sender()
    downlink.feed(node.frame(), 0)
    assert downlink.clcw == CLCW
    downlink.feed(node.frame(CLCW.word | 1 << 31), 0)  # an OCF of another type
    assert downlink.clcw is None
