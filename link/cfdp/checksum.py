"""File checksums of CFDP (CCSDS 727.0-B-5 §4.2.2; types in the SANA registry), computed over the file in order."""

import zlib
from functools import cache
from struct import unpack
from typing import Protocol

from kernels.coding.crc import crc32c
from link.cfdp.pdus.codes import ChecksumType

WORD_OCTETS = 4
PROXIMITY_1_POLYNOMIAL = 0x00A00805
"""Generator polynomial x^32 + x^23 + x^21 + x^11 + x^2 + 1, register preset to 0 (CCSDS 211.2-B-3 annex C)."""


class Checksum(Protocol):
    """A checksum over the octets given so far."""

    value: int

    def update(self, octets: bytes) -> None:
        """Add the next octets of the file."""


class Modular:
    """The sum modulo 2^32 of the file's 4-octet words, the last filled with zeros (§4.2.2)."""

    def __init__(self) -> None:
        self.value = 0
        self._phase = 0

    def update(self, octets: bytes) -> None:
        """Add the next octets, at whichever octet of a word they begin."""
        end = self._phase + len(octets)
        padded = bytes(self._phase) + octets + bytes(-end % WORD_OCTETS)
        self.value = (self.value + sum(unpack(f">{len(padded) // WORD_OCTETS}I", padded))) & 0xFFFFFFFF
        self._phase = end % WORD_OCTETS


class Crc32:
    """CRC-32 of IEEE 802.3."""

    def __init__(self) -> None:
        self.value = 0

    def update(self, octets: bytes) -> None:
        """Add the next octets."""
        self.value = zlib.crc32(octets, self.value)


class Crc32c:
    """CRC-32C."""

    def __init__(self) -> None:
        self.value = 0

    def update(self, octets: bytes) -> None:
        """Add the next octets."""
        self.value = crc32c(octets, self.value)


class Proximity1:
    """CRC-32 of the Proximity-1 link; octet by octet, so slow on large files."""

    def __init__(self) -> None:
        self.value = 0

    def update(self, octets: bytes) -> None:
        """Add the next octets."""
        table, crc = _proximity_1_table(), self.value
        for octet in octets:
            crc = (crc << 8 & 0xFFFFFFFF) ^ table[crc >> 24 ^ octet]
        self.value = crc


class Null:
    """No checksum: always 0."""

    def __init__(self) -> None:
        self.value = 0

    def update(self, octets: bytes) -> None:
        """Ignore the octets: the null checksum is always 0."""


_TYPES: dict[int, type[Checksum]] = {
    ChecksumType.MODULAR: Modular,
    ChecksumType.PROXIMITY_1: Proximity1,
    ChecksumType.CRC32C: Crc32c,
    ChecksumType.CRC32: Crc32,
    ChecksumType.NULL: Null,
}


def supported(kind: int) -> bool:
    """Whether `start` knows this type."""
    return kind in _TYPES


def start(kind: int) -> Checksum:
    """A checksum of no octets yet. Raises KeyError for a type that is not `supported`."""
    return _TYPES[kind]()


@cache
def _proximity_1_table() -> tuple[int, ...]:
    return tuple(map(_proximity_1_entry, range(256)))


def _proximity_1_entry(octet: int) -> int:
    crc = octet << 24
    for _ in range(8):
        crc = (crc << 1 & 0xFFFFFFFF) ^ PROXIMITY_1_POLYNOMIAL * (crc >> 31)
    return crc
