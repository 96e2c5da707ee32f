"""Codec of a list of fields: octets to values and back. The same code runs on board and on the ground.

Tests hold it equal to Construct. Neighbouring fields of fixed size are one run (words.py); a field whose size varies,
or that is optional, is a part of its own (parts.py). Most lists are a single run, which costs one call of `struct`.
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from link.dictionary.codec.contexts import context_converter
from link.dictionary.codec.convert import converter
from link.dictionary.codec.cursor import BitReader, Writer
from link.dictionary.codec.parts import Blob, Optional, Part, Run, Structures, Unfit, parts_of
from link.dictionary.codec.places import Scopes, ScopeValues
from link.dictionary.codec.words import Words
from link.dictionary.domain import refuse
from link.dictionary.kinds import Field
from link.errors import DecodeError

_CANNOT = (struct.error, TypeError, ValueError, OverflowError, LookupError, AttributeError, ArithmeticError)


class Codec:
    """Reads and writes `fields`. `classes` gives, by field name, the enumeration or record class of a value on board.

    decode(octets) -> values in order, None for an absent field; raises DecodeError for octets that are too short, too
    long or invalid. encode(values) -> octets; raises ValueError that names the field and what it may hold.
    `outer`: the fields before this structure, where it is inside others. A `lenient` codec gives `Invalid` for an
    invalid value and reads the others.
    """

    def __init__(
        self,
        fields: Sequence[Field],
        classes: Mapping[str, type] | None = None,
        outer: Scopes = (),
        *,
        lenient: bool = False,
    ) -> None:
        self.fields, self.names = tuple(fields), tuple([field.name for field in fields])
        self._parts = parts_of(self.fields, outer, classes or {}, partial(Codec, lenient=lenient))
        self._only = self._parts[0] if len(self._parts) == 1 and isinstance(self._parts[0], Run) else None
        self._size = -1
        if self._only:
            self._size, self._unpack = self._only.words.size, self._only.words.unpack
        self._head = _head_of(self._parts)
        found = [converter(field, (classes or {}).get(field.name), lenient=lenient) for field in self.fields]
        self._converters = [(number, *pair) for number, pair in enumerate(found) if pair]
        self._within = dict(_structured(self._parts))
        self._one_way = [number for number, field in enumerate(self.fields) if field.contexts]
        for number, field in enumerate(self.fields):
            if field.contexts:
                scopes = (*outer, self.fields[:number])
                self._within[number] = context_converter(field, scopes, found[number], lenient=lenient)

    @property
    def size(self) -> int | None:
        """Octets of every encoded list of values, if the fields are a single run; else None."""
        return self._only.words.size if self._only else None if self._parts else 0

    def decode(self, octets: bytes) -> list[Any]:
        """The values of `octets`, which hold nothing else. Raises DecodeError."""
        if len(octets) == self._size:
            raws = list(self._unpack(octets))
            return self.values_of(raws, ()) if self._converters or self._within else raws
        reader = BitReader(octets)
        values = self.read(reader)
        if reader.left >= 8:
            raise DecodeError(f"{reader.left // 8} octets more than expected")
        return values

    def read(self, reader: BitReader) -> list[Any]:
        """The values from the cursor `reader` on. Raises DecodeError."""
        return self.values_of(self.read_numbers(reader), ())

    def read_numbers(self, reader: BitReader, outer: ScopeValues = ()) -> list[Any]:
        """The raw numbers from the cursor `reader` on; `outer` holds those of the structures around this one."""
        raws: list[Any] = []
        frame = (*outer, raws)
        for part in self._parts:
            part.read(reader, frame)
        return raws

    def encode(self, values: Sequence[Any]) -> bytes:
        """The octets of one value for each field, None for an absent one. Raises ValueError naming the field."""
        if self._only is not None:
            raws = self._raws(values)
            try:
                return self._only.words.pack(raws)
            except _CANNOT:
                raise self._refusal(Unfit(self._only.words.misfit(raws)), values) from None
        if self._head is not None:
            *raws, rest = self._raws(values)
            with suppress(*_CANNOT):  # what is wrong is found below
                return self._head.pack(raws) + bytes(rest)
        writer = Writer()
        self.write(values, writer, ())
        return writer.octets()

    def write(self, values: Sequence[Any], writer: Writer, outer: ScopeValues) -> None:
        """Append the values to `writer`. Raises ValueError naming the field."""
        frame = (*outer, self._raws(values))
        try:
            for part in self._parts:
                part.write(writer, frame)
        except Unfit as unfit:
            raise self._refusal(unfit, values) from None

    def values_of(self, raws: list[Any], outer: ScopeValues) -> list[Any]:
        """The values of raw numbers. Raises DecodeError."""
        values = raws.copy()
        number = 0
        try:
            for number, value_of, _ in self._converters:
                if raws[number] is not None:
                    values[number] = value_of(raws[number])
            for number, within in self._within.items():
                if raws[number] is not None:
                    values[number] = within(raws[number], (*outer, raws))
        except DecodeError as error:
            raise DecodeError(f"{self.fields[number].name}: {error}") from None
        return values

    def _raws(self, values: Sequence[Any]) -> list[Any]:
        raws = list(values)
        for number in self._one_way:
            raise ValueError(f"{self.fields[number].name}: a calibration that depends on other fields has no inverse")
        for number, _, raw_of in self._converters:
            if raws[number] is not None:
                try:
                    raws[number] = raw_of(raws[number])
                except _CANNOT:
                    raise refuse(self.fields[number], values[number]) from None
        return raws

    def _refusal(self, unfit: Unfit, values: Sequence[Any]) -> ValueError:
        return ValueError(unfit.said) if unfit.said else refuse(self.fields[unfit.number], values[unfit.number])


def _head_of(parts: Sequence[Part]) -> Words | None:
    """The whole octets of fixed size in front of one field that is all the rest, as in most reports; else None."""
    match parts:
        case [Run(words=words, back_bits=0), Blob() as blob] if blob.ends and not words.bits % 8:
            return words
    return None


def _structured(parts: Sequence[Part]) -> Iterator[tuple[int, Callable[[Any, ScopeValues], Any]]]:
    """The field numbers of structured parts, each with the function that makes values of its numbers."""
    for part in parts:
        inner = part.structures if isinstance(part, Optional) else part
        if isinstance(inner, Structures):
            yield inner.number, inner.value_of
