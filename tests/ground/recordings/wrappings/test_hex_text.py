"""Dumps as text: digits are distinguished from what follows them, and lines are placed by their offsets."""

import pytest

from ground.recordings.wrappings.hex_text import is_text, octets_of_text
from ground.recordings.wrappings.units import WrappingError


@pytest.mark.parametrize("line", ["00000000: 7c41  |A", "00000000: 3132 7c33  12|3", "0000  61 62 7c 63   ab|c"])
def test_what_stands_behind_the_digits_is_no_digits(line):
    """Before, a bar among the characters was taken for their beginning, and what stood before it for octets."""
    digits = line.split(" ", 1)[1].strip().rsplit("  ", 1)[0]
    assert octets_of_text(line.encode()) == bytes.fromhex(digits.replace(" ", ""))


def test_a_dump_whose_lines_are_not_where_they_say_is_refused():
    text = b"00000000: 00 01 02 03  04 05 06 07  ........\n00000008: 08 09 0a 0b  0c 0d 0e 0f  ........\n"
    with pytest.raises(WrappingError, match="line 2 has the offset 0x8, but 0x4 octets are before it"):
        octets_of_text(text)
    assert octets_of_text(b"0000  01 02\n0002  03\n\n0000  04\n") == b"\x01\x02\x03\x04"
    long = b"".join(
        b"%04x  %s\n" % (at, b" ".join(b"%02x" % at for at in range(at, at + 16))) for at in range(0, 48, 16)
    )
    assert octets_of_text(long * 2 + b"\n") == bytes(range(48)) * 2
    with pytest.raises(WrappingError, match="line 6 has the offset 0x21, but 0x20 octets are before it"):
        octets_of_text(long + long.replace(b"0020 ", b"0021 "))
    assert octets_of_text(b"000000 01 02\n000002 03 04\n000004\n") == b"\x01\x02\x03\x04"


LINE, OTHER = bytes(range(0x40, 0x50)), bytes(16)


def dumped(form, *, digits="{:08x}  "):
    """The line, then three others of which the last two are left out, then two octets, as programs dump them."""
    row, tail = form(LINE), form(LINE[:2])
    at = [digits.format(n) for n in (0, 16, 64, 66)]
    return f"{at[0]}{row}\n{at[1]}{form(OTHER)}\n*\n{at[2]}{tail}\n{at[3].strip()}\n".encode()


def hexdump_c(octets):
    return f"{octets[:8].hex(' '):23}  {octets[8:].hex(' '):23}  |{'.' * len(octets)}|"


@pytest.mark.parametrize(
    ("form", "digits"),
    [
        (hexdump_c, "{:08x}  "),
        (lambda octets: octets.hex(" "), "{:07o} "),
        (lambda octets: octets.hex(" "), "{:07d} "),
        (lambda octets: f"{octets.hex(' '):47}  >{'.' * len(octets)}<", "{:06x} "),
    ],
    ids=["hexdump -C", "od -t x1", "od -A d -t x1", "od -A x -t x1z"],
)
def test_lines_that_a_dump_leaves_out_are_those_before_them(form, digits):
    assert octets_of_text(dumped(form, digits=digits)) == LINE + OTHER * 3 + LINE[:2]


@pytest.mark.parametrize(
    "text",
    [
        "61 62\n*\n61 62\n",  # of od -An
        "0000000 61 62 63 64 65 66 67 68 61 62 63 64 65 66 67 68\n*\n0000240\n",  # octal or decimal
        "00000000: 61 62\n*\n00000005: 61\n",
        "00000000  61 62  |ab|\n*\nffffffffffff  61  |a|\n",
    ],
)
def test_how_many_lines_are_left_out_has_to_be_clear(text):
    with pytest.raises(WrappingError, match="print all lines, with the option -v"):
        octets_of_text(text.encode())


def test_offsets_of_a_dump_are_numbers_of_one_base():
    with pytest.raises(WrappingError, match="000000a is no number of base 8"):
        octets_of_text(b"0000000 61 62 63 64 65 66 67 68 69 6a\n000000a 61\n")


def test_arrays_of_c_are_what_stands_in_them():
    text = (
        "// made\nunsigned char a[] = {\n  0x08, 0x64, /* 0xFF */ 0x5\n};\nunsigned int a_len = 3;\nint b[] = {0xc0};\n"
    )
    assert octets_of_text(text.encode()) == b"\x08\x64\x05\xc0"
    with pytest.raises(WrappingError, match="line 3 is not hexadecimal"):
        octets_of_text(b"char a[] = {\n  0x08,\n  zz };")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (":10010000214601360121470136007EFE09D2190140", "Intel HEX"),
        ("S00F000068656C6C6F202020202000003C", "S-records"),
        ("0000000 6408 00c0 9700", "a dump of words"),
        ("0000000    6408    00c0    9700", "a dump of words"),
        ("0000000 062010 000300", "a dump of words"),
        ("000000 062010 000300", "a dump of words"),
        ("00000000: 64636261 68676665  abcdefgh", "a dump of words"),
        ("00000000: 64636261    6665  abcdef", "a dump of words"),
        ("0000000 010 144 300 000", "a dump of octal numbers"),
        ("0000000  \\b   d 300  \\0", "a dump of characters"),
        ("00000000: 00001000 01100100  .d", "a dump of bits"),
        ("[8, 64, c0, 0]", "not hexadecimal"),  # its digits alone would be octets, and others
        ("b'\\x08d\\xc0\\x00'", "not hexadecimal"),
    ],
)
def test_octets_in_another_form_are_refused_by_name(line, what):
    with pytest.raises(WrappingError, match=what):
        octets_of_text(line.encode())
    assert octets_of_text(b"00000000: 61626364 65666768  abcdefgh") == b"abcdefgh"
    assert octets_of_text(b"00000000: 00000000 00000000  ........") == bytes(8)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig"])
def test_a_dump_that_a_shell_wrote_in_utf_16(encoding):
    text = ("\ufeff" if encoding.endswith("be") else "") + "00000000: 0864 c000  .d..\r\n"
    octets = text.encode(encoding)
    assert is_text(octets)
    assert octets_of_text(octets) == b"\x08\x64\xc0\x00"
    assert not is_text(b"\xff\xfe\x00\xd8\x08\x64")
