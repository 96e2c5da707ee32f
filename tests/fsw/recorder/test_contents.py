"""What is known of a segment without reading it."""

from fsw.recorder.contents import Contents, packet_kind
from fsw.recorder.segment import StoredRecord
from link.packets.space_packet import SpacePacket
from tests.fsw.recorded import packet


def test_kinds_of_packets():
    assert packet_kind(packet(1, apid=66, service=5, subtype=2)[0]) == (66, 5, 2)
    assert packet_kind(SpacePacket(67, 0, b"abcd").encode()) == (67, 0, 0)
    assert packet_kind(SpacePacket(67, 0, b"a", has_secondary=True).encode()) == (67, 0, 0)


def test_times_of_records_whose_clock_was_set_back():
    contents = Contents()
    assert not contents.overlaps(-10, 10)
    contents.add([])
    contents.add([StoredRecord(number, utc_ns, packet(1)[0]) for number, utc_ns in [(3, 5), (4, 2), (7, 4)]])
    assert (contents.records, contents.first, contents.last) == (3, 3, 7)
    assert (contents.oldest_ns, contents.newest_ns) == (2, 5)
    assert [contents.overlaps(*span) for span in [(0, 1), (0, 2), (3, 3), (5, 9), (6, 9)]] == [
        False, True, True, True, False]  # fmt: skip


def test_of_very_many_kinds_only_some_are_named():
    contents = Contents()
    contents.add([StoredRecord(at, 0, packet(1, subtype=at % 64)[0]) for at in range(128)])
    contents.add([StoredRecord(128, 0, packet(1, subtype=0)[0])])
    assert (len(contents.kinds), contents.kinds_more) == (64, False)
    contents.add([StoredRecord(129, 0, packet(1, subtype=64)[0])])
    assert (len(contents.kinds), contents.kinds_more, contents.records) == (64, True, 130)
    contents.add([StoredRecord(130, 0, packet(1, subtype=0)[0])])
    assert contents.kinds_more
