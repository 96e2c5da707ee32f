"""Building blocks of CFDP data fields (CCSDS 727.0-B-5 §5.1.9): length-value, file-size-sensitive numbers, a reader.

A decoder walks its octets once with `OctetReader`, which raises TruncatedError where they end too early.
"""

from enum import IntEnum
from typing import TypeVar

from link.errors import DecodeError, TruncatedError

LV_OCTETS_MAX = 255
_Code = TypeVar("_Code", bound=IntEnum)


def size_octets(large: bool) -> int:
    """Octets of a file-size-sensitive field (§5.1.10)."""
    return 8 if large else 4


def code(kind: type[_Code], number: int) -> _Code:
    """The member of `kind`. Raises DecodeError for a number that is reserved."""
    try:
        return kind(number)
    except ValueError as error:
        raise DecodeError(str(error)) from None


def number(value: int, octets: int, name: str) -> bytes:
    """An unsigned number in this many octets. Raises ValueError with its `name` where it does not fit."""
    if value >> 8 * octets:
        raise ValueError(f"{name} = {value}, expected 0..{(1 << 8 * octets) - 1}")
    return value.to_bytes(octets)


def length_value(value: bytes) -> bytes:
    """Length octet and value. Raises ValueError beyond 255 octets."""
    if len(value) > LV_OCTETS_MAX:
        raise ValueError(f"{len(value)} octets, a length-value field holds up to {LV_OCTETS_MAX}")
    return bytes((len(value),)) + value


def name_octets(name: str) -> bytes:
    """A file name as length-value; names are octets on the wire, UTF-8 by agreement."""
    return length_value(name.encode("utf-8", "surrogateescape"))


class OctetReader:
    """Walks over octets from the first to the last."""

    def __init__(self, octets: bytes) -> None:
        self._octets, self._at = octets, 0

    def read(self, size: int) -> bytes:
        """The next `size` octets."""
        end = self._at + size
        if end > len(self._octets):
            raise TruncatedError(needed=end, given=len(self._octets))
        taken, self._at = self._octets[self._at : end], end
        return taken

    def number(self, octets: int) -> int:
        """The next unsigned number."""
        return int.from_bytes(self.read(octets))

    def length_value(self) -> bytes:
        """The value of the next length-value field."""
        return self.read(self.number(1))

    def name(self) -> str:
        """The next file name; octets that are not UTF-8 survive as surrogates."""
        return self.length_value().decode("utf-8", "surrogateescape")

    def rest(self) -> bytes:
        """All that is left."""
        return self.read(self.left)

    @property
    def left(self) -> int:
        """Octets not yet taken."""
        return len(self._octets) - self._at
