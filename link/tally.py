"""What a recording holds, in numbers: packets, octets, sequence gaps and losses of each application process."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from link.counter import Sequence
from link.packet_index import PacketIndex
from link.space_packet import COUNT_MODULUS, PACKET_OCTETS_MAX


class Source(NamedTuple):
    """An application process; None for the spacecraft where no frame names one."""

    spacecraft_id: int | None
    apid: int


@dataclass(slots=True)
class Count:
    """Packets of one source: sizes with their headers, in octets; `sequence` says what is missing."""

    packets: int = 0
    octets: int = 0
    size_min: int = PACKET_OCTETS_MAX
    size_max: int = 0
    sequence: Sequence = field(default_factory=lambda: Sequence(COUNT_MODULUS))

    def add(self, sizes: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        """Note packets, one or more, in their order."""
        self.packets += len(sizes)
        self.octets += int(sizes.sum())
        self.size_min, self.size_max = min(self.size_min, int(sizes.min())), max(self.size_max, int(sizes.max()))
        self.sequence.missing_each(counts)


@dataclass(slots=True)
class Tally:
    """All sources heard, by spacecraft and APID."""

    counts: dict[Source, Count] = field(default_factory=dict)

    def add(self, index: PacketIndex, spacecraft_id: int | None = None) -> None:
        """Note packets in their order."""
        apids, sizes, counts = index.apid, index.size, index.count
        for apid in np.unique(apids).tolist():
            own = apids == apid
            self.counts.setdefault(Source(spacecraft_id, apid), Count()).add(sizes[own], counts[own])

    @property
    def packets(self) -> int:
        """All of them."""
        return sum(count.packets for count in self.counts.values())

    def rows(self) -> Iterator[dict[str, Any]]:
        """One a source, in the order of their numbers; plain data with stable keys."""
        for source, count in sorted(self.counts.items(), key=_order):
            yield {
                "spacecraft_id": source.spacecraft_id,
                "apid": source.apid,
                "packets": count.packets,
                "octets": count.octets,
                "size_min": count.size_min,
                "size_max": count.size_max,
                "gaps": count.sequence.gaps,
                "lost": count.sequence.lost,
            }


def _order(item: tuple[Source, Count]) -> tuple[int, int]:
    spacecraft_id, apid = item[0]
    return -1 if spacecraft_id is None else spacecraft_id, apid
