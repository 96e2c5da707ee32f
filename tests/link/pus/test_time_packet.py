"""The packet of a time report reads back, and nothing else reads as one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import DecodeError
from link.packets.space_packet import SpacePacket
from link.pus.services.time import TimeReport
from link.pus.time_packet import decode_time_packet, encode_time_packet

EPOCH_UTC_NS = 1_767_225_600_000_000_000


@given(st.integers(0, 8), st.integers(0, 10**12), st.integers(0, 1 << 20))
def test_a_report_reads_back(rate, seconds, count):
    time = TimeReport.decode(TimeReport(rate=rate, time=EPOCH_UTC_NS + seconds).encode()).time
    octets = encode_time_packet(TimeReport(rate=rate, time=time), count)
    assert decode_time_packet(octets) == TimeReport(rate=rate, time=time)
    assert SpacePacket.decode(octets).count == count % (1 << 14)


def test_vector():
    """By hand, §8.9.2.2: APID 0 without secondary header, count 5, eight octets: rate 8, and 2 s after 1958."""
    octets = encode_time_packet(TimeReport(rate=8, time=-378_691_200 * 10**9 - 8 * 10**9), 5)
    assert octets == bytes.fromhex("0000 c005 0007 08 00000002 000000")


@pytest.mark.parametrize("octets", ["0041c00000070800000002000000", "1000c00000070800000002000000",
                                    "0800c00000070800000002000000", "0000c005000108", "0000"])  # fmt: skip
def test_what_is_none_is_refused(octets):
    with pytest.raises(DecodeError):
        decode_time_packet(bytes.fromhex(octets))


@given(st.binary(max_size=30))
def test_decoding_is_total(octets):
    try:
        report = decode_time_packet(octets)
    except DecodeError:
        return
    assert report.encode() == SpacePacket.decode(octets).data[:8]
