"""The header that every CFDP PDU begins with (CCSDS 727.0-B-5 §5.1).

version 3 (1) | file data 1 | toward sender 1 | unacknowledged 1 | CRC 1 | large file 1 | data field octets 16 |
segmentation control 1 | id octets - 1: 3 | segment metadata 1 | sequence octets - 1: 3 |
source entity (1..8 octets) | transaction sequence number (1..8 octets) | destination entity (as the source)
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

from link.cfdp.fields import number
from link.errors import DecodeError, TruncatedError
from link.packed import Packed

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
DATA_OCTETS_MAX = 65535


class TransactionId(NamedTuple):
    """A transaction's name: the entity that sends the file, and that entity's number for it."""

    source: int
    sequence: int

    def __str__(self) -> str:
        return f"{self.source}-{self.sequence}"


@dataclass(slots=True, kw_only=True)
class Header:
    """What all PDUs of a transaction in one direction have in common; the rest of a header follows from its body.

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
        """The transaction's name."""
        return TransactionId(self.source, self.sequence)

    @property
    def size(self) -> int:
        """Octets of the encoded header."""
        return _FIXED.size + 2 * self.id_octets + self.sequence_octets

    def encode(self, data_octets: int, *, is_data: bool = False, segment_metadata: bool = False) -> bytes:
        """The octets before a data field of `data_octets` (CRC included). Raises ValueError for what does not fit."""
        fixed = _FIXED.pack(
            VERSION,
            is_data,
            self.toward_sender,
            self.unacknowledged,
            self.crc,
            self.large,
            data_octets,
            self.keeps_records,
            self.id_octets - 1,
            segment_metadata,
            self.sequence_octets - 1,
        )
        return (
            fixed
            + number(self.source, self.id_octets, "source")
            + number(self.sequence, self.sequence_octets, "sequence")
            + number(self.destination, self.id_octets, "destination")
        )

    @classmethod
    def decode(cls, octets: bytes) -> tuple[Self, "Extent"]:
        """Read the header at octet 0 and where the data field lies. Raises DecodeError."""
        fixed = _FIXED.unpack(octets)
        version, is_data, toward_sender, unacknowledged, crc, large, size, records, ids, metadata, sequences = fixed
        if version != VERSION:
            raise DecodeError(f"CFDP version {version}, expected {VERSION}")
        first = _FIXED.size + ids + 1
        second = first + sequences + 1
        start = second + ids + 1
        if len(octets) < start + size:
            raise TruncatedError(needed=start + size, given=len(octets))
        header = cls(
            source=int.from_bytes(octets[_FIXED.size : first]),
            sequence=int.from_bytes(octets[first:second]),
            destination=int.from_bytes(octets[second:start]),
            toward_sender=bool(toward_sender),
            unacknowledged=bool(unacknowledged),
            crc=bool(crc),
            large=bool(large),
            keeps_records=bool(records),
            id_octets=ids + 1,
            sequence_octets=sequences + 1,
        )
        return header, Extent(start, start + size, bool(is_data), bool(metadata))


class Extent(NamedTuple):
    """Where a PDU's data field lies, and what kind it is."""

    start: int
    end: int
    is_data: bool
    segment_metadata: bool
