"""How large what a definition says may be, so that reading any file takes bounded time and memory.

A space packet has 65,542 octets at most (CCSDS 133.0-B-2 §4.1.1); nothing in a packet can be longer.
"""

import math

PACKET_OCTETS_MAX = 6 + 65_536
PACKET_BITS_MAX = 8 * PACKET_OCTETS_MAX
DEPTH_MAX = 16  # arrays and groups inside each other
FIELDS_MAX = 65_536  # of a packet
NESTED_MAX = 16_384  # fields in the arrays and groups of a packet, each as often as its structure stands there
BASES_MAX = 64  # containers that build on one another
TERMS_MAX = 64  # of a polynomial
NAME_MAX = 255
LABELS_MAX = 65_536
WIDE = 2**63
"""No number of a definition reaches this, up or down."""


def check_number(value: float, what: str, least: float = -WIDE, most: float = WIDE) -> None:
    """Raises ValueError unless least <= value <= most; a value that is no number is never within."""
    if not least <= value <= most:
        raise ValueError(f"{what} = {short(value)}, expected {short(least)}..{short(most)}")


def check_finite(values: object, what: str) -> None:
    """Raises ValueError for one of several numbers that is infinite or none."""
    assert isinstance(values, tuple)
    for value in values:
        if not math.isfinite(value):
            raise ValueError(f"{what}: {value} is no finite number")


def check_name(name: str, what: str = "name") -> None:
    """Raises ValueError for an empty or endless name, or one with characters that steer a terminal."""
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        raise ValueError(f"{what} {name[:40]!a}, expected 1 to {NAME_MAX} printable characters")


def short(value: object) -> str:
    """A value in a sentence, however long it is."""
    text = _digits(value) if isinstance(value, int) else str(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def _digits(value: int) -> str:
    return str(value) if abs(value) < 10**40 else f"a number of {value.bit_length()} bits"
