import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.channels.multiplex import Packer
from link.channels.uslp import Map, UslpReceiver
from link.errors import ChecksumError, DecodeError, TruncatedError
from link.frames.uslp import NO_POINTER, DataField, Rule, UslpFrame
from link.packets.space_packet import SpacePacket

zones, protocols = st.binary(max_size=60), st.integers(0, 31)
fields = st.one_of(
    st.builds(DataField, st.sampled_from(list(Rule)[:3]), zones, protocols, st.integers(0, 65535)),
    st.builds(DataField, st.sampled_from(list(Rule)[3:]), zones, protocols, st.none()),
)
common = {
    "spacecraft_id": st.integers(0, 65535),
    "channel": st.integers(0, 63),
    "map_id": st.integers(0, 15),
    "field": fields,
}


@given(st.builds(UslpFrame, **common, truncated=st.just(True)), st.binary())
def test_truncated_frames(frame, tail):
    octets = frame.encode()
    assert UslpFrame.decode(octets + tail, truncated_octets=len(octets)) == frame
    with pytest.raises(DecodeError, match="truncated 1"):
        UslpFrame.decode(octets)
    with pytest.raises(TruncatedError):
        UslpFrame.decode(octets, truncated_octets=len(octets) + 1)


def test_checksum():
    octets = UslpFrame(spacecraft_id=1, channel=0, field=DataField(Rule.WHOLE, b"x")).encode()
    with pytest.raises(ChecksumError):
        UslpFrame.decode(octets[:-1] + bytes([octets[-1] ^ 1]))


def test_vector():
    """By hand from §4.1.2: spacecraft 0xABCD as destination, channel 5, MAP 6, 14 octets, count 0x0102 in two."""
    field = DataField(Rule.PACKETS, b"zo", protocol=4, pointer=0x0304)
    frame = UslpFrame(
        spacecraft_id=0xABCD, channel=5, map_id=6, field=field, count=0x0102, count_octets=2, to_spacecraft=True
    )
    assert frame.encode(fecf=False) == bytes.fromhex("cabc d8ac 000d 02 0102 04 0304") + b"zo"


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        ("4abcd8ac000d020102040304", DecodeError),  # version 4
        (
            "c0000000 0007 00 e0",
            TruncatedError,
        ),  # 8 octets, of which 7 are header: no room for a pointer
        ("c0000000 0006 00", TruncatedError),
        ("c0000000 0008 07 0000", TruncatedError),  # a count of 7 octets in two
    ],
)
def test_what_the_standard_excludes(octets, error):
    with pytest.raises(error):
        UslpFrame.decode(bytes.fromhex(octets.replace("e0", "00")), fecf=False)


@pytest.mark.parametrize(
    "field",
    [DataField(Rule.WHOLE, b"", pointer=1), DataField(Rule.PACKETS, b""), DataField(Rule.WHOLE, b"", protocol=32)],
)
def test_data_fields_that_cannot_be(field):
    with pytest.raises(ValueError, match=r"pointer|protocol"):
        field.encode()


def test_count_must_fit():
    with pytest.raises(ValueError, match="count = 256"):
        UslpFrame(spacecraft_id=0, channel=0, field=DataField(Rule.WHOLE, b""), count=256, count_octets=1).encode()


def frame(field, **changes):
    return UslpFrame(**{"spacecraft_id": 7, "channel": 2, "field": field, "count_octets": 1, **changes}).encode()


@given(st.lists(st.binary(min_size=1, max_size=90), max_size=12), st.integers(1, 40))
def test_every_packet_arrives_in_order(bodies, size):
    packer, receiver, received, count = Packer(), UslpReceiver(7), [], 0
    queued = [SpacePacket(3, number, body).encode() for number, body in enumerate(bodies)]
    packer.packets.extend(queued)
    while packer.waits:
        zone, first_header = packer.pop(size)
        pointer = NO_POINTER if first_header is None else first_header
        received += receiver.feed(frame(DataField(Rule.PACKETS, zone, pointer=pointer), count=count % 256, map_id=4))
        count += 1
    assert received == [(Map(2, 4), packet) for packet in queued]
    assert not any(arrivals.lost for arrivals in receiver.arrivals.values())


def test_a_gap_ends_the_packets_of_all_maps_of_the_channel():
    receiver = UslpReceiver(7)
    whole = SpacePacket(3, 0, b"12345678").encode()
    for count, map_id, channel in [(0, 0, 2), (1, 1, 2), (0, 0, 3)]:
        begun = DataField(Rule.PACKETS, whole[:9], pointer=0)
        receiver.feed(frame(begun, count=count, map_id=map_id, channel=channel))
    ended = DataField(Rule.PACKETS, whole[9:], pointer=NO_POINTER)
    assert receiver.feed(frame(ended, count=3)) == []
    assert receiver.feed(frame(ended, count=1, channel=3)) == [(Map(3, 0), whole)]
    assert receiver.arrivals[2, False].lost == 1


def test_expedited_frames_do_not_complete_a_packet_in_sequence():
    """Each kind counts its own frames, so that neither count shows the other's between them."""
    receiver, received = UslpReceiver(7), []
    slow, fast = (SpacePacket(3, number, bytes([number] * 9)).encode() for number in range(2))
    for packet, at, bypass in ((slow, 0, False), (fast, 0, True), (fast, 8, True), (slow, 8, False)):
        field = DataField(Rule.PACKETS, packet[at : at + 8], pointer=NO_POINTER if at else 0)
        received += receiver.feed(frame(field, count=at // 8, bypass=bypass))
    assert received == [(Map(2, 0), fast), (Map(2, 0), slow)]


def test_counters():
    receiver = UslpReceiver(7)
    unit = DataField(Rule.WHOLE, b"unit")
    assert receiver.feed(frame(unit, count_octets=0)) == [(Map(2, 0), b"unit")]
    assert (
        receiver.feed(frame(unit, spacecraft_id=8))
        == receiver.feed(b"")
        == receiver.feed(frame(unit, channel=63))
        == []
    )
    assert (receiver.frames, receiver.foreign, receiver.bad, receiver.idle) == (4, 1, 1, 1)
    assert receiver.feed(frame(DataField(Rule.PACKETS, b"\xe0\xe0", pointer=0))) == []
    assert receiver.idle_packets == 2


@pytest.mark.parametrize(
    ("octets", "options", "needed"),
    [
        (bytes.fromhex("c0000000 0006 00"), {}, 8),  # a header and nothing behind it
        (bytes.fromhex("c0000000 0007 08 ff"), {}, 12),  # an OCF and some data should follow
        (bytes.fromhex("c0000000 0007 00 ff"), {"insert_octets": 1}, 9),
        (bytes.fromhex("c0000001 e0"), {"truncated_octets": 6}, 6),
        (bytes.fromhex("c0000000 0008 00 00 ff"), {}, 3),  # of a data field with a pointer
    ],
)
def test_what_is_missing_of_a_frame(octets, options, needed):
    with pytest.raises(TruncatedError) as caught:
        UslpFrame.decode(octets, fecf=False, **options)
    assert caught.value.needed == needed
    assert caught.value.given == (2 if needed == 3 else len(octets))


def test_what_is_not_asked_for_is_not_there():
    frame = UslpFrame(spacecraft_id=1, channel=2, field=DataField(Rule.WHOLE, b"data"))
    assert UslpFrame.decode(frame.encode()) == frame


def test_frames_that_swap_places_or_come_twice_are_not_lost():
    receiver, received = UslpReceiver(7), []
    frames = [frame(DataField(Rule.WHOLE, bytes([count])), count=count) for count in range(4)]
    for number in (0, 2, 1, 1, 3):
        received += receiver.feed(frames[number])
    assert [unit for _, unit in received] == [b"\0", b"\2", b"\1", b"\3"]
    arrivals = receiver.arrivals[2, False]
    assert (arrivals.lost, arrivals.late, arrivals.duplicates) == (0, 1, 1)
