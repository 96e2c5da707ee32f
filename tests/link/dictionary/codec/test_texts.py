"""Texts in other encodings, and what ends and pads them."""

import pytest

from link.dictionary.codec.record import Codec
from link.dictionary.kinds import Counted, Field, Integer, Reference, Terminated, Text
from link.errors import DecodeError


def codec(kind):
    return Codec((Field(name="s", kind=kind), Field(name="z", kind=Integer(8))))


@pytest.mark.parametrize(
    ("kind", "octets", "text"),
    [
        (Text(4), b"ab\0\0", "ab"),
        (Text(4, ends=""), b"a\0b\0", "a\0b"),
        (Text(4, ends="0a"), b"ab\n\0", "ab"),
        (Text(2, ends="0a"), b"ab", "ab"),
        (Text(4, ends="0d0a"), b"ab\r\n", "ab"),
        (Text(3, "latin-1"), b"\xe9a\0", "éa"),
        (Text(1, "cp1252"), b"\x80", "€"),
        (Text(2, "ascii"), b"ab", "ab"),
        (Text(6, "utf-16-be"), b"\x01\0\0b\0\0", "Āb"),
        (Text(4, "utf-16-le"), b"a\0b\0", "ab"),
        (Text(4, "utf-16-le", ""), b"a\0\0\0", "a"),
        (Text(4, "utf-32-be"), b"\0\0\0a", "a"),
        (Text(Terminated(octets="0000"), "utf-16-be"), b"\x01\0\0b\0\0", "Āb"),
        (Text(Terminated(octets="0d0a")), b"ab\r\n", "ab"),
        (Text(Counted(8), "utf-16"), b"\2\0a", "a"),
        (Text(5, leading_bits=8), b"\2ab\0\0", "ab"),
        (Text(4, leading_bits=16), b"\0\2ab", "ab"),
    ],
)
def test_both_ways(kind, octets, text):
    assert codec(kind).decode(octets + b"\7") == [text, 7]
    assert codec(kind).encode([text, 7]) == octets + b"\7"


def test_a_byte_order_mark_says_the_order():
    assert codec(Text(4, "utf-16")).decode(b"\xff\xfea\0\7") == ["a", 7]
    assert codec(Text(4, "utf-16")).decode(b"\xfe\xff\0a\7") == ["a", 7]
    assert codec(Text(4, "utf-16", "")).decode(b"\0a\0b\7") == ["ab", 7]
    assert codec(Text(4, "utf-16", "")).encode(["ab", 7]) == b"\0a\0b\7"


def sized(kind):
    return Codec((Field(name="n", kind=Integer(8)), Field(name="s", kind=kind)))


def test_within_a_buffer():
    ended = sized(Text(Reference("n"), ends="00"))
    assert ended.decode(b"\4ab\0x") == [4, "ab"]
    assert ended.decode(b"\2ab") == [2, "ab"]
    assert ended.encode([3, "ab"]) == b"\3ab\0"
    counted = sized(Text(Reference("n"), leading_bits=8))
    assert counted.decode(b"\4\2abx") == [4, "ab"]
    assert counted.encode([3, "ab"]) == b"\3\2ab"
    with pytest.raises(DecodeError, match="s: a text of 5 octets by its leading size, in 1 octets"):
        counted.decode(b"\2\5a")


@pytest.mark.parametrize(
    ("kind", "text"),
    [(Text(4), "a\0b"), (Text(2), "abc"), (Text(4, ends="62"), "abc"), (Text(2, leading_bits=8), "ab"),
     (Text(2, "ascii"), "é"), (Text(Terminated(octets="6263")), "abc")],
)  # fmt: skip
def test_what_does_not_fit_is_refused(kind, text):
    with pytest.raises(ValueError, match=r"^s = "):
        codec(kind).encode([text, 7])


@pytest.mark.parametrize(
    "made",
    [lambda: Text(1, leading_bits=4), lambda: Text(1, ends="00" * 17), lambda: Text(1, ends="x"),
     lambda: Terminated(octets="00" * 17), lambda: Terminated(octets="x")],
)  # fmt: skip
def test_what_no_text_has(made):
    with pytest.raises(ValueError, match=r"expected|non-hexadecimal"):
        made()
