"""Octets to the values of a list of fields, and back. The same code flies and runs on the ground.

`oracle.py` holds it to Construct. Neighbouring fields of fixed size are one run (words.py); a field whose size varies
is read on its own, from the next whole octet.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from link.dictionary.convert import converter, is_whole
from link.dictionary.domain import refuse
from link.dictionary.kinds import Counted, Enumeration, Integer, Octets, Real, Rest, Text, Time, fixed_bits
from link.dictionary.model import Field
from link.dictionary.words import Form, Slot, Words
from link.errors import DecodeError, TruncatedError


@dataclass(slots=True)
class _Run:
    """The fields from number `start` to `stop`, of fixed size."""

    words: Words
    start: int
    stop: int

    def read(self, octets: bytes, at: int, raws: list[Any]) -> int:
        raws += self.words.unpack(octets, at)
        return at + self.words.size

    def write(self, raws: Sequence[Any]) -> bytes:
        return self.words.pack(raws[self.start : self.stop])


@dataclass(slots=True)
class _Varying:
    """Field number `start`: octets whose number stands in front of them, or that go on to the end."""

    count_octets: int
    maximum: float
    start: int

    def read(self, octets: bytes, at: int, raws: list[Any]) -> int:
        first = at + self.count_octets
        size = int.from_bytes(octets[at:first], "big") if self.count_octets else len(octets) - first
        if len(octets) < first + size:
            raise TruncatedError(needed=first + size, given=len(octets))
        if size > self.maximum:
            raise DecodeError(f"{size} octets, at most {self.maximum} expected")
        raws.append(octets[first : first + size])
        return first + size

    def write(self, raws: Sequence[Any]) -> bytes:
        value: bytes = raws[self.start]
        return len(value).to_bytes(self.count_octets, "big") + value if self.count_octets else value


class Codec:
    """Reads and writes `fields`. `enums` gives, by field name, the class whose members the values are; else labels.

    decode(octets) -> values in order; raises DecodeError for octets that are too short, too long or senseless.
    encode(values) -> octets; raises ValueError that names the field and what it may hold.
    """

    def __init__(self, fields: Sequence[Field], enums: Mapping[str, type[Enum]] | None = None) -> None:
        self.fields = tuple(fields)
        self._parts = tuple(_parts(self.fields))
        self._only = self._parts[0].words if len(self._parts) == 1 and isinstance(self._parts[0], _Run) else None
        found = [converter(field, (enums or {}).get(field.name)) for field in self.fields]
        self._converters = [(number, *pair) for number, pair in enumerate(found) if pair]

    @property
    def size(self) -> int | None:
        """Octets of every encoded value list; None where they vary."""
        return self._only.size if self._only else 0 if not self._parts else None

    def decode(self, octets: bytes) -> list[Any]:
        """All of `octets` to values."""
        values, end = self.decode_from(octets, 0)
        if end != len(octets):
            raise DecodeError(f"{len(octets) - end} octets more than expected")
        return values

    def decode_from(self, octets: bytes, start: int) -> tuple[list[Any], int]:
        """The values that start at octet `start`, and where they end."""
        values: list[Any] = []
        for part in self._parts:
            start = part.read(octets, start, values)
        for number, value_of, _ in self._converters:
            values[number] = self._value(number, value_of, values[number])
        return values, start

    def encode(self, values: Sequence[Any]) -> bytes:
        """The octets of one value for each field."""
        try:
            return self._encode(values)
        except (struct.error, TypeError, ValueError, OverflowError, LookupError, AttributeError, ArithmeticError):
            self._refuse(values)
            raise

    def _encode(self, values: Sequence[Any]) -> bytes:
        raws = list(values)
        for number, _, raw_of in self._converters:
            raws[number] = raw_of(raws[number])
        if self._only:
            return self._only.pack(raws)
        return b"".join([part.write(raws) for part in self._parts])

    def _refuse(self, values: Sequence[Any]) -> None:
        """Find the field whose value cannot be written, and say so as a ValueError."""
        for field, value in zip(self.fields, values, strict=True):
            try:
                Codec((field,))._encode([value])
            except (struct.error, TypeError, ValueError, OverflowError, LookupError, AttributeError, ArithmeticError):
                raise refuse(field, value) from None

    def _value(self, number: int, value_of: Any, raw: Any) -> Any:
        try:
            return value_of(raw)
        except DecodeError as error:
            raise DecodeError(f"{self.fields[number].name}: {error}") from None


def _parts(fields: Sequence[Field]) -> Iterator[_Run | _Varying]:
    run: list[Slot] = []
    for number, field in enumerate(fields):
        slot = _slot(field)
        if slot:
            run.append(slot)
            continue
        if run:
            yield _run(run, number)
            run = []
        yield _varying(field, number)
    if run:
        yield _run(run, len(fields))


def _run(slots: list[Slot], stop: int) -> _Run:
    return _Run(Words(slots), stop - len(slots), stop)


def _varying(field: Field, number: int) -> _Varying:
    assert isinstance(field.kind, Text | Octets)
    match field.kind.size:
        case Counted() as size:
            if size.bits % 8 or field.skip_bits:
                raise ValueError(f"{field.name}: a count of whole octets expected, not of {size.bits} bits")
            return _Varying(size.bits // 8, size.greatest, number)
        case Rest():
            return _Varying(0, float("inf"), number)
    raise AssertionError(field)


def _slot(field: Field) -> Slot | None:
    """Where a field of fixed size stands; None for one whose size varies."""
    bits = fixed_bits(field.kind)
    if bits is None:
        return None
    signed = isinstance(field.kind, Integer | Enumeration) and field.kind.signed
    order = field.kind.order if isinstance(field.kind, Integer | Enumeration | Real) else "big"
    form: Form = "octets" if isinstance(field.kind, Text | Octets | Time) else "signed" if signed else "unsigned"
    if not is_whole(field.kind) and form != "octets":
        form = "real"
    return Slot(bits, form, order, field.skip_bits)
