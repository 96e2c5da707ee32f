"""Frames in bulk: what the extractor gives for them one by one, its counters included, whatever is lost or damaged."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ground.recordings.frames.batch import extract
from link.channels.extraction import Extractor
from link.channels.multiplex import Packer
from link.packets.encapsulation import EncapsulationPacket
from link.packets.space_packet import SpacePacket
from tests.link.strategies import chunked

ZONE = 24


def fields(packets):
    """Data fields and pointers of packets."""
    packer = Packer()
    packer.packets.extend(packets)
    while packer.waits:
        zone, first_header = packer.pop(ZONE)
        yield zone, -1 if first_header is None else first_header


def of_sizes(sizes):
    return [SpacePacket(3, n % 16384, bytes([n % 256]) * size).encode() for n, size in enumerate(sizes)]


def one_by_one(frames):
    extractor, packets = Extractor(), []
    for number, (zone, first_header, gap) in enumerate(frames):
        if gap:
            extractor.drop()
        packets += [(number, packet) for packet in extractor.feed(zone, None if first_header < 0 else first_header)]
    return packets, extractor


def in_bulk(pieces):
    extractor, packets, before = Extractor(), [], 0
    for frames in pieces:
        zones = np.frombuffer(b"".join(zone for zone, _, _ in frames), np.uint8).reshape(len(frames), ZONE)
        first_headers = np.array([first_header for _, first_header, _ in frames], np.int64)
        octets, records, ends = extract(
            extractor, zones, first_headers, np.array([gap for *_, gap in frames], np.bool_)
        )
        packets += [
            (before + int(end), bytes(octets[record["offset"] : record["offset"] + record["size"]]))
            for record, end in zip(records, ends, strict=True)
        ]
        before += len(frames)
    return packets, extractor


some_packets = st.lists(
    st.integers(1, 90).map(lambda size: SpacePacket(3, size, bytes(size)).encode())
    | st.integers(0, 60).map(lambda size: EncapsulationPacket(protocol=7, data=bytes(size)).encode()),
    min_size=1,
    max_size=60,
)


@given(some_packets, st.data())
def test_the_extractor_gives_the_same(packets, data):
    """In pieces of any size, frames lost, pointers changed, and octets damaged so that lengths and versions lie."""
    zones, first_headers = map(list, zip(*fields(packets), strict=True))
    numbers = st.integers(0, len(zones) - 1)
    for number in data.draw(st.lists(numbers, max_size=4)):
        first_headers[number] = data.draw(st.integers(-1, ZONE + 3))
    for number in data.draw(st.lists(numbers, max_size=4)):
        zone = bytearray(zones[number])
        at = data.draw(st.integers(0, ZONE - 1))
        zone[at] = data.draw(st.sampled_from([0, 0x20, 0xE1, zone[at] ^ 1]))
        zones[number] = bytes(zone)
    gaps = data.draw(st.sets(numbers, max_size=4))
    frames = [(zone, first, n in gaps) for n, (zone, first) in enumerate(zip(zones, first_headers, strict=True))]
    assert in_bulk(data.draw(chunked(frames))) == one_by_one(frames)


@given(st.lists(st.tuples(st.binary(min_size=ZONE, max_size=ZONE), st.integers(-1, ZONE), st.booleans()), max_size=20))
def test_any_frames(frames):
    mostly_packets = [(bytes(octet & 0x1F for octet in zone), *rest) for zone, *rest in frames]
    for one in (frames, mostly_packets):
        assert in_bulk([one]) == one_by_one(one)


def test_long_runs_and_packets_longer_than_a_step():
    frames = [(zone, first, False) for zone, first in fields(of_sizes([5000, 60000, *range(1, 300)]))]
    packets, extractor = in_bulk([frames])
    assert (packets, extractor) == one_by_one(frames)
    assert len(packets) >= 301


def test_good_frames_are_not_looked_at_one_by_one(monkeypatch):
    """The first frame of the second piece ends a packet that began before it; none of the others is taken alone."""
    frames = [(zone, first, False) for zone, first in fields(of_sizes([50] * 900))]
    alone = []
    feed = Extractor.feed
    monkeypatch.setattr(Extractor, "feed", lambda self, *given: alone.append(1) or feed(self, *given))
    packets, _ = in_bulk([frames[:1000], frames[1000:]])
    assert len(packets) == 900
    assert len(alone) <= 3
