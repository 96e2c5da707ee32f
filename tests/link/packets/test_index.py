"""Recordings as columns: the same packets as one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.crc import crc16
from link.packets.index import encode_packets, index_packets
from link.packets.space_packet import SpacePacket
from link.packets.stream import PacketStreamReader, has_good_crc
from tests.link.strategies import space_packets


def with_crc(packet):
    octets = SpacePacket(packet.apid, packet.count, packet.data + bytes(2), packet.is_command).encode()[:-2]
    return octets + crc16(octets).to_bytes(2)


pieces = st.lists(
    st.binary(max_size=30) | space_packets.map(with_crc) | space_packets.map(lambda p: p.encode()), max_size=8
)


@given(pieces, st.booleans(), st.sampled_from([0, 4]), st.none() | st.sets(st.integers(0, 2047)), st.integers(7, 400))
def test_the_reader_finds_the_same(pieces, checked, prefix, apids, octets_max):
    stream = b"".join(pieces)
    reader = PacketStreamReader(has_good_crc if checked else lambda packet: True, apids, octets_max, prefix)
    index = index_packets(stream, checked=checked, apids=apids, octets_max=octets_max, prefix_octets=prefix)
    expected = reader.feed(stream) + reader.finish()
    assert [index.packet(number) for number in range(len(index))] == expected
    assert index.octets_skipped == len(stream) - sum(map(len, expected))


@given(st.lists(space_packets, max_size=12))
def test_columns_say_what_the_packets_say(packets):
    index = index_packets(b"".join(packet.encode() for packet in packets), checked=False)
    assert index.apid.tolist() == [packet.apid for packet in packets]
    assert index.count.tolist() == [packet.count for packet in packets]
    assert index.flags.tolist() == [packet.flags for packet in packets]
    assert index.is_command.tolist() == [packet.is_command for packet in packets]
    assert index.has_secondary.tolist() == [packet.has_secondary for packet in packets]
    assert index.size.tolist() == [packet.size for packet in packets]
    assert index.without_idle().apid.tolist() == [packet.apid for packet in packets if not packet.is_idle]


def test_packets_that_swap_places_or_come_twice_are_not_lost():
    packets = [SpacePacket(1, count, bytes([count]) * 3).encode() for count in range(8)]
    index = index_packets(b"".join(packets[number] for number in (0, 2, 1, 1, 3, 6)), checked=False)
    assert index.lost() == {1: 2}


def test_rows():
    stream = SpacePacket(1, 0, b"abc").encode() + SpacePacket(1, 1, b"defg").encode()
    index = index_packets(stream, checked=False)
    assert index.rows(6, 9).tobytes() == b"abcdef"
    with pytest.raises(ValueError, match="the shortest packet has 9"):
        index.rows(6, 10)
    assert index.where(index.apid == 2).rows(6, 9).shape == (0, 3)


@given(st.integers(0, 2047), st.integers(0, 16383), st.integers(0, 7), st.integers(0, 5), st.integers(1, 20))
def test_many_packets_at_once(apid, count, choices, packets, size):
    bodies = np.random.default_rng(count).integers(0, 256, (packets, size), np.uint8)
    flags = {"is_command": bool(choices & 1), "has_secondary": bool(choices & 2)}
    checked = bool(choices & 4)
    for number, octets in enumerate(encode_packets(apid, count, bodies, **flags, checked=checked)):
        body = bodies[number].tobytes() + bytes(2 * checked)
        head = SpacePacket(apid, (count + number) % 16384, body, **flags).encode()[: 6 + size]
        assert octets.tobytes() == (head + crc16(head).to_bytes(2) if checked else head)


@pytest.mark.parametrize(("apid", "count", "size"), [(2048, 0, 1), (0, 16384, 1), (0, 0, 65537), (0, 0, 0)])
def test_range(apid, count, size):
    with pytest.raises(ValueError, match="out of range"):
        encode_packets(apid, count, np.zeros((1, size), np.uint8), checked=False)
