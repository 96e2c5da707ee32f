"""Bounds on the numbers in a definition, so that reading any file takes bounded time and memory.

A space packet has 65,542 octets at most (CCSDS 133.0-B-2 §4.1.1); nothing in a packet can be longer.
"""

import math

DECLARED_OCTETS_MAX = 6 + 65_536
PACKET_BITS_MAX = 8 * DECLARED_OCTETS_MAX
KIND_DEPTH_MAX = 16  # levels of arrays and groups inside each other
FIELDS_MAX = 65_536  # fields of a packet
NESTED_MAX = 16_384  # fields in the arrays and groups of a packet, counted each time that their structure occurs
BASES_MAX = 64  # containers in a chain of bases
TERMS_MAX = 64  # terms of a polynomial
NAME_MAX = 255
LABELS_MAX = 65_536
WIDE = 2**63
"""Numbers of a definition lie between -WIDE and WIDE."""


def check_number(value: float, what: str, least: float = -WIDE, most: float = WIDE) -> None:
    """Raises ValueError unless least <= value <= most, also for NaN; `what` names the value in the error."""
    if not least <= value <= most:
        raise ValueError(f"{what} = {short(value)}, expected {short(least)}..{short(most)}")


def check_finite(values: object, what: str) -> None:
    """Raises ValueError if one of several numbers is infinite or NaN; `what` names them in the error."""
    assert isinstance(values, tuple)
    for value in values:
        if not math.isfinite(value):
            raise ValueError(f"{what}: {value} is no finite number")


def check_name(name: str, what: str = "name") -> None:
    """Raises ValueError for an empty name, one of more than NAME_MAX characters, or with non-printable ones."""
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        raise ValueError(f"{what} {name[:40]!a}, expected 1 to {NAME_MAX} printable characters")


def short(value: object) -> str:
    """A value as text for a sentence, cut to 40 characters."""
    text = _digits(value) if isinstance(value, int) else str(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def _digits(value: int) -> str:
    return str(value) if abs(value) < 10**40 else f"a number of {value.bit_length()} bits"
