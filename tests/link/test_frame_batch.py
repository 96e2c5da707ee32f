"""Frames in bulk: the same packets as frame by frame, whatever is lost, damaged or contradictory."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from link.extraction import Extractor
from link.frame_batch import extract_packets, tm_packets
from link.managed import Managed, TmChannel
from link.packing import Packer
from link.space_packet import SpacePacket
from link.tm_frame import TmFrame
from link.tm_receiver import TmReceiver
from link.tm_sender import TmSender

ZONE = 24


def fields(sizes):
    """Data fields and pointers of packets with these sizes of data."""
    packer = Packer()
    packer.packets.extend(SpacePacket(3, n % 16384, bytes([n % 256]) * size).encode() for n, size in enumerate(sizes))
    while packer.waits:
        zone, first_header = packer.take(ZONE)
        yield zone, -1 if first_header is None else first_header


def one_by_one(zones, first_headers, gaps):
    extractor, packets = Extractor(), []
    for zone, first_header, gap in zip(zones, first_headers, gaps, strict=True):
        if gap:
            extractor.drop()
        packets += extractor.feed(zone, None if first_header < 0 else first_header)
    return packets


def in_bulk(zones, first_headers, gaps):
    rows = np.frombuffer(b"".join(zones), np.uint8).reshape(len(zones), ZONE)
    index = extract_packets(rows, np.array(first_headers, np.int64), np.array(gaps, np.bool_))
    return [index.packet(number) for number in range(len(index))]


@given(st.lists(st.integers(1, 90), min_size=1, max_size=60), st.data())
def test_the_extractor_gives_the_same(sizes, data):
    """With frames lost, pointers changed, and octets damaged so that lengths and versions lie."""
    zones, first_headers = map(list, zip(*fields(sizes), strict=True))
    numbers = st.integers(0, len(zones) - 1)
    for number in data.draw(st.lists(numbers, max_size=4)):
        first_headers[number] = data.draw(st.integers(-1, ZONE + 3))
    for number in data.draw(st.lists(numbers, max_size=4)):
        zone = bytearray(zones[number])
        at = data.draw(st.integers(0, ZONE - 1))
        zone[at] = data.draw(st.sampled_from([0, 0x20, zone[at] ^ 1]))
        zones[number] = bytes(zone)
    gaps = [data.draw(st.integers(0, 9)) == 0 for _ in zones]
    assert in_bulk(zones, first_headers, gaps) == one_by_one(zones, first_headers, gaps)


@given(st.lists(st.tuples(st.binary(min_size=ZONE, max_size=ZONE), st.integers(-1, ZONE), st.booleans()), max_size=20))
def test_any_frames(frames):
    zones, first_headers, gaps = map(list, zip(*frames, strict=True)) if frames else ([], [], [])
    zones = [bytes(octet & 0x1F for octet in zone) for zone in zones]  # else hardly any packet would be one
    assert in_bulk(zones, first_headers, gaps) == one_by_one(zones, first_headers, gaps)


def test_long_runs_and_packets_longer_than_a_step():
    zones, first_headers = map(list, zip(*fields([5000, 60000, *range(1, 300)]), strict=True))
    gaps = [False] * len(zones)
    packets = in_bulk(zones, first_headers, gaps)
    assert packets == one_by_one(zones, first_headers, gaps)
    assert len(packets) >= 301


CHANNELS = (TmChannel(name="live", vc=0, queue_packets=60), TmChannel(name="files", vc=3, queue_packets=60))
MANAGED = Managed(spacecraft_id=9, tm_channels=CHANNELS, rs_parity=0, tm_frame_octets=40)


@given(
    st.lists(st.tuples(st.sampled_from(["live", "files"]), st.integers(1, 90)), max_size=30),
    st.sets(st.integers(0, 40)),
    st.sets(st.integers(0, 40)),
    st.randoms(use_true_random=False),
)
def test_the_receiver_gives_the_same(items, lost, damaged, dice):
    sender, frames = TmSender(MANAGED), []
    for number, (channel, size) in enumerate(items):
        sender.offer(channel, SpacePacket(3, number, bytes(size)).encode())
    while sender.waiting:
        frames.append(bytearray(sender.next_frame(7)))
        if dice.random() < 0.2:
            frames.append(bytearray(only_idle(sender)))
    for number in damaged & set(range(len(frames))):
        frames[number][dice.randrange(40)] ^= 1
    frames = [bytes(frame) for number, frame in enumerate(frames) if number not in lost]
    receiver = TmReceiver(MANAGED)
    expected = [delivery for frame in frames for delivery in receiver.feed(frame)]
    rows = np.frombuffer(b"".join(frames), np.uint8).reshape(len(frames), 40)
    for name, index in tm_packets(rows, MANAGED).items():
        wanted = index.without_idle()
        assert [wanted.packet(n) for n in range(len(wanted))] == [p for channel, p in expected if channel == name]


def only_idle(sender):
    """An idle frame in the middle of channel 0, which splits what is on its way there."""
    frame = TmFrame.decode(sender.next_frame(7))
    frame.channel, frame.first_header = 0, 0x7FE
    return frame.encode()
