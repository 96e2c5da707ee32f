"""Octets to texts and back: encodings, what ends a text within its size, and the zeros that pad it."""

from collections.abc import Callable
from functools import partial

from link.dictionary.kinds import Text
from link.errors import DecodeError

_MARKS = {"utf-16": (b"\xff\xfe", b"\xfe\xff"), "utf-32": (b"\xff\xfe\0\0", b"\0\0\xfe\xff")}
"""Byte order marks of the encodings that may begin with one."""


def text_converter(
    kind: Text, exactly: Callable[[bytes], bytes]
) -> tuple[Callable[[bytes], str], Callable[[str], bytes]]:
    """Decoder and encoder of a text; `exactly` returns octets that fit the size and raises ValueError for others."""
    written = f"{kind.encoding}-be" if kind.encoding in _MARKS else kind.encoding
    read = partial(_decoded, encoding=kind.encoding)
    if not isinstance(kind.size, int) and not kind.tail and not kind.leading_bits:
        return read, lambda value: exactly(value.encode(written))
    return lambda octets: read(_cut(octets, kind)), lambda value: exactly(_padded(value.encode(written), kind))


def place_of_tail(tail: bytes, octets: bytes, unit: int) -> int:
    """Offset of the first `tail` that begins at a whole character of `unit` octets; -1 if there is none."""
    at = octets.find(tail)
    while at >= 0 and at % unit:
        at = octets.find(tail, at + 1)
    return at


def _cut(octets: bytes, kind: Text) -> bytes:
    """The octets without terminator and padding. Raises DecodeError for a leading size beyond the octets."""
    if kind.leading_bits:
        begin = kind.leading_bits // 8
        end = begin + int.from_bytes(octets[:begin])
        if end > len(octets):
            raise DecodeError(f"a text of {end - begin} octets by its leading size, in {len(octets) - begin} octets")
        return octets[begin:end]
    end = place_of_tail(kind.tail, octets, kind.unit) if kind.tail else -1
    if end >= 0 or not isinstance(kind.size, int):
        return octets[:end] if end >= 0 else octets
    end = len(octets) // kind.unit * kind.unit
    while end and not any(octets[end - kind.unit : end]):
        end -= kind.unit
    return octets[:end]


def _padded(octets: bytes, kind: Text) -> bytes:
    if kind.leading_bits:
        whole = len(octets).to_bytes(kind.leading_bits // 8) + octets
        return whole + bytes(max(kind.size - len(whole), 0)) if isinstance(kind.size, int) else whole
    if kind.tail and place_of_tail(kind.tail, octets, kind.unit) >= 0:
        raise ValueError(f"a text cannot contain its terminator {kind.tail.hex()}")
    if not isinstance(kind.size, int):
        return octets + kind.tail
    whole = octets + kind.tail[: max(kind.size - len(octets), 0)]
    return whole + bytes(max(kind.size - len(whole), 0))


def _decoded(octets: bytes, encoding: str) -> str:
    marks = _MARKS.get(encoding)
    try:
        return octets.decode(f"{encoding}-be" if marks and not octets.startswith(marks) else encoding)
    except UnicodeDecodeError as error:
        raise DecodeError(f"not a text: {error}") from None
