import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.kernels.crc import crc16
from link.aos_frame import ALL_BITS, NO_BITS, NO_HEADER, AosFrame, BPdu, MPdu
from link.aos_link import AosManaged, AosReceiver, AosSender
from link.errors import ChecksumError, DecodeError, TruncatedError
from link.managed import TmChannel
from link.space_packet import SpacePacket

frames = st.builds(
    AosFrame,
    spacecraft_id=st.integers(0, 1023),
    channel=st.integers(0, 63),
    count=st.integers(0, 2**24 - 1),
    data=st.binary(min_size=1, max_size=60),
    replay=st.booleans(),
    cycle=st.none() | st.integers(0, 15),
    insert=st.binary(max_size=8),
    ocf=st.none() | st.integers(0, 2**32 - 1),
)


@given(frames, st.booleans())
def test_decode_inverts_encode(frame, fecf):
    octets = frame.encode(fecf=fecf)
    assert AosFrame.decode(octets, fecf=fecf, ocf=frame.ocf is not None, insert_octets=len(frame.insert)) == frame


@given(st.binary(max_size=60), st.booleans(), st.booleans(), st.integers(0, 8))
def test_decode_is_total(octets, fecf, ocf, insert_octets):
    try:
        frame = AosFrame.decode(octets, fecf=fecf, ocf=ocf, insert_octets=insert_octets)
    except DecodeError:
        return
    assert frame.encode(fecf=fecf) == octets


@settings(max_examples=20)
@given(frames)
def test_no_single_bit_error_passes(frame):
    octets = frame.encode()
    for bit in range(8 * len(octets)):
        damaged = bytearray(octets)
        damaged[bit // 8] ^= 0x80 >> bit % 8
        with pytest.raises(ChecksumError):
            AosFrame.decode(bytes(damaged))


def test_vector():
    """By hand from §4.1.2: spacecraft 0x29D, channel 6, count 0x010203, cycle 5 in use."""
    frame = AosFrame(spacecraft_id=0x29D, channel=6, count=0x010203, data=b"d", cycle=5)
    assert frame.encode(fecf=False) == bytes.fromhex("6746 010203 65") + b"d"


@pytest.mark.parametrize(
    ("octets", "error"),
    [("0746 010203 00 ff", DecodeError), ("4746 010203 05 ff", DecodeError), ("4746 010203 00", TruncatedError)],
)
def test_what_the_standard_excludes(octets, error):
    with pytest.raises(error):
        AosFrame.decode(bytes.fromhex(octets), fecf=False)


@given(st.integers(0, 2047), st.binary(max_size=20))
def test_m_pdu(first_header, zone):
    pdu = MPdu(first_header, zone)
    assert MPdu.decode(pdu.encode()) == pdu


@given(st.binary(max_size=20), st.data())
def test_b_pdu(zone, data):
    pdu = BPdu(data.draw(st.integers(0, 8 * len(zone))), zone)
    assert BPdu.decode(pdu.encode()) == pdu


@given(st.binary(max_size=6))
def test_b_pdu_is_total(data):
    try:
        pdu = BPdu.decode(data)
    except DecodeError:
        return
    assert 0 <= pdu.bits <= 8 * len(pdu.zone)


def test_b_pdu_vectors():
    """§4.1.4.3.3: the pointer counts from bit 0; all ones: no fill; all ones but the last: only fill."""
    assert BPdu(9, b"ab").encode() == bytes.fromhex("0008") + b"ab"
    assert (BPdu(16, b"ab").encode()[:2], BPdu(0, b"ab").encode()[:2]) == (b"\x3f\xff", b"\x3f\xfe")
    assert (ALL_BITS, NO_BITS) == (0x3FFF, 0x3FFE)


@pytest.mark.parametrize(("bits", "octets"), [(17, 2), (-1, 2), (0x3FFF, 2100)])
def test_b_pdu_range(bits, octets):
    with pytest.raises(ValueError, match="expected"):
        BPdu(bits, bytes(octets)).encode()


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
