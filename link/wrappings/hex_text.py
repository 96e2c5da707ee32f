"""Octets written as text: hexadecimal digits, bare or as programs dump them (xxd, hexdump -C, Wireshark, C arrays)."""

import re

from link.wrappings.units import WrappingError

_LOOKED_AT = 4096
_PRINTABLE = bytes([*range(0x20, 0x7F), *b"\t\r\n\f\xef\xbb\xbf"])
_OFFSET = re.compile(r"\s*(?:0x)?(?P<offset>[0-9a-fA-F]{4,16})(?P<colon>: ?|  +)")
_NOISE = re.compile(r"0[xX]|\\x|[\s,;:{}\[\]\"'()-]")


def is_text(octets: bytes | memoryview) -> bool:
    """Whether it begins as text does."""
    return len(octets) > 0 and not bytes(octets[:_LOOKED_AT]).translate(None, _PRINTABLE)


def octets_of_text(octets: bytes | memoryview) -> bytes:
    """The octets that a text of hexadecimal digits stands for. Raises WrappingError naming the line that is none."""
    text = bytes(octets).decode("utf-8-sig", errors="replace")
    try:
        return bytes.fromhex(text)
    except ValueError:
        lines = text.splitlines()
    begin = next((_OFFSET.match(line) for line in lines if line.strip()), None)
    is_dump = begin is not None and not int(begin["offset"], 16)
    out = bytearray()
    for number, line in enumerate(lines, 1):
        digits = "" if line.lstrip().startswith("#") else _digits_of_dump(line) if is_dump else line
        try:
            out += bytes.fromhex(_NOISE.sub("", digits))
        except ValueError:
            raise WrappingError(
                f"this is text, and line {number} is not hexadecimal: {line.strip()[:40]!a}; expected a recording, or "
                "text of hexadecimal digits"
            ) from None
    return bytes(out)


def _digits_of_dump(line: str) -> str:
    """Without the offset before the digits, and without the characters that they stand for behind them."""
    found = _OFFSET.match(line)
    if not found:
        return "" if _is_only_offset(line) else line
    digits = line[found.end() :]
    if "|" in digits:
        return digits.partition("|")[0]
    return digits.partition("  " if ":" in found["colon"] else "   ")[0]


def _is_only_offset(line: str) -> bool:
    """The last line of hexdump -C, or the star for lines that repeat, which is not read but refused."""
    return bool(re.fullmatch(r"\s*[0-9a-fA-F]{7,16}\s*", line))
