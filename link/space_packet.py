"""Space packets (CCSDS 133.0-B-2 §4.1).

version 3 | type 1 | secondary header 1 | APID 11 | sequence flags 2 | sequence count 14 | data octets - 1: 16 | data
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from link.errors import DecodeError, TruncatedError
from link.packed import Packed

_WIRE = Packed("PacketHeader", version=3, is_command=1, has_secondary=1, apid=11, flags=2, count=14, length=16)
HEADER_SIZE = _WIRE.size
IDLE_APID = 2047
DATA_OCTETS_MAX = 65536
PACKET_OCTETS_MAX = HEADER_SIZE + DATA_OCTETS_MAX
COUNT_MODULUS = 1 << 14


class Flags(IntEnum):
    """Sequence flags (§4.1.3.4.2): which part of the user's data a packet holds."""

    CONTINUATION = 0
    FIRST = 1
    LAST = 2
    UNSEGMENTED = 3


_FLAGS = tuple(Flags)  # indexing it is four times as fast as calling the enum


@dataclass(frozen=True, slots=True)
class SpacePacket:
    """One packet; `data` holds the secondary header, if any, and the payload: 1..65536 octets."""

    apid: int
    count: int
    data: bytes
    is_command: bool = False
    has_secondary: bool = False
    flags: Flags = Flags.UNSEGMENTED

    @property
    def size(self) -> int:
        """Octets of the encoded packet."""
        return HEADER_SIZE + len(self.data)

    @property
    def is_idle(self) -> bool:
        """Whether it only fills a link (§4.1.3.3.4.4)."""
        return self.apid == IDLE_APID

    def encode(self) -> bytes:
        """Header and data. Raises ValueError naming a field out of its range."""
        size = len(self.data)
        if not 1 <= size <= DATA_OCTETS_MAX:
            raise ValueError(f"data of {size} octets, a space packet holds 1..{DATA_OCTETS_MAX}")
        head = _WIRE.pack(0, self.is_command, self.has_secondary, self.apid, self.flags, self.count, size - 1)
        return head + self.data

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the packet that starts at octet 0; what follows it is ignored. Raises DecodeError."""
        version, is_command, has_secondary, apid, flags, count, length = _WIRE.unpack(octets)
        if version:
            raise DecodeError(f"packet version {version}, a space packet has 0")
        size = HEADER_SIZE + 1 + length
        if len(octets) < size:
            raise TruncatedError(needed=size, given=len(octets))
        data = bytes(octets[HEADER_SIZE:size])
        return cls(apid, count, data, bool(is_command), bool(has_secondary), _FLAGS[flags])


def idle_packet(size: int, count: int = 0) -> bytes:
    """An encoded idle packet of exactly `size` octets, 7..65542, filled with 0x55 (§4.1.3.3.4.4)."""
    return SpacePacket(IDLE_APID, count, b"\x55" * (size - HEADER_SIZE)).encode()
