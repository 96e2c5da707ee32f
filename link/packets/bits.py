"""Bit fields as a Construct leaf: declared once, read and written as one big-endian number.

    HEADER = Packed("Header", version=3, is_command=1, has_secondary=1, apid=11, flags=2, count=14, length=16)

Fields are unsigned, most significant bit first, in the order given (the bit numbering of all CCSDS formats). `unpack`
and `pack` are the fast path; as a Construct the leaf parses to a named tuple and can be part of any other Construct;
`oracle` is the same layout made of Construct's own parts, with which tests compare both.
"""

from collections import namedtuple
from collections.abc import Iterator
from operator import lshift, rshift
from typing import Any

import construct as cs

from link.errors import TruncatedError


class Packed(cs.Construct):  # type: ignore[misc]  # construct has no types
    """A run of bit fields, `field=width_bits`, together `size` whole octets; `record` is the named tuple it parses to.

    Raises ValueError for a layout that does not end on an octet.
    """

    def __init__(self, name: str, /, **widths: int) -> None:
        super().__init__()
        self.widths = widths
        self.size, odd_bits = divmod(sum(widths.values()), 8)
        if odd_bits:
            raise ValueError(f"{name}: {sum(widths.values())} bits do not end on an octet")
        self.record = _record(name, widths)
        self._cuts, self._bits = tuple(_cuts(widths)), tuple(widths.values())
        self._shifts = tuple(shift for shift, _ in self._cuts)

    def unpack(self, octets: bytes, offset: int = 0) -> list[int]:
        """The fields in order. Raises TruncatedError."""
        own = octets[offset : offset + self.size]
        if len(own) < self.size:
            raise TruncatedError(needed=self.size, given=len(own))
        number = int.from_bytes(own)
        return [number >> shift & mask for shift, mask in self._cuts]

    def pack(self, *values: int) -> bytes:
        """The octets of the fields in order. Raises ValueError naming the first that is out of its range."""
        if len(values) != len(self._bits) or any(map(rshift, values, self._bits)):
            raise ValueError(self._complaint(values))
        number: int = sum(map(lshift, values, self._shifts))
        return number.to_bytes(self.size)

    def oracle(self) -> Any:
        """The same layout as a `cs.BitStruct`: slow and independent."""
        return cs.BitStruct(*(name / cs.BitsInteger(width) for name, width in self.widths.items()))

    def parse(self, data: bytes, **contextkw: Any) -> Any:
        """The record at the beginning of `data`, without the stream that composition needs. Raises cs.StreamError."""
        try:
            return self.record._make(self.unpack(data))
        except TruncatedError as error:
            raise cs.StreamError(str(error), path="(parsing)") from error

    def build(self, obj: Any, **contextkw: Any) -> bytes:
        """The octets of a record, or of any mapping with its fields. Raises cs.FormatFieldError."""
        try:
            return self.pack(*(obj if type(obj) is self.record else [obj[name] for name in self.widths]))
        except (KeyError, ValueError) as error:
            raise cs.FormatFieldError(str(error), path="(building)") from error

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return self.record._make(self.unpack(cs.stream_read(stream, self.size, path)))

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        cs.stream_write(stream, self.build(obj), self.size, path)
        return obj

    def _sizeof(self, context: Any, path: str) -> int:
        return self.size

    def _complaint(self, values: tuple[int, ...]) -> str:
        fields = zip(self.widths.items(), values, strict=True)
        (name, width), value = next(((name, width), value) for (name, width), value in fields if value >> width)
        return f"{name} = {value}, expected 0..{(1 << width) - 1}"


def _cuts(widths: dict[str, int]) -> Iterator[tuple[int, int]]:
    """Shift and mask that take each field out of the number."""
    left = sum(widths.values())
    for width in widths.values():
        left -= width
        yield left, (1 << width) - 1


def _record(name: str, widths: dict[str, int]) -> Any:
    """A named tuple that also takes a field's name as index, as Construct's `this.head.length` does."""
    fields = namedtuple(name, widths)  # type: ignore[misc]  # made from the layout

    class Record(fields):
        __slots__ = ()

        def __getitem__(self, key: Any) -> Any:
            return getattr(self, key) if isinstance(key, str) else super().__getitem__(key)

    Record.__name__ = Record.__qualname__ = name
    return Record
