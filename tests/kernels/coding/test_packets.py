import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.crc import crc16
from kernels.coding.packets import find_packets


def packet(apid, body):
    octets = apid.to_bytes(2) + b"\xc0\x00" + (len(body) + 1).to_bytes(2) + body
    return octets + crc16(octets).to_bytes(2)


def test_vector():
    """By hand from 133.0-B-2 §4.1: APID 3 at octet 2, ten octets; a command of APID 4, eleven octets."""
    stream = b"??" + packet(3, b"ab") + packet(0x1004, b"abc")
    assert find_packets(stream).tolist() == [(2, 10, 3, 0xC000), (12, 11, 0x1004, 0xC000)]
    assert find_packets(stream, apids=[4]).tolist() == [(12, 11, 0x1004, 0xC000)]
    assert find_packets(stream, size_max=10).tolist() == [(2, 10, 3, 0xC000)]
    assert find_packets(stream[2:12], checked=False, prefix=0).tolist() == [(0, 10, 3, 0xC000)]
    assert find_packets(stream[:12], prefix=2).tolist() == [(2, 10, 3, 0xC000)]


@given(st.binary(max_size=300), st.booleans(), st.integers(0, 5))
def test_any_octets(octets, checked, prefix):
    """What is found lies inside, one behind the other, and begins with the header that the record tells."""
    end = 0
    for offset, size, identification, sequence in find_packets(octets, checked=checked, prefix=prefix).tolist():
        assert offset >= end + prefix
        end = offset + size
        assert octets[offset : offset + 4] == identification.to_bytes(2) + sequence.to_bytes(2)
        assert not checked or crc16(octets[offset:end]) == 0
    assert end <= len(octets)


def test_more_packets_than_room():
    records = find_packets(packet(5, b"") * 5000)
    assert records["offset"].tolist() == list(range(0, 8 * 5000, 8))


@pytest.mark.parametrize(
    "rules", [{"size_max": 6}, {"size_max": 65543}, {"prefix": -1}, {"apids": [2048]}, {"apids": [-1]}]
)
def test_rules_out_of_range(rules):
    with pytest.raises(ValueError, match="expected"):
        find_packets(b"", **rules)


def test_nothing():
    assert find_packets(b"").tolist() == []
