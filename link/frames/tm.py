"""Telemetry transfer frames (CCSDS 132.0-B-3 §4.1).

version 2 (0) | spacecraft 10 | virtual channel 3 | OCF 1 | master channel count 8 | virtual channel count 8 |
secondary header 1 | synchronisation 1 | packet order 1 | segment length 2 (3) | first header pointer 11 |
secondary header (version 2 (0) | octets - 1: 6 | up to 63), if any | data | OCF 32, if any | FECF 16, if managed so
"""

import struct
from dataclasses import dataclass
from typing import Self

from link.errors import DecodeError, TruncatedError
from link.fecf import FECF_SIZE, with_fecf, without_fecf
from link.packets.bits import Packed

_WIRE = Packed(
    "TmHeader",
    version=2,
    spacecraft_id=10,
    channel=3,
    has_ocf=1,
    master_count=8,
    channel_count=8,
    has_secondary=1,
    unsynchronised=1,
    packet_order=1,
    segment_length=2,
    first_header=11,
)
_HEAD = struct.Struct(">HBBH")
"""The header as words, for speed: a frame is encoded each second at least."""
TM_HEADER_SIZE = _WIRE.size
OCF_SIZE = 4
SECONDARY_OCTETS_MAX = 63
TM_FRAME_OCTETS_MAX = 2048
FRAME_COUNT_MODULUS = 256
NO_HEADER = 0x7FF
"""First header pointer of a frame in which no packet begins (§4.1.2.7.6.4)."""
ONLY_IDLE = 0x7FE
"""First header pointer of a frame that holds only idle data, an OID frame (§4.1.2.7.6.5)."""


@dataclass(slots=True, kw_only=True)
class TmFrame:
    """One frame. `first_header` counts octets of `data`; `ocf` is the operational control field as a 32-bit word.

    `unsynchronised` marks data that are no packets (virtual channel access); then `packet_order`, `segment_length` and
    `first_header` are the user's own.
    """

    spacecraft_id: int
    channel: int
    master_count: int
    channel_count: int
    data: bytes
    first_header: int = 0
    ocf: int | None = None
    secondary: bytes = b""
    unsynchronised: bool = False
    packet_order: bool = False
    segment_length: int = 3

    def encode(self, *, fecf: bool = True) -> bytes:
        """The whole frame, its error control field last if `fecf`. Raises ValueError naming what is out of range."""
        octets = self._encoded_head() + self._encoded_secondary() + self.data
        if self.ocf is not None:
            octets += self.ocf.to_bytes(OCF_SIZE)
        if len(octets) + FECF_SIZE * fecf > TM_FRAME_OCTETS_MAX:
            raise ValueError(f"frame of {len(octets) + FECF_SIZE * fecf} octets, expected up to {TM_FRAME_OCTETS_MAX}")
        return with_fecf(octets) if fecf else octets

    @classmethod
    def decode(cls, octets: bytes, *, fecf: bool = True) -> Self:
        """Read a frame that is as long as `octets`. Raises TruncatedError, ChecksumError or DecodeError."""
        if fecf:
            octets = without_fecf(octets)
        version, spacecraft_id, channel, has_ocf, master_count, channel_count, has_secondary, *status = _WIRE.unpack(
            octets
        )
        if version:
            raise DecodeError(f"transfer frame version {version}, a TM frame has 0")
        start, end = TM_HEADER_SIZE, len(octets) - OCF_SIZE * has_ocf
        if has_secondary:
            start += _secondary_size(octets)
        if end <= start:
            raise TruncatedError(needed=start + 1 + OCF_SIZE * has_ocf, given=len(octets))
        unsynchronised, packet_order, segment_length, first_header = status
        return cls(
            spacecraft_id=spacecraft_id,
            channel=channel,
            master_count=master_count,
            channel_count=channel_count,
            data=octets[start:end],
            first_header=first_header,
            ocf=int.from_bytes(octets[end:]) if has_ocf else None,
            secondary=octets[TM_HEADER_SIZE + 1 : start],
            unsynchronised=bool(unsynchronised),
            packet_order=bool(packet_order),
            segment_length=segment_length,
        )

    def _encoded_head(self) -> bytes:
        """The primary header. Raises ValueError naming what is out of range."""
        if self.spacecraft_id >> 10 or self.channel >> 3 or self.segment_length >> 2 or self.first_header >> 11:
            raise self._out_of_range()
        status = self.segment_length << 11 | self.first_header
        if self.secondary or self.unsynchronised or self.packet_order:
            status |= bool(self.secondary) << 15 | self.unsynchronised << 14 | self.packet_order << 13
        try:
            return _HEAD.pack(
                self.spacecraft_id << 4 | self.channel << 1 | (self.ocf is not None),
                self.master_count,
                self.channel_count,
                status,
            )
        except struct.error:
            raise self._out_of_range() from None

    def _out_of_range(self) -> ValueError:
        """The error of the field that is out of its range, from the slower encoder, which checks each field."""
        counts = (self.master_count, self.channel_count)
        status = (self.unsynchronised, self.packet_order, self.segment_length, self.first_header)
        try:
            _WIRE.pack(
                0, self.spacecraft_id, self.channel, self.ocf is not None, *counts, bool(self.secondary), *status
            )
        except ValueError as error:
            return error
        raise AssertionError(self)

    def _encoded_secondary(self) -> bytes:
        """The secondary header behind its octet of version and length (§4.1.3)."""
        if len(self.secondary) > SECONDARY_OCTETS_MAX:
            raise ValueError(f"secondary header of {len(self.secondary)} octets, expected up to {SECONDARY_OCTETS_MAX}")
        return bytes([len(self.secondary)]) + self.secondary if self.secondary else b""


def _secondary_size(octets: bytes) -> int:
    """Octets of the secondary header with its first, which holds version and length - 1 (§4.1.3.2)."""
    first = octets[TM_HEADER_SIZE] if len(octets) > TM_HEADER_SIZE else 0
    if first >> 6 or not first:
        raise DecodeError(f"secondary header begins with {first:#04x}, expected 0x01..0x3f")
    return 1 + first
