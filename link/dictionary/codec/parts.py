"""Parts of a codec: runs of fields of fixed size, and single fields that vary in size or are optional.

To read, a part appends numbers from a cursor to the last list of the frame; to write, it takes its numbers from there.
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from kernels.usage import did_you_mean
from link.dictionary.codec.cursor import BitReader, Writer
from link.dictionary.codec.places import Scopes, ScopeValues, Test, test_of
from link.dictionary.codec.sizes import Measure, TheRest, measure_of
from link.dictionary.codec.words import Slot, WordForm, Words
from link.dictionary.kinds import (
    AnyKind,
    Array,
    Enumeration,
    Field,
    Group,
    Integer,
    Octets,
    Real,
    Text,
    Time,
    fixed_bits,
)
from link.errors import TruncatedError

_NOTHINGS_MAX = 0xFFFF  # elements of size 0 in an array; the packet's size bounds the others


class Unfit(Exception):  # noqa: N818  # never leaves the codec
    """The value of field `number` cannot be written; `said` is the error sentence, if not the usual one."""

    def __init__(self, number: int, said: str = "") -> None:
        super().__init__(said)
        self.number, self.said = number, said


class Part(Protocol):
    """One or more neighbouring fields of a codec."""

    def read(self, reader: BitReader, frame: ScopeValues) -> None:
        """Append the numbers of these fields to the frame. Raises DecodeError."""

    def write(self, writer: Writer, frame: ScopeValues) -> None:
        """Write the numbers of these fields in the frame. Raises Unfit."""


class Inner(Protocol):
    """Codec of a structure inside another one."""

    fields: tuple[Field, ...]

    def read_numbers(self, reader: BitReader, outer: ScopeValues) -> list[Any]:
        """The numbers on the wire. Raises DecodeError."""

    def values_of(self, raws: list[Any], outer: ScopeValues) -> list[Any]:
        """The values of these numbers. Raises DecodeError."""

    def write(self, values: Sequence[Any], writer: Writer, outer: ScopeValues) -> None:
        """Write the values of the structure. Raises ValueError."""


Make = Callable[[tuple[Field, ...], None, Scopes], Inner]


@dataclass(slots=True)
class Run:
    """The fields from number `start` to `stop`, all of fixed size; they begin `back_bits` before the cursor."""

    words: Words
    start: int
    stop: int
    back_bits: int = 0

    def read(self, reader: BitReader, frame: ScopeValues) -> None:
        """Append the numbers of these fields to the frame."""
        if self.back_bits:
            reader.skip(-self.back_bits)
        first, shift = divmod(reader.at, 8)
        if shift:
            frame[-1].extend(self.words.unpack(reader.read(self.words.bits)))
            return
        frame[-1].extend(self.words.unpack(reader.octets, first))
        reader.at += self.words.bits

    def write(self, writer: Writer, frame: ScopeValues) -> None:
        """Write the numbers of these fields in the frame."""
        raws = frame[-1][self.start : self.stop]
        if self.back_bits:
            raise Unfit(self.start, "overlapping fields can be read but not written")
        try:
            writer.put(self.words.pack(raws), self.words.bits)
        except (struct.error, TypeError, OverflowError):
            raise Unfit(self.start + self.words.misfit(raws)) from None


@dataclass(slots=True)
class Blob:
    """Field `number`: a text or octets."""

    number: int
    skip_bits: int
    measure: Measure

    @property
    def ends(self) -> bool:
        """Whether it is simply all that follows."""
        return isinstance(self.measure, TheRest) and not self.skip_bits

    def read(self, reader: BitReader, frame: ScopeValues) -> None:
        """Append its octets to the frame."""
        reader.skip(self.skip_bits)
        octets = reader.read(8 * self.measure.read(reader, frame))
        reader.read(8 * len(self.measure.tail))
        frame[-1].append(octets)

    def write(self, writer: Writer, frame: ScopeValues) -> None:
        """Write its octets in the frame."""
        octets = frame[-1][self.number]
        if self.skip_bits:
            writer.put(bytes(-(-self.skip_bits // 8)), self.skip_bits)
        try:
            self.measure.write(len(octets), writer, frame)
        except (TypeError, ValueError):
            raise Unfit(self.number) from None
        writer.put(octets, 8 * len(octets))
        if self.measure.tail:
            writer.put(self.measure.tail, 8 * len(self.measure.tail))


@dataclass(slots=True)
class _Numbers:
    """Field `number`: an array of values of `bits` each."""

    number: int
    skip_bits: int
    measure: Measure
    bits: int
    words: Callable[[int], Words]

    def read(self, reader: BitReader, frame: ScopeValues) -> None:
        reader.skip(self.skip_bits)
        count = self.measure.read(reader, frame)
        octets = reader.read(count * self.bits)  # before any memory is taken: a garbled count may be any number
        frame[-1].append(list(self.words(count).unpack(octets)))

    def write(self, writer: Writer, frame: ScopeValues) -> None:
        raws = frame[-1][self.number]
        writer.put(bytes(-(-self.skip_bits // 8)), self.skip_bits)
        try:
            self.measure.write(len(raws), writer, frame)
            words = self.words(len(raws))
            writer.put(words.pack(raws), words.bits)
        except (struct.error, TypeError, ValueError, OverflowError):
            raise Unfit(self.number) from None


@dataclass(slots=True)
class Structures:
    """Field `number`: a group, or an array of elements that are no numbers. `form` makes a record of values, `undo`
    values of a record. An element that is no group has one `single` field.

    One that is `alone` was declared by itself and refers to no field around it.
    """

    number: int
    skip_bits: int
    measure: Measure | None
    inner: Inner
    form: Callable[[list[Any]], Any]
    undo: Callable[[Any], Sequence[Any]]
    alone: bool = False
    single: bool = False

    def read(self, reader: BitReader, frame: ScopeValues) -> None:
        """Append the field's numbers to the frame, as a list."""
        reader.skip(self.skip_bits)
        if self.measure is None:
            frame[-1].append(self._read_one(reader, frame))
            return
        count = self.measure.read(reader, frame)
        if count > max(reader.left, _NOTHINGS_MAX):
            raise TruncatedError(needed=count // 8, given=len(reader.octets))
        frame[-1].append([self._read_one(reader, frame) for _ in range(count)])

    def _read_one(self, reader: BitReader, frame: ScopeValues) -> Any:
        raws = self.inner.read_numbers(reader, () if self.alone else frame)
        return raws[0] if self.single else raws

    def value_of(self, raws: Any, frame: ScopeValues) -> Any:
        """The value of the numbers that were read. Raises DecodeError."""
        return (
            self._value_of_one(raws, frame)
            if self.measure is None
            else [self._value_of_one(one, frame) for one in raws]
        )

    def _value_of_one(self, raws: Any, frame: ScopeValues) -> Any:
        outer = () if self.alone else frame
        return self.form(self.inner.values_of([raws] if self.single else raws, outer))

    def write(self, writer: Writer, frame: ScopeValues) -> None:
        """Write the field's values. Raises Unfit."""
        given = frame[-1][self.number]
        writer.put(bytes(-(-self.skip_bits // 8)), self.skip_bits)
        try:
            if self.measure is not None:
                self.measure.write(len(given), writer, frame)
            for item in [given] if self.measure is None else given:
                self.inner.write(self.undo(item), writer, () if self.alone else frame)
        except ValueError as error:
            raise Unfit(self.number, str(error)) from None
        except (TypeError, AttributeError, LookupError):
            raise Unfit(self.number) from None


@dataclass(slots=True)
class Optional:
    """Field `number`, which is present only when `test` holds."""

    number: int
    field: Field
    test: Test
    part: Part

    @property
    def structures(self) -> "Structures | None":
        """The part of the field, if it is a Structures."""
        return self.part if isinstance(self.part, Structures) else None

    def read(self, reader: BitReader, frame: ScopeValues) -> None:
        """Append the field's numbers to the frame, or None if it is absent."""
        if self.test(frame):
            self.part.read(reader, frame)
        else:
            frame[-1].append(None)

    def write(self, writer: Writer, frame: ScopeValues) -> None:
        """Write the field if it is present. Raises Unfit unless it is present exactly when the test holds."""
        given = frame[-1][self.number] is not None
        wanted = self.test(frame)
        if given != wanted:
            said = "is missing, though" if wanted else "is given, but not that"
            raise Unfit(self.number, f"{self.field.name} {said} {self.field.when}")
        if given:
            self.part.write(writer, frame)


def parts_of(fields: tuple[Field, ...], outer: Scopes, classes: Mapping[str, type], make: Make) -> list[Part]:
    """The parts of a structure inside `outer`. Raises ValueError naming a field that is impossible."""
    return list(_Compiler(fields, outer, classes, make).parts())


@dataclass(slots=True)
class _Compiler:
    fields: tuple[Field, ...]
    outer: Scopes
    classes: Mapping[str, type]
    make: Make

    def parts(self) -> Iterator[Part]:
        run: list[Slot] = []
        back_bits = 0
        for number, field in enumerate(self.fields):
            slot = None if field.when else _slot(field.kind, max(field.skip_bits, 0))
            if run and (slot is None or field.skip_bits < 0):
                yield Run(Words(run), number - len(run), number, back_bits)
                run = []
            if slot:
                back_bits = back_bits if run else max(-field.skip_bits, 0)
                run.append(slot)
            else:
                yield self._named(number, field)
        if run:
            yield Run(Words(run), len(self.fields) - len(run), len(self.fields), back_bits)

    def _named(self, number: int, field: Field) -> Part:
        try:
            part = self._single(number, field)
            scopes = (*self.outer, self.fields[:number])
            return Optional(number, field, test_of(field.when, scopes), part) if field.when else part
        except ValueError as error:
            raise ValueError(f"{field.name}: {error}") from None

    def _single(self, number: int, field: Field) -> Part:
        slot = _slot(field.kind, max(field.skip_bits, 0))
        if slot:
            return Run(Words([slot]), number, number + 1, max(-field.skip_bits, 0))
        scopes, after = (*self.outer, self.fields[:number]), self.fields[number + 1 :]
        match field.kind:
            case Text(size=size) | Octets(size=size):
                unit = field.kind.unit if isinstance(field.kind, Text) else 1
                return Blob(number, field.skip_bits, measure_of(size, scopes, after, 8, unit))
            case Array(of=of, count=count):
                bits = fixed_bits(of)
                return self._array(number, field, of, measure_of(count, scopes, after, bits or 8))
        assert isinstance(field.kind, Group)
        return self._structures(number, field, None, scopes)

    def _array(self, number: int, field: Field, of: AnyKind, measure: Measure) -> Part:
        slot = _slot(of, 0)
        if slot:
            words = lru_cache(maxsize=16)(lambda count: Words([slot] * count))
            return _Numbers(number, field.skip_bits, measure, slot.bits, words)
        return self._structures(number, field, measure, (*self.outer, self.fields[:number]))

    def _structures(self, number: int, field: Field, measure: Measure | None, scopes: Scopes) -> Part:
        kind = field.kind.of if isinstance(field.kind, Array) else field.kind
        record: Any = self.classes.get(field.name)
        if record is not None:
            return Structures(
                number,
                field.skip_bits,
                measure,
                record.__codec__,
                lambda values: record(*values),
                lambda item: record.__values__(item),
                alone=True,
            )
        if isinstance(kind, Group):
            inner, names = self.make(kind.fields, None, scopes), [one.name for one in kind.fields]
            return Structures(
                number,
                field.skip_bits,
                measure,
                inner,
                _as_it_is if kind.inline else lambda values: dict(zip(names, values, strict=True)),
                _as_it_is if kind.inline else lambda item: _in_order(item, names),
            )
        inner = self.make((msgspec.structs.replace(field, kind=kind, skip_bits=0, when=None),), None, scopes)
        return Structures(
            number, field.skip_bits, measure, inner, lambda values: values[0], lambda item: [item], single=True
        )


def _as_it_is(values: Any) -> Any:
    return values


def _in_order(item: Mapping[str, Any], names: list[str]) -> list[Any]:
    unknown = [name for name in item if name not in names]
    if unknown:
        raise ValueError(f"no field is called {unknown[0]}; known: {', '.join(names)}{did_you_mean(unknown[0], names)}")
    return [item.get(name) for name in names]


def _slot(kind: AnyKind, skip_bits: int) -> Slot | None:
    """Slot of a value of fixed size; None for one whose size varies, and for arrays and groups."""
    bits = fixed_bits(kind)
    if bits is None or isinstance(kind, Array | Group):
        return None
    signed = isinstance(kind, Integer | Enumeration) and kind.signed
    order = kind.order if isinstance(kind, Integer | Enumeration | Real) else "big"
    form: WordForm = "octets" if isinstance(kind, Text | Octets | Time) else "signed" if signed else "unsigned"
    return Slot(bits, "real" if isinstance(kind, Real) else form, order, skip_bits)
