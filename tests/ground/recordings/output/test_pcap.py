"""Capture files: by hand from the draft, and read back by tshark."""

import pytest

from ground.recordings.output.pcap import KEPT_OCTETS_MAX, pcap_header, pcap_record


def test_vector():
    """By hand from draft-ietf-opsawg-pcap §4 and §5: version 2.4, nanoseconds, USER0; 1.5 s after 1970, 3 octets."""
    assert pcap_header() == bytes.fromhex("a1b23c4d 0002 0004 00000000 00000000 00040000 00000093")
    assert pcap_record(b"abc", 1_500_000_000) == bytes.fromhex("00000001 1dcd6500 00000003 00000003 616263")


@pytest.mark.parametrize("time_ns", [-1, 10**9 << 32])
def test_out_of_range_is_refused(time_ns):
    with pytest.raises(ValueError, match="out of range"):
        pcap_record(b"x", time_ns)


def test_what_is_longer_than_a_record_is_cut():
    record = pcap_record(bytes(KEPT_OCTETS_MAX + 1))
    assert (len(record), record[8:16].hex()) == (16 + KEPT_OCTETS_MAX, "0004000000040001")
