"""Reassembly of segments in a recording (CCSDS 133.0-B-2 §4.1.3.4.2): one packet for data that were sent in several.

It has the header of the first segment, with the flags of an unsegmented packet, then the data of all. Where these are
longer than a packet, the length field has its maximum. Incomplete sequences of segments are left out.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from link.packets.index import PacketIndex
from link.packets.size import SPACE_PACKET
from link.packets.space_packet import COUNT_MODULUS, HEADER_SIZE, Flags

_LENGTH_MAX = 0xFFFF
_UNSEGMENTED_BITS = 0xC0


class SegmentOrigin(NamedTuple):
    """Origin of segments: spacecraft, None for bare packets, and APID."""

    spacecraft_id: int | None
    apid: int


@dataclass(slots=True)
class _Unit:
    """Segments received so far of one packet: their octets, and the sequence count of the next one."""

    segments: list[bytes]
    octets: int
    next_count: int


@dataclass(slots=True)
class Joiner:
    """Reassembles the segments of each APID, up to `octets_max`.

    Counters: `joined` packets that it made, `left_out` segments that belong to none.
    """

    octets_max: int = 1 << 24
    joined: int = 0
    left_out: int = 0
    _begun: dict[SegmentOrigin, _Unit] = field(default_factory=dict)

    def feed(self, index: PacketIndex, owners: list[int | None]) -> tuple[list[bytes], list[int]]:
        """Take packets and the spacecraft of each; return complete ones, and for each the number of its last packet."""
        packets, numbers = [], []
        flags, apids, counts = index.flags.tolist(), index.apid.tolist(), index.count.tolist()
        for number, owner in enumerate(owners):
            packet = index.packet(number)
            whole = packet
            if flags[number] != Flags.UNSEGMENTED and packet[0] >> 5 == SPACE_PACKET:
                whole = self._accept(SegmentOrigin(owner, apids[number]), packet, flags[number], counts[number])
            if whole:
                packets.append(whole)
                numbers.append(number)
        return packets, numbers

    def finish(self) -> None:
        """End of the recording: segments without an end are left out."""
        for origin in list(self._begun):
            self._drop(origin)

    def _accept(self, origin: SegmentOrigin, packet: bytes, flags: int, count: int) -> bytes:
        """The packet that this segment completes; b"" if there is none."""
        unit = self._begun.get(origin)
        if unit and (flags == Flags.FIRST or count != unit.next_count or unit.octets > self.octets_max):
            self._drop(origin)
            unit = None
        if flags == Flags.FIRST:
            unit = self._begun[origin] = _Unit([], 0, 0)
        if unit is None:
            self.left_out += 1
            return b""
        unit.segments.append(packet)
        unit.octets += len(packet)
        unit.next_count = (count + 1) % COUNT_MODULUS
        return self._whole(origin) if flags == Flags.LAST else b""

    def _whole(self, origin: SegmentOrigin) -> bytes:
        segments = self._begun.pop(origin).segments
        self.joined += 1
        data = b"".join(segment[HEADER_SIZE:] for segment in segments)
        first = segments[0]
        length = min(len(data) - 1, _LENGTH_MAX)
        return bytes([*first[:2], first[2] | _UNSEGMENTED_BITS, first[3]]) + length.to_bytes(2) + data

    def _drop(self, origin: SegmentOrigin) -> None:
        self.left_out += len(self._begun.pop(origin).segments)
