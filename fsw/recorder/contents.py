"""What a segment holds, kept in memory so that most questions need no reading: numbers, times, kinds of packets."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from fsw.recorder.segment import StoredRecord

_KINDS_MAX = 64
_REPORT_OCTETS_MIN = 9
_SECONDARY = 0x0800


class RecordedKind(NamedTuple):
    """The APID of a packet and the service and subtype of the report in it; both 0 where it is no report."""

    apid: int
    service: int
    subtype: int


def packet_kind(packet: bytes) -> RecordedKind:
    """The kind of a whole space packet, by its headers (ECSS-E-ST-70-41C §7.4.3)."""
    identification = packet[0] << 8 | packet[1]
    if identification & _SECONDARY and len(packet) >= _REPORT_OCTETS_MIN:
        return RecordedKind(identification & 0x7FF, packet[7], packet[8])
    return RecordedKind(identification & 0x7FF, 0, 0)


def kind_key(packet: bytes) -> bytes:
    """Octets that are equal for packets of one kind, and take a fifth of the time of `packet_kind`."""
    return packet[:2] + packet[7:9]


@dataclass(slots=True)
class Contents:
    """The records of a segment: how many, the first and the last number, the earliest and the latest time.

    Times need not grow with numbers, as clocks are set. `kinds` are at most 64, `kinds_more` says whether there are
    others.
    """

    records: int = 0
    first: int = 0
    last: int = -1
    oldest_ns: int = 0
    newest_ns: int = 0
    kinds: set[RecordedKind] = field(default_factory=set)
    kinds_more: bool = False

    def add(self, records: Sequence[StoredRecord]) -> None:
        """Note records behind those that are known."""
        if not records:
            return
        numbers, times, packets = zip(*records, strict=True)
        oldest_ns, newest_ns = min(times), max(times)
        if not self.records:
            self.first, self.oldest_ns, self.newest_ns = numbers[0], oldest_ns, newest_ns
        self.records += len(records)
        self.last = numbers[-1]
        self.oldest_ns, self.newest_ns = min(self.oldest_ns, oldest_ns), max(self.newest_ns, newest_ns)
        for kind in map(packet_kind, {kind_key(packet): packet for packet in packets}.values()):
            if len(self.kinds) < _KINDS_MAX:
                self.kinds.add(kind)
            else:
                self.kinds_more |= kind not in self.kinds

    @classmethod
    def between(cls, first: StoredRecord, last: StoredRecord) -> Self:
        """What stands from the first to the last record, by these two alone: perhaps less, perhaps of other times."""
        records, times = 1 + last.number - first.number, (first.utc_ns, last.utc_ns)
        return cls(records, first.number, last.number, min(times), max(times))

    def overlaps(self, start_ns: int, end_ns: int) -> bool:
        """Whether a record may have a time from `start_ns` to `end_ns`, both included."""
        return self.records > 0 and self.oldest_ns <= end_ns and start_ns <= self.newest_ns
