"""Sizes of fields that vary, in octets or elements: determined when reading, checked when writing."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from operator import index
from typing import Protocol

from link.dictionary.codec.cursor import BitReader, Writer
from link.dictionary.codec.places import Place, Scopes, ScopeValues, Test, place_of, test_of
from link.dictionary.codec.texts import place_of_tail
from link.dictionary.kinds import Counted, Field, Lookup, Reference, Rest, Size, Terminated, sum_bits
from link.errors import DecodeError, TruncatedError


class Measure(Protocol):
    """The way in which a size is given; `tail` is what follows the measured octets, such as a terminator."""

    @property
    def tail(self) -> bytes:
        """Octets that follow the measured ones; b"" if there are none."""

    def read(self, reader: BitReader, frame: ScopeValues) -> int:
        """The size of the field at the cursor `reader`. Raises DecodeError."""

    def write(self, size: int, writer: Writer, frame: ScopeValues) -> None:
        """Write the count, if there is one, that gives `size`. Raises ValueError for an impossible size."""


@dataclass(slots=True)
class _Fixed:
    size: int
    tail = b""

    def read(self, _reader: BitReader, _frame: ScopeValues) -> int:
        return self.size

    def write(self, size: int, _writer: Writer, _frame: ScopeValues) -> None:
        _check(size, self.size)


@dataclass(slots=True)
class _Counted:
    size: Counted
    tail = b""

    def read(self, reader: BitReader, _frame: ScopeValues) -> int:
        bits = self.size.bits
        count = int.from_bytes(reader.read(bits)) >> -bits % 8
        if count > self.size.greatest:
            raise DecodeError(f"a size of {count}, at most {self.size.greatest} expected")
        return count

    def write(self, size: int, writer: Writer, _frame: ScopeValues) -> None:
        if size > self.size.greatest:
            raise ValueError(f"a size of {size}, at most {self.size.greatest} expected")
        bits = self.size.bits
        writer.put((size << -bits % 8).to_bytes(-(-bits // 8)), bits)


@dataclass(slots=True)
class TheRest:
    """All bits that are left except `reserved_bits`, in units of `unit_bits`."""

    reserved_bits: int
    unit_bits: int
    tail = b""

    def read(self, reader: BitReader, _frame: ScopeValues) -> int:
        """How many units are left."""
        left = reader.left - self.reserved_bits
        if left < 0:
            raise TruncatedError(needed=len(reader.octets) - left // 8, given=len(reader.octets))
        return left // self.unit_bits

    def write(self, _size: int, _writer: Writer, _frame: ScopeValues) -> None:
        """Accept any size."""


@dataclass(slots=True)
class _Referred:
    size: Reference
    place: Place
    tail = b""

    def read(self, _reader: BitReader, frame: ScopeValues) -> int:
        size = self._size(frame)
        if not 0 <= size < inf or size != int(size):
            raise DecodeError(f"{self.size.field} asks for a size of {size:g}")
        return int(size)

    def write(self, size: int, _writer: Writer, frame: ScopeValues) -> None:
        _check(size, self._size(frame))

    def _size(self, frame: ScopeValues) -> float:
        found = self.place.value(frame) if self.size.calibrated else self.place.raw(frame)
        return (_number(found) * self.size.scale + self.size.offset) / self.size.divisor


@dataclass(slots=True)
class _LookedUp:
    cases: tuple[tuple["Test", int], ...]
    tail = b""

    def read(self, _reader: BitReader, frame: ScopeValues) -> int:
        for test, size in self.cases:
            if test(frame):
                return size
        raise DecodeError("none of the conditions that give the size holds")

    def write(self, size: int, _writer: Writer, frame: ScopeValues) -> None:
        _check(size, self.read(BitReader(b""), frame))


@dataclass(slots=True)
class _Terminated:
    tail: bytes
    unit: int

    def read(self, reader: BitReader, _frame: ScopeValues) -> int:
        here = reader.at
        left = reader.read(reader.left // 8 * 8)
        reader.at = here
        size = place_of_tail(self.tail, left, self.unit)
        if size < 0:
            raise TruncatedError(needed=len(reader.octets) + 1, given=len(reader.octets))
        return size

    def write(self, _size: int, _writer: Writer, _frame: ScopeValues) -> None:
        """Accept any size; the text's own check refuses a terminator inside."""


def measure_of(size: Size, scopes: Scopes, after: Sequence[Field], unit_bits: int, character: int = 1) -> Measure:
    """The measure of a field that the fields `after` follow, in units of `unit_bits`; for a text, `character` is the
    size of its characters in octets.

    Raises ValueError for a reference to a field that does not come before, or a Rest before fields that vary.
    """
    match size:
        case int():
            return _Fixed(size)
        case Counted():
            return _Counted(size)
        case Reference():
            return _Referred(size, place_of(size.field, scopes))
        case Lookup():
            return _LookedUp(tuple((test_of(condition, scopes), number) for condition, number in size.cases))
        case Terminated():
            return _Terminated(size.tail, character)
        case Rest():  # pragma: no branch  # nothing else is left
            reserved = sum_bits(tuple(after))
            if reserved is None:
                raise ValueError("only fields of fixed size can follow one that takes the rest")
            return TheRest(reserved, unit_bits)


def _check(size: int, expected: float) -> None:
    if size != expected:
        raise ValueError(f"a size of {size}, expected {expected:g}")


def _number(found: object) -> int | float:
    """A field's number as a size; 0 for an absent field. Raises DecodeError for what is no number."""
    if found is None:
        return 0
    try:
        return found if isinstance(found, float) else index(found)  # type: ignore[arg-type]  # that is the question
    except TypeError:
        raise DecodeError("the field that gives the size is no number") from None
