import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import DecodeError
from link.packets.encapsulation import EncapsulationPacket
from link.packets.size import is_idle, packet_size
from link.packets.space_packet import SpacePacket, idle_packet
from tests.link.strategies import encapsulation_packets, space_packets


@given(space_packets | encapsulation_packets, st.binary(), st.binary())
def test_a_packet_says_where_it_ends(packet, before, behind):
    octets = packet.encode()
    assert packet_size(before + octets + behind, len(before)) == len(octets)
    assert is_idle(octets) == packet.is_idle


@given(space_packets | encapsulation_packets)
def test_what_is_missing_of_the_header(packet):
    octets = packet.encode()
    for size in range(len(octets)):
        assert packet_size(octets[:size]) in (None, len(octets))
    assert packet_size(octets, len(octets)) is None


@pytest.mark.parametrize(("octets", "why"), [("2000", "version 1"), ("fd01", "of 1 octets has a header of 2")])
def test_no_packet(octets, why):
    with pytest.raises(DecodeError, match=why):
        packet_size(bytes.fromhex(octets))


def test_idle_vectors():
    assert is_idle(b"\xe0")
    assert is_idle(idle_packet(7))
    assert is_idle(bytes.fromhex("17ff 0000 0000 55"))  # a telecommand
    assert not is_idle(SpacePacket(2046, 0, b"x").encode())
    assert not is_idle(EncapsulationPacket(protocol=1).encode())


def test_a_header_is_enough():
    """Six octets of a space packet say how long it is, be there more or not."""
    header = bytes.fromhex("0003c0000009")
    assert packet_size(header) == packet_size(b"??" + header, 2) == 16
    assert packet_size(header[:5]) is None
