"""Size of a packet, by the version number in its first three bits and its header (CCSDS 133.0-B-2 §4.1.3.2)."""

from link.errors import DecodeError
from link.packets.space_packet import IDLE_APID

SPACE_PACKET = 0
ENCAPSULATION = 7
_ENCAPSULATION_HEADERS = (1, 2, 4, 8)


def packet_size(octets: bytes, at: int = 0) -> int | None:
    """Octets of the packet that begins at `at`; None while the part of its header with the length is missing.

    Raises DecodeError for a version that is neither a space packet nor an encapsulation packet.
    """
    if at >= len(octets):
        return None
    version = octets[at] >> 5
    if version == SPACE_PACKET:
        return 7 + (octets[at + 4] << 8 | octets[at + 5]) if at + 6 <= len(octets) else None
    if version != ENCAPSULATION:
        raise DecodeError(f"packet version {version}, expected 0 or 7")
    return _encapsulation_size(octets, at)


def is_idle(packet: bytes) -> bool:
    """Whether a whole packet only fills the link: a space packet of APID 2047, or version 7 and protocol 0."""
    return int.from_bytes(packet[:2]) & 0xE7FF == IDLE_APID or packet[0] >> 2 == ENCAPSULATION << 3


def _encapsulation_size(octets: bytes, at: int) -> int | None:
    """Octets of an encapsulation packet: its length field, at the header's end, includes it (133.1-B-3 §4.1.2)."""
    header = _ENCAPSULATION_HEADERS[octets[at] & 3]
    if at + header > len(octets):
        return None
    if header == 1:
        return 1
    size = int.from_bytes(octets[at + header // 2 : at + header])
    if size < header:
        raise DecodeError(f"encapsulation packet of {size} octets has a header of {header}")
    return size
