"""Octets written as text: hexadecimal digits, bare or as programs dump them (xxd, hexdump -C, Wireshark, C arrays)."""

import re

from link.wrappings.units import WrappingError

_LOOKED_AT = 4096
_PRINTABLE = bytes([*range(0x20, 0x7F), *b"\t\r\n\f\xef\xbb\xbf"])
_OFFSET = re.compile(
    r"\s*(?:0x)?(?P<offset>[0-9a-fA-F]{4,16})(?P<colon>: ?|  +|(?<=[0-9a-fA-F]{6}) (?=[0-9a-fA-F]{2}\b))"
)
_NOISE = re.compile(r"0[xX]|\\x|[\s,;:{}\[\]\"'()-]")


def is_text(octets: bytes | memoryview) -> bool:
    """Whether it begins as text does."""
    return len(octets) > 0 and not bytes(octets[:_LOOKED_AT]).translate(None, _PRINTABLE)


def octets_of_text(octets: bytes | memoryview) -> bytes:
    """The octets that a text of hexadecimal digits stands for. Raises WrappingError naming the line that is none."""
    lines = bytes(octets).decode("utf-8-sig", errors="replace").splitlines()
    begin = next((_OFFSET.match(line) for line in lines if line.strip()), None)
    is_dump = begin is not None and not int(begin["offset"], 16)
    out, base = bytearray(), 0
    for number, line in enumerate(lines, 1):
        if is_dump:
            base = _begin(line, number, len(out), base)
        digits = "" if line.lstrip().startswith("#") else _digits_of_dump(line) if is_dump else line
        try:
            out += bytes.fromhex(_NOISE.sub("", digits))
        except ValueError:
            raise WrappingError(
                f"this is text, and line {number} is not hexadecimal: {line.strip()[:40]!a}; expected a recording, or "
                "text of hexadecimal digits"
            ) from None
    return bytes(out)


def _begin(line: str, number: int, before: int, base: int) -> int:
    """Where the dump of this line began: each packet of several counts from 0. Raises WrappingError where the line
    stands somewhere else than it says, as octets are missing or were taken from what is none.
    """
    found = _OFFSET.match(line)
    offset = int(found["offset"], 16) if found else before - base
    if offset not in (0, before - base):
        said = f"line {number} is octet {offset:#x} by its own account, but {before - base:#x} stand before it"
        raise WrappingError(f"this is a dump, and {said}")
    return base if offset else before


def _digits_of_dump(line: str) -> str:
    """Without the offset before the digits, and without the characters that they stand for behind them."""
    found = _OFFSET.match(line)
    if not found:
        return "" if _is_only_offset(line) else line
    digits = line[found.end() :]  # what is behind them may hold any character, the separators too: by the first of them
    return re.split(r"  |\|" if ":" in found["colon"] else r"   |\|", digits, maxsplit=1)[0]


def _is_only_offset(line: str) -> bool:
    """The last line of hexdump -C or od."""
    return bool(re.fullmatch(r"\s*[0-9a-fA-F]{6,16}\s*", line))
