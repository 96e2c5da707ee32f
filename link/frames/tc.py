"""Telecommand transfer frames (CCSDS 232.0-B-4 §4.1).

version 2 (0) | bypass 1 | control command 1 | reserved 2 | spacecraft 10 |
virtual channel 6 | frame length - 1: 10 | frame sequence number 8 | data 1..1019 | error control 16, if managed so
"""

from dataclasses import dataclass
from enum import Enum
from typing import Self

from link.errors import DecodeError, TruncatedError
from link.fecf import FECF_SIZE, with_fecf, without_fecf
from link.packets.bits import Packed

_WIRE = Packed(
    "TcHeader", version=2, bypass=1, control=1, reserved=2, spacecraft_id=10, channel=6, length=10, sequence=8
)
TC_HEADER_SIZE = _WIRE.size
TC_FRAME_OCTETS_MAX = 1024

UNLOCK = b"\x00"
"""Data of the BC frame that ends a FARM's lockout (§4.1.3.3.2)."""


def set_vr(value: int) -> bytes:
    """Data of the BC frame that sets a FARM's V(R), 0..255 (§4.1.3.3.3)."""
    return bytes((0x82, 0x00, value))


class FrameType(Enum):
    """Type of a frame by its bypass and control command flags (§4.1.2.3): `(bypass, control)`."""

    AD = (False, False)
    """Sequence-controlled data: accepted in order, once."""
    BD = (True, False)
    """Data that bypasses the sequence control."""
    BC = (True, True)
    """A control command to the FARM itself."""


_TYPES = {kind.value: kind for kind in FrameType}  # a look-up here is several times as fast as calling the enum


@dataclass(slots=True, kw_only=True)
class TcFrame:
    """One frame; `data` holds the segment header, if the channel has one, and the user's octets, or a command.

    `reserved` holds the two reserved bits, so that what was received encodes back to the same octets.
    """

    spacecraft_id: int
    channel: int
    sequence: int
    data: bytes
    bypass: bool = False
    control: bool = False
    reserved: int = 0

    @property
    def type(self) -> FrameType:
        """AD, BD or BC. Raises ValueError for the reserved fourth combination."""
        return _TYPES.get((self.bypass, self.control)) or FrameType((self.bypass, self.control))

    def encode(self, *, fecf: bool = True) -> bytes:
        """The whole frame, its error control field last if `fecf`. Raises ValueError naming what is out of range."""
        size = TC_HEADER_SIZE + len(self.data) + FECF_SIZE * fecf
        if not self.data or size > TC_FRAME_OCTETS_MAX:
            raise ValueError(
                f"data of {len(self.data)} octets, a TC frame holds 1..{TC_FRAME_OCTETS_MAX - size + len(self.data)}"
            )
        flags = self.type.value
        head = _WIRE.pack(0, *flags, self.reserved, self.spacecraft_id, self.channel, size - 1, self.sequence)
        octets = head + self.data
        return with_fecf(octets) if fecf else octets

    @classmethod
    def decode(cls, octets: bytes, *, fecf: bool = True) -> Self:
        """Read the frame that starts at octet 0; what follows it (fill of the last CLTU block) is ignored.

        Raises TruncatedError, ChecksumError, or DecodeError for what §4.1.2 does not allow.
        """
        version, bypass, control, reserved, spacecraft_id, channel, length, sequence = _WIRE.unpack(octets)
        size = length + 1
        _check_size(size, len(octets), TC_HEADER_SIZE + 1 + FECF_SIZE * fecf)
        body = without_fecf(octets[:size]) if fecf else octets[:size]
        if version or (control and not bypass):
            raise DecodeError(f"TC frame version {version}, bypass {bypass}, control {control}")
        return cls(
            spacecraft_id=spacecraft_id,
            channel=channel,
            sequence=sequence,
            data=body[TC_HEADER_SIZE:],
            bypass=bool(bypass),
            control=bool(control),
            reserved=reserved,
        )


def _check_size(size: int, given: int, least: int) -> None:
    if size < least:
        raise DecodeError(f"frame length {size}, a TC frame has at least {least} octets")
    if given < size:
        raise TruncatedError(needed=size, given=given)
