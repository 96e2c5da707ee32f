"""Dumps as text: digits are told from what stands behind them, and lines from where they say they are."""

import pytest

from link.wrappings.hex_text import octets_of_text
from link.wrappings.units import WrappingError


@pytest.mark.parametrize("line", ["00000000: 7c41  |A", "00000000: 3132 7c33  12|3", "0000  61 62 7c 63   ab|c"])
def test_what_stands_behind_the_digits_is_no_digits(line):
    """A bar among the characters was taken for the beginning of them, and what was before it for octets."""
    digits = line.split(" ", 1)[1].strip().rsplit("  ", 1)[0]
    assert octets_of_text(line.encode()) == bytes.fromhex(digits.replace(" ", ""))


def test_a_dump_whose_lines_are_not_where_they_say_is_refused():
    text = b"00000000: 00 01 02 03  04 05 06 07  ........\n00000008: 08 09 0a 0b  0c 0d 0e 0f  ........\n"
    with pytest.raises(WrappingError, match="line 2 is octet 0x8 by its own account, but 0x4 stand before it"):
        octets_of_text(text)
    assert octets_of_text(b"0000  01 02\n0002  03\n\n0000  04\n") == b"\x01\x02\x03\x04"
    long = b"".join(
        b"%04x  %s\n" % (at, b" ".join(b"%02x" % at for at in range(at, at + 16))) for at in range(0, 48, 16)
    )
    assert octets_of_text(long * 2 + b"\n") == bytes(range(48)) * 2
    with pytest.raises(WrappingError, match="line 6 is octet 0x21 by its own account, but 0x20 stand before it"):
        octets_of_text(long + long.replace(b"0020 ", b"0021 "))
    assert octets_of_text(b"000000 01 02\n000002 03 04\n000004\n") == b"\x01\x02\x03\x04"
