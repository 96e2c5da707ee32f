"""The header that every CFDP PDU begins with (CCSDS 727.0-B-5 §5.1).

version 3 (1) | file data 1 | toward sender 1 | unacknowledged 1 | CRC 1 | large file 1 | data field octets 16 |
segmentation control 1 | id octets - 1: 3 | segment metadata 1 | sequence octets - 1: 3 |
source entity (1..8 octets) | transaction sequence number (1..8 octets) | destination entity (as the source)
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from link.cfdp.pdus.fields import OctetReader, number
from link.errors import DecodeError, TruncatedError
from link.packets.bits import Packed

_FIXED = Packed(
    "PduHeader",
    version=3,
    is_data=1,
    toward_sender=1,
    unacknowledged=1,
    crc=1,
    large=1,
    data_octets=16,
    keeps_records=1,
    id_octets=3,
    segment_metadata=1,
    sequence_octets=3,
)
VERSION = 1
_LENGTH_OCTETS = 2


class TransactionId(NamedTuple):
    """Transaction ID: the source entity and its transaction sequence number."""

    source: int
    sequence: int

    def __str__(self) -> str:
        return f"{self.source}-{self.sequence}"


class Extent(NamedTuple):
    """Place of a PDU's data field in its octets, and its kind."""

    start: int
    end: int
    is_data: bool
    segment_metadata: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header fields that all PDUs of a transaction in one direction share; the others depend on the body.

    `id_octets` and `sequence_octets`, 1..8, are the widths of the numbers; `crc`: a CRC-16 ends the PDU;
    `large`: file sizes and offsets take 64 bits; `keeps_records`: segments respect record boundaries.
    """

    source: int
    sequence: int
    destination: int
    toward_sender: bool = False
    unacknowledged: bool = False
    crc: bool = False
    large: bool = False
    keeps_records: bool = False
    id_octets: int = 2
    sequence_octets: int = 4

    @property
    def transaction(self) -> TransactionId:
        """The transaction ID."""
        return TransactionId(self.source, self.sequence)

    @property
    def size(self) -> int:
        """Octets of the encoded header."""
        return _FIXED.size + 2 * self.id_octets + self.sequence_octets

    def encode(self, data_octets: int, *, is_data: bool = False, segment_metadata: bool = False) -> bytes:
        """The octets before a data field of `data_octets` (CRC included). Raises ValueError for what does not fit."""
        flags, addresses = _encoded(self, is_data, segment_metadata)
        return flags + number(data_octets, _LENGTH_OCTETS, "data_octets") + addresses

    @classmethod
    def decode(cls, octets: bytes) -> tuple["Header", Extent]:
        """Read the header at octet 0 and where the data field lies. Raises DecodeError."""
        if len(octets) < _FIXED.size:
            raise TruncatedError(needed=_FIXED.size, given=len(octets))
        widths = octets[_FIXED.size - 1]
        start = _FIXED.size + 2 * ((widths >> 4 & 7) + 1) + (widths & 7) + 1
        end = start + int.from_bytes(octets[1 : 1 + _LENGTH_OCTETS])
        if len(octets) < end:
            raise TruncatedError(needed=end, given=len(octets))
        header, is_data, segment_metadata = _decoded(octets[:1] + octets[1 + _LENGTH_OCTETS : start])
        return header, Extent(start, end, is_data, segment_metadata)


# The headers of a transaction differ little but in the length: their other octets are encoded and decoded once.
_REMEMBERED = 256


@lru_cache(_REMEMBERED)
def _encoded(header: Header, is_data: bool, segment_metadata: bool) -> tuple[bytes, bytes]:
    """The octets before and after the length field."""
    fixed = _FIXED.pack(
        VERSION,
        is_data,
        header.toward_sender,
        header.unacknowledged,
        header.crc,
        header.large,
        0,
        header.keeps_records,
        header.id_octets - 1,
        segment_metadata,
        header.sequence_octets - 1,
    )
    numbers = (
        number(header.source, header.id_octets, "source")
        + number(header.sequence, header.sequence_octets, "sequence")
        + number(header.destination, header.id_octets, "destination")
    )
    return fixed[:1], fixed[1 + _LENGTH_OCTETS :] + numbers


@lru_cache(_REMEMBERED)
def _decoded(octets: bytes) -> tuple[Header, bool, bool]:
    """Decode a header except for its length: the header, whether file data follow, whether with segment metadata."""
    fixed = _FIXED.unpack(octets[:1] + bytes(_LENGTH_OCTETS) + octets[1:2])
    version, is_data, toward_sender, unacknowledged, crc, large, _, records, ids, metadata, sequences = fixed
    if version != VERSION:
        raise DecodeError(f"CFDP version {version}, expected {VERSION}")
    reader = OctetReader(octets[2:])
    header = Header(
        source=reader.number(ids + 1),
        sequence=reader.number(sequences + 1),
        destination=reader.number(ids + 1),
        toward_sender=bool(toward_sender),
        unacknowledged=bool(unacknowledged),
        crc=bool(crc),
        large=bool(large),
        keeps_records=bool(records),
        id_octets=ids + 1,
        sequence_octets=sequences + 1,
    )
    return header, bool(is_data), bool(metadata)
