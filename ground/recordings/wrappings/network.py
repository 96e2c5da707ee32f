"""UDP datagrams in captured packets: Ethernet with VLANs, Linux's and BSD's pseudo-links, IPv4 and IPv6."""

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

USER_LINKS = range(147, 163)
"""Link types for private use: a record holds the packet alone."""
_FIXED = {1: 12, 113: 14, 276: 0, 0: 0, 108: 0, 12: -1, 14: -1, 101: -1, 228: -1, 229: -1}
"""Offset of the EtherType in a record, by link type; -1: the record is an IP packet."""
KNOWN_LINKS = _FIXED.keys()
_VLANS = (0x8100, 0x88A8, 0x9100)
_IPV4, _IPV6 = 0x0800, 0x86DD
_FAMILIES = {2: _IPV4, 24: _IPV6, 28: _IPV6, 30: _IPV6, 10: _IPV6}
_TCP, _UDP = 6, 17
_IPV6_EXTENSIONS = (0, 43, 60)
_IPV6_FRAGMENT = 44


class Datagram(NamedTuple):
    """A UDP datagram: its destination port and payload; `is_cut`: the capture kept only its beginning."""

    port: int
    payload: bytes | memoryview
    is_cut: bool


@dataclass(slots=True)
class _Begun:
    """Fragments of a datagram by their offset, and its size, once the last fragment has come."""

    pieces: dict[int, bytes] = field(default_factory=dict)
    octets: int = 0
    end: int | None = None

    def add(self, offset: int, more: bool, piece: bytes) -> bytes | None:
        """The whole datagram, if this fragment completes it. A repeated fragment replaces the earlier one."""
        self.octets += len(piece) - len(self.pieces.get(offset, b""))
        self.pieces[offset] = piece
        if not more:
            self.end = offset + len(piece)
        if self.octets != self.end:
            return None
        places = sorted(self.pieces)
        ends = [0, *(at + len(self.pieces[at]) for at in places)]
        return b"".join(map(self.pieces.__getitem__, places)) if places == ends[:-1] else None


@dataclass(slots=True)
class DatagramFinder:
    """Finds datagrams in records. Counters: `tcp` segments and `others` left out, `fragments` without the rest."""

    tcp: int = 0
    others: int = 0
    _begun: dict[bytes, _Begun] = field(default_factory=dict)

    @property
    def fragments(self) -> int:
        """Number of fragments of incomplete datagrams."""
        return sum(len(begun.pieces) for begun in self._begun.values())

    def datagram(self, record: memoryview, link: int) -> Datagram | None:
        """The datagram that one record of a known link type carries or completes; None if there is none."""
        try:
            kind, start = _carried(record, link)
            if kind == _IPV4:
                return self._ipv4(record[start:])
            if kind == _IPV6:
                return self._ipv6(record[start:])
        except (struct.error, IndexError):
            pass  # the record is cut off within its headers
        self.others += 1
        return None

    def _ipv4(self, packet: memoryview) -> Datagram | None:
        header = (packet[0] & 0x0F) * 4
        total, number, fragment = struct.unpack_from(">HHH", packet, 2)
        body = packet[header : total or len(packet)]
        if fragment & 0x3FFF:
            key = bytes(packet[12:20]) + bytes([packet[9]]) + number.to_bytes(2)
            return self._fragment(key, (fragment & 0x1FFF) * 8, bool(fragment & 0x2000), bytes(body), packet[9])
        return self._transport(packet[9], body)

    def _ipv6(self, packet: memoryview) -> Datagram | None:
        (size,), kind, body = struct.unpack_from(">H", packet, 4), packet[6], packet[40:]
        body = body[:size] if size else body
        while kind in _IPV6_EXTENSIONS:
            kind, body = body[0], body[8 + 8 * body[1] :]
        if kind == _IPV6_FRAGMENT:
            (offset,) = struct.unpack_from(">H", body, 2)
            key = bytes(packet[8:40]) + bytes(body[4:8])
            return self._fragment(key, offset & 0xFFF8, bool(offset & 1), bytes(body[8:]), body[0])
        return self._transport(kind, body)

    def _fragment(self, key: bytes, offset: int, more: bool, body: bytes, kind: int) -> Datagram | None:
        whole = self._begun.setdefault(key, _Begun()).add(offset, more, body)
        if whole is None:
            return None
        del self._begun[key]
        return self._transport(kind, memoryview(whole))

    def _transport(self, kind: int, body: memoryview) -> Datagram | None:
        if kind != _UDP:
            self.tcp += kind == _TCP
            self.others += kind != _TCP
            return None
        _, port, size = struct.unpack_from(">HHH", body)
        size = size or len(body)
        return Datagram(port, body[8:size], len(body) < size)


def _carried(record: memoryview, link: int) -> tuple[int, int]:
    """EtherType of a record's payload, and its offset; raises struct.error for a record that is cut off."""
    at = _FIXED[link]
    if at < 0:
        return (_IPV6 if record[0] >> 4 == 6 else _IPV4), 0
    if link in (0, 108):
        families = struct.unpack_from("<I", record)[0], struct.unpack_from(">I", record)[0]
        return next((_FAMILIES[one] for one in families if one in _FAMILIES), 0), 4
    (kind,) = struct.unpack_from(">H", record, at)
    start = 20 if link == 276 else at + 2
    while kind in _VLANS:
        (kind,) = struct.unpack_from(">H", record, start + 2)
        start += 4
    return kind, start
