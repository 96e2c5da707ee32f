"""Bit fields as a Construct leaf: declared once, read and written by one `struct.Struct`.

    HEADER = Packed(version=3, is_command=1, has_secondary=1, apid=11, flags=2, count=14, length=16)

Fields are unsigned, most significant bit first, in the order given (the bit numbering of all CCSDS formats). `unpack`
and `pack` are the fast path; `_parse` and `_build` let the leaf stand anywhere in a Construct; `oracle()` is the same
layout in Construct's own words, which the tests hold all of them to.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Any

import construct as cs

from link.errors import TruncatedError

_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_Word = list[tuple[str, int]]  # the (field, width) pairs that share one word


class Packed(cs.Construct):  # type: ignore[misc]  # construct has no types
    """A run of bit fields, `name=width_bits`, together a whole number of octets; parses to a `cs.Container`.

    `size` is the octets it takes. Raises ValueError for a layout that does not end on an octet.
    """

    size: int
    unpack: Callable[..., tuple[int, ...]]
    """`unpack(octets, offset=0)`: the fields in order; raises TruncatedError."""
    pack: Callable[..., bytes]
    """`pack(*fields)`: the octets; raises ValueError naming the field that is out of its range."""

    def __init__(self, **widths: int) -> None:
        super().__init__()
        bits = sum(widths.values())
        if bits % 8:
            raise ValueError(f"{bits} bits do not end on an octet")
        self.widths, self.size = widths, bits // 8
        words = list(_words(widths))
        layout = struct.Struct(">" + "".join(_code(word) for word in words))
        tools = {"layout": layout, "fail": self._fail, "short": self._short, "error": struct.error}
        self.unpack = _compiled("unpack", _unpack_source(words), tools)
        self.pack = _compiled("pack", _pack_source(words), tools)

    def oracle(self) -> Any:
        """The same layout as a `cs.BitStruct`, slow and independent."""
        return cs.BitStruct(*(name / cs.BitsInteger(width) for name, width in self.widths.items()))

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        octets = cs.stream_read(stream, self.size, path)
        return cs.Container(zip(self.widths, self.unpack(octets), strict=True))

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        try:
            octets = self.pack(*(obj[name] for name in self.widths))
        except (KeyError, ValueError) as error:
            raise cs.FormatFieldError(str(error), path=path) from error
        cs.stream_write(stream, octets, self.size, path)
        return obj

    def _sizeof(self, context: Any, path: str) -> int:
        return self.size

    def _fail(self, *values: int) -> ValueError:
        for (name, width), value in zip(self.widths.items(), values, strict=True):
            if value >> width:
                return ValueError(f"{name} = {value}, expected 0..{(1 << width) - 1}")
        raise AssertionError(values)

    def _short(self, given: int) -> TruncatedError:
        return TruncatedError(needed=self.size, given=max(given, 0))


def _words(widths: dict[str, int]) -> Iterator[_Word]:
    """Cut the fields where a word of 1, 2, 4 or 8 octets ends; what never fits one is a run of octets."""
    word: _Word = []
    for field in widths.items():
        word.append(field)
        if _bits(word) in (8, 16, 32, 64):
            yield word
            word = []
    if word:
        yield word


def _bits(word: _Word) -> int:
    return sum(width for _, width in word)


def _code(word: _Word) -> str:
    octets = _bits(word) // 8
    return _CODES.get(octets, f"{octets}s")


def _unpack_source(words: list[_Word]) -> str:
    lines = ["def unpack(octets, offset=0):", " try:"]
    lines += ["  " + "".join(f"w{number}, " for number in range(len(words))) + "= layout.unpack_from(octets, offset)"]
    lines += [" except error:", "  raise short(len(octets) - offset) from None"]
    lines += [f" w{n} = int.from_bytes(w{n}, 'big')" for n, word in enumerate(words) if _code(word).endswith("s")]
    parts = [part for number, word in enumerate(words) for part in _parts(f"w{number}", word)]
    return "\n".join([*lines, f" return ({', '.join(parts)},)"])


def _parts(word_name: str, word: _Word) -> Iterator[str]:
    """Shift and mask that cut each field out of its word."""
    left, total = _bits(word), _bits(word)
    for _, width in word:
        shifted = f"{word_name} >> {left - width}" if left > width else word_name
        yield shifted if left == total else f"{shifted} & {(1 << width) - 1:#x}"
        left -= width


def _pack_source(words: list[_Word]) -> str:
    fields = [field for word in words for field in word]
    names = ", ".join(name for name, _ in fields)
    checks = " or ".join(f"{name} >> {width}" for name, width in fields)
    values = ", ".join(_joined(word) for word in words)
    return f"def pack({names}):\n if {checks}:\n  raise fail({names})\n return layout.pack({values})"


def _joined(word: _Word) -> str:
    left, terms = _bits(word), []
    for name, width in word:
        left -= width
        terms.append(f"{name} << {left}" if left else name)
    joined = " | ".join(terms)
    return f"({joined}).to_bytes({_bits(word) // 8}, 'big')" if _code(word).endswith("s") else joined


def _compiled(name: str, source: str, tools: dict[str, object]) -> Any:
    """The function `name` of `source`: generated once at import, as dataclasses generate `__init__`."""
    scope = dict(tools)
    exec(source, scope)  # the source is made of declared field names and numbers only
    return scope[name]
