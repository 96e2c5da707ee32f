"""Segments: the files of a packet store, only ever written behind their end; what is in them is told by octets alone.

segment: marker 4 | CRC-32C of what follows 4 | format 1 | priority 1 | version of the node's dictionary 8 | records
record:  marker 4 | CRC-32C of what follows 4 | length of the packet 4 | number 8 | time, UTC ns 8 | packet

Both CRCs begin with a seed made of the store's number and the segment's first number, which its file name says: a
record that came into a packet, as when memory is dumped, is no record of another segment. A reader finds the next
record after a damaged one by its marker, so that damage costs what it hit and nothing else.
"""

from collections.abc import Iterable
from struct import Struct
from typing import NamedTuple

from kernels.coding.crc import crc32c
from link.packets.space_packet import PACKET_OCTETS_MAX

_SEGMENT, _RECORD = b"\xf5Seg", b"\xf5Pkt"
_SEED, _CRC = Struct(">HQ"), Struct(">I")
_LEAD, _COVERED = Struct(">4sI"), Struct(">IQq")
_HEAD = Struct(">BB8s")
_FORMAT = 1
_LAST = 2  # records by which the end of a segment is known
DICTIONARY_OCTETS = 8
HEADER_OCTETS = _LEAD.size + _HEAD.size
RECORD_OCTETS = _LEAD.size + _COVERED.size
"""What a record takes beside its packet."""


class StoredRecord(NamedTuple):
    """A packet that is kept: its number in the store, which no other packet ever gets, and its time."""

    number: int
    utc_ns: int
    packet: bytes


class Scan(NamedTuple):
    """What stands in a segment: its sound records in order, and how many runs of other octets lay before them.

    `end` is where the last sound record ends: what follows is torn. `priority` and `dictionary` are None where the
    header is damaged.
    """

    records: list[StoredRecord]
    damaged: int
    end: int
    priority: int | None
    dictionary: bytes | None


class SegmentEnds(NamedTuple):
    """The first and the last record of a segment, and what its header says."""

    first: StoredRecord
    last: StoredRecord
    priority: int
    dictionary: bytes


def seed_of(store: int, first: int) -> int:
    """What the CRCs of the segment of `store` that begins with number `first` start from."""
    return crc32c(_SEED.pack(store, first))


def segment_header(seed: int, priority: int, dictionary: bytes) -> bytes:
    """The octets that a segment begins with; `priority` is 0..255, `dictionary` has 8 octets."""
    covered = _HEAD.pack(_FORMAT, priority, dictionary)
    return _LEAD.pack(_SEGMENT, crc32c(covered, seed)) + covered


def encode_records(seed: int, records: Iterable[StoredRecord]) -> bytes:
    """The octets of records, one behind the other."""
    pieces: list[bytes] = []
    for number, utc_ns, packet in records:
        covered = _COVERED.pack(len(packet), number, utc_ns) + packet
        pieces += (_LEAD.pack(_RECORD, crc32c(covered, seed)), covered)
    return b"".join(pieces)


def scan_segment(octets: bytes, seed: int) -> Scan:
    """Read whatever stands in a segment; numbers that do not grow are no records of it."""
    records: list[StoredRecord] = []
    priority, dictionary = _head_in(octets, seed)
    at = end = 0 if priority is None else HEADER_OCTETS
    damaged, last, size = 0, -1, len(octets)
    while at + RECORD_OCTETS <= size:
        marker, crc = _LEAD.unpack_from(octets, at)
        length, number, utc_ns = _COVERED.unpack_from(octets, at + _LEAD.size)
        stop = at + RECORD_OCTETS + length
        if marker == _RECORD and last < number and 0 < length <= PACKET_OCTETS_MAX and stop <= size:
            covered = octets[at + _LEAD.size : stop]
            if crc32c(covered, seed) == crc:
                records.append(StoredRecord(number, utc_ns, covered[_COVERED.size :]))
                damaged += at > end
                at, end, last = stop, stop, number
                continue
        at = octets.find(_RECORD, at + 1)
        if at < 0:
            break
    return Scan(records, damaged, end, priority, dictionary)


def ends_in(head: bytes, tail: bytes, seed: int) -> SegmentEnds | None:
    """What the first and the last octets of a segment say of it; None where only all of it tells.

    That is so where it does not begin with a sound header and a sound record, or end with two sound records. They are
    the last ones indeed, and no others of this segment in a dump of memory: a packet ends with a checksum behind that.
    """
    start = HEADER_OCTETS + RECORD_OCTETS
    length, *_ = _COVERED.unpack_from(head, HEADER_OCTETS + _LEAD.size)
    begin = scan_segment(head[: start + length], seed)
    at = len(tail)
    for _ in range(_LAST):
        at = max(0, tail.rfind(_RECORD, 0, at))
    end = scan_segment(tail[at:], seed)
    if begin.priority is None or begin.dictionary is None or not begin.records:
        return None
    if at + end.end < len(tail) or len(end.records) < _LAST:
        return None
    return SegmentEnds(begin.records[0], end.records[-1], begin.priority, begin.dictionary)


def _head_in(octets: bytes, seed: int) -> tuple[int, bytes] | tuple[None, None]:
    if len(octets) < HEADER_OCTETS or not octets.startswith(_SEGMENT):
        return None, None
    (crc,) = _CRC.unpack_from(octets, len(_SEGMENT))
    covered = octets[_LEAD.size : HEADER_OCTETS]
    written, priority, dictionary = _HEAD.unpack(covered)
    return (priority, dictionary) if written == _FORMAT and crc32c(covered, seed) == crc else (None, None)
