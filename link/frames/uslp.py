"""USLP transfer frames (CCSDS 732.1-B-2 §4.1).

version 4 (12) | spacecraft 16 | destination 1 | virtual channel 6 | MAP 4 | truncated 1 | and, unless truncated:
octets - 1: 16 | bypass 1 | protocol command 1 | spare 2 | OCF 1 | count octets 3 | virtual channel count, 0..7 octets |
insert zone, if managed so | data field | OCF 32, if flagged | FECF 16, if managed so (never 32: not supported)

Data field: construction rule 3 | protocol 5 | pointer 16, for the rules 0..2 | data zone
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, Self

from link.errors import DecodeError, TruncatedError
from link.fecf import FECF_SIZE, with_fecf, without_fecf
from link.packets.bits import Packed

_START = Packed("UslpStart", version=4, spacecraft_id=16, to_spacecraft=1, channel=6, map_id=4, truncated=1)
_REST = Packed("UslpRest", length=16, bypass=1, command=1, spare=2, has_ocf=1, count_octets=3)
_FIELD = Packed("UslpField", rule=3, protocol=5)
VERSION = 12
USLP_HEADER_SIZE = _START.size + _REST.size
OCF_SIZE = 4
POINTER_SIZE = 2
NO_POINTER = 0xFFFF
"""Pointer of a data zone in which no packet begins, or no unit ends (§4.1.4.2.4)."""


class Rule(IntEnum):
    """TFDZ construction rule (§4.1.4.2.2): how a data zone was made."""

    PACKETS = 0
    """Packets that may span frames; the pointer says where the first one begins."""
    UNIT_BEGINS = 1
    """A unit, or its beginning; the pointer says where its last octet is."""
    UNIT_GOES_ON = 2
    STREAM = 3
    SEGMENT_FIRST = 4
    SEGMENT_MIDDLE = 5
    SEGMENT_LAST = 6
    WHOLE = 7
    """Whole packets, or one whole unit."""


_RULES = tuple(Rule)


class DataField(NamedTuple):
    """Transfer frame data field; only the rules 0..2 have a `pointer`."""

    rule: Rule
    zone: bytes
    protocol: int = 0
    pointer: int | None = None

    def encode(self) -> bytes:
        """Header and zone. Raises ValueError for a missing pointer, or one that the rule does not have."""
        if (self.pointer is not None) != (self.rule <= Rule.UNIT_GOES_ON):
            raise ValueError(f"pointer = {self.pointer} with construction rule {self.rule} (732.1 §4.1.4.2.4)")
        pointer = b"" if self.pointer is None else self.pointer.to_bytes(POINTER_SIZE)
        return _FIELD.pack(self.rule, self.protocol) + pointer + self.zone

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read a whole data field. Raises TruncatedError."""
        rule, protocol = _FIELD.unpack(octets)
        start = _FIELD.size + POINTER_SIZE * (rule <= Rule.UNIT_GOES_ON)
        if len(octets) < start:
            raise TruncatedError(needed=start, given=len(octets))
        pointer = int.from_bytes(octets[_FIELD.size : start]) if start > _FIELD.size else None
        return cls(_RULES[rule], octets[start:], protocol, pointer)


@dataclass(slots=True, kw_only=True)
class UslpFrame:
    """One frame. `count` has `count_octets`, 0..7; `to_spacecraft`: `spacecraft_id` is the destination, not the source.

    A `truncated` frame has only spacecraft, channel, MAP and data field.
    """

    spacecraft_id: int
    channel: int
    field: DataField
    map_id: int = 0
    count: int = 0
    count_octets: int = 0
    to_spacecraft: bool = False
    bypass: bool = False
    command: bool = False
    spare: int = 0
    insert: bytes = b""
    ocf: int | None = None
    truncated: bool = False

    def encode(self, *, fecf: bool = True) -> bytes:
        """The whole frame, its error control field last if `fecf`. Raises ValueError naming what is out of range."""
        start = _START.pack(VERSION, self.spacecraft_id, self.to_spacecraft, self.channel, self.map_id, self.truncated)
        if self.truncated:
            return start + self.field.encode()
        if self.count >> 8 * self.count_octets:
            raise ValueError(f"count = {self.count}, expected to fit {self.count_octets} octets")
        ocf = b"" if self.ocf is None else self.ocf.to_bytes(OCF_SIZE)
        body = self.count.to_bytes(self.count_octets) + self.insert + self.field.encode() + ocf
        size = USLP_HEADER_SIZE + len(body) + FECF_SIZE * fecf
        flags = (self.bypass, self.command, self.spare, self.ocf is not None, self.count_octets)
        octets = start + _REST.pack(size - 1, *flags) + body
        return with_fecf(octets) if fecf else octets

    @classmethod
    def decode(cls, octets: bytes, *, fecf: bool = True, insert_octets: int = 0, truncated_octets: int = 0) -> Self:
        """Read the frame that starts at octet 0; what follows it is ignored.

        A truncated frame does not say how long it is: `truncated_octets`, or 0 where none is expected. Raises
        TruncatedError, ChecksumError or DecodeError.
        """
        version, spacecraft_id, to_spacecraft, channel, map_id, truncated = _START.unpack(octets)
        if version != VERSION or (truncated and not truncated_octets):
            raise DecodeError(f"transfer frame version {version}, truncated {truncated}; expected {VERSION}, 0")
        frame = cls(
            spacecraft_id=spacecraft_id,
            channel=channel,
            field=_EMPTY,
            map_id=map_id,
            to_spacecraft=bool(to_spacecraft),
            truncated=bool(truncated),
        )
        if truncated:
            frame.field = DataField.decode(_whole(octets, truncated_octets)[_START.size :])
        else:
            frame._read_rest(octets, fecf, insert_octets)
        return frame

    def _read_rest(self, octets: bytes, fecf: bool, insert_octets: int) -> None:
        length, bypass, command, self.spare, has_ocf, self.count_octets = _REST.unpack(octets, _START.size)
        frame = _whole(octets, length + 1)
        body = without_fecf(frame) if fecf else frame
        count_end = USLP_HEADER_SIZE + self.count_octets
        start, end = count_end + insert_octets, len(body) - OCF_SIZE * has_ocf
        if end <= start:
            raise TruncatedError(needed=start + 1 + OCF_SIZE * has_ocf, given=len(body))
        self.bypass, self.command = bool(bypass), bool(command)
        self.count = int.from_bytes(body[USLP_HEADER_SIZE:count_end])
        self.insert = body[count_end:start]
        self.field = DataField.decode(body[start:end])
        self.ocf = int.from_bytes(body[end:]) if has_ocf else None


_EMPTY = DataField(Rule.WHOLE, b"")


def _whole(octets: bytes, size: int) -> bytes:
    if len(octets) < size:
        raise TruncatedError(needed=size, given=len(octets))
    return octets[:size]
