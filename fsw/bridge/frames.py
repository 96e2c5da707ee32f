"""Frames of a bridge on a stream of octets that may lose, damage and add some.

marker 16 | length of the body 16 | body | CRC-32C 32 of length and body

What is no whole frame is searched for the next marker, octet by octet, so that every undamaged frame is found, whatever
stands between them.
"""

from collections.abc import Iterator

from kernels.coding.crc import crc32c

BODY_OCTETS_MAX = 2048
_MARKER = b"\x5b\xb5"
_HEAD_OCTETS, _CRC_OCTETS = 4, 4


def encode_frame(body: bytes) -> bytes:
    """The frame of a body of at most BODY_OCTETS_MAX octets."""
    assert len(body) <= BODY_OCTETS_MAX, len(body)
    counted = len(body).to_bytes(2) + body
    return _MARKER + counted + crc32c(counted).to_bytes(_CRC_OCTETS)


class FrameSearch:
    """Finds frames in what is fed. Counts `damaged` frames, whose CRC is wrong, and octets `skipped` before others."""

    def __init__(self) -> None:
        self.damaged = self.skipped = 0
        self._octets = bytearray()

    def feed(self, octets: bytes) -> Iterator[bytes]:
        """The bodies of the frames that are whole now."""
        self._octets += octets
        while self._seek():
            size = int.from_bytes(self._octets[2:_HEAD_OCTETS])
            if size > BODY_OCTETS_MAX:
                self._skip(1)
                continue
            end = _HEAD_OCTETS + size
            if len(self._octets) < end + _CRC_OCTETS:
                return
            body = bytes(self._octets[_HEAD_OCTETS:end])
            if crc32c(self._octets[2:end]) != int.from_bytes(self._octets[end : end + _CRC_OCTETS]):
                self.damaged += 1
                self._skip(1)
                continue
            del self._octets[: end + _CRC_OCTETS]
            yield body

    def _seek(self) -> bool:
        """Skip what stands before the next marker; returns whether the head of a frame is there."""
        found = self._octets.find(_MARKER)
        if found < 0:
            found = len(self._octets) - self._octets.endswith(_MARKER[:1])
        self._skip(found)
        return len(self._octets) >= _HEAD_OCTETS

    def _skip(self, count: int) -> None:
        self.skipped += count
        del self._octets[:count]
