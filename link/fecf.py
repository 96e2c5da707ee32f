"""Frame error control field: CRC-16 in the last two octets of a frame (CCSDS 132.0-B-3 §4.1.6, 232.0-B-4 §4.1.4)."""

from kernels.coding.crc import crc16
from link.errors import ChecksumError, TruncatedError

FECF_SIZE = 2


def with_fecf(octets: bytes) -> bytes:
    """The frame with its field behind it."""
    return octets + crc16(octets).to_bytes(FECF_SIZE)


def without_fecf(frame: bytes) -> bytes:
    """The frame without its field. Raises ChecksumError if the CRC is wrong, TruncatedError if there is no field."""
    if len(frame) < FECF_SIZE:
        raise TruncatedError(needed=FECF_SIZE, given=len(frame))
    body = frame[:-FECF_SIZE]
    expected, computed = int.from_bytes(frame[-FECF_SIZE:]), crc16(body)
    if expected != computed:
        raise ChecksumError(expected=expected, computed=computed)
    return body
