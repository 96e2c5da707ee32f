"""Encapsulation packets (CCSDS 133.1-B-3 §4.1): units of other protocols, and fill, as packets of version 7.

version 3 (7) | protocol 3 | length of length 2, then by the latter:
0: nothing, an idle packet of one octet          1: length 8
2: user defined 4 | extension 4 | length 16      3: user defined 4 | extension 4 | CCSDS defined 16 | length 32
The length counts the header too.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from link.errors import DecodeError, TruncatedError
from link.packets.bits import Packed
from link.packets.size import ENCAPSULATION, packet_size

_WIRES = (
    Packed("Encapsulation1", version=3, protocol=3, length_of_length=2),
    Packed("Encapsulation2", version=3, protocol=3, length_of_length=2, length=8),
    Packed("Encapsulation4", version=3, protocol=3, length_of_length=2, user=4, extension=4, length=16),
    Packed("Encapsulation8", version=3, protocol=3, length_of_length=2, user=4, extension=4, ccsds=16, length=32),
)


class Protocol(IntEnum):
    """What a packet carries (SANA registry of encapsulation protocol identifiers)."""

    IDLE = 0
    LTP = 1
    INTERNET = 2
    CFDP = 3
    BUNDLE = 4
    EXTENDED = 6
    MISSION = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class EncapsulationPacket:
    """One packet. `length_of_length` 0..3 chooses its header of 1, 2, 4 or 8 octets; `protocol` is a number 0..7.

    `user`, `extension` and `ccsds` exist in the longer headers only and are 0 otherwise.
    """

    protocol: int
    data: bytes = b""
    length_of_length: int = 1
    user: int = 0
    extension: int = 0
    ccsds: int = 0

    @property
    def is_idle(self) -> bool:
        """Whether it is an idle packet, which only fills a link."""
        return self.protocol == Protocol.IDLE

    def encode(self) -> bytes:
        """Header and data. Raises ValueError naming what is out of range or has no place in the chosen header."""
        if not 0 <= self.length_of_length <= 3:
            raise ValueError(f"length_of_length = {self.length_of_length}, expected 0..3")
        wire = _WIRES[self.length_of_length]
        fields = {"version": ENCAPSULATION, "protocol": self.protocol, "length_of_length": self.length_of_length}
        fields |= {
            "user": self.user,
            "extension": self.extension,
            "ccsds": self.ccsds,
            "length": wire.size + len(self.data),
        }
        for name in fields.keys() - wire.widths.keys() - {"length"}:
            if fields[name]:
                raise ValueError(f"{name} = {fields[name]} has no place in a header of {wire.size} octets")
        if wire.size == 1 and (self.data or self.protocol):
            raise ValueError("a header of one octet is an idle packet without data")
        return wire.pack(*(fields[name] for name in wire.widths)) + self.data

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the packet that starts at octet 0; what follows it is ignored. Raises DecodeError."""
        if octets and octets[0] >> 5 != ENCAPSULATION:
            raise DecodeError(f"packet version {octets[0] >> 5}, an encapsulation packet has {ENCAPSULATION}")
        size = packet_size(octets)
        if size is None:
            raise TruncatedError(needed=len(octets) + 1, given=len(octets))
        length_of_length = octets[0] & 3
        head = _WIRES[length_of_length].parse(octets)
        if head.protocol and not length_of_length:
            raise DecodeError(f"protocol {head.protocol} in a header of one octet, expected 0, an idle packet")
        if len(octets) < size:
            raise TruncatedError(needed=size, given=len(octets))
        return cls(
            protocol=head.protocol,
            data=octets[_WIRES[length_of_length].size : size],
            length_of_length=length_of_length,
            user=getattr(head, "user", 0),
            extension=getattr(head, "extension", 0),
            ccsds=getattr(head, "ccsds", 0),
        )
