"""Segments of telecommand frames (CCSDS 232.0-B-4 §4.1.3.2): packets blocked together, or cut into pieces, by MAP.

sequence flags 2 (1 first, 0 middle, 2 last, 3 whole) | MAP 6 | data
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from link.errors import DecodeError
from link.packets.bits import Packed
from link.packets.size import packet_size
from link.packets.space_packet import Flags

_WIRE = Packed("SegmentHeader", flags=2, map_id=6)
SEGMENT_HEADER_SIZE = _WIRE.size
_FLAGS = tuple(Flags)


class Segment(NamedTuple):
    """One frame data unit of a channel that has segment headers."""

    map_id: int
    flags: Flags
    data: bytes

    def encode(self) -> bytes:
        """Header and data. Raises ValueError for a MAP out of range."""
        return _WIRE.pack(self.flags, self.map_id) + self.data

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read a whole segment. Raises TruncatedError."""
        flags, map_id = _WIRE.unpack(octets)
        return cls(map_id, _FLAGS[flags], octets[SEGMENT_HEADER_SIZE:])


def segments(packets: Iterable[bytes], map_id: int, octets_max: int) -> Iterator[Segment]:
    """Segments of up to `octets_max`, header included, that carry the packets in their order.

    Packets share a segment while they fit (blocking, §4.2.1); one that does not fit any is cut.
    """
    room, block = octets_max - SEGMENT_HEADER_SIZE, b""
    for packet in packets:
        if block and len(block) + len(packet) > room:
            yield Segment(map_id, Flags.UNSEGMENTED, block)
            block = b""
        if len(packet) > room:
            yield from _pieces(packet, map_id, room)
        else:
            block += packet
    if block:
        yield Segment(map_id, Flags.UNSEGMENTED, block)


def _pieces(packet: bytes, map_id: int, room: int) -> Iterator[Segment]:
    for at in range(0, len(packet), room):
        last = at + room >= len(packet)
        flags = Flags.FIRST if at == 0 else Flags.LAST if last else Flags.CONTINUATION
        yield Segment(map_id, flags, packet[at : at + room])


def split_packets(block: bytes) -> list[bytes]:
    """The packets that follow one another in a frame's data. Raises DecodeError if they do not fill it."""
    packets, at = [], 0
    while at < len(block):
        size = packet_size(block, at)
        if size is None or at + size > len(block):
            raise DecodeError(f"packet at octet {at} does not end within the {len(block)} octets")
        packets.append(block[at : at + size])
        at += size
    return packets


@dataclass(slots=True)
class SegmentReceiver:
    """Reassembles segments into packets, separately for each MAP; `octets_max` bounds the packet in progress of a MAP.

    Segments that come out of order, or blocks that are not made of packets, are dropped and counted in `dropped`.
    """

    octets_max: int
    dropped: int = 0
    _begun: dict[int, bytes] = field(default_factory=dict)

    def feed(self, segment: Segment) -> list[bytes]:
        """The packets that end with this segment, which follows the last one: segments have no count of their own."""
        begun = self._begun.pop(segment.map_id, None)
        begins, ends = bool(segment.flags & Flags.FIRST), bool(segment.flags & Flags.LAST)
        if (begun is None) != begins:
            self.dropped += 1
        if begun is None and not begins:
            return []
        data = segment.data if begins else (begun or b"") + segment.data
        if ends:
            return self._split(data)
        if len(data) > self.octets_max:
            self.dropped += 1
        else:
            self._begun[segment.map_id] = data
        return []

    def drop(self) -> None:
        """Drop the packets in progress: segments were lost."""
        self.dropped += len(self._begun)
        self._begun.clear()

    def _split(self, data: bytes) -> list[bytes]:
        try:
            return split_packets(data)
        except DecodeError:
            self.dropped += 1
            return []
