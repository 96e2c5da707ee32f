"""Whatever happens to the octets of a segment, each record that was not hit is read, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.recorder.segment import (
    HEADER_OCTETS,
    StoredRecord,
    encode_records,
    scan_segment,
    seed_of,
    segment_header,
)

SEED = seed_of(1, 5)
HEADER = segment_header(SEED, 7, b"version1")
RECORDS = st.lists(st.binary(min_size=1, max_size=40), max_size=8).map(
    lambda packets: [StoredRecord(5 + 2 * at, 10**18 + at, packet) for at, packet in enumerate(packets)]
)
SOME = [StoredRecord(5 + at, 10**18 - at, bytes([at]) * (at + 1)) for at in range(6)]


def ends(records):
    """Where each record ends in the segment."""
    return [HEADER_OCTETS + len(encode_records(SEED, records[: at + 1])) for at in range(len(records))]


@given(RECORDS)
def test_what_is_encoded_is_read(records):
    octets = HEADER + encode_records(SEED, records)
    assert scan_segment(octets, SEED) == (records, 0, len(octets), 7, b"version1")


def test_vector():
    """By hand: marker, CRC, length 2, number 5, a time of 1 ns, the packet."""
    octets = encode_records(SEED, [StoredRecord(5, 1, b"ab")])
    assert octets[:4] == b"\xf5Pkt"
    assert octets[8:] == bytes.fromhex("00000002 0000000000000005 0000000000000001 6162")


def test_a_cut_at_any_octet_leaves_the_records_before_it():
    octets = HEADER + encode_records(SEED, SOME)
    for cut in range(len(octets) + 1):
        scan = scan_segment(octets[:cut], SEED)
        assert scan.records == [one for one, end in zip(SOME, ends(SOME), strict=True) if end <= cut]
        assert scan.damaged == 0
        assert (scan.priority is None) == (cut < HEADER_OCTETS)


@pytest.mark.requirement("FSW-REC-003")
def test_a_wrong_octet_costs_the_record_in_which_it_is():
    octets = HEADER + encode_records(SEED, SOME)
    for at in range(len(octets)):
        damaged = octets[:at] + bytes([octets[at] ^ 0x41]) + octets[at + 1 :]
        hit = next((number for number, end in enumerate(ends(SOME)) if HEADER_OCTETS <= at < end), None)
        scan = scan_segment(damaged, SEED)
        assert scan.records == [one for number, one in enumerate(SOME) if number != hit]
        assert (scan.priority is None) == (at < HEADER_OCTETS)
        last = len(SOME) - 1
        assert scan.end == (ends(SOME)[last - 1] if hit == last else len(octets))


@given(st.binary(max_size=200), RECORDS)
def test_octets_of_any_kind_before_records_cost_none_of_them(noise, records):
    scan = scan_segment(noise + encode_records(SEED, records), SEED)
    assert scan.records == records


def test_a_record_in_a_packet_is_no_record():
    """Not while the outer one is sound, and not of another segment; an own one that came before is known already."""
    foreign = encode_records(seed_of(1, 6), SOME[1:3])
    own = encode_records(SEED, SOME[:1])
    outer = [*SOME[:1], StoredRecord(9, 0, foreign + own)]
    octets = HEADER + encode_records(SEED, outer)
    assert scan_segment(octets, SEED).records == outer
    at = len(HEADER) + len(own) + 5
    assert scan_segment(octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :], SEED).records == SOME[:1]


def test_a_header_of_another_format_is_not_believed():
    head = segment_header(SEED, 7, b"version1")
    assert scan_segment(head, seed_of(1, 6))[3:] == (None, None)
    assert scan_segment(head[:8] + b"\x02" + head[9:], SEED).priority is None
