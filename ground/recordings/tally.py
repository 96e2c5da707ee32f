"""Statistics of a recording: packets, octets, and missing, late and duplicate packets by APID."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from link.packets.arrivals import Arrivals, Choice
from link.packets.index import PacketIndex
from link.packets.space_packet import COUNT_MODULUS, IDLE_APID, PACKET_OCTETS_MAX, Flags


class PacketSource(NamedTuple):
    """Source of packets: spacecraft, None for bare packets, and APID."""

    spacecraft_id: int | None
    apid: int


@dataclass(slots=True)
class Count:
    """Counters of one source: packets, of which `segments` are segments of longer data, and sizes with headers, in
    octets; `arrivals` counts missing, late and duplicate packets.
    """

    packets: int = 0
    segments: int = 0
    octets: int = 0
    size_min: int = PACKET_OCTETS_MAX
    size_max: int = 0
    arrivals: Arrivals = field(default_factory=lambda: Arrivals(COUNT_MODULUS))

    def add(self, index: PacketIndex) -> None:
        """Count one or more packets."""
        sizes = index.size
        self.packets += len(sizes)
        self.segments += int((index.records["sequence"] < Flags.UNSEGMENTED << 14).sum())
        self.octets += int(sizes.sum())
        self.size_min, self.size_max = min(self.size_min, int(sizes.min())), max(self.size_max, int(sizes.max()))


@dataclass(slots=True)
class Tally:
    """All sources, by spacecraft and APID. Duplicates are counted as such, and also as packets if they are `kept`."""

    kept: bool = True
    counts: dict[PacketSource, Count] = field(default_factory=dict)

    def add(self, index: PacketIndex, spacecraft_id: int | None = None) -> Choice:
        """Count packets in their order; returns the mask of those that are no duplicates. Idle packets' sequence counts
        have no meaning.
        """
        apids, counts, marks = index.apid, index.count, index.marks()
        is_new = np.ones(len(index), np.bool_)
        heard = np.flatnonzero(np.bincount(apids)).tolist()
        for apid in heard:
            own = slice(None) if len(heard) == 1 else np.flatnonzero(apids == apid)
            count = self.counts.setdefault(PacketSource(spacecraft_id, apid), Count())
            if apid != IDLE_APID:
                is_new[own] = count.arrivals.accept(counts[own], marks[own]).is_new
            taken = PacketIndex(index.octets, index.records[own])
            if not self.kept:
                taken = taken.where(is_new[own])
            if len(taken):
                count.add(taken)
        return is_new

    def goes_on(self, index: PacketIndex) -> bool:
        """Whether a packet among these bare ones has a count close behind those of its APID."""
        pairs = zip(index.apid.tolist(), index.count.tolist(), strict=True)
        known = ((self.counts.get(PacketSource(None, apid)), count) for apid, count in pairs)
        return any(source.arrivals.is_near(count) for source, count in known if source)

    @property
    def packets(self) -> int:
        """Number of packets of all sources."""
        return sum(count.packets for count in self.counts.values())

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each source, ordered by spacecraft and APID; plain data with stable keys."""
        for source, count in sorted(self.counts.items(), key=_order):
            yield {
                "spacecraft_id": source.spacecraft_id,
                "apid": source.apid,
                "packets": count.packets,
                "octets": count.octets,
                "size_min": count.size_min,
                "size_max": count.size_max,
                "gaps": count.arrivals.gaps,
                "lost": count.arrivals.lost,
                "out_of_order": count.arrivals.late,
                "duplicates": count.arrivals.duplicates,
                "restarts": count.arrivals.restarts,
                "segments": count.segments,
            }


def _order(item: tuple[PacketSource, Count]) -> tuple[int, int]:
    spacecraft_id, apid = item[0]
    return -1 if spacecraft_id is None else spacecraft_id, apid
