"""An alert as a file: how much of a scene is under water, and whether that is more than was called alarming.

version 4 | kind 4 | id 32 | share f32 | share_min f32 | target (UTF-8, to the end). What follows from the two shares is
not said twice: `raised` compares them as they travelled.
"""

import struct
from dataclasses import dataclass
from typing import Self

from link.errors import DecodeError, TruncatedError

_VERSION, _AREA = 1, 2
_HEAD = struct.Struct(">BIff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """`share` of the valid pixels that show it, against the limit `share_min`; both 0..1, kept as binary32."""

    id: int
    target: str
    share: float
    share_min: float

    @property
    def raised(self) -> bool:
        """Whether somebody has to look."""
        return self.share > self.share_min

    def encode(self) -> bytes:
        """The file's octets."""
        return _HEAD.pack(_VERSION << 4 | _AREA, self.id, self.share, self.share_min) + self.target.encode()

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read a whole file; raises DecodeError."""
        if len(octets) < _HEAD.size:
            raise TruncatedError(needed=_HEAD.size, given=len(octets))
        head, number, share, share_min = _HEAD.unpack_from(octets)
        if head != _VERSION << 4 | _AREA:
            raise DecodeError(f"version and kind {head:#04x}, expected {_VERSION << 4 | _AREA:#04x}")
        if not (0 <= share <= 1 and 0 <= share_min <= 1):
            raise DecodeError(f"shares {share} and {share_min}, expected 0..1")
        try:
            target = octets[_HEAD.size :].decode()
        except UnicodeDecodeError as error:
            raise DecodeError(f"target: {error}") from error
        return cls(id=number, target=target, share=share, share_min=share_min)
