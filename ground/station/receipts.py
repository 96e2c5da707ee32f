"""What the station has archived and the node does not know of yet, as acknowledgements of service 15.

Records that were played back are named by their numbers, packets that came live by APID, sequence counts and times.
What is not acknowledged after all, because memory is short or a request is lost, comes again by playback, and the
archive knows it already: nothing is lost, and nothing is doubled.
"""

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from link.cfdp.pdus.intervals import Intervals
from link.packets.space_packet import COUNT_MODULUS
from link.pus.message import Request
from link.pus.services.storage import AcknowledgePackets, AcknowledgeRecords, PacketRange, RecordRange

SPANS_MAX = 1024
"""How many spans of records, and as many of live packets, wait to be acknowledged."""
_RUN_MAX = COUNT_MODULUS // 2  # longer runs could hold one count twice
_RANGES_MAX = 255  # their number is 8 bits
_RANGE_OCTETS, _HEAD_OCTETS = 20, 3


@dataclass(slots=True)
class _Run:
    """Packets with consecutive counts, and the span of their times."""

    apid: int
    first: int
    last: int
    start_ns: int
    end_ns: int
    packets: int = 1

    def offer(self, count: int, time_ns: int) -> bool:
        """Whether the packet is the next one; it then belongs to the run."""
        if (count - self.last) % COUNT_MODULUS != 1 or self.packets >= _RUN_MAX:
            return False
        self.last, self.packets = count, self.packets + 1
        self.start_ns, self.end_ns = min(self.start_ns, time_ns), max(self.end_ns, time_ns)
        return True

    def has(self, count: int, time_ns: int) -> bool:
        """Whether the packet is one of the run."""
        return (count - self.first) % COUNT_MODULUS < self.packets and self.start_ns <= time_ns <= self.end_ns


@dataclass(slots=True)
class Receipts:
    """`dropped` counts the packets and records of spans that found no room, and so are not acknowledged."""

    dropped: int = 0
    _records: defaultdict[int, Intervals] = field(default_factory=lambda: defaultdict(Intervals))
    _runs: deque[_Run] = field(default_factory=deque)

    @property
    def has_packets(self) -> bool:
        """Whether packets that came live wait to be acknowledged."""
        return bool(self._runs)

    @property
    def has_records(self) -> bool:
        """Whether records that were played back wait to be acknowledged."""
        return bool(self._records)

    def accept_records(self, store: int, first: int, count: int) -> None:
        """Note records that were played back and are archived."""
        numbers = self._records[store]
        numbers.add(first, first + count)
        if sum(map(len, self._records.values())) > SPANS_MAX:
            start, end = min(numbers, key=lambda span: span[1] - span[0])
            numbers.discard(start, end)
            self.dropped += end - start

    def accept_packet(self, apid: int, count: int, time_ns: int) -> None:
        """Note a packet that came live and is archived."""
        own = (run for run in reversed(self._runs) if run.apid == apid)
        newest = next(own, None)
        if newest and newest.offer(count, time_ns):
            return
        if newest and any(run.has(count, time_ns) for run in (newest, *own)):  # sent again, as events and answers are
            return
        self._runs.append(_Run(apid, count, count, time_ns, time_ns))
        if len(self._runs) > SPANS_MAX:
            self.dropped += self._runs.popleft().packets

    def clear(self) -> None:
        """Forget everything: some of it may not be archived, so that all of it is to come again."""
        self._records.clear()
        self._runs.clear()

    def drain(self, request_octets_max: int) -> Iterator[Request]:
        """The acknowledgements of all that was noted, each of at most so many octets."""
        most = min(_RANGES_MAX, max(1, (request_octets_max - _HEAD_OCTETS) // _RANGE_OCTETS))
        records, self._records = self._records, defaultdict(Intervals)
        runs, self._runs = self._runs, deque()
        for store, numbers in records.items():
            ranges = (RecordRange(first=start, last=end - 1) for start, end in numbers)
            while page := list(islice(ranges, most)):
                yield AcknowledgeRecords(store=store, ranges=page)
        packets = map(_range, runs)
        while packet_page := list(islice(packets, most)):
            yield AcknowledgePackets(ranges=packet_page)


def _range(run: _Run) -> PacketRange:
    return PacketRange(apid=run.apid, first_count=run.first, last_count=run.last, start=run.start_ns, end=run.end_ns)
