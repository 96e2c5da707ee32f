import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.crc import crc16
from link.channels.aos import AosManaged, AosReceiver, AosSender
from link.errors import DecodeError, TruncatedError
from link.frames.aos import ALL_BITS, NO_BITS, NO_HEADER, AosFrame, BPdu, MPdu
from link.managed import TmChannel
from link.packets.space_packet import SpacePacket


def test_vector():
    """By hand from §4.1.2: spacecraft 0x29D, channel 6, count 0x010203, cycle 5 in use."""
    frame = AosFrame(spacecraft_id=0x29D, channel=6, count=0x010203, data=b"d", cycle=5)
    assert frame.encode(fecf=False) == bytes.fromhex("6746 010203 65") + b"d"


@pytest.mark.parametrize(
    ("octets", "why"),
    [("0746 010203 00 ff", "version 0"), ("4746 010203 00", "7 octets")],
)
def test_what_the_standard_excludes(octets, why):
    with pytest.raises(DecodeError, match=why):
        AosFrame.decode(bytes.fromhex(octets), fecf=False)


def test_b_pdu_vectors():
    """§4.1.4.3.3: the pointer counts from bit 0; all ones: no fill; all ones but the last: only fill."""
    assert BPdu(9, b"ab").encode() == bytes.fromhex("0008") + b"ab"
    assert (BPdu(16, b"ab").encode()[:2], BPdu(0, b"ab").encode()[:2]) == (b"\x3f\xff", b"\x3f\xfe")
    assert (ALL_BITS, NO_BITS) == (0x3FFF, 0x3FFE)


def test_what_is_not_asked_for_is_not_there():
    frame = AosFrame(spacecraft_id=1, channel=2, count=3, data=b"data")
    assert AosFrame.decode(frame.encode()) == frame


def test_what_is_missing_of_a_frame():
    """Six octets of header, then at least one of data and four of OCF."""
    with pytest.raises(TruncatedError) as caught:
        AosFrame.decode(bytes.fromhex("4746 010203 00 ffff"), fecf=False, ocf=True)
    assert (caught.value.needed, caught.value.given) == (11, 8)


def test_m_pdu_vector():
    """§4.1.4.2: five reserved bits, which are 0, before the pointer."""
    assert MPdu(5, b"z").encode() == b"\x00\x05z"


@pytest.mark.parametrize(
    ("bits", "octets", "rule"), [(17, 2, "0..16"), (-1, 2, "0..16"), (0x3FFF, 2100, "up to 16382")]
)
def test_b_pdu_range(bits, octets, rule):
    with pytest.raises(ValueError, match=f"expected {rule}"):
        BPdu(bits, bytes(octets)).encode()


def test_b_pdu_limits():
    longest = BPdu(NO_BITS, bytes(2100))
    assert BPdu.decode(longest.encode()) == longest
    assert BPdu.decode(b"\x3f\xff" + bytes(3)).bits == 24
    with pytest.raises(DecodeError, match="pointer 16, the zone has 16 bits"):
        BPdu.decode(bytes.fromhex("0010") + b"ab")


MANAGED = AosManaged(spacecraft_id=300, frame_octets=48, insert_octets=2, ocf=True, access=frozenset([9]))
CHANNELS = (TmChannel(name="live", vc=1, queue_packets=50), TmChannel(name="files", vc=40, queue_packets=50))


@given(st.lists(st.tuples(st.sampled_from(["live", "files"]), st.binary(min_size=1, max_size=130)), max_size=30))
def test_every_packet_arrives_in_order(items):
    sender, receiver = AosSender(MANAGED, CHANNELS), AosReceiver(MANAGED)
    numbers = {channel.name: channel.vc for channel in CHANNELS}
    queued = [(numbers[name], SpacePacket(3, n, data).encode()) for n, (name, data) in enumerate(items)]
    for (name, _), (_, packet) in zip(items, queued, strict=True):
        assert sender.offer(name, packet)
    received = []
    while sender.waiting:
        received += receiver.feed(sender.next_frame(insert=b"in", ocf=sender.frames))
    assert sorted(received, key=lambda d: d.channel) == sorted(queued, key=lambda d: d[0])
    assert all(not state.lost for state in receiver.channels.values())
    assert receiver.ocf == (sender.frames - 1 if items else None)


def test_idle_frames_foreign_frames_and_bad_ones():
    sender, receiver = AosSender(MANAGED, CHANNELS), AosReceiver(MANAGED)
    idle = sender.next_frame(insert=b"in")
    assert receiver.feed(idle) == receiver.feed(idle[:-1]) == receiver.feed(idle[:-1] + b"x") == []
    other = AosFrame(spacecraft_id=1, channel=1, count=0, data=bytes(34), insert=b"in", ocf=0)
    assert receiver.feed(other.encode()) == []
    assert (receiver.frames, receiver.idle, receiver.bad, receiver.foreign) == (4, 1, 2, 1)
    assert receiver.channels[63].idle_frames == 1


def test_access_channels_give_their_data_fields():
    frame = AosFrame(spacecraft_id=300, channel=9, count=0, data=bytes(range(34)), insert=b"in", ocf=0)
    assert AosReceiver(MANAGED).feed(frame.encode()) == [(9, bytes(range(34)))]


def test_a_gap_drops_the_packet_in_progress():
    receiver = AosReceiver(MANAGED)
    whole = SpacePacket(3, 0, bytes(60)).encode()
    for count, pointer, zone in [(0, 0, whole[:32]), (2, NO_HEADER, whole[32:64])]:
        data = MPdu(pointer, zone).encode()
        frame = AosFrame(spacecraft_id=300, channel=1, count=count, data=data, insert=b"in", ocf=0)
        assert receiver.feed(frame.encode()) == []
    assert (receiver.channels[1].lost, receiver.channels[1].extractor.octets_dropped) == (1, 64)


@pytest.mark.parametrize(("change", "why"), [({"spacecraft_id": 1024}, "732.0"), ({"frame_octets": 16}, "no room")])
def test_what_the_managed_parameters_exclude(change, why):
    with pytest.raises(ValueError, match=why):
        AosManaged(**{"spacecraft_id": 1, "frame_octets": 100, "insert_octets": 2, "ocf": True, **change})


def test_what_is_missing():
    with pytest.raises(TruncatedError) as caught:
        AosFrame.decode(b"x", fecf=True)
    assert (caught.value.needed, caught.value.given) == (2, 1)
    assert crc16(b"") == 0xFFFF
    with pytest.raises(TruncatedError) as caught:
        AosFrame.decode(b"\xff\xff")  # the CRC of nothing
    assert (caught.value.needed, caught.value.given) == (6, 0)


@pytest.mark.parametrize("cycle", range(1, 16))
def test_the_cycle_is_not_looked_at_while_it_is_not_in_use(cycle):
    octets = bytes.fromhex("4746 010203") + bytes([cycle]) + b"d"
    frame = AosFrame.decode(octets, fecf=False)
    assert (frame.cycle, frame.unused_cycle, frame.encode(fecf=False)) == (None, cycle, octets)


def test_frames_that_swap_places_or_come_twice_are_not_lost():
    sender, receiver = AosSender(MANAGED, CHANNELS), AosReceiver(MANAGED)
    frames = []
    for number in range(4):
        sender.offer("live", SpacePacket(3, number, bytes(20)).encode())
        frames.append(sender.next_frame(insert=b"in", ocf=number))
    received, words = [], []
    for number in (0, 2, 1, 1, 3):
        received += [SpacePacket.decode(packet).count for _, packet in receiver.feed(frames[number])]
        words.append(receiver.ocf)
    assert (received, words) == ([0, 2, 1, 3], [0, 2, 2, 2, 3])
    state = receiver.channels[1]
    assert (state.frames, state.lost, state.arrivals.late, state.arrivals.duplicates) == (5, 0, 1, 1)
