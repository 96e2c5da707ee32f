"""Whole recordings at once: offsets and header fields of all space packets of a stream as columns; and many packets of
one kind made at once (CCSDS 133.0-B-2 §4.1).
"""

import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from kernels.coding.crc import crc16_batch, crc16_ranges
from kernels.coding.packets import PACKET, find_packets
from link.errors import DecodeError
from link.fecf import FECF_SIZE
from link.packets.arrivals import Arrivals, Marks, marks_of
from link.packets.chosen import chosen
from link.packets.size import packet_size
from link.packets.space_packet import COUNT_MODULUS, DATA_OCTETS_MAX, HEADER_SIZE, IDLE_APID, PACKET_OCTETS_MAX, Flags

_Column = NDArray[np.int64]
_WORDS = struct.Struct(">HHH")


@dataclass(frozen=True, slots=True, eq=False)
class PacketIndex:
    """Packets in `octets`: one record each (kernels.coding.packets.PACKET), in order; columns have their length."""

    octets: bytes | memoryview
    records: NDArray[Any]

    def __len__(self) -> int:
        return len(self.records)

    @classmethod
    def of(cls, packets: Sequence[bytes]) -> Self:
        """Packets of any version, put one behind the other."""
        records, offset = [], 0
        for packet in packets:
            head = packet[:4].ljust(4, b"\0")
            records.append((offset, len(packet), int.from_bytes(head[:2]), int.from_bytes(head[2:])))
            offset += len(packet)
        return cls(b"".join(packets), np.array(records, PACKET))

    @property
    def offset(self) -> _Column:
        """Octet where each packet begins."""
        return self._column("offset")

    @property
    def size(self) -> _Column:
        """Octets of each packet, header included."""
        return self._column("size")

    @property
    def apid(self) -> _Column:
        """Application process of each packet."""
        return self._column("identification") & 0x7FF

    @property
    def is_command(self) -> NDArray[np.bool_]:
        """Type flag of each packet."""
        return (self._column("identification") >> 12 & 1).astype(np.bool_)

    @property
    def has_secondary(self) -> NDArray[np.bool_]:
        """Secondary header flag of each packet."""
        return (self._column("identification") >> 11 & 1).astype(np.bool_)

    @property
    def flags(self) -> _Column:
        """Sequence flags of each packet."""
        return self._column("sequence") >> 14

    @property
    def count(self) -> _Column:
        """Sequence count of each packet."""
        return self._column("sequence") & (COUNT_MODULUS - 1)

    @property
    def octets_skipped(self) -> int:
        """Octets that belong to none of these packets."""
        return len(self.octets) - int(self.size.sum())

    def packet(self, number: int) -> bytes:
        """The octets of one packet."""
        record = self.records[number]
        return bytes(self.octets[record["offset"] : record["offset"] + record["size"]])

    def where(self, wanted: NDArray[np.bool_]) -> Self:
        """The packets for which `wanted` is true."""
        return type(self)(self.octets, chosen(self.records, wanted))

    def without_idle(self) -> Self:
        """All but idle packets."""
        return self.where(self.apid != IDLE_APID)

    def marks(self) -> Marks:
        """Marks of the packets (link.packets.arrivals), derived from their octets."""
        offsets, sizes = self.offset, self.size
        return marks_of(self.octets, offsets + sizes, crc16_ranges(self.octets, offsets, sizes - 2))

    def lost(self) -> dict[int, int]:
        """Number of packets missing by the sequence counts, by APID; late packets and duplicates are not missing."""
        apid, count, marks = self.apid, self.count, self.marks()
        lost = {}
        for number in np.unique(apid).tolist():
            arrivals = Arrivals(COUNT_MODULUS)
            arrivals.accept(count[apid == number], marks[apid == number])
            lost[number] = arrivals.lost
        return lost

    def rows(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Octets `start` to `stop` of every packet: (packets, stop - start). Raises ValueError if one is shorter."""
        if not len(self):
            return np.empty((0, stop - start), np.uint8)
        if int(self.size.min()) < stop:
            raise ValueError(f"octets {start}..{stop} asked for, the shortest packet has {self.size.min()}")
        windows = np.lib.stride_tricks.sliding_window_view(np.frombuffer(self.octets, np.uint8), stop - start)
        return np.asarray(windows[self.offset + start])

    def _column(self, name: str) -> _Column:
        return self.records[name].astype(np.int64)


def index_packets(
    octets: bytes | memoryview,
    *,
    checked: bool = True,
    apids: Collection[int] | None = None,
    octets_max: int = PACKET_OCTETS_MAX,
    prefix_octets: int = 0,
) -> PacketIndex:
    """The packets of a whole recording, as PacketStreamReader finds them: by their CRC if `checked`.

    Raises ValueError for an APID or a size out of range.
    """
    found = find_packets(octets, checked=checked, apids=apids, size_max=octets_max, prefix=prefix_octets)
    return PacketIndex(octets, found)


def follow_lengths(octets: bytes | memoryview, prefix_octets: int = 0) -> PacketIndex:
    """The packets of a recording by their lengths alone, one behind the other; all packets behind a wrong length are
    meaningless.

    For recordings whose headers deviate from the standard, such as a version other than 0. Raises ValueError.
    """
    if prefix_octets < 0:
        raise ValueError(f"prefix_octets = {prefix_octets}, expected 0 or more")
    records, header = [], prefix_octets
    while header + HEADER_SIZE < len(octets):
        identification, sequence, length = _WORDS.unpack_from(octets, header)
        size = HEADER_SIZE + 1 + length
        if header + size > len(octets):
            break
        records.append((header, size, identification, sequence))
        header += size + prefix_octets
    return PacketIndex(octets, np.array(records, PACKET))


def follow_packets(octets: bytes | memoryview, prefix_octets: int = 0) -> PacketIndex:
    """Space packets and encapsulation packets, one behind the other, each behind `prefix_octets` of something else.

    Where neither begins, the next octet is tried.
    """
    records, at, whole = [], 0, bytes(octets)
    while at + prefix_octets < len(whole):
        start = at + prefix_octets
        try:
            size = packet_size(whole, start)
        except DecodeError:
            size = None
        if size is None or start + size > len(whole):
            at += 1
            continue
        head = whole[start : start + min(size, 4)].ljust(4, b"\0")
        records.append((start, size, int.from_bytes(head[:2]), int.from_bytes(head[2:])))
        at = start + size
    return PacketIndex(octets, np.array(records, PACKET))


def encode_packets(
    apid: int,
    count: int,
    bodies: NDArray[np.uint8],
    *,
    is_command: bool = False,
    has_secondary: bool = False,
    checked: bool = True,
) -> NDArray[np.uint8]:
    """Unsegmented packets of equal size around bodies (packets, octets), their counts running on from `count`.

    With their CRC-16 behind them if `checked`. Raises ValueError for an APID, count or body out of range.
    """
    count_of, body_octets = bodies.shape
    size = body_octets + FECF_SIZE * checked
    if not (0 <= apid <= IDLE_APID and 0 <= count < COUNT_MODULUS and body_octets and size <= DATA_OCTETS_MAX):
        raise ValueError(f"apid = {apid}, count = {count}, body of {body_octets} octets: out of range (133.0 §4.1)")
    fields = [("identification", ">u2"), ("sequence", ">u2"), ("length", ">u2"), ("body", f"V{body_octets}")]
    packets = np.empty(count_of, [*fields, ("crc", ">u2")] if checked else fields)
    packets["identification"] = is_command << 12 | has_secondary << 11 | apid
    packets["sequence"] = (count + np.arange(count_of)) % COUNT_MODULUS | Flags.UNSEGMENTED << 14
    packets["length"] = size - 1
    packets["body"] = np.ascontiguousarray(bodies).view(f"V{body_octets}")[:, 0]
    octets = packets.view(np.uint8).reshape(count_of, HEADER_SIZE + size)
    if checked:
        packets["crc"] = crc16_batch(octets[:, :-FECF_SIZE])
    return octets
