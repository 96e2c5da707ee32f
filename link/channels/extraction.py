"""Packets out of the data fields of frames (CCSDS 132.0-B-3 §4.3.2, 732.0-B-4 §4.3.2, 732.1-B-2 §4.3.2).

Receive policy, the same for every kind of frame:
1. After a gap in the virtual channel's count, before a late frame and behind it, the packet in progress is dropped;
   extraction goes on at the next first header pointer. A repeated frame is not extracted. A loss of exactly whole
   cycles of the count is no gap: of 256 frames for TM, 2^24 for AOS.
2. A pointer that reaches outside the data field is not followed: the packet in progress and the frame's data are
   dropped.
3. The pointer and the length of the packet in progress must agree. If they do not, the packet is dropped and the
   pointer is followed, because it is the more recent of the two.
4. A header of an unknown packet version ends the extraction from that frame.
5. Only whole packets are given. What was dropped, and why, is counted.
"""

from dataclasses import dataclass

from link.errors import DecodeError
from link.packets.size import packet_size


@dataclass(slots=True)
class Extractor:
    """One virtual channel's packets. It holds less than one packet between calls.

    Counters: `packets` given, `octets_dropped`, and how often a pointer was `out_of_range` or `inconsistent` with the
    packet in progress, or a header had an `unknown_version`. `partial` is the packet in progress.
    """

    packets: int = 0
    octets_dropped: int = 0
    out_of_range: int = 0
    inconsistent: int = 0
    unknown_version: int = 0
    partial: bytes = b""

    def feed(self, data: bytes, first_header: int | None) -> list[bytes]:
        """The packets that end in `data`, the data field of the next frame.

        `first_header` is the octet of `data` where the first packet begins, None where none does.
        """
        if first_header is not None and first_header >= len(data):
            self.out_of_range += 1
            self.drop()
            self.octets_dropped += len(data)
            return []
        begun = self._continue(data if first_header is None else data[:first_header], first_header is not None)
        packets = begun if first_header is None else begun + self._walk(data, first_header)
        self.packets += len(packets)
        return packets

    def drop(self) -> None:
        """Drop the packet in progress: its rest was lost."""
        self.octets_dropped += len(self.partial)
        self.partial = b""

    def _continue(self, data: bytes, ends: bool) -> list[bytes]:
        """Add data to the packet in progress, which `ends` here if a header follows; return it if it is complete."""
        if not self.partial:
            self.octets_dropped += len(data)
            return []
        whole = self.partial + data
        size = _size_or_zero(whole)
        if size == len(whole):
            self.partial = b""
            return [whole]
        self.partial = whole
        if ends or (size is not None and size < len(whole)):
            self.inconsistent += 1
            self.drop()
        return []

    def _walk(self, data: bytes, at: int) -> list[bytes]:
        """The packets from `at` on, one behind the other; the last one may go on in the next frame."""
        packets = []
        while at < len(data):
            try:
                size = packet_size(data, at)
            except DecodeError:
                self.unknown_version += 1
                self.octets_dropped += len(data) - at
                break
            if size is None or at + size > len(data):
                self.partial = data[at:]
                break
            packets.append(data[at : at + size])
            at += size
        return packets


def _size_or_zero(octets: bytes) -> int | None:
    """As `packet_size`, but 0 for a header that contradicts itself."""
    try:
        return packet_size(octets)
    except DecodeError:
        return 0
