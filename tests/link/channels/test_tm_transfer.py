"""Sender, receiver and the extraction between them: packets in, frames over a bad channel, packets out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.recordings.frames.framing import Framing
from ground.recordings.frames.intake import FrameIntake
from link.channels.demultiplex import Delivery
from link.channels.tm_receiver import TmReceiver
from link.channels.tm_sender import TmSender
from link.frames.tm import NO_HEADER, ONLY_IDLE, TmFrame
from link.managed import Managed, TmChannel
from link.packets.space_packet import SpacePacket

LIVE, FILES = TmChannel(name="live", vc=0, queue_packets=50), TmChannel(name="files", vc=1, queue_packets=50)
MANAGED = Managed(spacecraft_id=9, tm_channels=(LIVE, FILES), rs_parity=0, tm_frame_octets=40)
sizes = st.lists(st.tuples(st.sampled_from(["live", "files"]), st.integers(1, 130)), max_size=40)


def packet(size, count=0, apid=3):
    return SpacePacket(apid, count, bytes(n % 251 for n in range(size))).encode()


def loaded(items, managed=MANAGED):
    sender = TmSender(managed)
    queued = [(channel, packet(size, count)) for count, (channel, size) in enumerate(items)]
    assert all(sender.offer(channel, octets) for channel, octets in queued)
    return sender, queued


def drained(sender):
    while sender.waiting:
        yield sender.next_frame(0x01000007)


def by_channel(deliveries):
    return {name: [octets for channel, octets in deliveries if channel == name] for name in ("live", "files")}


@given(sizes)
def test_every_packet_arrives_in_order(items):
    sender, queued = loaded(items)
    receiver = TmReceiver(MANAGED)
    received = [delivery for frame in drained(sender) for delivery in receiver.feed(frame)]
    assert by_channel(received) == by_channel(queued)
    assert all(isinstance(delivery, Delivery) for delivery in received)
    assert (receiver.lost, receiver.bad, receiver.foreign) == (0, 0, 0)
    assert sender.frames == receiver.frames


@given(sizes, st.randoms(use_true_random=False))
def test_lost_frames_cost_only_the_packets_in_them(items, dice):
    """What arrives was sent, once, in order; and whatever lies wholly in received frames arrives."""
    sender, queued = loaded(items)
    receiver, received, lost = TmReceiver(MANAGED), [], 0
    for frame in drained(sender):
        if dice.random() < 0.3:
            lost += 1
        else:
            received += receiver.feed(frame)
    for name, sent in by_channel(queued).items():
        arrived = iter(by_channel(received)[name])
        missing = list(sent)
        for octets in arrived:
            del missing[: missing.index(octets) + 1]
    assert receiver.frames == sender.frames - lost
    assert receiver.lost <= lost


@given(sizes, st.data())
def test_a_damaged_frame_is_counted_and_costs_no_more_than_a_lost_one(items, data):
    frames = list(drained(loaded(items)[0]))
    if not frames:
        return
    hit = data.draw(st.integers(0, len(frames) - 1))
    bit = data.draw(st.integers(0, 8 * 40 - 1))
    damaged = bytearray(frames[hit])
    damaged[bit // 8] ^= 0x80 >> bit % 8
    one, other = TmReceiver(MANAGED), TmReceiver(MANAGED)
    with_damage = [d for n, f in enumerate(frames) for d in one.feed(bytes(damaged) if n == hit else f)]
    with_loss = [d for n, f in enumerate(frames) if n != hit for d in other.feed(f)]
    assert with_damage == with_loss
    assert one.bad == 1


@given(st.lists(st.binary(min_size=40, max_size=40), max_size=20))
def test_the_receiver_is_total(frames):
    """Any octets, their check sequence put right or not, give whole packets or nothing."""
    receiver = TmReceiver(Managed(**{**kwargs(MANAGED), "fecf": False, "rs_parity": 32, "interleave": 1}))
    for frame in frames:
        for delivery in receiver.feed(frame):
            if not delivery.packet[0] >> 5:
                assert SpacePacket.decode(delivery.packet).size == len(delivery.packet)


def kwargs(managed):
    return {name: getattr(managed, name) for name in managed.__slots__}


def test_higher_priority_goes_first():
    sender, _ = loaded([("files", 100), ("live", 10)])
    assert [TmFrame.decode(frame).channel for frame in drained(sender)] == [0, 1, 1, 1, 1]


def test_a_quota_lets_the_lower_channel_through():
    managed = Managed(**{**kwargs(MANAGED), "tm_channels": (TmChannel(name="live", vc=0, quota=2), FILES)})
    sender, _ = loaded([("live", 130), ("live", 130), ("files", 60)], managed)
    channels = [TmFrame.decode(frame).channel for frame in drained(sender)]
    assert channels[:6] == [0, 0, 1, 0, 0, 1]


@given(st.integers(1, 4), st.integers(1, 4))
def test_quotas_hold_along_the_whole_order(first, second):
    """With three busy channels nobody starves, and each takes no more in a row than its quota."""
    channels = tuple(TmChannel(name=str(vc), vc=vc, quota=quota) for vc, quota in enumerate((first, second, 0)))
    sender = TmSender(Managed(**{**kwargs(MANAGED), "tm_channels": channels}))
    for channel in channels:
        for count in range(60):
            sender.offer(channel.name, packet(100, count))
    sent = [TmFrame.decode(sender.next_frame()).channel for _ in range((first + 1) * (second + 1))]
    assert sent == ([0] * first + [1]) * second + [0] * first + [2]
    counts = [sender.count(channel.name) for channel in channels]
    assert [one.yielded for one in counts] == [second + 1, 1, 0]
    assert [one.frames for one in counts] == [sent.count(vc) for vc in range(3)]
    with pytest.raises(ValueError, match="no virtual channel is called 'x'"):
        sender.count("x")


def test_full_queue_refuses_and_counts():
    sender = TmSender(MANAGED)
    assert [sender.offer("live", packet(1)) for _ in range(52)] == [True] * 50 + [False] * 2
    assert (sender.room("live"), sender.room("files")) == (0, 50)
    assert (sender.octets("live"), sender.octets("files")) == (50 * len(packet(1)), 0)
    assert sender.dropped == {"live": 2, "files": 0}
    assert sender.count("live") == (0, 50, 2, 0)


def test_idle_frames_only_when_nothing_waits():
    sender = TmSender(MANAGED)
    frame = TmFrame.decode(sender.next_frame(0x01020304))
    assert (frame.channel, frame.first_header, frame.ocf) == (7, ONLY_IDLE, 0x01020304)
    receiver = TmReceiver(MANAGED)
    assert receiver.feed(sender.next_frame(5)) == []
    assert (receiver.idle, receiver.clcw, sender.idle_frames) == (1, 5, 2)


def test_idle_packet_runs_over_into_the_next_frame():
    """Data field 28 octets; a packet of 25 leaves 3, an idle packet has at least 7: 4 run over."""
    sender, _ = loaded([("live", 19)])
    first = TmFrame.decode(sender.next_frame())
    assert not sender.waiting
    assert TmFrame.decode(sender.next_frame()).first_header == ONLY_IDLE
    sender.offer("live", packet(2))
    second = TmFrame.decode(sender.next_frame())
    assert (first.first_header, second.first_header, second.channel_count) == (0, 4, 1)


def test_a_long_packet_has_frames_without_header():
    sender, _ = loaded([("live", 100)])
    pointers = [TmFrame.decode(frame).first_header for frame in drained(sender)]
    assert pointers == [0, NO_HEADER, NO_HEADER, 22]


def test_gap_seen_on_an_idle_frame_drops_the_packet_in_progress():
    receiver = TmReceiver(MANAGED)
    whole = packet(60)

    def frame(count, data, first_header):
        common = {"spacecraft_id": 9, "channel": 0, "master_count": count, "channel_count": count}
        return TmFrame(**common, data=data, first_header=first_header, ocf=0).encode()

    receiver.feed(frame(0, whole[:28], 0))
    assert receiver.feed(frame(2, bytes(28), ONLY_IDLE)) == []
    assert receiver.feed(frame(3, whole[28:56], NO_HEADER)) == []
    state = receiver.channels["live"]
    assert (state.lost, state.idle_frames, state.extractor.octets_dropped, receiver.lost) == (1, 1, 56, 1)


def foreign(spacecraft_id, channel, master_count=0):
    common = {"master_count": master_count, "channel_count": 0, "data": bytes(28), "ocf": 1}
    return TmFrame(spacecraft_id=spacecraft_id, channel=channel, **common).encode()


def test_other_spacecraft_and_channels_are_counted():
    receiver = TmReceiver(MANAGED)
    assert receiver.feed(foreign(8, 0)) == receiver.feed(foreign(9, 3)) == []
    assert receiver.foreign == 2


def test_unknown_channel_names():
    with pytest.raises(ValueError, match="known: live, files"):
        TmSender(MANAGED).offer("life", packet(1))


def test_without_ocf():
    bare = Managed(**{**kwargs(MANAGED), "ocf": False})
    receiver = TmReceiver(bare)
    receiver.feed(TmSender(bare).next_frame(7))
    assert (receiver.clcw, receiver.idle) == (None, 1)


def test_only_packets_can_be_offered():
    with pytest.raises(AssertionError):
        TmSender(MANAGED).offer("live", packet(3) + b"x")


def test_the_last_channel_goes_on_when_all_quotas_are_used_up():
    channels = tuple(TmChannel(name=str(vc), vc=vc, quota=1) for vc in range(2))
    sender = TmSender(Managed(**{**kwargs(MANAGED), "tm_channels": channels}))
    sender.offer("0", packet(130))
    sender.offer("1", packet(500))
    sent = [TmFrame.decode(sender.next_frame()).channel for _ in range(12)]
    assert sent == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1]


def test_frame_counts_run_on_in_every_channel():
    sender, _ = loaded([("live", 60), ("files", 60)])
    frames = [TmFrame.decode(sender.next_frame()) for _ in range(300)]
    assert [frame.master_count for frame in frames] == [n % 256 for n in range(300)]
    for channel in (0, 1, 7):
        counts = [frame.channel_count for frame in frames if frame.channel == channel]
        assert counts == [n % 256 for n in range(len(counts))]


def test_gaps_are_counted():
    receiver, frames = TmReceiver(MANAGED), list(drained(loaded([("live", 130), ("live", 130), ("live", 130)])[0]))
    for number in (0, 1, 3, 4, 7, 9):
        receiver.feed(frames[number])
    arrivals = receiver.channels["live"].arrivals
    assert (arrivals.gaps, arrivals.lost, receiver.lost) == (3, 4, 4)


def test_counters_add_up():
    sender, receiver = TmSender(MANAGED), TmReceiver(MANAGED)
    for number in range(2):
        sender.offer("live", packet(10, number))
        receiver.feed(sender.next_frame())
        receiver.feed(sender.next_frame())  # idle
        split = TmFrame.decode(sender.next_frame())
        split.channel, split.channel_count = 0, 2 * number + 1
        receiver.feed(split.encode())  # idle, in the middle of channel 0
        receiver.feed(b"bad")
        for spacecraft_id, channel in [(8, 0), (9, 3)]:
            receiver.feed(foreign(spacecraft_id, channel, 200 + number))
    state = receiver.channels["live"]
    assert (receiver.frames, receiver.idle, receiver.bad, receiver.foreign) == (12, 4, 2, 4)
    assert (state.frames, state.idle_frames, state.idle_packets) == (4, 2, 2)


def test_the_fecf_is_as_managed():
    bare = Managed(**{**kwargs(MANAGED), "fecf": False, "rs_parity": 32, "interleave": 1})
    sender, receiver = TmSender(bare), TmReceiver(bare)
    sender.offer("live", packet(20))
    assert receiver.feed(sender.next_frame()) == [("live", packet(20))]


def test_virtual_channel_7_is_one_like_the_others():
    """132.0 §4.1.2.7.6: that a frame is idle its first header pointer says, on whatever channel."""
    managed = Managed(**{**kwargs(MANAGED), "tm_channels": (TmChannel(name="live", vc=7), FILES)})
    sender, receiver = TmSender(managed), TmReceiver(managed)
    frames = [sender.next_frame()]
    assert sender.offer("live", packet(50))
    frames += [sender.next_frame() for _ in range(4)]
    assert [frame.channel_count for frame in map(TmFrame.decode, frames)] == [0, 1, 2, 3, 4]
    assert [one for frame in frames for one in receiver.feed(frame)] == [("live", packet(50))]
    assert (receiver.lost, receiver.channels["live"].lost, receiver.idle) == (0, 0, 3)
    intake = FrameIntake(Framing(kind="tm", octets=40))
    assert [one for one, _ in intake.feed(b"".join(frames))] == [packet(50)]


def test_idle_frames_of_channels_that_are_not_managed():
    receiver = TmReceiver(MANAGED)
    common = {"spacecraft_id": 9, "master_count": 0, "channel_count": 0, "data": bytes(28), "ocf": 1}
    receiver.feed(TmFrame(channel=5, first_header=ONLY_IDLE, **common).encode())
    receiver.feed(TmFrame(channel=7, **common).encode())
    assert (receiver.idle, receiver.foreign) == (1, 1)


def test_frames_that_swap_places_or_come_twice_are_not_lost():
    """What a network does to datagrams: neither is a gap of nearly a whole round, nor are packets given twice."""
    sender, receiver = TmSender(MANAGED), TmReceiver(MANAGED)
    frames = []
    for number in range(6):
        sender.offer("live", SpacePacket(1, number, bytes(4)).encode())
        frames.append(sender.next_frame(number))
    received, words = [], []
    for number in (0, 1, 1, 3, 2, 4, 0, 5):
        received += [SpacePacket.decode(packet).count for _, packet in receiver.feed(frames[number])]
        words.append(receiver.clcw)
    assert (received, words) == ([0, 1, 3, 2, 4, 5], [0, 1, 1, 3, 3, 4, 4, 5])  # an older report is no news
    assert (receiver.lost, receiver.duplicates, receiver.frames) == (0, 2, 8)
    assert (receiver.channels["live"].lost, receiver.channels["live"].arrivals.late) == (0, 1)
