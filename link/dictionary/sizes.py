"""How many octets, or elements, a field whose size varies has: found when reading, checked when writing.

A frame is the numbers on the wire read so far: one list for each structure, the outermost first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from link.dictionary.conditions import Comparison, Condition, compared
from link.dictionary.convert import converter
from link.dictionary.cursor import Reader, Writer
from link.dictionary.kinds import Counted, Enumeration, Field, Lookup, Reference, Rest, Size, Terminated, sum_bits
from link.errors import DecodeError, TruncatedError

Frame = tuple[list[Any], ...]
Scopes = tuple[tuple[Field, ...], ...]
"""The fields that may be referred to: of the structures around, then those before in this one."""


class Measure(Protocol):
    """A size; `tail` stands after what it measures."""

    @property
    def tail(self) -> bytes:
        """Octets after."""

    def read(self, reader: Reader, frame: Frame) -> int:
        """The size of what stands at `reader`. Raises DecodeError."""

    def write(self, size: int, writer: Writer, frame: Frame) -> None:
        """Write what announces `size`. Raises ValueError for a size that cannot be."""


@dataclass(slots=True)
class _Fixed:
    size: int
    tail = b""

    def read(self, _reader: Reader, _frame: Frame) -> int:
        return self.size

    def write(self, size: int, _writer: Writer, _frame: Frame) -> None:
        _check(size, self.size)


@dataclass(slots=True)
class _Counted:
    size: Counted
    tail = b""

    def read(self, reader: Reader, _frame: Frame) -> int:
        bits = self.size.bits
        count = int.from_bytes(reader.take(bits)) >> -bits % 8
        if count > self.size.greatest:
            raise DecodeError(f"a size of {count}, at most {self.size.greatest} expected")
        return count

    def write(self, size: int, writer: Writer, _frame: Frame) -> None:
        if size > self.size.greatest:
            raise ValueError(f"a size of {size}, at most {self.size.greatest} expected")
        bits = self.size.bits
        writer.put((size << -bits % 8).to_bytes(-(-bits // 8)), bits)


@dataclass(slots=True)
class _Rest:
    """What is left but for `reserved_bits`, in units of `unit_bits`."""

    reserved_bits: int
    unit_bits: int
    tail = b""

    def read(self, reader: Reader, _frame: Frame) -> int:
        left = reader.left - self.reserved_bits
        if left < 0:
            raise TruncatedError(needed=len(reader.octets) - left // 8, given=len(reader.octets))
        return left // self.unit_bits

    def write(self, _size: int, _writer: Writer, _frame: Frame) -> None:
        """Any size is right."""


@dataclass(slots=True)
class _Referred:
    size: Reference
    place: "Place"
    tail = b""

    def read(self, _reader: Reader, frame: Frame) -> int:
        size = self._size(frame)
        if size < 0 or size != int(size):
            raise DecodeError(f"{self.size.field} asks for a size of {size:g}")
        return int(size)

    def write(self, size: int, _writer: Writer, frame: Frame) -> None:
        _check(size, self._size(frame))

    def _size(self, frame: Frame) -> float:
        found = self.place.raw(frame)
        return (int(found or 0) * self.size.scale + self.size.offset) / self.size.divisor


@dataclass(slots=True)
class _LookedUp:
    cases: tuple[tuple["Test", int], ...]
    tail = b""

    def read(self, _reader: Reader, frame: Frame) -> int:
        for test, size in self.cases:
            if test(frame):
                return size
        raise DecodeError("no condition that gives the size holds")

    def write(self, size: int, _writer: Writer, frame: Frame) -> None:
        _check(size, self.read(Reader(b""), frame))


@dataclass(slots=True)
class _Terminated:
    tail: bytes

    def read(self, reader: Reader, _frame: Frame) -> int:
        here = reader.at
        left = reader.take(reader.left // 8 * 8)
        reader.at = here
        size = left.find(self.tail)
        if size < 0:
            raise TruncatedError(needed=len(reader.octets) + 1, given=len(reader.octets))
        return size

    def write(self, _size: int, _writer: Writer, _frame: Frame) -> None:
        """Any size is right; that the terminator is not inside is for the text to see to."""


def measure_of(size: Size, scopes: Scopes, after: Sequence[Field], unit_bits: int) -> Measure:
    """The measure of a field that the fields `after` follow, in units of `unit_bits`.

    Raises ValueError for a reference to a field that does not come before, or a rest before fields that vary.
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
            return _Terminated(bytes([size.octet]))
        case Rest():  # pragma: no branch  # nothing else is left
            reserved = sum_bits(tuple(after))
            if reserved is None:
                raise ValueError("only fields of fixed size can follow one that takes the rest")
            return _Rest(reserved, unit_bits)


def _check(size: int, expected: float) -> None:
    if size != expected:
        raise ValueError(f"a size of {size}, expected {expected:g}")


@dataclass(slots=True)
class Place:
    """Where in a frame a field's number stands."""

    structure: int
    number: int
    field: Field

    def raw(self, frame: Frame) -> Any:
        """Its number on the wire; None if the field is not there."""
        return frame[self.structure][self.number]

    def compared(self, frame: Frame, comparison: Comparison) -> Any:
        """What a comparison looks at: the number, the calibrated value or the label."""
        raw = self.raw(frame)
        number = isinstance(self.field.kind, Enumeration) and not isinstance(comparison.value, str)
        pair = converter(self.field)
        return raw if comparison.raw or number or raw is None or pair is None else pair[0](raw)


Test = Callable[[Frame], bool]


def place_of(name: str, scopes: Scopes) -> Place:
    """The nearest field called `name`. Raises ValueError if none comes before."""
    for structure in range(len(scopes) - 1, -1, -1):
        for number in range(len(scopes[structure]) - 1, -1, -1):
            if scopes[structure][number].name == name:
                return Place(structure, number, scopes[structure][number])
    raise ValueError(f"no field called {name} comes before")


def test_of(condition: Condition, scopes: Scopes) -> Test:
    """Whether `condition` holds in a frame. Raises ValueError for one on a field that does not come before."""
    places = {comparison: place_of(comparison.field, scopes) for comparison in compared(condition)}
    return lambda frame: condition.holds(lambda comparison: places[comparison].compared(frame, comparison))
