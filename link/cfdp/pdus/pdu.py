"""CFDP PDUs as a whole (CCSDS 727.0-B-5 §5): header, data field, and the CRC-16 that may end it (§4.1.3).

A file data PDU holds, before its data, an offset (32 or 64 bits) and, if the header says so,
record continuation state 2 | segment metadata octets 6 | segment metadata.
"""

from dataclasses import dataclass
from typing import NamedTuple

from kernels.coding.crc import crc16
from link.cfdp.pdus.codes import Directive
from link.cfdp.pdus.directives import Ack, Eof, Finished, KeepAlive, Metadata, Nak, Prompt
from link.cfdp.pdus.fields import OctetReader, code, number, size_octets
from link.cfdp.pdus.header import Extent, Header
from link.errors import ChecksumError, TruncatedError

CRC_OCTETS = 2
SEGMENT_METADATA_OCTETS_MAX = 63


class SegmentMetadata(NamedTuple):
    """Segment metadata: record continuation state 0..3, and up to 63 octets of the sender's user."""

    continuation: int
    octets: bytes


@dataclass(slots=True)
class FileData:
    """File data: a segment of the file that begins at `offset` octets."""

    offset: int
    data: bytes
    metadata: SegmentMetadata | None = None

    def encode(self, large: bool) -> bytes:
        """Segment metadata if any, offset, data."""
        return self._head() + number(self.offset, size_octets(large), "offset") + self.data

    def _head(self) -> bytes:
        if self.metadata is None:
            return b""
        continuation, octets = self.metadata
        if len(octets) > SEGMENT_METADATA_OCTETS_MAX:
            raise ValueError(f"segment metadata of {len(octets)} octets, expected 0..{SEGMENT_METADATA_OCTETS_MAX}")
        return number(continuation << 6 | len(octets), 1, "continuation << 6") + octets


DirectiveBody = Eof | Finished | Ack | Metadata | Nak | Prompt | KeepAlive
Body = DirectiveBody | FileData
_BODIES: dict[Directive, type[DirectiveBody]] = {
    kind.CODE: kind for kind in (Eof, Finished, Ack, Metadata, Nak, Prompt, KeepAlive)
}


def encode_pdu(header: Header, body: Body) -> bytes:
    """A whole PDU. Raises ValueError naming what does not fit."""
    field, is_data = body.encode(header.large), isinstance(body, FileData)
    if not isinstance(body, FileData):
        field = bytes((body.CODE,)) + field
    has_metadata = isinstance(body, FileData) and body.metadata is not None
    head = header.encode(len(field) + CRC_OCTETS * header.crc, is_data=is_data, segment_metadata=has_metadata)
    octets = head + field
    return octets + crc16(octets).to_bytes(CRC_OCTETS) if header.crc else octets


def decode_pdu(octets: bytes) -> tuple[Header, Body]:
    """Read the PDU at octet 0; what follows it is ignored. Raises DecodeError; a CRC is checked before the body."""
    header, extent = Header.decode(octets)
    field = octets[extent.start : extent.end]
    if header.crc:
        field = _checked(octets, extent)
    if extent.is_data:
        return header, _file_data(field, header.large, extent.segment_metadata)
    reader = OctetReader(field)
    kind = _BODIES[code(Directive, reader.number(1))]
    return header, kind.decode(reader, header.large)


def _checked(octets: bytes, extent: Extent) -> bytes:
    """The data field without its CRC. Raises ChecksumError."""
    field = OctetReader(octets[extent.start : extent.end])
    body, expected = field.read(max(0, field.left - CRC_OCTETS)), field.number(CRC_OCTETS)
    computed = crc16(octets[: extent.end - CRC_OCTETS])
    if expected != computed:
        raise ChecksumError(expected=expected, computed=computed)
    return body


def _file_data(field: bytes, large: bool, has_metadata: bool) -> FileData:
    metadata, octets = None, size_octets(large)
    if has_metadata:
        reader = OctetReader(field)
        head = reader.number(1)
        metadata = SegmentMetadata(head >> 6, reader.read(head & SEGMENT_METADATA_OCTETS_MAX))
        field = reader.rest()
    if len(field) < octets:
        raise TruncatedError(needed=octets, given=len(field))
    return FileData(int.from_bytes(field[:octets]), field[octets:], metadata)
