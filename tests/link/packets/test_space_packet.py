import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import DecodeError, TruncatedError
from link.packets.space_packet import HEADER, HEADER_SIZE, IDLE_APID, SpacePacket, idle_packet
from tests.link.strategies import space_packets


@given(space_packets)
def test_the_header_is_as_construct_defines_it(packet):
    values = HEADER.oracle().parse(packet.encode())
    assert (values.apid, values.count, values.flags, values.length) == (
        packet.apid,
        packet.count,
        packet.flags,
        len(packet.data) - 1,
    )
    assert (values.version, values.is_command, values.has_secondary) == (0, packet.is_command, packet.has_secondary)
    assert HEADER.oracle().build(values) == packet.encode()[:HEADER_SIZE]


@given(space_packets)
def test_truncation_at_every_octet(packet):
    octets = packet.encode()
    for size in range(len(octets)):
        with pytest.raises(TruncatedError) as caught:
            SpacePacket.decode(octets[:size])
        assert caught.value.needed == (HEADER_SIZE if size < HEADER_SIZE else packet.size)
        assert caught.value.given == size


def test_vector():
    """By hand from §4.1: telemetry, APID 3, unsegmented, count 5, two octets."""
    assert SpacePacket(apid=3, count=5, data=b"\xab\xcd").encode() == bytes.fromhex("0003 c005 0001 abcd")


def test_longest_packet():
    packet = SpacePacket(1, 0, bytes(65536))
    assert packet.encode()[4:6] == b"\xff\xff"
    assert SpacePacket.decode(packet.encode()) == packet


@pytest.mark.parametrize("data", [b"", bytes(65537)])
def test_data_must_fit(data):
    with pytest.raises(ValueError, match=r"1\.\.65536"):
        SpacePacket(1, 0, data).encode()


@pytest.mark.parametrize(("field", "value"), [("apid", 2048), ("apid", -1), ("count", 16384), ("count", -1)])
def test_range(field, value):
    with pytest.raises(ValueError, match=f"{field} = {value}"):
        SpacePacket(**{"apid": 0, "count": 0, "data": b"x", field: value}).encode()


def test_other_versions_are_refused():
    with pytest.raises(DecodeError, match="version 1"):
        SpacePacket.decode(bytes.fromhex("2003 c005 0001 abcd"))


@given(st.integers(7, 400))
def test_idle_packet_has_the_size_asked_for(size):
    packet = SpacePacket.decode(idle_packet(size))
    assert (packet.size, packet.apid, packet.is_idle) == (size, IDLE_APID, True)


def test_flags_out_of_range():
    with pytest.raises(ValueError, match=r"flags = 4, expected 0\.\.3"):
        SpacePacket(1, 0, b"x", flags=4).encode()


def test_idle_packets_count_from_0_unless_told():
    assert SpacePacket.decode(idle_packet(7)).count == 0
