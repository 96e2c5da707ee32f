"""Packets as a capture file that Wireshark opens (classic pcap, nanosecond form: draft-ietf-opsawg-pcap §4, §5).

magic 32 | major 16 (2) | minor 16 (4) | reserved 64 | octets a record keeps 32 | link type 32, then for each packet:
seconds 32 | nanoseconds 32 | octets kept 32 | octets that the packet had 32 | octets

The link type is the first of those for private use: Wireshark must be configured to read space packets in it, unless
our dissector (link.dictionary.exchange.wireshark) is loaded.
"""

import struct

USER0 = 147
KEPT_OCTETS_MAX = 1 << 18
_HEADER = struct.Struct(">IHHQII")
_RECORD = struct.Struct(">IIII")
_MAGIC_NS = 0xA1B23C4D
_SECOND_NS = 1_000_000_000
END_NS = _SECOND_NS << 32
"""Time, in ns since 1970, from which on a capture file has no room: in 2106."""


def pcap_header(link_type: int = USER0) -> bytes:
    """The header of a capture file."""
    return _HEADER.pack(_MAGIC_NS, 2, 4, 0, KEPT_OCTETS_MAX, link_type)


def pcap_record(packet: bytes, time_ns: int = 0) -> bytes:
    """A packet's first 262144 octets, seen `time_ns` after 1970 (UTC). Raises ValueError for a time out of range."""
    seconds, nanoseconds = divmod(time_ns, _SECOND_NS)
    if seconds >> 32:
        raise ValueError(f"packet of {len(packet)} octets at {time_ns} ns: out of range for a capture file")
    kept = packet[:KEPT_OCTETS_MAX]
    return _RECORD.pack(seconds, nanoseconds, len(kept), len(packet)) + kept
