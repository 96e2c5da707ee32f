"""Octets as hexadecimal text: bare digits, arrays of C, or dumps of programs (xxd, hexdump -C, od -t x1, Wireshark),
with repeated lines left out. Other ways to print octets are refused by name.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ground.recordings.wrappings.units import WrappingError

_LOOKED_AT = 4096
_PRINTABLE = bytes([*range(0x20, 0x7F), *b"\t\r\n\f\xef\xbb\xbf"])
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_OFFSET = re.compile(
    r"\s*(?:0x)?(?P<offset>[0-9a-fA-F]{4,16})(?P<colon>: ?|  +|(?<=[0-9a-fA-F]{6}) (?=[0-9a-fA-F]{2}(?![0-9a-fA-F])))"
)
_ONLY_OFFSET = re.compile(r"\s*(?P<offset>[0-9a-fA-F]{6,16})\s*")
_NOISE = re.compile(r"[\s,;:{}\[\]\"'()-]+")
_TOKEN = re.compile(r"(?:0[xX])?((?:[0-9a-fA-F]{2})+)|0[xX]([0-9a-fA-F])|((?:\\x[0-9a-fA-F]{2})+)")
_C_ARRAY = re.compile(r"=\s*\{([^{}]*)\}")
_C_REMARK = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_BITS = re.compile(r"[0-9a-f]{8}:(?P<groups>( [01]{8})+)  +(?P<characters>.*)")
_REST_OF_WORD = re.compile(r" *([0-9a-f]{2,14})  (.+)")
_LEFT_OUT_MAX = 1 << 30
_INSTEAD = "print octets, as `xxd`, `hexdump -C` and `od -t x1` do"
_OTHERS = {
    r":[0-9a-fA-F]{10,}\s*": "Intel HEX: `objcopy -I ihex -O binary` makes a recording of it",
    r"S[0-9][0-9a-fA-F]{6,}\s*": "Motorola's S-records: `objcopy -I srec -O binary` makes a recording of them",
    r"0{6,7}( +[0-7]{3}){2,}\s*": f"a dump of octal numbers: {_INSTEAD}",
    r"0{6,7}( +([0-9a-f]{4}|[0-9a-f]{8}|[0-7]{6}|\d{5}))+\s*":
        f"a dump of words, whose octets stand in the order of the machine that printed them: {_INSTEAD}",
    r"0{6,7} +(?=.*\\)[ -~]+": f"a dump of characters: {_INSTEAD}",
}  # fmt: skip
"""Other forms of text that are refused, by a pattern of their first line."""


class _Row(NamedTuple):
    """A line of a dump: its offset, if it has one, and its octets; None for octets marks repeated lines left out."""

    number: int
    offset: str
    octets: bytes | None


def is_text(octets: bytes | memoryview) -> bool:
    """Whether octets begin as text, in UTF-8 or in UTF-16, which some shells write when they redirect output."""
    head = bytes(octets[:_LOOKED_AT])
    if head[:2] in _UTF16:
        head = head[: len(head) // 2 * 2].decode("utf-16", errors="replace").encode()
    return len(head) > 0 and not head.translate(None, _PRINTABLE)


def octets_of_text(octets: bytes | memoryview) -> bytes:
    """The octets of a text of hexadecimal digits. Raises WrappingError naming the line that is not hexadecimal, or the
    other form of the text.
    """
    text = bytes(octets).decode("utf-16" if bytes(octets[:2]) in _UTF16 else "utf-8-sig", errors="replace")
    lines = _inside_arrays(text).splitlines()
    head = next((line for line in lines if line.strip()), "")
    bits = _BITS.fullmatch(head)
    if bits and len(bits["groups"]) == 9 * len(bits["characters"]):
        raise WrappingError(f"this is a dump of bits: {_INSTEAD}")
    if what := next((what for form, what in _OTHERS.items() if re.fullmatch(form, head)), None):
        raise WrappingError(f"this is {what}")
    begin = _OFFSET.match(head)
    if begin and (":" in begin["colon"] or not int(begin["offset"], 16)):
        return _octets_of_dump([_row(line, number) for number, line in enumerate(lines, 1)], begin)
    return b"".join(_octets_of(line, line, number) for number, line in enumerate(lines, 1))


def _inside_arrays(text: str) -> str:
    """The contents of arrays of C, on their original lines; the whole text if there are none."""
    inside, at = "", 0
    for found in _C_ARRAY.finditer(text):
        inside += "\n" * text.count("\n", at, found.start(1)) + _C_REMARK.sub("", found[1])
        at = found.end(1)
    return inside or text


def _octets_of(digits: str, line: str, number: int) -> bytes:
    """The octets of a line of digits, each run of which must be whole octets. Raises WrappingError."""
    try:
        return bytes.fromhex(digits)
    except ValueError:
        pass
    if digits.lstrip().startswith("#"):
        return b""
    found = [_TOKEN.fullmatch(token) for token in _NOISE.split(digits) if token]
    if all(found):
        return b"".join(
            bytes.fromhex(one[1] or (one[2] and f"0{one[2]}") or one[3].replace("\\x", "")) for one in found if one
        )
    if line.strip() == "*":
        raise WrappingError(f"line {number} replaces repeated lines: print all lines, with the option -v")
    raise WrappingError(
        f"this is text, and line {number} is not hexadecimal: {line.strip()[:40]!a}; expected a recording, or "
        "text of hexadecimal digits"
    )


def _row(line: str, number: int) -> _Row:
    if line.strip() == "*":
        return _Row(number, "", None)
    if only := _ONLY_OFFSET.fullmatch(line):
        return _Row(number, only["offset"], b"")
    found = _OFFSET.match(line)
    if not found:
        return _Row(number, "", _octets_of(line, line, number))
    behind = line[found.end() :]  # cut at the first separator only: the characters behind it may contain separators
    digits, *characters = re.split(r"  |\|" if ":" in found["colon"] else r"   |\||  >", behind, maxsplit=1)
    octets = _octets_of(digits, line, number)
    if characters and ":" in found["colon"]:
        _check_order(digits.split(), characters[0].strip("\r\n"), octets)
    return _Row(number, found["offset"], octets)


def _check_order(groups: Sequence[str], characters: str, octets: bytes) -> None:
    """Raises WrappingError where the characters show that the octets of each group are reversed, as by `xxd -e`."""
    rest = _REST_OF_WORD.fullmatch(characters)
    turned = b"".join(bytes.fromhex(group)[::-1] for group in groups if len(group) % 2 == 0)
    is_whole = len(characters) >= len(octets) == len(turned)
    if (rest and len(rest[2]) >= len(octets) + len(rest[1]) // 2) or (
        is_whole and not _are_of(characters, octets) and _are_of(characters, turned)
    ):
        raise WrappingError(f"this is a dump of words, the last octet of each first: {_INSTEAD}")


def _are_of(characters: str, octets: bytes) -> bool:
    return all(not 0x20 < octet < 0x7F or chr(octet) == one for octet, one in zip(octets, characters, strict=False))


def _octets_of_dump(rows: Sequence[_Row], begin: re.Match[str]) -> bytes:
    """All octets of a dump, with its offsets in the base in which each line fits its place. Raises WrappingError."""
    if len(begin["offset"]) == 7:
        bases: tuple[int, ...] = (8, 10)  # of od
    else:
        bases = (16, 10) if ":" in begin["colon"] else (16,)  # xxd -d
    found, faults = set(), []
    for base in bases:
        try:
            found.add(b"".join(_placed(rows, base)))
        except WrappingError as error:
            faults.append(error)
    if len(found) > 1:
        raise WrappingError("a dump ends with an unknown number of repeated lines: print all lines, with the option -v")
    if not found:
        raise faults[0]
    return found.pop()


def _placed(rows: Sequence[_Row], base: int) -> Iterator[bytes]:
    """The octets of each row, repeated for lines left out; the offsets of each packet may begin at 0. Raises
    WrappingError where a line's offset does not fit: octets are missing, or other text was taken as octets.
    """
    at, last, is_repeated = _number(rows, base), b"", False
    for row in rows:
        offset = at if not row.offset else _parsed(row.offset, base)
        if is_repeated and row.octets is not None:
            times, rest = divmod(offset - at, len(last) or 1)
            if not row.offset or not last or rest or not 0 <= times <= _LEFT_OUT_MAX // len(last):
                said = f"the number of repeated lines left out before line {row.number} is unclear"
                raise WrappingError(f"this is a dump, and {said}: print all lines, with the option -v")
            yield last * times
            at = offset
        if offset not in (0, at):
            said = f"line {row.number} has the offset {offset:#x}, but {at:#x} octets are before it"
            raise WrappingError(f"this is a dump, and {said}")
        is_repeated = row.octets is None
        if row.octets:
            yield row.octets
            last, at = row.octets, offset + len(row.octets)


def _number(rows: Sequence[_Row], base: int) -> int:
    """Offset of the first octet of a dump, above 0 if a part of a file was printed."""
    return next(_parsed(row.offset, base) for row in rows if row.offset)


def _parsed(offset: str, base: int) -> int:
    try:
        return int(offset, base)
    except ValueError:
        raise WrappingError(f"this is a dump, and {offset} is no number of base {base}") from None
