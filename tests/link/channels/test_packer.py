"""Packing and extraction are inverse, whatever the sizes; extraction survives any data and any pointer."""

from hypothesis import given
from hypothesis import strategies as st

from link.channels.extraction import Extractor
from link.channels.multiplex import Packer
from link.packets.size import is_idle, packet_size
from tests.link.strategies import encapsulation_packets, space_packets

packets = st.lists((space_packets | encapsulation_packets).filter(lambda p: not p.is_idle), max_size=12)


@given(packets, st.integers(1, 100))
def test_extraction_inverts_packing(packets, size):
    queued = [packet.encode() for packet in packets]
    packer, extractor, received = Packer(), Extractor(), []
    packer.packets.extend(queued)
    while packer.waits:
        data, first_header = packer.pop(size)
        assert len(data) == size
        received += extractor.feed(data, first_header)
    assert [packet for packet in received if not is_idle(packet)] == queued
    assert extractor.octets_dropped == extractor.inconsistent == extractor.out_of_range == 0


@given(st.lists(st.tuples(st.binary(max_size=50), st.none() | st.integers(0, 60)), max_size=20))
def test_any_data_and_pointers_give_whole_packets_or_nothing(fields):
    """And no octet is forgotten: each is in a packet, dropped, or in the packet in progress."""
    extractor, received = Extractor(), 0
    for data, first_header in fields:
        for packet in extractor.feed(data, first_header):
            assert packet_size(packet) == len(packet)
            received += len(packet)
    assert sum(len(data) for data, _ in fields) == received + extractor.octets_dropped + len(extractor.partial)


def test_policy_by_hand():
    """The rules of the module's head, one after the other."""
    whole = bytes.fromhex("0003 c000 0007") + b"12345678"  # 14 octets
    extractor = Extractor()
    extractor.feed(whole[:10], 0)
    extractor.drop()  # 1: a gap
    assert extractor.feed(whole[10:], None) == []
    assert extractor.octets_dropped == 14
    extractor.feed(whole[:10], 0)
    assert extractor.feed(b"1234", 4) == []  # 2: a pointer outside
    assert (extractor.out_of_range, extractor.octets_dropped) == (1, 28)
    extractor.feed(whole[:10], 0)
    assert extractor.feed(b"123" + whole, 3) == [whole]  # 3: the younger of two that disagree
    assert (extractor.inconsistent, extractor.octets_dropped) == (1, 41)
    assert extractor.feed(whole + b"\x20" * 6, 0) == [whole]  # 4: version 1
    assert (extractor.unknown_version, extractor.octets_dropped) == (1, 47)
    assert extractor.packets == 2


def test_a_header_that_contradicts_itself_ends_the_packet():
    """An encapsulation packet of one octet with a header of two, cut between them."""
    extractor = Extractor()
    extractor.feed(b"\xfd", 0)
    assert extractor.feed(b"\x01", None) == []
    assert extractor.inconsistent == 1


def test_idle_packets_count_on():
    packer = Packer()
    zones = b"".join(packer.pop(20)[0] for _ in range(3))
    assert [packet_size(zones, at) for at in (0, 20, 40)] == [20] * 3
    assert [int.from_bytes(zones[at + 2 : at + 4]) & 0x3FFF for at in (0, 20, 40)] == [1, 2, 3]


def test_counters_add_up():
    extractor = Extractor()
    for _ in range(2):
        extractor.feed(b"\x00\x03", 2)  # a pointer outside
        extractor.feed(b"\x20\x03", 0)  # version 1
        extractor.feed(b"\x00\x03", 0)
        extractor.feed(b"\x00\x03", 1)  # the packet begun cannot end there
        extractor.feed(b"\xe0", 0)  # nor can the one that begins behind it
        extractor.drop()
    facts = (extractor.out_of_range, extractor.unknown_version, extractor.inconsistent, extractor.packets)
    assert facts == (2, 2, 4, 2)


def test_a_packet_of_no_length_ends_nothing():
    """A header that contradicts itself is dropped whatever the octets before it."""
    extractor = Extractor()
    extractor.feed(b"\xfd", 0)
    assert extractor.feed(b"", 0) == []
    assert extractor.feed(b"\x00\xe0", 1) == [b"\xe0"]
