"""An alert as a file: the share of a scene that is under water, and the limit above which that is an alarm.

version 4 | kind 4 | id 32 | share f32 | share_min f32 | target (UTF-8, to the end). Where not all of the scene was seen
the version is 2, and the share that was (f32) stands before the target. Whether the alarm is raised is not in the file:
`raised` compares the two shares.
"""

import struct
from dataclasses import dataclass
from typing import Self

from link.errors import DecodeError, TruncatedError

_WHOLE, _PARTLY, _AREA = 1, 2, 2
_HEAD, _SEEN = struct.Struct(">BIff"), struct.Struct(">f")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """`share` of the valid pixels that are water, and its limit `share_min`; `seen`: share of valid pixels.

    All are 0..1, kept as binary32. Where `seen` is 0, a `share` of 0 has no meaning.
    """

    id: int
    target: str
    share: float
    share_min: float
    seen: float = 1.0

    @property
    def raised(self) -> bool:
        """Whether the share is above its limit, so that a person has to look."""
        return self.share > self.share_min and self.seen > 0

    def encode(self) -> bytes:
        """The file's octets."""
        seen = _SEEN.pack(self.seen)
        version, seen = (_WHOLE, b"") if seen == _SEEN.pack(1) else (_PARTLY, seen)
        return _HEAD.pack(version << 4 | _AREA, self.id, self.share, self.share_min) + seen + self.target.encode()

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read a whole file; raises DecodeError."""
        if len(octets) < _HEAD.size:
            raise TruncatedError(needed=_HEAD.size, given=len(octets))
        head, number, share, share_min = _HEAD.unpack_from(octets)
        if head not in (_WHOLE << 4 | _AREA, _PARTLY << 4 | _AREA):
            expected = f"{_WHOLE << 4 | _AREA:#04x} or {_PARTLY << 4 | _AREA:#04x}"
            raise DecodeError(f"version and kind {head:#04x}, expected {expected}")
        seen, rest = _seen_in(octets[_HEAD.size :]) if head >> 4 == _PARTLY else (1.0, octets[_HEAD.size :])
        if not (0 <= share <= 1 and 0 <= share_min <= 1):
            raise DecodeError(f"shares {share} and {share_min}, expected 0..1")
        try:
            target = rest.decode()
        except UnicodeDecodeError as error:
            raise DecodeError(f"target: {error}") from error
        return cls(id=number, target=target, share=share, share_min=share_min, seen=seen)


def _seen_in(octets: bytes) -> tuple[float, bytes]:
    """The share that was seen, and the octets behind it, in a file of version 2."""
    if len(octets) < _SEEN.size:
        raise TruncatedError(needed=_HEAD.size + _SEEN.size, given=_HEAD.size + len(octets))
    (seen,) = _SEEN.unpack_from(octets)
    if not 0 <= seen < 1:
        raise DecodeError(f"seen {seen}, expected 0..1, below 1")
    return seen, octets[_SEEN.size :]
