import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kernels.coding.crc import crc16
from link.packets.space_packet import SpacePacket
from link.packets.stream import PacketStreamReader
from tests.link.strategies import chunked


def checked(apid, count, body):
    """A packet whose last two octets are its CRC."""
    octets = SpacePacket(apid, count, body + bytes(2)).encode()[:-2]
    return octets + crc16(octets).to_bytes(2)


@st.composite
def streams(draw, least=0):
    """Packets, one behind the other."""
    bodies = draw(st.lists(st.binary(min_size=1, max_size=80), min_size=least, max_size=8))
    return [checked(apid=3 + count % 3, count=count, body=body) for count, body in enumerate(bodies)]


def read(reader, pieces):
    return [packet for piece in pieces for packet in reader.feed(piece)] + reader.finish()


def bounded(**options):
    return PacketStreamReader(apids={3, 4, 5}, octets_max=100, **options)


@given(streams(), st.data(), st.sampled_from([0, 4]))
def test_all_packets_whatever_the_chunking(packets, data, prefix):
    stream = b"".join(b"\xa5" * prefix + packet for packet in packets)
    reader = bounded(prefix_octets=prefix)
    assert read(reader, data.draw(chunked(stream))) == packets
    assert (reader.packets, reader.octets_skipped, reader.damages) == (len(packets), 0, 0)


@given(streams(least=1), st.data())
def test_one_wrong_bit_costs_one_packet(packets, data):
    """Anywhere, the length included."""
    stream = bytearray(b"".join(packets))
    bit = data.draw(st.integers(0, 8 * len(stream) - 1))
    stream[bit // 8] ^= 0x80 >> bit % 8
    reader = bounded()
    received = read(reader, data.draw(chunked(bytes(stream))))
    ends = [sum(map(len, packets[: n + 1])) for n in range(len(packets))]
    hit = next(n for n, end in enumerate(ends) if bit // 8 < end)
    assert received == packets[:hit] + packets[hit + 1 :]
    assert (reader.octets_skipped, reader.damages) == (len(packets[hit]), 1)


@given(streams(least=1), st.data())
def test_octets_put_in_or_taken_out_cost_the_packet_they_stand_in(packets, data):
    hit = data.draw(st.integers(0, len(packets) - 1))
    at = data.draw(st.integers(1, len(packets[hit]) - 1))
    damaged = packets[hit][:at] + data.draw(st.binary(max_size=40)) + packets[hit][at + 1 :]
    received = read(bounded(), data.draw(chunked(b"".join([*packets[:hit], damaged, *packets[hit + 1 :]]))))
    assume(all(packet in packets for packet in received))  # one damage in 65,536 has a CRC-16 that fits
    assert [packet for packet in received if packet in packets] == [
        packet for n, packet in enumerate(packets) if n != hit or packet in received
    ]


@given(st.binary(max_size=400), st.data())
def test_any_octets_whatever_the_chunking_and_a_bounded_buffer(stream, data):
    whole, pieces = PacketStreamReader(octets_max=60), PacketStreamReader(octets_max=60)
    expected, received = read(whole, [stream]), []
    for piece in data.draw(chunked(stream)):
        received += pieces.feed(piece)
        assert len(pieces._pending) < 60
    assert received + pieces.finish() == expected
    assert pieces.octets_skipped == whole.octets_skipped == len(stream) - sum(map(len, expected))


def test_every_undamaged_packet_of_a_long_stream():
    """2000 packets, one wrong bit in a length: 1999 are found."""
    packets = [checked(3, count % 16384, bytes([count % 256]) * (50 + count * 37 % 400)) for count in range(2000)]
    stream = bytearray(b"".join(packets))
    stream[sum(map(len, packets[:1000])) + 4] ^= 0x80
    assert read(PacketStreamReader(), [bytes(stream)]) == packets[:1000] + packets[1001:]


def test_without_crc_the_caller_judges():
    packets = [SpacePacket(3, 0, b"no crc").encode(), SpacePacket(3, 1, b"none either").encode()]
    reader = PacketStreamReader(is_valid=lambda packet: True)
    assert read(reader, [b"".join(packets) + b"\x00\x03"]) == packets
    assert reader.octets_skipped == 2


def test_a_wrong_length_delays_no_more_than_the_bound():
    good = checked(3, 0, bytes(20))
    reader = PacketStreamReader(octets_max=100)
    assert reader.feed(bytes.fromhex("0003c0000050") + good) == []  # promises 87 octets
    assert reader.feed(bytes(53)) == [good]


@pytest.mark.parametrize("apid", [2, 3])
def test_other_apids_are_not_believed(apid):
    assert read(PacketStreamReader(apids={3}), [checked(apid, 0, b"body")]) == [checked(3, 0, b"body")] * (apid == 3)


@given(streams(least=1), st.lists(st.integers(1, 200), min_size=1, max_size=9))
def test_a_packet_is_given_with_its_last_octet(packets, sizes):
    """Not later, however the octets before it came."""
    stream, reader, received, at = b"".join(packets), bounded(), [], 0
    ends = [sum(map(len, packets[: n + 1])) for n in range(len(packets))]
    for size in [*sizes, *[1] * len(stream)]:
        received += reader.feed(stream[at : at + size])
        at += size
        assert received == [packet for packet, end in zip(packets, ends, strict=True) if end <= at]


@pytest.mark.parametrize(("apid", "version"), [(0x503, 0), (3, 1), (3, 2), (3, 4)])
def test_whole_apid_and_version_are_looked_at(apid, version):
    """0x503 and 3 differ in the first octet only."""
    octets = (version << 13 | apid).to_bytes(2) + checked(3, 0, b"body")[2:-2]
    octets += crc16(octets).to_bytes(2)
    assert read(PacketStreamReader(apids={apid}), [octets]) == [octets] * (version == 0)
    assert read(PacketStreamReader(apids={3}), [octets]) == []


def test_damages_are_counted():
    good = checked(3, 0, b"good")
    reader = PacketStreamReader(apids={3})
    assert read(reader, [b"\xff\xff" + good + b"\xff" + good + good + b"\xff"]) == [good] * 3
    assert (reader.damages, reader.octets_skipped) == (3, 4)
