"""Space packets (CCSDS 133.0-B-2 §4.1).

version 3 | type 1 | secondary header 1 | APID 11 | sequence flags 2 | sequence count 14 | data octets - 1: 16 | data
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from link.errors import DecodeError, TruncatedError
from link.packets.bits import Packed

HEADER = Packed("PacketHeader", version=3, is_command=1, has_secondary=1, apid=11, flags=2, count=14, length=16)
_WORDS = struct.Struct(">HHH")  # the header as three words, three times as fast as HEADER, because packets are many
HEADER_SIZE = _WORDS.size
assert HEADER.size == HEADER_SIZE
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


FLAGS = tuple(Flags)  # indexing it is four times as fast as calling the enum


@dataclass(slots=True)
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
        """Whether it is an idle packet, which only fills a link (§4.1.3.3.4.4)."""
        return self.apid == IDLE_APID

    def encode(self) -> bytes:
        """Header and data. Raises ValueError naming a field out of its range."""
        size = len(self.data)
        return encode_header(self.apid, self.count, size, self.is_command, self.has_secondary, self.flags) + self.data

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the packet that starts at octet 0; what follows it is ignored. Raises DecodeError."""
        given = len(octets)
        if given < HEADER_SIZE:
            raise TruncatedError(needed=HEADER_SIZE, given=given)
        identification, sequence, length = _WORDS.unpack_from(octets)
        if identification >> 13:
            raise DecodeError(f"packet version {identification >> 13}, a space packet has 0")
        size = HEADER_SIZE + 1 + length
        if given < size:
            raise TruncatedError(needed=size, given=given)
        return cls(
            identification & 0x7FF,
            sequence & 0x3FFF,
            bytes(octets[HEADER_SIZE:size]),
            identification & 0x1000 != 0,
            identification & 0x0800 != 0,
            FLAGS[sequence >> 14],
        )


def encode_header(
    apid: int, count: int, data_octets: int, is_command: bool, has_secondary: bool, flags: int = Flags.UNSEGMENTED
) -> bytes:
    """The primary header of a packet with so many octets of data. Raises ValueError naming what is out of range."""
    if not 1 <= data_octets <= DATA_OCTETS_MAX:
        raise ValueError(f"data of {data_octets} octets, a space packet holds 1..{DATA_OCTETS_MAX}")
    if apid >> 11 or flags >> 2 or count >> 14:
        return HEADER.pack(0, is_command, has_secondary, apid, flags, count, data_octets - 1)  # names the field
    return _WORDS.pack(is_command << 12 | has_secondary << 11 | apid, flags << 14 | count, data_octets - 1)


def idle_packet(size: int, count: int = 0) -> bytes:
    """An encoded idle packet of exactly `size` octets, 7..65542, filled with 0x55 (§4.1.3.3.4.4)."""
    return SpacePacket(IDLE_APID, count, b"\x55" * (size - HEADER_SIZE)).encode()
