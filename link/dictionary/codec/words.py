"""A run of raw values of fixed size, read and written by one `struct.Struct`: the fast path under every codec.

Values that fill 1, 2, 4 or 8 whole octets are words of their own; neighbours that do not are cut out of one shared word
by shift and mask. Bits are numbered from the most significant; spare bits are zero when written and ignored when read.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import index, itemgetter
from typing import Any, Literal

from link.dictionary.kinds import ByteOrder
from link.errors import TruncatedError

WordForm = Literal["unsigned", "signed", "real", "octets"]
Raw = int | float | bytes
_CODES = {"unsigned": {8: "B", 16: "H", 32: "I", 64: "Q"}, "signed": {8: "b", 16: "h", 32: "i", 64: "q"},
          "real": {16: "e", 32: "f", 64: "d"}}  # fmt: skip
_SHARED_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_SHARED_BITS_MAX = 64


@dataclass(frozen=True, slots=True)
class Slot:
    """Place of one raw value: `skip_bits` spare bits, then `bits` of it."""

    bits: int
    form: WordForm
    order: ByteOrder = "big"
    skip_bits: int = 0

    @property
    def code(self) -> str | None:
        """The `struct` format code of this value, if it has one."""
        return f"{self.bits // 8}s" if self.form == "octets" else _CODES[self.form].get(self.bits)


@dataclass(slots=True)
class _Word:
    """One item of the `struct`; `members` (slot number, shift) are cut out of it unless it is `slot` itself."""

    code: str
    slot: int | None = None
    octets: int = 0
    members: list[tuple[int, int]] = field(default_factory=list)


class Words:
    """`slots`, one after the other, padded with zero bits to a whole octet.

    unpack(octets, offset) gives the raw values in order; pack(values) the octets. Raises TruncatedError, struct.error.
    """

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.bits = sum(slot.skip_bits + slot.bits for slot in slots)
        self.size = -(-self.bits // 8)
        native = {slot.order for slot in slots if slot.form != "octets" and slot.bits > 8}
        self._order: ByteOrder = "little" if native == {"little"} else "big"
        self._slots, words = tuple(slots), list(_words(slots, self._order))
        self._layout = struct.Struct("<>"[self._order == "big"] + "".join(word.code for word in words))
        self._words = words
        self._shared = [n for n, word in enumerate(words) if word.slot is None]
        self._wide = [n for n in self._shared if words[n].code.endswith("s")]
        self._cuts = [(n, shift, (1 << slots[s].bits) - 1) for n in self._shared for s, shift in words[n].members]
        self._cut_slots = [s for n in self._shared for s, _ in words[n].members]
        self._finish = [(at, *_finisher(slots[s])) for at, s in enumerate(self._cut_slots) if _needs_finish(slots[s])]
        self._pick = self._picker()

    def unpack(self, octets: bytes, offset: int = 0) -> tuple[Any, ...]:
        """The raw values that start at `offset`."""
        try:
            words = self._layout.unpack_from(octets, offset)
        except struct.error:
            raise TruncatedError(needed=self.size, given=max(0, len(octets) - offset)) from None
        if not self._shared:
            return words
        if self._wide or self._finish:
            return self._cut(list(words))
        cuts = [words[number] >> shift & mask for number, shift, mask in self._cuts]
        return self._pick(words + tuple(cuts))

    def pack(self, values: Sequence[Any]) -> bytes:
        """The octets of `values`, one for each slot. Raises struct.error for one that does not fit."""
        return self._layout.pack(*(values if not self._shared else self._joined(values)))

    def misfit(self, values: Sequence[Any]) -> int:
        """Number of the first of `values` that `pack` refuses."""
        for number, (slot, value) in enumerate(zip(self._slots, values, strict=True)):
            try:
                Words([slot]).pack([value])
            except (struct.error, TypeError, OverflowError):
                return number
        raise AssertionError(values)

    def _cut(self, words: list[Any]) -> tuple[Any, ...]:
        for number in self._wide:
            words[number] = int.from_bytes(words[number], "big")
        cuts: list[Any] = [words[number] >> shift & mask for number, shift, mask in self._cuts]
        for at, finish, _ in self._finish:
            cuts[at] = finish(cuts[at])
        return self._pick((*words, *cuts))

    def _joined(self, values: Sequence[Any]) -> Iterator[Any]:
        values = list(values)
        for at, _, begin in self._finish:
            values[self._cut_slots[at]] = begin(values[self._cut_slots[at]])
        for word in self._words:
            yield values[word.slot] if word.slot is not None else self._word(word, values)

    def _word(self, word: _Word, values: Sequence[Any]) -> int | bytes:
        joined = 0
        for slot, shift in word.members:
            value = index(values[slot])  # as a Python int: a numpy integer would lose the bits shifted out
            if value >> self._slots[slot].bits:
                raise struct.error(f"{value} in {self._slots[slot].bits} bits")
            joined |= value << shift
        return joined.to_bytes(word.octets, "big") if word.code.endswith("s") else joined

    def _picker(self) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
        """Function that puts words and cut-out members, one after the other, into the order of the slots."""
        place = {slot: len(self._words) + at for at, slot in enumerate(self._cut_slots)}
        place |= {word.slot: number for number, word in enumerate(self._words) if word.slot is not None}
        return _picking([place[slot] for slot in range(len(self._slots))])


def _picking(places: list[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Function that picks `places` in this order; by slices, which are faster, if they have one gap at most."""
    breaks = [at for at in range(1, len(places)) if places[at] != places[at - 1] + 1]
    if len(breaks) > 1:
        return itemgetter(*places)
    first, second = places[: breaks[0] if breaks else None], places[breaks[0] :] if breaks else []
    one, other = (slice(run[0], run[-1] + 1) if run else slice(0) for run in (first, second))
    return lambda items: items[one] + items[other]


def _words(slots: Sequence[Slot], order: ByteOrder) -> Iterator[_Word]:
    """A word for each slot that begins on an octet and has a code in this byte order, shared words for the others."""
    shared: list[tuple[int, int]] = []  # (slot number, first bit) since the last word
    bits = 0
    for number, slot in enumerate(slots):
        start = bits + slot.skip_bits
        own = slot.code and (slot.order == order or slot.bits == 8 or slot.form == "octets")
        if own and start % 8 == 0 and (_is_word(start) or not _may_join(slot, start)):
            yield from _shared_word(slots, shared, start, order)
            yield _Word(slot.code or "", number)
            shared, bits = [], 0
            continue
        shared.append((number, start))
        bits = start + slot.bits
        if _is_word(bits):
            yield from _shared_word(slots, shared, bits, order)
            shared, bits = [], 0
    yield from _shared_word(slots, shared, bits, order)


def _is_word(bits: int) -> bool:
    """Whether this number of bits can be one item of a `struct`, or is 0."""
    return bits % 8 == 0 and (bits == 0 or bits // 8 in _SHARED_CODES)


def _may_join(slot: Slot, start: int) -> bool:
    """Whether an integer that could be a word of its own should rather complete the shared one before it."""
    return slot.form == "unsigned" and slot.order == "big" and start + slot.bits <= _SHARED_BITS_MAX


def _shared_word(slots: Sequence[Slot], shared: list[tuple[int, int]], bits: int, order: ByteOrder) -> Iterator[_Word]:
    """The word of `shared`, if it has bits; they are counted from the most significant, whatever the `struct` order."""
    octets = -(-bits // 8)
    if octets:
        code = _SHARED_CODES.get(octets, f"{octets}s") if order == "big" or octets == 1 else f"{octets}s"
        yield _Word(code, None, octets, [(slot, 8 * octets - first - slots[slot].bits) for slot, first in shared])


def _needs_finish(slot: Slot) -> bool:
    return slot.form != "unsigned" or slot.order != "big"


def _finisher(slot: Slot) -> tuple[Callable[[int], Raw], Callable[[Any], int]]:
    """Unsigned big-endian bits to the slot's raw value, and back."""
    if slot.form == "signed" and slot.order == "big":
        half, full = 1 << slot.bits - 1, 1 << slot.bits
        return lambda cut: cut - full if cut >= half else cut, lambda raw: _unsigned(raw, half, full)
    octets = slot.bits // 8
    if slot.form in ("unsigned", "signed"):
        signed, put = slot.form == "signed", _permutation(octets, slot.order)
        return (
            lambda cut: int.from_bytes(_permuted(cut.to_bytes(octets), put), signed=signed),
            lambda raw: int.from_bytes(bytes(_to_bytes(raw, octets, signed)[at] for at in put)),
        )
    one = struct.Struct("<>"[slot.order == "big"] + (slot.code or ""))
    return (
        lambda cut: one.unpack(cut.to_bytes(octets, "big"))[0],
        lambda raw: int.from_bytes(one.pack(raw), "big"),
    )


def _unsigned(given: int, half: int, full: int) -> int:
    raw = index(given)
    if not -half <= raw < half:
        raise struct.error(f"{raw} in {full.bit_length() - 1} signed bits")
    return raw & full - 1


def _permutation(octets: int, order: ByteOrder) -> list[int]:
    """For each octet on the wire, its place in the big-endian number."""
    if order == "little":
        return list(reversed(range(octets)))
    return list(range(octets)) if order == "big" else [int(digit) - 1 for digit in order]


def _permuted(octets: bytes, put: list[int]) -> bytes:
    """Octets on the wire to the big-endian number's."""
    return bytes(octets[put.index(at)] for at in range(len(octets)))


def _to_bytes(raw: int, octets: int, signed: bool) -> bytes:
    try:
        return index(raw).to_bytes(octets, signed=signed)
    except OverflowError as error:
        raise struct.error(str(error)) from None
