"""BCH(63,56) of telecommand blocks (CCSDS 231.0-B-4 §3): 56 bits, their 7 parity bits complemented, a filler bit 0.

Generator x^7 + x^6 + x^2 + 1, computed octet by octet in the upper seven bits of a register.
"""

from typing import NamedTuple

INFORMATION_OCTETS = 7
BLOCK_OCTETS = 8
_POLYNOMIAL = 0b1000101 << 1
_PARITY_BITS = 0xFE


class Block(NamedTuple):
    """A decoded block: its seven octets, and how many of its bits were wrong: 0 or 1."""

    information: bytes
    corrected_bits: int


def encoded(information: bytes) -> bytes:
    """Blocks of eight octets for the sevens of `information`, which has a whole number of them."""
    assert len(information) % INFORMATION_OCTETS == 0, len(information)
    sevens = (information[at : at + INFORMATION_OCTETS] for at in range(0, len(information), INFORMATION_OCTETS))
    return b"".join(seven + bytes([_remainder(seven) ^ _PARITY_BITS]) for seven in sevens)


def corrected(block: bytes) -> Block | None:
    """The information of eight octets, a single wrong bit set right; None if more than one is wrong."""
    information = block[:INFORMATION_OCTETS]
    syndrome = _remainder(information) ^ (block[INFORMATION_OCTETS] ^ _PARITY_BITS) & _PARITY_BITS
    if not syndrome:
        return Block(information, 0)
    error = _SINGLE_ERRORS.get(syndrome)
    if error is None:
        return None
    return Block((int.from_bytes(information) ^ error).to_bytes(INFORMATION_OCTETS), 1)


def _shifted(register: int) -> int:
    """The register after eight bits of zero."""
    for _ in range(8):
        register = register << 1 ^ (_POLYNOMIAL if register & 0x80 else 0)
        register &= 0xFF
    return register


_TABLE = tuple(_shifted(octet) for octet in range(256))


def _remainder(information: bytes) -> int:
    register = 0
    for octet in information:
        register = _TABLE[register ^ octet]
    return register


_SINGLE_ERRORS = {_remainder((1 << bit).to_bytes(INFORMATION_OCTETS)): 1 << bit for bit in range(56)}
"""Syndrome of each wrong bit to that bit of the information, 0 where it is one of the parity."""
_SINGLE_ERRORS |= {1 << bit: 0 for bit in range(1, 8)}
