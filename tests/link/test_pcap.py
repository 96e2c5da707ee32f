"""Capture files: by hand from the draft, and read back by tshark."""

import pytest

from link.pcap import KEPT_OCTETS_MAX, pcap_header, pcap_record


def test_vector():
    """By hand from draft-ietf-opsawg-pcap §4 and §5: version 2.4, nanoseconds, USER0; 1.5 s after 1970, 3 octets."""
    assert pcap_header() == bytes.fromhex("a1b23c4d 0002 0004 00000000 00000000 00040000 00000093")
    assert pcap_record(b"abc", 1_500_000_000) == bytes.fromhex("00000001 1dcd6500 00000003 00000003 616263")


@pytest.mark.parametrize(("size", "time_ns"), [(KEPT_OCTETS_MAX + 1, 0), (1, -1), (1, 10**9 << 32)])
def test_out_of_range_is_refused(size, time_ns):
    with pytest.raises(ValueError, match="out of range"):
        pcap_record(bytes(size), time_ns)
