"""Frames of anybody: what the receivers that know their spacecraft find, without knowing it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.recordings.frames.framing import Framing
from ground.recordings.frames.intake import Channel, FrameIntake
from link.channels.aos import AosManaged, AosReceiver, AosSender
from link.channels.tm_receiver import TmReceiver
from link.channels.tm_sender import TmSender
from link.channels.uslp import UslpReceiver
from link.coding.tm import TmEncoder
from link.frames import tm as tm_frame
from link.frames.aos import AosFrame, MPdu
from link.frames.tm import TmFrame
from link.frames.uslp import NO_POINTER, DataField, Rule, UslpFrame
from link.managed import Managed, TmChannel
from link.packets.encapsulation import EncapsulationPacket
from link.packets.space_packet import SpacePacket, idle_packet
from tests.link.strategies import chunked

CHANNELS = (TmChannel(name="a", vc=1), TmChannel(name="b", vc=2))
TM = Managed(spacecraft_id=300, tm_channels=CHANNELS, tm_frame_octets=60, interleave=1)
AOS = AosManaged(spacecraft_id=300, frame_octets=60, insert_octets=2, ocf=True)
TM_FRAMING = Framing(kind="tm", octets=60)
AOS_FRAMING = Framing(kind="aos", octets=60, ocf=True, insert_octets=2)
packets = st.lists(st.tuples(st.sampled_from("ab"), st.integers(7, 150), st.booleans()), min_size=1, max_size=10)
survivors = st.lists(st.booleans(), min_size=80, max_size=80)


def offered(sender, packets):
    for number, (name, size, idle) in enumerate(packets):
        octets = idle_packet(size, number) if idle else SpacePacket(5, number, bytes(size - 6)).encode()
        sender.offer(name, octets)
    return sender


def received(frames, receiver):
    return [delivery.packet for frame in frames for delivery in receiver.feed(frame)]


def packets_of(*batches):
    return [packet for batch in batches for packet, _ in batch]


def taken(frames, framing, wanted=None):
    intake = FrameIntake(framing, wanted)
    stream = b"".join(frames)
    return intake, packets_of(intake.feed(stream), intake.finish())


@given(packets, survivors)
def test_telemetry_frames(packets, survivors):
    sender = offered(TmSender(TM), packets)
    frames = [frame for frame in (sender.next_frame() for _ in range(40)) if survivors.pop()]
    receiver = TmReceiver(TM)
    intake, found = taken(frames, TM_FRAMING)
    assert found == received(frames, receiver)
    for channel in CHANNELS:
        heard, state = intake.channels.get(Channel(300, channel.vc)), receiver.channels[channel.name]
        if heard:
            assert (heard.frames, heard.total("lost"), heard.idle_packets) == (
                state.frames,
                state.lost,
                state.idle_packets,
            )


@given(packets, survivors)
def test_aos_frames(packets, survivors):
    sender = offered(AosSender(AOS, CHANNELS), packets)
    frames = [frame for frame in (sender.next_frame(insert=b"in") for _ in range(40)) if survivors.pop()]
    receiver = AosReceiver(AOS)
    intake, found = taken(frames, AOS_FRAMING)
    assert found == received(frames, receiver)
    assert {
        channel.vc: (heard.frames, heard.total("lost"), heard.idle_frames) for channel, heard in intake.channels.items()
    } == {vc: (state.frames, state.lost, state.idle_frames) for vc, state in receiver.channels.items()}


@st.composite
def uslp_frames(draw):
    """Frames of 40 octets: two access points of one channel, packets and other units, some expedited."""
    stream, frames = b"".join(SpacePacket(5, n, bytes(20)).encode() for n in range(20)), []
    for count in range(draw(st.integers(1, 12))):
        zone = stream[26 * count :][:26]  # one packet a frame
        rule = draw(st.sampled_from([Rule.PACKETS, Rule.PACKETS, Rule.STREAM]))
        pointer = draw(st.sampled_from([0, NO_POINTER])) if rule is Rule.PACKETS else None
        frames.append(
            UslpFrame(
                spacecraft_id=40000,
                channel=3,
                map_id=draw(st.integers(0, 1)),
                count=count,
                count_octets=2,
                bypass=draw(st.booleans()),
                field=DataField(rule, zone if rule is Rule.PACKETS else zone + b"xx", 0, pointer),
            ).encode()
        )
    return [frame for frame in frames if draw(st.booleans())]


@given(uslp_frames())
def test_uslp_frames(frames):
    receiver = UslpReceiver(40000)
    units = received(frames, receiver)
    size = 40 if not frames else len(frames[0])
    intake, found = taken(frames, Framing(kind="uslp", octets=size))
    assert found == [unit for unit in units if not unit.endswith(b"xx")]
    for heard in intake.channels.values():
        assert heard.total("lost") == sum(arrivals.lost for arrivals in receiver.arrivals.values())
        assert heard.frames == len(frames)


def test_uslp_units_that_are_whole_packets():
    whole = UslpFrame(spacecraft_id=1, channel=2, field=DataField(Rule.WHOLE, SpacePacket(5, 0, b"x").encode()))
    intake, found = taken([whole.encode()], Framing(kind="uslp", octets=len(whole.encode())))
    assert found == [SpacePacket(5, 0, b"x").encode()]
    assert intake.channels[Channel(1, 2)].total("lost") == 0  # it is not counted


@given(packets, st.data())
def test_pieces_of_any_size(packets, data):
    sender, encoder = offered(TmSender(TM), packets), TmEncoder(TM)
    frames = [sender.next_frame() for _ in range(6)]
    for framing, units in (
        (TM_FRAMING, b"".join(frames) + b"tail"),
        (Framing(kind="tm", octets=60, coding=TM), b"".join(map(encoder.encode, frames))),
    ):
        whole, pieces = FrameIntake(framing), FrameIntake(framing)
        expected = packets_of(whole.feed(units), whole.finish())
        assert packets_of(*map(pieces.feed, data.draw(chunked(units))), pieces.finish()) == expected
        assert pieces.account() == whole.account()


def test_several_spacecraft_and_wanted_channels():
    frames = []
    for spacecraft_id, vc in ((1, 0), (2, 0), (2, 1)):
        data = SpacePacket(spacecraft_id, 0, bytes(45)).encode()
        counts = {"master_count": 0, "channel_count": 0}
        frames.append(TmFrame(spacecraft_id=spacecraft_id, channel=vc, data=data, **counts).encode())
    intake, found = taken(frames, Framing(kind="tm", octets=len(frames[0])), wanted={0})
    assert [SpacePacket.decode(packet).apid for packet in found] == [1, 2]
    assert set(intake.channels) == {(1, 0), (2, 0), (2, 1)}


def test_what_does_not_decode_is_counted():
    intake, found = taken([bytes(60)], AOS_FRAMING)
    assert (found, intake.frames, intake.bad, intake.channels) == ([], 1, 1, {})


def test_user_data_are_no_packets():
    frame = TmFrame(
        spacecraft_id=1, channel=0, master_count=0, channel_count=0, data=bytes(52), unsynchronised=True
    ).encode()
    intake, found = taken([frame], Framing(kind="tm", octets=len(frame)))
    assert (found, intake.channels[Channel(1, 0)].idle_frames) == ([], 1)


@pytest.mark.parametrize("octets", [7, 65537])
def test_lengths_that_hold_no_frame(octets):
    with pytest.raises(ValueError, match=f"frames of {octets} octets"):
        Framing(kind="tm", octets=octets)


def test_units_of_another_length():
    with pytest.raises(ValueError, match="in units of 60"):
        Framing(kind="tm", octets=61, coding=TM)


@pytest.mark.parametrize("cuts", [(0, 3), (0, 1, 2, 3), (0, 2, 3), (0, 1, 3)])
def test_a_gap_before_frames_without_packets_ends_the_packet_in_progress(cuts):
    """However frames are fed: one that began before the gap does not go on behind the idle frame after it."""
    packet = SpacePacket(5, 0, bytes(range(80))).encode()
    rows = [
        (0, packet[:52], 0),
        (2, bytes(52), tm_frame.ONLY_IDLE),  # number 1 is lost
        (3, packet[52:] + idle_packet(18, 0), 34),
    ]
    frames = [
        TmFrame(spacecraft_id=300, channel=1, master_count=n, channel_count=n, first_header=at, data=data).encode()
        for n, data, at in rows
    ]
    intake = FrameIntake(TM_FRAMING)
    for start, stop in pairwise(cuts):
        assert packets_of(intake.feed(b"".join(frames[start:stop]))) == []
    assert intake.account()["channels"][0]["octets_dropped"] == len(packet)


def test_packets_of_one_frame_keep_their_order():
    """However many there are, and whatever came on another channel before and after."""
    packets = [SpacePacket(5, n, b"x").encode() for n in range(140)]
    frames = [
        TmFrame(
            spacecraft_id=3, channel=vc, master_count=n, channel_count=0, first_header=0, data=b"".join(own)
        ).encode()
        for n, (vc, own) in enumerate([(2, packets[:70]), (1, packets[70:])])
    ]
    intake = FrameIntake(Framing(kind="tm", octets=len(frames[0])))
    assert packets_of(intake.feed(b"".join(frames))) == packets


def test_packets_of_other_protocols_are_no_fill():
    """Fill has protocol 0 (CCSDS 133.1-B-3 §4.1.2.3)."""
    packets = [EncapsulationPacket(protocol=n, data=b"1234").encode() for n in (0, 1, 2, 7)]
    data = b"".join(packets)
    frame = TmFrame(spacecraft_id=3, channel=1, master_count=0, channel_count=0, first_header=0, data=data).encode()
    intake = FrameIntake(Framing(kind="tm", octets=len(frame)))
    assert packets_of(intake.feed(frame)) == packets[1:]
    assert intake.idle_packets == 1


def test_long_frames_of_uslp():
    """Their length has two octets."""
    packets = [SpacePacket(5, n, bytes([n] * 290)).encode() for n in range(3)]
    frames = [
        UslpFrame(
            spacecraft_id=9, channel=3, count=n, count_octets=1, field=DataField(Rule.PACKETS, one, 0, 0)
        ).encode()
        for n, one in enumerate(packets)
    ]
    assert len(frames[0]) > 300
    intake = FrameIntake(Framing(kind="uslp", octets=len(frames[0])))
    assert packets_of(intake.feed(b"".join(frames))) == packets
    assert intake.bad == 0
    short = FrameIntake(Framing(kind="uslp", octets=len(frames[0]) - 1))
    assert packets_of(short.feed(frames[0][:-1])) == []
    assert short.bad == 1


@pytest.mark.parametrize(("kind", "size"), [("tm", 40), ("aos", 42)])
def test_frames_without_error_control_that_end_alike_are_no_duplicates(kind, size):
    """Fill at their ends is often the same."""
    packets = [SpacePacket(5, n, bytes([n] * 5)).encode() for n in range(2)]
    zones = [one + idle_packet(23, 0) for one in packets]
    framing = Framing(kind=kind, octets=size, fecf=False)
    if kind == "tm":
        frames = [
            TmFrame(spacecraft_id=3, channel=1, master_count=7, channel_count=7, first_header=0, data=one).encode(
                fecf=False
            )
            for one in zones
        ]
    else:
        frames = [
            AosFrame(spacecraft_id=3, channel=1, count=7, data=MPdu(0, one).encode()).encode(fecf=False)
            for one in zones
        ]
    intake = FrameIntake(framing)
    assert packets_of(intake.feed(b"".join(frames))) == packets
    assert intake.account()["channels"][0]["duplicates"] == 0
