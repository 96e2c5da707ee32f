import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import DecodeError
from link.frames.tc_segment import Segment, SegmentReceiver, segments, split_packets
from link.packets.space_packet import Flags, SpacePacket

packets = st.lists(
    st.integers(1, 60).map(lambda size: SpacePacket(3, 0, bytes(size), is_command=True).encode()), max_size=9
)


@given(packets, st.integers(3, 80))
def test_every_packet_arrives_in_order(sent, octets_max):
    receiver, received = SegmentReceiver(octets_max=100), []
    for segment in segments(sent, 5, octets_max):
        assert len(segment.encode()) <= octets_max
        received += receiver.feed(segment)
    assert (received, receiver.dropped) == (sent, 0)


@given(packets, packets, st.integers(3, 30))
def test_maps_do_not_mix(first, second, octets_max):
    queues = [list(segments(sent, map_id, octets_max)) for map_id, sent in enumerate((first, second))]
    receiver, received = SegmentReceiver(octets_max=100), [[], []]
    while any(queues):
        for map_id, queue in enumerate(queues):
            received[map_id] += receiver.feed(queue.pop(0)) if queue else []
    assert received == [first, second]


@given(packets, st.integers(3, 80), st.randoms(use_true_random=False))
def test_a_lost_segment_costs_its_packets_only(sent, octets_max, dice):
    receiver = SegmentReceiver(octets_max=100)
    received = [packet for s in segments(sent, 0, octets_max) if dice.random() < 0.8 for packet in receiver.feed(s)]
    assert all(len(packet) == packet[5] + 7 for packet in received)


def test_vectors():
    """By hand from §4.1.3.2.2: whole on MAP 5, then a packet of 8 octets cut into 4 + 3 + 1."""
    packet = SpacePacket(1, 0, b"ab").encode()
    assert next(segments([packet], 5, 9)).encode() == b"\xc5" + packet
    assert [s.encode()[:1].hex() for s in segments([packet], 5, 4)] == ["45", "05", "85"]


def test_packets_share_a_segment_while_they_fit():
    small = SpacePacket(1, 0, b"a").encode()
    assert [len(segment.data) for segment in segments([small] * 5, 0, 15)] == [14, 14, 7]


@pytest.mark.parametrize("block", ["0003c0000001ab", "2003c0000000ab", "0003c0"])
def test_blocks_that_are_no_packets(block):
    with pytest.raises(DecodeError, match=r"packet at octet 0 does not end|packet version"):
        split_packets(bytes.fromhex(block))
    receiver = SegmentReceiver(octets_max=100)
    assert receiver.feed(Segment(0, Flags.UNSEGMENTED, bytes.fromhex(block))) == []
    assert receiver.dropped == 1


def test_out_of_order_and_endless():
    receiver = SegmentReceiver(octets_max=3)
    assert receiver.feed(Segment(0, Flags.LAST, b"x")) == []  # nothing begun
    receiver.feed(Segment(0, Flags.FIRST, b"ab"))
    receiver.feed(Segment(0, Flags.FIRST, b"ab"))  # begun again
    receiver.feed(Segment(0, Flags.CONTINUATION, b"cd"))  # too long
    assert receiver.dropped == 3


def test_drops_add_up():
    receiver = SegmentReceiver(octets_max=4)
    assert [receiver.feed(Segment(0, Flags.UNSEGMENTED, b"x")) for _ in range(3)] == [[], [], []]
    assert receiver.dropped == 3


def test_the_bound_itself_is_allowed():
    packet = SpacePacket(1, 0, b"abc").encode()
    receiver = SegmentReceiver(octets_max=5)
    assert [receiver.feed(segment) for segment in segments([packet], 1, 6)] == [[], [packet]]
    assert receiver.dropped == 0


def test_a_first_segment_without_data():
    packet = SpacePacket(3, 0, b"x").encode()
    receiver = SegmentReceiver(octets_max=100)
    assert receiver.feed(Segment(1, Flags.FIRST, b"")) == []
    assert receiver.feed(Segment(1, Flags.LAST, packet)) == [packet]
