"""Space packets out of a stream of octets, with resynchronisation after any damage (CCSDS 133.0-B-2 §4.1).

A packet's length is in its header, so one wrong bit there misleads a reader about all that follows. This one trusts a
header only if the whole packet passes a check, usually its CRC; otherwise it tries the next octet. It finds every
undamaged packet, whatever damage lies between, unless damaged octets pass as a packet that reaches into it: one try in
65536 with a CRC, fewer if more is known about the packets (`apids`, `octets_max`).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from kernels.coding.crc import crc16
from link.packets.space_packet import HEADER_SIZE, PACKET_OCTETS_MAX


def has_good_crc(packet: bytes) -> bool:
    """Whether the last two octets are the CRC-16 of the others, as in PUS packets (ECSS-E-ST-70-41C §7.4.3)."""
    return crc16(packet) == 0


@dataclass(slots=True)
class PacketStreamReader:
    """Reads consecutive packets, each behind `prefix_octets` of something else, which are dropped.

    `is_valid` checks a whole packet; `apids`, if given, are the only ones accepted; `octets_max` bounds the packets,
    the octets held between calls, and how long a wrong length can make the reader wait. Counters: `packets` returned,
    `octets_skipped`, and `damages`, the number of runs of skipped octets.
    """

    is_valid: Callable[[bytes], bool] = has_good_crc
    apids: Collection[int] | None = None
    octets_max: int = PACKET_OCTETS_MAX
    prefix_octets: int = 0
    packets: int = 0
    octets_skipped: int = 0
    damages: int = 0
    _pending: bytearray = field(default_factory=bytearray)
    _needed: int = 1
    _in_damage: bool = False

    def feed(self, octets: bytes | memoryview) -> list[bytes]:
        """Take received octets, in pieces of any size; return the packets that are complete and valid."""
        self._pending += octets
        return self._read(final=False) if len(self._pending) >= self._needed else []

    def finish(self) -> list[bytes]:
        """End of the stream: return the packets found behind the header of an incomplete one, and skip the rest."""
        return self._read(final=True)

    def _read(self, *, final: bool) -> list[bytes]:
        octets, at, packets = bytes(self._pending), 0, []
        while at < len(octets):
            end = self._end(octets, at)
            if end > len(octets) and not final:
                self._needed = end - at
                break
            packet = octets[at + self.prefix_octets : end]
            if at < end <= len(octets) and self.is_valid(packet):
                packets.append(packet)
                at, self._in_damage = end, False
            else:
                at = self._skip(at)
        else:
            self._needed = 1
        del self._pending[:at]
        self.packets += len(packets)
        return packets

    def _end(self, octets: bytes, at: int) -> int:
        """End offset of the packet behind the prefix at `at`, or of its header if it is cut off; `at` if it is none."""
        header = at + self.prefix_octets
        body = header + HEADER_SIZE
        if body > len(octets):
            return body
        apid = (octets[header] & 7) << 8 | octets[header + 1]
        size = HEADER_SIZE + 1 + (octets[header + 4] << 8 | octets[header + 5])
        believed = not octets[header] >> 5 and size <= self.octets_max and (self.apids is None or apid in self.apids)
        return header + size if believed else at

    def _skip(self, at: int) -> int:
        self.octets_skipped += 1
        self.damages += not self._in_damage
        self._in_damage = True
        return at + 1
