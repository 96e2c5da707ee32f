"""What is acknowledged is what was taken, in as few ranges as tell it without saying more."""

from hypothesis import given
from hypothesis import strategies as st

from ground.station.receipts import SPANS_MAX, Receipts
from link.pus.services.storage import AcknowledgePackets, AcknowledgeRecords, PacketRange, RecordRange

APID, ALL = 65, 1 << 16


def ranges(receipts, octets_max=ALL):
    return [one for request in receipts.drain(octets_max) for one in request.ranges]


def spans(receipts):
    return [(one.first_count, one.last_count, one.start, one.end) for one in ranges(receipts)]


def test_records_of_each_store():
    receipts = Receipts()
    assert not receipts.has_records
    for store, first, count in [(1, 5, 2), (2, 5, 1), (1, 7, 3), (1, 20, 1)]:
        receipts.accept_records(store, first, count)
    assert (receipts.has_records, receipts.has_packets) == (True, False)
    first = AcknowledgeRecords(store=1, ranges=[RecordRange(first=5, last=9), RecordRange(first=20, last=20)])
    assert list(receipts.drain(ALL)) == [first, AcknowledgeRecords(store=2, ranges=[RecordRange(first=5, last=5)])]
    assert not receipts.has_records
    assert list(receipts.drain(ALL)) == []


def test_runs_of_packets_go_through_the_end_of_their_cycle():
    receipts = Receipts()
    for count, time_ns in [(16382, 10), (16383, 12), (0, 11), (2, 13), (3, 14)]:
        receipts.accept_packet(APID, count, time_ns)
    receipts.accept_packet(66, 4, 15)
    assert (receipts.has_records, receipts.has_packets) == (False, True)
    assert spans(receipts) == [(16382, 0, 10, 12), (2, 3, 13, 14), (4, 4, 15, 15)]
    assert not receipts.has_packets


def test_what_comes_again_is_told_once_and_what_has_the_same_count_is_told_apart():
    receipts = Receipts()
    for count, time_ns in [(1, 10), (2, 12), (1, 10), (7, 20), (2, 12), (7, 20), (2, 90)]:
        receipts.accept_packet(APID, count, time_ns)
    assert spans(receipts) == [(1, 2, 10, 12), (7, 7, 20, 20), (2, 2, 90, 90)]


def test_no_range_holds_a_count_twice():
    receipts = Receipts()
    for at in range(20_000):
        receipts.accept_packet(APID, at % 16384, at)
    found = spans(receipts)
    assert found == [(0, 8191, 0, 8191), (8192, 16383, 8192, 16383), (0, 3615, 16384, 19999)]


@given(st.lists(st.integers(0, 40), max_size=60))
def test_ranges_say_what_was_taken_and_nothing_else(counts):
    """Each count has one time here."""
    receipts = Receipts()
    for count in counts:
        receipts.accept_packet(APID, count, 1000 + count)
    told = [number for one in ranges(receipts) for number in range(one.first_count, one.last_count + 1)]
    assert set(told) == set(counts)


def test_requests_fit_into_their_frames():
    receipts = Receipts()
    for at in range(7):
        receipts.accept_packet(APID, 2 * at, at)
        receipts.accept_records(1, 2 * at, 1)
    requests = list(receipts.drain(64))
    assert max(len(request.encode()) for request in requests) <= 64
    assert [len(request.ranges) for request in requests] == [3, 3, 1, 3, 3, 1]
    assert {type(request) for request in requests} == {AcknowledgeRecords, AcknowledgePackets}
    receipts.accept_packet(APID, 1, 1)
    one = PacketRange(apid=APID, first_count=1, last_count=1, start=1, end=1)
    assert ranges(receipts, 5) == [one]


def test_memory_is_bounded_and_can_be_cleared():
    receipts = Receipts()
    for at in range(SPANS_MAX + 44):
        receipts.accept_packet(APID, 2 * at % 16384, at)
    assert receipts.dropped == 44
    assert len(ranges(receipts)) == SPANS_MAX
    receipts.accept_packet(APID, 1, 1)
    receipts.accept_records(1, 1, 1)
    receipts.clear()
    assert (receipts.has_packets, receipts.has_records) == (False, False)


def test_of_too_many_spans_of_records_the_shortest_is_dropped_and_counted():
    receipts = Receipts()
    for at in range(SPANS_MAX):
        receipts.accept_records(at % 2, 10 * at, 3 if at == 7 else 4)
    assert receipts.dropped == 0
    receipts.accept_records(1, 10 * SPANS_MAX, 9)
    assert receipts.dropped == 3
    told = {one.first for one in ranges(receipts)}
    assert told == {10 * at for at in range(SPANS_MAX + 1)} - {70}
